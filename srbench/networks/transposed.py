"""Transposed convolutions that make images, computed as convolutions and a pixel shuffle: the same sums, in less time.

W. Shi et al., "Is the deconvolution layer the same as a convolutional layer?", 2016: each of the stride x stride
sub-pixels is a convolution of its own with those weights of the kernel that lie on LR pixels around it.
"""

from __future__ import annotations

import copy
import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

FEW = 3
"""Channels of an image. With more, the transposed convolution is as fast: it is vectorised over them."""

MOST = 2.0
"""Times as many multiplications at most: where the stride does not divide the kernel, some are by 0."""


class Taps(NamedTuple):
    """Which LR pixels along an axis contribute to the sub-pixels of one, and by which weights of the kernel."""

    places: Tensor
    """(stride, count): of the kernel, for each sub-pixel and LR pixel; there may be none."""
    before: int
    """LR pixels of zeros before the first one, or cut off, if negative."""
    after: int


def faster(network: nn.Module) -> nn.Module:
    """Return a network that computes what `network` does, but for rounding; itself, where nothing is faster."""
    names = [name for name, each in network.named_modules() if _is_slow(each)]
    if not names:
        return network
    held = nn.Sequential(copy.deepcopy(network))  # so that the network itself has a name
    for name in names:
        path, _, own = f"0.{name}".rstrip(".").rpartition(".")
        parent = held.get_submodule(path)
        setattr(parent, own, as_convolution(getattr(parent, own)))
    (found,) = held
    return found.train(network.training)


def _is_slow(layer: nn.Module) -> bool:
    if type(layer) is not nn.ConvTranspose2d or layer.out_channels > FEW or layer.groups > 1:
        return False
    alike = (layer.kernel_size, layer.stride, layer.padding, layer.output_padding)
    if any(each[0] != each[1] for each in alike) or layer.dilation != (1, 1) or layer.stride == (1, 1):
        return False
    kernel, stride, padding = layer.kernel_size[0], layer.stride[0], int(layer.padding[0])
    if (kernel - 2 * padding + layer.output_padding[0]) % stride:  # its result has no whole number of LR pixels
        return False
    count = _taps(layer).places.shape[1]
    return (stride * count) ** 2 <= MOST * kernel**2


def as_convolution(layer: nn.ConvTranspose2d) -> nn.Sequential:
    """Return what computes the same: a padding by zeros where it needs one, a convolution, a pixel shuffle."""
    (places, before, after), weight = _taps(layer), layer.weight.detach()
    stride, count = places.shape
    kernel = layer.kernel_size[0]
    inside = (places >= 0) & (places < kernel)
    rows, columns = places.clamp(0, kernel - 1)[:, :, None, None], places.clamp(0, kernel - 1)[None, None]
    picked = weight[:, :, rows, columns] * (inside[:, :, None, None] & inside)  # (in, out, stride, count) x 2 axes
    convolution = nn.Conv2d(layer.in_channels, layer.out_channels * stride**2, count, bias=layer.bias is not None)
    with torch.no_grad():
        convolution.weight.copy_(picked.permute(1, 2, 4, 0, 3, 5).reshape(convolution.weight.shape))
        if layer.bias is not None and convolution.bias is not None:
            convolution.bias.copy_(layer.bias.repeat_interleave(stride**2))
    padding = [nn.ZeroPad2d((before, after, before, after))] if before or after else []
    return nn.Sequential(*padding, convolution, nn.PixelShuffle(stride))


def _taps(layer: nn.ConvTranspose2d) -> Taps:
    """Return them of an axis: weight k of LR pixel i counts for HR pixel stride * i + k - padding."""
    (kernel, *_), (stride, *_), (more, *_) = layer.kernel_size, layer.stride, layer.output_padding
    cut = int(layer.padding[0])
    first, last = math.ceil((cut - kernel + 1) / stride), (stride - 1 + cut) // stride
    places = torch.arange(stride)[:, None] + cut - stride * torch.arange(first, last + 1)
    longer = (kernel - 2 * cut + more) // stride - 1  # than LR
    return Taps(places, -first, last + longer)
