"""Train ESPCN and write its weights.

::

    python -m srbench.methods._train --factor 3 --activation tanh --rate 1e-3 --out methods/weights

MSE on luma, Adam, cosine learning rate, averaged weights. Training pairs are made by the protocol that scores them.
"""

from __future__ import annotations

import copy
import json
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import numpy as np
import torch
import typer
from safetensors.torch import save_file
from torch import nn

from srbench import __version__, datasets
from srbench.plugins import file_hash
from srbench.quality import protocol
from srbench.quality.files import pixel_hash, read_image

from .espcn import Activation, network

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray
    from torch import Tensor

    from srbench.datasets import Dataset
    from srbench.quality.image import Image

DATA = "t91,bsds500:train,bsds500:test"

TEST_SETS = ("set5", "set14", "bsd100")
"""What nobody may train on: the numbers that papers print are measured there. BSDS500's val is bsd100."""

MARGIN = 4
"""LR pixels that the network's convolutions, which pad nothing, take off each side of a patch."""


@dataclass(frozen=True)
class Recipe:
    """Every number that a training depends on."""

    steps: int = 30_000
    batch: int = 16
    patch: int = 32
    """Side of an LR patch, its margins included."""
    rate: float = 2e-3
    averaging: float = 0.999
    seed: int = 0


class Patches:
    """LR and HR luma of all training images, flat in memory; a batch is one indexing operation."""

    def __init__(self, images: list[Image], factor: int) -> None:
        """Degrade `images` (HR, uint8) under protocol `srcnn`."""
        srcnn = protocol.get("srcnn")
        pairs = [(srcnn.degrade(hr, factor), srcnn.channels(srcnn.reference(hr, factor))) for hr in images]
        self.factor = factor
        self.lr = np.concatenate([lr.ravel() for lr, _ in pairs]).astype(np.float32)
        self.hr = np.concatenate([hr.ravel() for _, hr in pairs]).astype(np.uint8)
        self.shapes = np.array([lr.shape for lr, _ in pairs])
        self.starts = np.concatenate([[0], np.cumsum(self.shapes.prod(axis=1))[:-1]])

    def batches(self, recipe: Recipe) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield LR patches and the HR of their insides, (batch, 1, side, side) in 0..1, turned and flipped."""
        random = np.random.default_rng(recipe.seed)
        side, inside, factor = recipe.patch, recipe.patch - 2 * MARGIN, self.factor
        fitting = np.flatnonzero((self.shapes >= side).all(axis=1))
        area = self.shapes[fitting].prod(axis=1)
        for _ in range(recipe.steps):
            image = random.choice(fitting, recipe.batch, p=area / area.sum())
            top, left = random.integers(0, self.shapes[image] - side + 1).T
            width, start = self.shapes[image, 1], self.starts[image]
            lr = self.lr[_squares(start, width, top, left, side)]
            top, left = (top + MARGIN) * factor, (left + MARGIN) * factor
            hr = self.hr[_squares(start * factor**2, width * factor, top, left, inside * factor)]
            turns, flip = int(random.integers(4)), bool(random.integers(2))
            yield _turned(lr, turns, flip), _turned(hr.astype(np.float32) / 255, turns, flip)


def _squares(
    start: NDArray[Any], width: NDArray[Any], top: NDArray[Any], left: NDArray[Any], side: int
) -> NDArray[Any]:
    """Return the flat indices of one square per image, (batch, side, side)."""
    step = np.arange(side)
    indices: NDArray[Any] = (start + top * width + left)[:, None, None] + step[:, None] * width[:, None, None] + step
    return indices


def _turned(patches: NDArray[Any], turns: int, flip: bool) -> Tensor:
    patches = np.rot90(patches, turns, axes=(1, 2))
    return torch.from_numpy(np.ascontiguousarray(patches[:, :, ::-1] if flip else patches))[:, None]


def train(untrained: nn.Sequential, patches: Patches, recipe: Recipe) -> nn.Sequential:
    """Return the network with its averaged weights after `recipe.steps` steps."""
    valid = untrained[1:].to(memory_format=torch.channels_last)  # type: ignore[call-overload] # patches bring their edge
    mean = copy.deepcopy(valid)
    optimizer = torch.optim.Adam(valid.parameters(), recipe.rate, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, recipe.steps, recipe.rate / 100)
    for step, (lr, hr) in enumerate(patches.batches(recipe), 1):
        loss = (valid(lr - 0.5) - (hr - 0.5)).square().mean()  # centred on 0 while training
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        with torch.no_grad():
            for average, current in zip(mean.parameters(), valid.parameters(), strict=True):
                average.lerp_(current, 1 - min(recipe.averaging, step / (step + 10)))
        if step % 1000 == 0:
            typer.echo(f"{step}/{recipe.steps}: {-10 * math.log10(loss.item()):.2f} dB on the last batch", err=True)
    _uncentre(mean)
    return nn.Sequential(untrained[0], *mean)


@torch.no_grad()
def _uncentre(valid: nn.Sequential) -> None:
    """Fold the centring into the first and the last bias: the network then maps 0..1 to 0..1."""
    first, last = (layer for layer in (valid[0], valid[-2]) if isinstance(layer, nn.Conv2d))
    assert first.bias is not None  # noqa: S101 - for the type checker
    assert last.bias is not None  # noqa: S101
    first.bias -= 0.5 * first.weight.sum(dim=(1, 2, 3))
    last.bias += 0.5


def known(text: str) -> Activation:
    """Return the activation of this name.

    Raises:
        BadParameter: there is none.

    """
    by_name: dict[str, Activation] = {name: name for name in get_args(Activation)}
    if text not in by_name:
        raise typer.BadParameter(f"{text!r} is none of {', '.join(by_name)}")
    return by_name[text]


def training_sets(specs: str) -> list[Dataset]:
    """Return the datasets of a comma list, downloaded where they were not, and none of their files in a test set.

    Files are compared, not pixels: a test image saved anew would pass.

    Raises:
        BadParameter: a file of `TEST_SETS` is among them.

    """
    tests = {file.sha256: each for each in TEST_SETS for file in datasets.get(each).files}
    sets = [datasets.get(spec) for spec in specs.split(",")]
    for each in sets:
        datasets.ensure(each)
        for file in each.files:
            test = tests.get(file.sha256 or file_hash(each.root / file.path))  # a folder declares no hash
            if test:
                raise typer.BadParameter(f"{each.spec} holds {file.name} of {test}, a test set; never train on it")
    return sets


def save(trained: nn.Sequential, file: Path, facts: Mapping[str, Any], images: list[Image]) -> None:
    """Write the weights; their metadata tell how they were made, and from which pixels."""
    file.parent.mkdir(parents=True, exist_ok=True)
    weights = {key: value.contiguous() for key, value in trained.state_dict().items()}
    metadata = {"card": json.dumps(facts), "training_images": json.dumps([pixel_hash(image) for image in images])}
    save_file(weights, file, metadata)


def main(  # noqa: PLR0913 - a command's options
    factor: Annotated[int, typer.Option()],
    activation: Annotated[Activation, typer.Option(parser=known)] = "tanh",
    rate: Annotated[float, typer.Option(help="Learning rate; tanh wants 1e-3, ReLU 2e-3.")] = 1e-3,
    steps: Annotated[int, typer.Option()] = Recipe.steps,
    data: Annotated[str, typer.Option(help="Datasets; those of test sets are refused.")] = DATA,
    out: Annotated[Path, typer.Option(help="Folder for the weights.")] = Path("weights"),
) -> None:
    """Train one ESPCN on one core and write espcn-ACTIVATION-xFACTOR.safetensors; its metadata tell how it was made."""
    torch.set_num_threads(1)
    recipe = Recipe(rate=rate, steps=steps)
    torch.manual_seed(recipe.seed)
    sets = training_sets(data)
    images = [read_image(entry.path) for each in sets for entry in each.images]
    start = time.monotonic()
    trained = train(network(factor, activation), Patches(images, factor), recipe)
    facts = {
        "method": f"espcn:activation={activation}",
        "factor": factor,
        "recipe": asdict(recipe),
        "data": {each.spec: {"images": len(each.files), "fingerprint": each.fingerprint} for each in sets},
        "srbench": __version__,
        "torch": torch.__version__,
        "minutes": round((time.monotonic() - start) / 60, 1),
    }
    save(trained, out / f"espcn-{activation}-x{factor}.safetensors", facts, images)


if __name__ == "__main__":
    typer.run(main)
