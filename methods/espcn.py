"""ESPCN: convolutions at LR size, then a sub-pixel shuffle (trained, PyTorch, luma only).

Source: W. Shi et al., "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional
Neural Network", CVPR 2016: 64@5x5, 32@3x3, factor^2@3x3 and the pixel shuffle; tanh after all but the last.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from srbench.errors import Unsupported
from srbench.pytorch import luma_method

if TYPE_CHECKING:
    from torch import nn

DEVICES = ("cpu", "cuda")
Activation: TypeAlias = Literal["tanh", "relu"]
Layers: TypeAlias = Literal["paper", "article"]


def network(factor: int, activation: Activation = "tanh", network: Layers = "paper") -> nn.Sequential:
    """Build the network, untrained: (N, 1, H, W) luma in 0..1 -> (N, 1, factor * H, factor * W).

    The edge is repeated once, by the radius of the receptive field; the convolutions themselves pad nothing.
    The article's network has a second 32@3x3 before the last layer.
    """
    from torch import nn

    activate = {"tanh": nn.Tanh, "relu": nn.ReLU}[activation]
    middle = [nn.Conv2d(32, 32, 3), activate()] if network == "article" else []
    return nn.Sequential(
        nn.ReplicationPad2d(5 if middle else 4),
        nn.Conv2d(1, 64, 5),
        activate(),
        nn.Conv2d(64, 32, 3),
        activate(),
        *middle,
        nn.Conv2d(32, factor**2, 3),
        nn.PixelShuffle(factor),
    )


def shipped(factor: int, activation: Activation = "tanh", network: Layers = "paper") -> Path:
    """Return the file of the weights that come with srbench.

    Raises:
        Unsupported: none were trained for this factor.

    """
    kind = activation if network == "paper" else f"{network}-{activation}"
    path = Path(__file__).parent / "weights" / f"espcn-{kind}-x{factor}.safetensors"
    if not path.is_file():
        have = ", ".join(sorted(f"x{file.stem[-1]}" for file in path.parent.glob(f"espcn-{kind}-x*.safetensors")))
        raise Unsupported(f"espcn has no {kind} weights for x{factor} ({f'has {have}' if have else 'has none'})")
    return path


load, files = luma_method(network, shipped)
