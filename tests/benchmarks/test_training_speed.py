"""How long a training step of ESPCN x3 takes on one thread, beside a plain PyTorch loop over the same patches.

The plain loop is what tutorials show: a `Dataset` that crops and turns one patch, a `DataLoader`, float32, Adam. Both
train the same network on batches of the same size; patches per second is the batch over the time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from srbench import datasets
from srbench.methods import registry
from srbench.plugins import import_module
from srbench.quality import protocols
from srbench.quality.files import read_image

pytestmark = pytest.mark.usefixtures("one_thread")

FACTOR, BATCH, SIDE, MARGIN = 3, 32, 32, 4
SRCNN = protocols.get("srcnn")


@pytest.fixture(scope="module")
def images() -> list[Any]:
    """Return the photographs of `sample`."""
    return [read_image(entry.path) for entry in datasets.get("sample").images]


def _network() -> nn.Sequential:
    torch.manual_seed(0)
    network: nn.Sequential = registry()["espcn"].module().network(FACTOR, activation="relu")
    return network


class Cropped(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """One patch at a time: a crop of a random image, turned and flipped."""

    def __init__(
        self,
        images: list[Any],
    ) -> None:
        """Degrade `images`."""
        self.pairs = [
            (
                SRCNN.degrade(hr, FACTOR).astype(np.float32),
                (SRCNN.channels(SRCNN.reference(hr, FACTOR)) / 255).astype(np.float32),
            )
            for hr in images
        ]
        self.random = np.random.default_rng(0)

    def __len__(self) -> int:
        """Return more than is taken."""
        return 1_000_000

    def __getitem__(self, _: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return LR (1, 32, 32) and the HR of its inside, (1, 72, 72)."""
        lr, hr = self.pairs[self.random.integers(len(self.pairs))]
        top, left = (int(self.random.integers(0, length - SIDE + 1)) for length in lr.shape)
        inside = (
            slice((top + MARGIN) * FACTOR, (top + SIDE - MARGIN) * FACTOR),
            slice((left + MARGIN) * FACTOR, (left + SIDE - MARGIN) * FACTOR),
        )
        patch = [lr[top : top + SIDE, left : left + SIDE], hr[inside]]
        turns = int(self.random.integers(4))
        patch = [np.rot90(each, turns) for each in patch]
        if self.random.integers(2):
            patch = [each[:, ::-1] for each in patch]
        small, large = (torch.from_numpy(each.copy())[None] for each in patch)
        return small, large


@pytest.mark.benchmark(group="training step of espcn x3, batch 32")
def test_plain_loop(
    benchmark: Any,  # noqa: ANN401 - pytest-benchmark's `pedantic` has no types
    images: list[Any],
) -> None:
    """A Dataset, a DataLoader, float32, Adam."""
    network = _network()[1:]
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    loader = iter(DataLoader(Cropped(images), batch_size=BATCH))

    def step() -> float:
        lr, hr = next(loader)
        loss = nn.functional.mse_loss(network(lr), hr)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        return loss.item()

    assert benchmark.pedantic(step, rounds=40, warmup_rounds=10) < 1


@pytest.mark.benchmark(group="training step of espcn x3, batch 32")
@pytest.mark.parametrize(("optimizer", "precision"), [("adam", "float32"), ("adam", "bfloat16"), ("soap", "bfloat16")])
def test_srbench(
    benchmark: Any,  # noqa: ANN401 - pytest-benchmark's `pedantic` has no types
    images: list[Any],
    optimizer: str,
    precision: str,
) -> None:
    """The loop of `srbench train` with the recipe `best`, but for images, optimizer and precision."""
    recipe, data, patches, loop, trainer = (
        import_module(f"srbench.training.{name}") for name in ("recipe", "data", "patches", "loop", "trainer")
    )
    changes = {"data": "./photographs", "shares": [1.0], "batch": BATCH, "patch": SIDE, "scales": ["1"]}
    changes |= {"optimizer": optimizer, "precision": precision}
    best, _ = recipe.load("best", "espcn", changes)
    trainer.keep_memory()
    network = _network().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    found = data.Data({}, images, [], [], [0] * len(images), [""] * len(images), [], [])
    cut = patches.Patches(found, SRCNN, FACTOR, best)
    cut.margin = loop.margin(network, SIDE, FACTOR)
    state = loop.State(network, _network(), loop.new_optimizer(network, best))
    steps = loop.steps(state, cut, best, 1_000_000)
    assert benchmark.pedantic(lambda: float(next(steps)), rounds=40, warmup_rounds=10) < 1
