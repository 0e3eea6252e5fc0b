"""How a network is run: the options that every method of a network has and that do not affect its weights."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

Engine: TypeAlias = Literal["torch", "onnxruntime", "openvino"]


class Running(NamedTuple):
    """How a network is run: options of every method of a network, which its weights do not depend on."""

    engine: Engine = "torch"
    precision: Literal["float32", "tf32", "bfloat16", "float16"] = "float32"
    """Of activations and weights; images go in and come out as float32."""
    compile: bool = False
    """Through torch.compile, with CUDA graphs where there is CUDA."""
    tile: int = 0
    """The side of tiles in LR pixels; 0 for the whole image at once, as long as memory lasts."""
