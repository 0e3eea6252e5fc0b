"""Networks whose convolutions take 8-bit integers: the file that `srbench quantize` writes beside weights.

For each such convolution NAME it holds `NAME.weight` (int8, as that of the convolution, within `LEVELS`), `NAME.scale`
(float32, one for each output channel: what a level of its weights is), `NAME.bias` (float32), `NAME.step` and
`NAME.zero` (one float32 and one uint8: what a level of the input is, and which one is 0). Parameters of other layers
that are not those of the weights any more stand in it under their own names.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import nn

from srbench.errors import MethodError
from srbench.hashing import file_hash
from srbench.networks.running import integers_of
from srbench.networks.weights import opened

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from torch import Tensor

LEVELS = 64
"""The largest weight: AVX2 adds two products of an 8-bit input and a weight in 16 bits, and 2 * 255 * 64 fits those."""

FACT = "quantised_weights"
"""The fact of a file that is the sha256 of the weights it was made of."""


class Quantised(NamedTuple):
    """A convolution of integers, with the fields that its file has."""

    weight: Tensor
    scale: Tensor
    bias: Tensor
    step: Tensor
    zero: Tensor


class Integers(NamedTuple):
    """What replaces weights of a network."""

    convolutions: Mapping[str, Quantised]
    """By the name of the layer."""
    parameters: Mapping[str, Tensor]
    """Of layers that stay in float32, by their own names."""


class Quantisation(NamedTuple):
    """What a file holds: the integers, and the pixel hashes of the images that chose them."""

    integers: Integers
    images: frozenset[str]


def rounded(values: Tensor, step: float, zero: int) -> Tensor:
    """Return inputs as 8-bit integers hold them, of which `zero` is 0."""
    return torch.fake_quantize_per_tensor_affine(values, step, zero, 0, 255)


class QuantisedConvolution(nn.Module):
    """A convolution whose input and weights are rounded as those of integers are.

    It computes in float32; ONNX of it has QuantizeLinear and DequantizeLinear, which engines run in integers.
    """

    scale: Tensor
    zeros: Tensor

    def __init__(self, convolution: nn.Conv2d, values: Quantised) -> None:
        """Take the place of `convolution`, which stays as it is."""
        super().__init__()
        self.convolution = copy.deepcopy(convolution)
        weight = values.weight.float() * values.scale[:, None, None, None]
        self.convolution.weight = nn.Parameter(weight)
        self.convolution.bias = nn.Parameter(values.bias)
        self.register_buffer("scale", values.scale)
        self.register_buffer("zeros", torch.zeros_like(values.scale, dtype=torch.int32))
        self.step, self.zero = float(values.step), int(values.zero)

    def forward(self, batch: Tensor) -> Tensor:
        """Return the result of the convolution, (N, C, H, W) float32."""
        own = self.convolution
        weight = torch.fake_quantize_per_channel_affine(own.weight, self.scale, self.zeros, 0, -128, 127)
        result: Tensor = own._conv_forward(rounded(batch, self.step, self.zero), weight, own.bias)  # noqa: SLF001 - with its stride and padding
        return result


def read(weights: Path) -> Quantisation:
    """Return the quantised form of a weight file.

    Raises:
        MethodError: its file cannot be read, or is of other weights.

    """
    path = integers_of(weights)
    with opened(path) as file:
        if file.facts.get(FACT) != file_hash(weights):
            raise MethodError(f"{path} is of other weights than {weights.name}; run srbench quantize again")
        return Quantisation(_parsed(path, file.tensors()), file.images)


def _parsed(path: Path, tensors: Mapping[str, Tensor]) -> Integers:
    """Return what the tensors of a file are; raises a MethodError where one is missing."""
    own = tuple(f".{field}" for field in ("scale", "step", "zero"))  # which parameters are not called
    names = sorted({name.rpartition(".")[0] for name in tensors if name.endswith(own)})
    try:
        found = {name: Quantised(*(tensors[f"{name}.{field}"] for field in Quantised._fields)) for name in names}
    except KeyError as error:
        raise MethodError(f"{path} has no {error}; run srbench quantize again") from error
    return Integers(found, others(tensors, found))


def others(tensors: Mapping[str, Tensor], convolutions: Iterable[str]) -> dict[str, Tensor]:
    """Return those of named tensors that are of no convolution of these names."""
    prefixes = tuple(f"{name}." for name in convolutions)
    return {name: each for name, each in tensors.items() if not name.startswith(prefixes)}


def tensors_of(integers: Integers) -> dict[str, Tensor]:
    """Return the tensors of a file."""
    fields = {name: each._asdict() for name, each in integers.convolutions.items()}
    own = {f"{name}.{field}": value for name, each in fields.items() for field, value in each.items()}
    return {**own, **integers.parameters}


def applied(network: nn.Module, integers: Integers) -> nn.Module:
    """Return a copy of a network, to be evaluated, in which some convolutions take integers.

    Raises:
        MethodError: they are not those of the network.

    """
    found = copy.deepcopy(network)
    _set(found, integers.parameters)
    for name, values in integers.convolutions.items():
        try:
            convolution = found.get_submodule(name)
            _replace(found, convolution, QuantisedConvolution(_fitting(convolution, values), values))
        except (AttributeError, TypeError, ValueError, RuntimeError) as error:
            raise _not_of_it(name) from error
    return found.eval()


@torch.no_grad()
def _set(network: nn.Module, parameters: Mapping[str, Tensor]) -> None:
    """Give parameters other values."""
    own = dict(network.named_parameters(remove_duplicate=False))
    for name, values in parameters.items():
        alike = name in own and own[name].shape == values.shape and own[name].dtype == values.dtype
        if not alike or not values.isfinite().all():
            raise _not_of_it(name)
        own[name].copy_(values)


def _replace(network: nn.Module, layer: nn.Module, other: nn.Module) -> None:
    """Let another layer take the place of one, under each name that it has."""
    names = [name for name, each in network.named_modules(remove_duplicate=False) if each is layer]
    for name in names:
        path, _, own = name.rpartition(".")
        setattr(network.get_submodule(path), own, other)


def _not_of_it(name: str) -> MethodError:
    return MethodError(f"quantised weights of {name} are not of the network; run srbench quantize again")


def _fitting(convolution: Any, values: Quantised) -> nn.Conv2d:  # noqa: ANN401 - whatever has the name
    """Return the convolution; raises a ValueError where the values are none for it."""
    outputs = (len(convolution.weight),)
    shapes = (convolution.weight.shape, outputs, outputs, (1,), (1,))
    kinds = (torch.int8, torch.float32, torch.float32, torch.float32, torch.uint8)
    fit = all(
        each.shape == shape and each.dtype == kind and each.isfinite().all()
        for each, shape, kind in zip(values, shapes, kinds, strict=True)
    )
    within = (values.weight.int().abs() <= LEVELS).all() and (values.scale > 0).all() and (values.step > 0).all()
    if not isinstance(convolution, nn.Conv2d) or not fit or not within:
        raise ValueError
    return convolution
