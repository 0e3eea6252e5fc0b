"""A network to learn from: 376,137 weights for x3, against the 22,729 of ESPCN (plug-in; luma only).

After B. Lim et al., "Enhanced Deep Residual Networks for Single Image Super-Resolution", CVPR workshops 2017: residual
blocks of two 3 x 3 convolutions without batch normalisation, and the pixel shuffle. Each convolution but the first pads
with zeros: patches that lost 13 pixels at each side would cost four times as much.
"""

from __future__ import annotations

from torch import Tensor, nn

from srbench.pytorch import luma_method

DEVICES = ("cpu", "cuda")


class Block(nn.Module):
    """Features -> features of the same size."""

    def __init__(self, width: int) -> None:
        """Build the block, untrained."""
        super().__init__()
        first, second = (nn.Conv2d(width, width, 3, padding=1) for _ in range(2))
        self.convolutions = nn.Sequential(first, nn.ReLU(), second)

    def forward(self, features: Tensor) -> Tensor:
        """Add what the convolutions make of them."""
        added: Tensor = self.convolutions(features)
        return features + added


def network(factor: int, width: int = 64, blocks: int = 5) -> nn.Sequential:
    """Build the network, untrained: (N, 1, H, W) luma in 0..1 -> (N, 1, factor * H, factor * W)."""
    return nn.Sequential(
        nn.ReplicationPad2d(2),
        nn.Conv2d(1, width, 5),
        *(Block(width) for _ in range(blocks)),
        nn.Conv2d(width, factor**2, 3, padding=1),
        nn.PixelShuffle(factor),
    )


load, files = luma_method(network)
