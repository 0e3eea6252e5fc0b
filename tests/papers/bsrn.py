"""BSRN: Li et al., "Blueprint Separable Residual Network for Efficient Image Super-Resolution", CVPR Workshops 2022.

Written from the paper's figures and equations. Its modules have the names that the authors' weights have, so that
these load: `bsrn:weights=net_g_BSRN_x4.pth`, and `bsrn:network=small:weights=net_g_BSRN-S.pth`, the one of the NTIRE
challenge of 2022.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, gelu, interpolate, max_pool2d

from srbench.pytorch import image_method

from ._contrast import ContrastAttention

DEVICES = ("cpu", "cuda")


def network(factor: int, network: Literal["paper", "small"] = "paper") -> nn.Module:
    """Build the network, untrained: (N, 3, H, W) RGB in 0..1, at least 15 pixels a side -> factor times as large."""
    return BSRN(factor, 5, 48, small=True) if network == "small" else BSRN(factor, 8, 64)


load, files = image_method(network, minimum=15)


class BSRN(nn.Module):
    """The whole network, whose blocks' results are all fused.

    Eight blocks of 64 channels, 352,400 parameters at x4; the small one has five of 48, 156,288.
    """

    def __init__(self, factor: int, blocks: int, channels: int, *, small: bool = False) -> None:
        """Build it untrained."""
        super().__init__()
        self.blocks = blocks
        self.fea_conv = Blueprint(4 * 3, channels, small=small)
        for number in range(1, blocks + 1):
            self.add_module(f"B{number}", ESDB(channels, small=small))
        self.c1 = pointwise(blocks * channels, channels, small=small)
        self.c2 = Blueprint(channels, channels, small=small)
        last = nn.Conv2d(channels, 3 * factor**2, 3, padding=1)
        self.upsampler = nn.ModuleDict({"upsampleOneStep": nn.Sequential(last, nn.PixelShuffle(factor))})

    def forward(self, image: Tensor) -> Tensor:
        """Upscale RGB in 0..1: the image is given four times."""
        shallow = self.fea_conv(torch.cat([image] * 4, 1))
        results = [shallow]
        for number in range(1, self.blocks + 1):
            results.append(self.get_submodule(f"B{number}")(results[-1]))
        fused = self.c2(gelu(self.c1(torch.cat(results[1:], 1))))
        result: Tensor = self.upsampler["upsampleOneStep"](fused + shallow)
        return result


class PixelLinear(nn.Linear):
    """A linear layer over the channels of each pixel: a 1x1 convolution whose weights are a matrix."""

    def forward(self, features: Tensor) -> Tensor:
        """Apply it to (N, C, H, W)."""
        return conv2d(features, self.weight[:, :, None, None], self.bias)


def pointwise(taken: int, made: int, *, small: bool, bias: bool = True) -> nn.Module:
    """Return a 1x1 convolution in the layout that the weights of either network have."""
    return PixelLinear(taken, made) if small else nn.Conv2d(taken, made, 1, bias=bias)


class Blueprint(nn.Sequential):
    """Blueprint separable convolution: 1x1 over the channels, then 3x3 in each of them."""

    def __init__(self, taken: int, made: int, stride: int = 1, padding: int = 1, *, small: bool) -> None:
        """Build it untrained."""
        super().__init__()
        self.pw = pointwise(taken, made, small=small, bias=False)
        self.dw = nn.Conv2d(made, made, 3, stride, padding, groups=made)


class ESDB(nn.Module):
    """Efficient separable distillation block: each step leaves half as many channels to the block's end."""

    def __init__(self, channels: int, *, small: bool) -> None:
        """Build it untrained."""
        super().__init__()
        half = channels // 2
        self.c1_d, self.c2_d, self.c3_d = (pointwise(channels, half, small=small) for _ in range(3))
        self.c1_r, self.c2_r, self.c3_r = (Blueprint(channels, channels, small=small) for _ in range(3))
        self.c4 = Blueprint(channels, half, small=small)
        self.c5 = pointwise(4 * half, channels, small=small)
        self.esa = SpatialAttention(channels, channels // 4, small=small)
        if small:
            self.cw = nn.Parameter(torch.ones(1, channels))
            self.conv_out = pointwise(channels, channels, small=small)
        else:
            self.cca = ContrastAttention(channels)

    def forward(self, features: Tensor) -> Tensor:
        """Add the block's result to its input."""
        kept, rest = [], features
        for distil, refine in ((self.c1_d, self.c1_r), (self.c2_d, self.c2_r), (self.c3_d, self.c3_r)):
            kept.append(gelu(distil(rest)))
            rest = gelu(refine(rest) + rest)
        whole = self.esa(self.c5(torch.cat((*kept, gelu(self.c4(rest))), 1)))
        result: Tensor = features + self.weighted(whole)
        return result

    def weighted(self, features: Tensor) -> Tensor:
        """Weight the channels: by what they hold, or in the small network by what was learned."""
        learned = hasattr(self, "cw")
        result: Tensor = self.conv_out(features * self.cw[..., None, None]) if learned else self.cca(features)
        return result


class SpatialAttention(nn.Module):
    """Enhanced spatial attention: pixels weighted by a large neighbourhood."""

    def __init__(self, channels: int, few: int, *, small: bool) -> None:
        """Build it untrained."""
        super().__init__()
        self.conv1, self.conv_f = pointwise(channels, few, small=small), pointwise(few, few, small=small)
        self.conv2 = nn.Conv2d(few, few, 3, stride=2) if small else Blueprint(few, few, 2, 0, small=small)
        self.conv_max, self.conv3, self.conv3_ = (Blueprint(few, few, small=small) for _ in range(3))
        self.conv4 = pointwise(few, channels, small=small)

    def forward(self, features: Tensor) -> Tensor:
        """Weight the pixels."""
        reduced = self.conv1(features)
        pooled = gelu(self.conv_max(max_pool2d(self.conv2(reduced), 7, 3)))
        pooled = self.conv3_(gelu(self.conv3(pooled)))
        around = interpolate(pooled, features.shape[2:], mode="bilinear", align_corners=False)
        return features * torch.sigmoid(self.conv4(around + self.conv_f(reduced)))
