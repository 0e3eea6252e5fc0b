"""How a network is run: the options that every method of a network has and that do not affect its weights."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Engine: TypeAlias = Literal["torch", "onnxruntime", "openvino"]

AUTO = "auto"
"""In place of an engine: the fastest that is installed."""

_OF_INTEGERS: tuple[Engine, ...] = ("openvino", "onnxruntime")
"""Those that compute in integers, the fastest first (docs/engines.md)."""


class Running(NamedTuple):
    """How a network is run: options of every method of a network, which its weights do not depend on."""

    engine: Engine = "torch"
    precision: Literal["float32", "tf32", "bfloat16", "float16", "int8"] = "float32"
    """Of activations and weights; images go in and come out as float32. int8 is of quantised weights only."""
    compile: bool = False
    """Through torch.compile, with CUDA graphs where there is CUDA."""
    tile: int = 0
    """The side of tiles in LR pixels; 0 for the whole image at once, as long as memory lasts."""


INTEGERS = ".int8"
"""The suffix of the quantised form of a weight file."""


def integers_of(weights: Path) -> Path:
    """Return where the quantised form of a weight file lies: beside it."""
    return weights.with_suffix(INTEGERS)


def fastest(engines: Iterable[Engine], device: str, running: Running) -> Engine:
    """Return the first of `engines` that is installed and does what `running` asks for on `device`; else torch."""
    if device != "cpu" or running.compile or running.precision not in {"float32", "int8"}:
        return "torch"
    tried = engines if running.precision == "float32" else _OF_INTEGERS
    return next((each for each in tried if each == "torch" or _is_installed(each)), "torch")


def _is_installed(engine: Engine) -> bool:
    return all(map(find_spec, ("onnx", engine)))
