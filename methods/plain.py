"""Plain: 3x3 convolutions of 16 channels at LR size, and the input at every sub-pixel (trained, PyTorch, luma only).

After X. Zhang, H. Zeng, L. Zhang, "Edge-Oriented Convolution Block for Real-Time Super Resolution on Mobile Devices",
ACM Multimedia 2021, whose network is such a plain one once it is folded. Here with leaky ReLU: every engine computes it
together with the convolution before it, unlike PReLU, and no channel dies, unlike with ReLU.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from srbench.pytorch import luma_method, weights_beside

if TYPE_CHECKING:
    from torch import nn

DEVICES = ("cpu", "cuda")

SLOPE = 0.2
"""Of the leaky ReLU, below 0."""


def network(factor: int, layers: int = 7, width: int = 16) -> nn.Sequential:
    """Build the network, untrained: (N, 1, H, W) luma in 0..1 -> (N, 1, factor * H, factor * W).

    `layers` convolutions of `width` channels lie between the first one and the last. The edge is repeated once, by the
    radius of the receptive field; the convolutions themselves pad nothing.
    """
    from torch import Tensor, nn

    radius = layers + 2

    class Residual(nn.Module):
        """Luma and what the convolutions add to it, for each sub-pixel."""

        def __init__(self, *convolutions: nn.Module) -> None:
            super().__init__()
            self.convolutions = nn.Sequential(*convolutions)

        def forward(self, luma: Tensor) -> Tensor:
            added: Tensor = self.convolutions(luma)
            return added + luma[:, :, radius:-radius, radius:-radius]

    hidden = [each for _ in range(layers) for each in (nn.Conv2d(width, width, 3), nn.LeakyReLU(SLOPE))]
    return nn.Sequential(
        nn.ReplicationPad2d(radius),
        Residual(nn.Conv2d(1, width, 3), nn.LeakyReLU(SLOPE), *hidden, nn.Conv2d(width, factor**2, 3)),
        nn.PixelShuffle(factor),
    )


def kind(layers: int = 7, width: int = 16) -> str:
    """Return what the files of the shipped weights are called by."""
    return f"{layers}x{width}"


load, files = luma_method(network, weights_beside(__file__, kind), engines=("openvino", "onnxruntime", "torch"))
