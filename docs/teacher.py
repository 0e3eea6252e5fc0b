"""A network to learn from: 376,137 weights for x3, against the 22,729 of ESPCN (plug-in; luma only).

After B. Lim et al., "Enhanced Deep Residual Networks for Single Image Super-Resolution", CVPR workshops 2017: residual
blocks of two 3 x 3 convolutions without batch normalisation, and the pixel shuffle. Here no convolution pads, so a block
adds its result to the middle of what it was given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from srbench.pytorch import luma_method

if TYPE_CHECKING:
    from torch import nn

DEVICES = ("cpu", "cuda")


def network(factor: int, width: int = 64, blocks: int = 5) -> nn.Sequential:
    """Build the network, untrained: (N, 1, H, W) luma in 0..1 -> (N, 1, factor * H, factor * W)."""
    from torch import Tensor, nn

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.convolutions = nn.Sequential(nn.Conv2d(width, width, 3), nn.ReLU(), nn.Conv2d(width, width, 3))

        def forward(self, features: Tensor) -> Tensor:
            middle: Tensor = features[:, :, 2:-2, 2:-2]
            return middle + self.convolutions(features)

    return nn.Sequential(
        nn.ReplicationPad2d(3 + 2 * blocks),
        nn.Conv2d(1, width, 5),
        *(Block() for _ in range(blocks)),
        nn.Conv2d(width, factor**2, 3),
        nn.PixelShuffle(factor),
    )


load, files = luma_method(network)
