"""IMDN: Hui et al., "Lightweight Image Super-Resolution with Information Multi-distillation Network", ACM MM 2019.

Written from the paper's figures and tables. Its modules have the names that the authors' weights have, so that these
load: `imdn:weights=IMDN_x4.pth`, and at x2 `imdn:network=rtc:weights=model_RTC.pth`, a small one.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from srbench.pytorch import image_method

from ._contrast import ContrastAttention

DEVICES = ("cpu", "cuda")


def network(factor: int, network: Literal["paper", "rtc"] = "paper") -> nn.Module:
    """Build the network, untrained: (N, 3, H, W) RGB in 0..1 -> (N, 3, factor * H, factor * W)."""
    return IMDN(factor) if network == "paper" else RTC(factor)


load, files = image_method(network)


class IMDN(nn.Module):
    """The whole network: 64 channels in six blocks, all of whose results are fused; 715,176 parameters at x4."""

    def __init__(self, factor: int) -> None:
        """Build it untrained."""
        super().__init__()
        self.fea_conv = nn.Conv2d(3, 64, 3, padding=1)
        for number in range(1, 7):
            self.add_module(f"IMDB{number}", IMDB(64))
        self.c = nn.Sequential(nn.Conv2d(6 * 64, 64, 1), nn.LeakyReLU(0.05))
        self.LR_conv = nn.Conv2d(64, 64, 3, padding=1)
        self.upsampler = nn.Sequential(nn.Conv2d(64, 3 * factor**2, 3, padding=1), nn.PixelShuffle(factor))

    def forward(self, image: Tensor) -> Tensor:
        """Upscale RGB in 0..1."""
        shallow = self.fea_conv(image)
        results = [shallow]
        for number in range(1, 7):
            results.append(self.get_submodule(f"IMDB{number}")(results[-1]))
        result: Tensor = self.upsampler(self.LR_conv(self.c(torch.cat(results[1:], 1))) + shallow)
        return result


class RTC(nn.Module):
    """A small one of 12 channels and five blocks without attention; 20,190 parameters at x2."""

    def __init__(self, factor: int) -> None:
        """Build it untrained."""
        super().__init__()
        deep = Shortcut(*(IMDB(12, attention=False) for _ in range(5)), nn.Conv2d(12, 12, 1))
        last = nn.Conv2d(12, 3 * factor**2, 3, padding=1)
        self.model = nn.Sequential(nn.Conv2d(3, 12, 3, padding=1), deep, last, nn.PixelShuffle(factor))

    def forward(self, image: Tensor) -> Tensor:
        """Upscale RGB in 0..1."""
        result: Tensor = self.model(image)
        return result


class Shortcut(nn.Module):
    """Modules, one after the other, whose result is added to their input."""

    def __init__(self, *modules: nn.Module) -> None:
        """Take the modules."""
        super().__init__()
        self.sub = nn.Sequential(*modules)

    def forward(self, features: Tensor) -> Tensor:
        """Add the result."""
        result: Tensor = features + self.sub(features)
        return result


class IMDB(nn.Module):
    """Information multi-distillation block: each convolution leaves a quarter of its channels to the block's end."""

    def __init__(self, channels: int, *, attention: bool = True) -> None:
        """Build it untrained."""
        super().__init__()
        self.kept = channels // 4
        rest = channels - self.kept
        self.c1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.c2, self.c3 = (nn.Conv2d(rest, channels, 3, padding=1) for _ in range(2))
        self.c4 = nn.Conv2d(rest, self.kept, 3, padding=1)
        self.cca = ContrastAttention(channels) if attention else nn.Identity()
        self.c5 = nn.Conv2d(channels, channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Add the block's result to its input."""
        kept, rest = [], features
        for convolution in (self.c1, self.c2, self.c3):
            whole = leaky_relu(convolution(rest), 0.05)
            kept.append(whole[:, : self.kept])
            rest = whole[:, self.kept :]
        result: Tensor = features + self.c5(self.cca(torch.cat((*kept, self.c4(rest)), 1)))
        return result
