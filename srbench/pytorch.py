"""The door for torch plug-ins: a network or a model file becomes a method that can be run, and networks be exported.

::

    from srbench.pytorch import image_method

    def network(factor, width: int = 32):  # (N, 3, H, W) RGB in 0..1 -> (N, 3, factor * H, factor * W)
        from torch import nn
        ...

    DEVICES = ("cpu", "cuda")
    load, files = image_method(network)

`luma_method` is the same for networks of luma, which `srbench train` can train; `image_upscaler` takes any function of
tensors; `onnx_file` and `torch_file` make methods of model files; `weights_beside` finds those of a method.

Nothing inside srbench imports this module; importing it does not import torch.
"""

from srbench.networks.file_method import FileMethod
from srbench.networks.method import NetworkMethod, image_method, image_upscaler, luma_method, weights_beside
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
    "weights_beside",
]
