"""ESPCN: convolutions at LR size, then a sub-pixel shuffle (trained, PyTorch, luma only).

Source: W. Shi et al., "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional
Neural Network", CVPR 2016: 64@5x5, 32@3x3, factor^2@3x3 and the pixel shuffle; tanh after all but the last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from srbench.pytorch import luma_method, weights_beside

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


def kind(activation: Activation = "tanh", network: Layers = "paper") -> str:
    """Return what the files of the shipped weights are called by."""
    return activation if network == "paper" else f"{network}-{activation}"


load, files = luma_method(network, weights_beside(__file__, kind), engines=("onnxruntime", "openvino", "torch"))
