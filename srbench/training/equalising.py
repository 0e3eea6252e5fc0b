"""Give the channels between two convolutions one range, where the network computes the same with other scales.

A rounded input has the same level for all its channels, so that one of small values would have few levels. A scale
passes through ReLU and PReLU, and not through tanh. M. Nagel et al., "Data-Free Quantization Through Weight
Equalization and Bias Correction", ICCV 2019.
"""

from __future__ import annotations

import copy
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from torch import Tensor

NARROWEST = 1e-3
"""Of the widest range, what that of a channel counts as at least: a channel may always be 0."""

CLOSE = 1e-9
"""How far luma may be off, in float64, where a network computes the same."""

FEW, FAR = 8, 16
"""Images, and times luma, on which that is tried besides: ReLU6, say, may clip only what is larger."""


@torch.no_grad()
def equalised(network: nn.Module, images: Sequence[Tensor]) -> nn.Module:
    """Return a network that makes the same of images, (1, 1, H, W) float32 luma, its channels of one range if they can.

    It is tried out, whatever is between two convolutions: where the result changes, they stay as they are.
    """
    found = copy.deepcopy(network).double()
    images = [each.double() for each in images]
    tried = [*images, *(FAR * each for each in images[:FEW])]
    expected = [found(each) for each in tried]
    names = [name for name, each in network.named_modules() if isinstance(each, nn.Conv2d) and each.groups == 1]
    for first, second in pairwise(names):
        widths = _widths(inputs(found, second, images))
        changed = _scaled(found, first, second, widths.max() / widths)
        if changed and all(map(_close, map(changed, tried), expected)):
            found = changed
    return found.float()


@torch.no_grad()
def inputs(network: nn.Module, name: str, images: Iterable[Tensor]) -> list[Tensor]:
    """Return what goes into a layer, for each image."""
    caught: list[Tensor] = []
    handle = network.get_submodule(name).register_forward_pre_hook(lambda _, given: caught.append(given[0]))
    for image in images:
        network(image)
    handle.remove()
    return caught


def _widths(given: Sequence[Tensor]) -> Tensor:
    """Return the width of the range of each channel, with 0 in it, (channels,); all 1 where there is no input."""
    if not given:
        return torch.ones(1)
    low = torch.stack([each.amin((0, 2, 3)) for each in given]).amin(0).clamp(max=0)
    high = torch.stack([each.amax((0, 2, 3)) for each in given]).amax(0).clamp(min=0)
    width = high - low
    return width.clamp(min=max(NARROWEST * float(width.max()), 1e-12))


def _scaled(network: nn.Module, first: str, second: str, scale: Tensor) -> nn.Module | None:
    """Return a copy whose first convolution gives scaled channels, which the second takes; None where it cannot."""
    changed = copy.deepcopy(network)
    before: Any = changed.get_submodule(first)
    after: Any = changed.get_submodule(second)
    if not len(before.weight) == after.weight.shape[1] == len(scale):
        return None
    before.weight *= scale[:, None, None, None]
    if before.bias is not None:
        before.bias *= scale
    after.weight /= scale[None, :, None, None]
    return changed


def _close(made: Tensor, expected: Tensor) -> bool:
    return torch.allclose(made, expected, rtol=0, atol=CLOSE)
