"""FSRCNN: features shrunk, mapped and expanded at LR size, then a transposed convolution (trained, PyTorch, luma only).

Source: C. Dong, C. C. Loy, X. Tang, "Accelerating the Super-Resolution Convolutional Neural Network", ECCV 2016:
d@5x5, s@1x1, m times s@3x3, d@1x1, each with PReLU, and a transposed convolution of 9x9; d-s-m is 56-12-4 (FSRCNN) or
32-5-1 (FSRCNN-s).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, TypeAlias

from srbench.pytorch import luma_method, weights_beside

if TYPE_CHECKING:
    from torch import nn

DEVICES = ("cpu", "cuda")
Size: TypeAlias = Literal["56-12-4", "32-5-1"]

KERNEL = 9
"""Side of the transposed convolution's kernel, in HR pixels."""


def network(factor: int, size: Size = "56-12-4") -> nn.Sequential:
    """Build the network, untrained: (N, 1, H, W) luma in 0..1 -> (N, 1, factor * H, factor * W).

    The edge is repeated once, by the radius of the receptive field; the convolutions themselves pad nothing, and of the
    transposed one those HR pixels are kept to which all features contribute that there are around them.
    """
    from torch import nn

    features, shrunk, mappings = map(int, size.split("-"))
    around = math.ceil(
        (KERNEL - factor) / (2 * factor)
    )  # LR pixels at each side of one that contribute to its HR pixels
    surplus = KERNEL + factor * (2 * around - 1)  # HR pixels without all their contributions, of both sides
    cut = (surplus + 1) // 2
    deconvolution = nn.ConvTranspose2d(features, 1, KERNEL, factor, padding=cut, output_padding=2 * cut - surplus)
    nn.init.normal_(deconvolution.weight, std=0.001)
    layers: list[nn.Module] = [nn.ReplicationPad2d(2 + mappings + around)]
    layers += [nn.Conv2d(1, features, 5), nn.PReLU(features), nn.Conv2d(features, shrunk, 1), nn.PReLU(shrunk)]
    for _ in range(mappings):
        layers += [nn.Conv2d(shrunk, shrunk, 3), nn.PReLU(shrunk)]
    return nn.Sequential(*layers, nn.Conv2d(shrunk, features, 1), nn.PReLU(features), deconvolution)


def kind(size: Size = "56-12-4") -> str:
    """Return what the files of the shipped weights are called by."""
    return size


load, files = luma_method(network, weights_beside(__file__, kind), engines=("onnxruntime", "openvino", "torch"))
