"""ESPCN: three convolutions at LR size, then a sub-pixel shuffle (trained, PyTorch, luma only).

Source: W. Shi et al., "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional
Neural Network", CVPR 2016: 64@5x5, 32@3x3, factor^2@3x3 and the pixel shuffle; tanh after the first two.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from srbench.errors import Unsupported

if TYPE_CHECKING:
    from torch import nn

    from ._torch import LumaUpscaler

DEVICES = ("cpu", "cuda")
Activation = Literal["tanh", "relu"]


def network(factor: int, activation: Activation) -> nn.Sequential:
    """Build the network, untrained: (N, 1, H, W) luma in 0..1 -> (N, 1, factor * H, factor * W).

    The edge is repeated once, by the receptive field's radius of 4; the convolutions themselves pad nothing.
    """
    from torch import nn

    activate = {"tanh": nn.Tanh, "relu": nn.ReLU}[activation]
    return nn.Sequential(
        nn.ReplicationPad2d(4),
        nn.Conv2d(1, 64, 5),
        activate(),
        nn.Conv2d(64, 32, 3),
        activate(),
        nn.Conv2d(32, factor**2, 3),
        nn.PixelShuffle(factor),
    )


def files(factor: int, activation: Activation = "tanh") -> list[Path]:
    """Return the weight file behind these options.

    Raises:
        Unsupported: no weights were trained for this factor.

    """
    path = Path(__file__).parent / "weights" / f"espcn-{activation}-x{factor}.safetensors"
    if not path.is_file():
        have = sorted(file.stem[-1] for file in path.parent.glob(f"espcn-{activation}-x*.safetensors"))
        raise Unsupported(f"espcn has no {activation} weights for x{factor} (has x{', x'.join(have)})")
    return [path]


def load(factor: int, device: str, activation: Activation = "tanh") -> LumaUpscaler:
    """Return the trained network as an upscaler: luma by ESPCN, chroma by bicubic."""
    (weights,) = files(factor, activation)
    from ._torch import LumaUpscaler, load_weights

    return LumaUpscaler(load_weights(network(factor, activation), weights), factor, device)
