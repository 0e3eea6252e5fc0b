"""Quantise trained weights: convolutions of 8-bit integers that lose the least on training images.

`python -m srbench.training.quantizing` quantises all weights that come with srbench. The first convolution, of one
channel, stays in float32: it costs little, and its sums decide the level of the image. Of each other one, in order, the
range of the input is the one of the highest mean PSNR, as a few large values are better clipped; `rounding` does the
rest. Channels of one range (`equalising`) are tried besides, and kept where the mean PSNR is higher.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import torch
from safetensors.torch import save
from torch import nn
from torch.nn import functional

from srbench import method_options, methods
from srbench.atomic import replacing
from srbench.errors import MethodError, UsageError
from srbench.folders import folder
from srbench.hashing import file_hash
from srbench.networks import quantised, transposed
from srbench.networks.quantised import Integers
from srbench.networks.running import integers_of
from srbench.networks.trained import load_weights
from srbench.quality import protocols
from srbench.quality.image import luma
from srbench.training import data as training_data
from srbench.training import recipe as recipes
from srbench.training import rounding
from srbench.training.equalising import equalised
from srbench.training.rounding import PARTS, Input
from srbench.training.trainable import network_of
from srbench.version import __version__
from srbench.weights_metadata import KEY, facts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from torch import Tensor

    from srbench.methods import Choice
    from srbench.networks.quantised import Quantised
    from srbench.quality.image import Image
    from srbench.quality.protocol import Protocol

DATA = "t91"
"""The training images that decide by default."""

IMAGES = 100
"""How many of them at most, evenly chosen; of each its middle, `SIDE` LR pixels high and wide at most."""

SIDE = 64


class Pair(NamedTuple):
    """LR (1, 1, H, W) and HR (1, 1, factor * H, factor * W), float32 luma in 0..1."""

    lr: Tensor
    hr: Tensor


class Made(NamedTuple):
    """The file that was written, and the mean PSNR in dB on the images that decided, before and after."""

    path: Path
    float32: float
    int8: float


def quantise(  # noqa: PLR0913 - what, by what, and where that is
    spec: str,
    factor: int,
    data: str = DATA,
    *,
    plugins: Iterable[Path] = (),
    data_folder: Path | None = None,
    tick: Callable[[str, int, int], None] = lambda *_: None,
) -> Made:
    """Write the quantised form of a method's weights beside them, by LR of the protocol that they were trained with.

    `spec` may have the options of the network, and `weights`; `data` is a comma list of datasets. `tick` is called with
    what is done, to how much, and of how much.

    Raises:
        UsageError: no network of luma, an option of something else, test images, or too few convolutions.
        Unsupported: there are no weights for the factor.
        MethodError: the weights cannot be read, or the file not be written.
        DatasetError, ImageError: the images cannot be had or read.

    """
    choice = methods.choose(spec, methods.registry(plugins))
    weights = _weights(choice, factor)
    own = {key: value for key, value in choice.options if key != "weights"}
    trained = load_weights(network_of(choice), weights, factor, own)
    network = transposed.faster(trained.network.eval())
    read = training_data.read(recipes.build({"data": data}), tick, data_folder)
    used = slice(None, None, -(-len(read.training) // IMAGES))
    protocol = _protocol(weights)
    pairs = [_pair(image, factor, protocol) for image in read.training[used]]
    integers = _better(network, pairs, tick)
    made = quantised.applied(network, integers)
    found = Made(integers_of(weights), psnr(network, pairs), psnr(made, pairs))
    told = {
        quantised.FACT: file_hash(weights),
        "data": read.sets,
        "training_images": sorted(read.hashes[used]),
        "psnr": {"float32": round(found.float32, 4), "int8": round(found.int8, 4)},
        "srbench": __version__,
    }
    _write(found.path, save(quantised.tensors_of(integers), {KEY: json.dumps(told)}))
    return found


def _weights(choice: Choice, factor: int) -> Path:
    """Return the weight file of a method; refuses options that are not about weights."""
    allowed = {*method_options.named(network_of(choice)), "weights"}
    if others := sorted(dict(choice.options).keys() - allowed):
        raise UsageError(f"{others[0]} does not concern the weights of {choice.method.name}; leave it out")
    return choice.files(factor)[0]


def _protocol(weights: Path) -> Protocol:
    """Return the protocol of the recipe that weights were trained by; of those that do not say so, that of `best`."""
    recipe = facts(weights).get("recipe", {})
    return protocols.get(recipe.get("protocol", recipes.Recipe.protocol))


def _pair(hr: Image, factor: int, protocol: Protocol) -> Pair:
    """Return the middle of an image, and LR of it."""
    lr = protocol.degrade(hr, factor)
    top, left = (max(0, side - SIDE) // 2 for side in lr.shape[:2])
    cut = [(luma(lr) / 255, 1), (luma(protocol.reference(hr, factor)) / 255, factor)]
    low, high = (
        torch.from_numpy(each[top * by : (top + SIDE) * by, left * by : (left + SIDE) * by]).float()[None, None]
        for each, by in cut
    )
    return Pair(low, high)


@torch.no_grad()
def psnr(network: nn.Module, pairs: Sequence[Pair]) -> float:
    """Return the mean PSNR of a network in dB, of SR that is not rounded."""
    errors = [functional.mse_loss(network(pair.lr), pair.hr) for pair in pairs]
    return float((-10 * torch.stack(errors).clamp(min=1e-10).log10()).mean())


def _better(network: nn.Module, pairs: Sequence[Pair], tick: Callable[[str, int, int], None]) -> Integers:
    """Return the integers of a network, its channels as they are or of one range: those of the higher mean PSNR."""
    tick("equalising channels", 0, 0)
    other = equalised(network, [pair.lr for pair in pairs])
    forms = {"channels as they are": network}
    if _changed(network, other):
        forms["channels of one range"] = other
    found = []
    for name, form in forms.items():
        convolutions = _convolutions(form, pairs, partial(tick, f"quantising {name}"))
        found.append(Integers(convolutions, quantised.others(_changed(network, form), convolutions)))
    return max(found, key=lambda each: psnr(quantised.applied(network, each), pairs))


def _convolutions(network: nn.Module, pairs: Sequence[Pair], tick: Callable[[int, int], None]) -> dict[str, Quantised]:
    """Return the convolutions of integers of a network, each chosen with those before it in place."""
    layers = [(name, each) for name, each in network.named_modules() if isinstance(each, nn.Conv2d)]
    chosen = [(name, each) for name, each in layers[1:] if each.groups == 1]
    if not chosen:
        raise UsageError("the network has no second convolution to quantise")
    found: dict[str, Quantised] = {}
    for number, (name, layer) in enumerate(chosen):
        tick(number, len(chosen))
        before = quantised.applied(network, Integers(found, {}))
        given = _inputs(before, name, pairs)
        if not given:
            raise UsageError(f"the network never calls its convolution {name}; leave it out of the network")
        how = _input(before, name, pairs, given)
        exact = _inputs(network, name, pairs)
        found[name] = rounding.convolution(layer, how, given, exact)
    return found


def _changed(network: nn.Module, form: nn.Module) -> dict[str, Tensor]:
    """Return the parameters of another form of a network that are not its own."""
    own = dict(network.named_parameters(remove_duplicate=False))
    its = form.named_parameters(remove_duplicate=False)
    return {name: each.detach() for name, each in its if not torch.equal(each, own[name])}


@torch.no_grad()
def _inputs(network: nn.Module, name: str, pairs: Iterable[Pair]) -> list[Tensor]:
    """Return what goes into a layer, for each image."""
    caught: list[Tensor] = []
    handle = network.get_submodule(name).register_forward_pre_hook(lambda _, given: caught.append(given[0]))
    for pair in pairs:
        network(pair.lr)
    handle.remove()
    return caught


def _input(network: nn.Module, name: str, pairs: Sequence[Pair], given: Sequence[Tensor]) -> Input:
    """Return how to round the input of a layer for the highest mean PSNR."""
    low, high = min(0.0, *(float(each.min()) for each in given)), max(0.0, *(float(each.max()) for each in given))
    width = max(high - low, 1e-6)  # an input may be 0 everywhere
    zero = round(-low / width * 255)
    tried = [Input(width * part / 255, zero) for part in PARTS]
    return max(tried, key=lambda how: _psnr_with(network, name, how, pairs))


def _psnr_with(network: nn.Module, name: str, how: Input, pairs: Sequence[Pair]) -> float:
    """Return the mean PSNR of a network where the input of a layer is rounded."""
    handle = network.get_submodule(name).register_forward_pre_hook(lambda _, given: how.rounded(given[0]))
    found = psnr(network, pairs)
    handle.remove()
    return found


def _write(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all."""
    try:
        with replacing(path) as unfinished:
            unfinished.write_bytes(content)
    except OSError as error:
        raise MethodError(
            f"{path}: cannot be written ({error.strerror}); give weights=FILE, a copy in a folder that can be"
        ) from error


def main() -> None:
    """Quantise all weights that come with srbench."""
    for weights in sorted((folder("methods") / "weights").glob("*.safetensors")):
        known = facts(weights)
        made = quantise(known["method"], known["factor"])
        print(f"{made.path.name}: {made.float32:.4f} dB, int8 {made.int8 - made.float32:+.4f} dB")  # noqa: T201 - a script


if __name__ == "__main__":
    main()
