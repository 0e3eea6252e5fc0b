"""The door for torch plug-ins: a network becomes a method that can be run and exported, and of luma also trained.

::

    from srbench.pytorch import luma_method

    def network(factor, width: int = 32):  # (N, 1, H, W) luma in 0..1 -> (N, 1, factor * H, factor * W)
        from torch import nn
        ...

    DEVICES = ("cpu", "cuda")
    load, files = luma_method(network)

Nothing inside srbench imports this module; importing it does not import torch.
"""

from srbench.networks.file_method import FileMethod
from srbench.networks.method import NetworkMethod, image_method, image_upscaler, luma_method
from srbench.networks.onnx_method import onnx_file
from srbench.networks.torch_method import torch_file

LumaMethod = NetworkMethod
"""Its name before there was `image_method`."""

__all__ = [
    "FileMethod",
    "LumaMethod",
    "NetworkMethod",
    "image_method",
    "image_upscaler",
    "luma_method",
    "onnx_file",
    "torch_file",
]
