"""Give the channels between two convolutions one range, where the network computes the same with other scales.

All channels of a rounded input have the same levels, so that one of small values has few of them. A scale passes
through ReLU and PReLU, and not through tanh. After M. Nagel et al., "Data-Free Quantization Through Weight Equalization
and Bias Correction", ICCV 2019, who compare ranges of weights; here they are those of inputs, on images.
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

LARGEST = 16.0
"""Times as large a channel becomes at most: on other images it may have larger values than on those seen."""

FEW, FAR = 8, 16
"""Images, and times luma, on which scales are tried besides: ReLU6, say, may clip only what is larger."""


@torch.no_grad()
def equalised(network: nn.Module, images: Sequence[Tensor]) -> nn.Module:
    """Return a network that makes the same of images, (1, 1, H, W) float32 luma, its channels of one range if they can.

    It is tried out, whatever is between two convolutions: where the result changes, they stay as they are.
    """
    found = copy.deepcopy(network)
    tried = [*images, *(FAR * each for each in images[:FEW])]
    expected = [found(each) for each in tried]
    widths = _widths(found, images)
    for first, second in pairwise(widths):
        changed = _scaled(found, first, second, _scale(widths[second]))
        if changed is not None and all(map(_close, map(changed, tried), expected)):
            found = changed
    return found


def _widths(network: nn.Module, images: Iterable[Tensor]) -> dict[str, Tensor]:
    """Return how wide the range of each channel is that goes into each convolution, with 0 in it: (channels,)."""
    low: dict[str, Tensor] = {}
    high: dict[str, Tensor] = {}

    def see(name: str, given: Tensor) -> None:
        low[name] = torch.minimum(given.amin((0, 2, 3)), low.get(name, torch.zeros(())))
        high[name] = torch.maximum(given.amax((0, 2, 3)), high.get(name, torch.zeros(())))

    layers = [(name, each) for name, each in network.named_modules() if isinstance(each, nn.Conv2d)]
    handles = [
        layer.register_forward_pre_hook(lambda _, given, name=name: see(name, given[0])) for name, layer in layers
    ]
    for image in images:
        network(image)
    for handle in handles:
        handle.remove()
    return {name: high[name] - low[name] for name, _ in layers if name in low}


def _scale(widths: Tensor) -> Tensor:
    """Return what gives channels the widest range; one that is always 0 keeps its own."""
    widest = widths.max()
    return (widest / widths.where(widths > 0, widest)).clamp(max=LARGEST)


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
    """Tell whether results are the same but for rounding, as float32 sums are."""
    return torch.allclose(made, expected, rtol=1e-4, atol=1e-5)
