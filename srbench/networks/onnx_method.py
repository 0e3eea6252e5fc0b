"""An ONNX file made into a method. Imports no torch and no onnx: it is listed and planned without them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from srbench import method_options
from srbench.errors import Unsupported
from srbench.networks.file_method import file_method
from srbench.networks.packages import package
from srbench.networks.running import Running

if TYPE_CHECKING:
    from collections.abc import Callable

    from srbench.networks.file_method import Asked, FileMethod
    from srbench.networks.model import Model


class _Options(NamedTuple):
    """What of `Running` there is for ONNX files."""

    engine: Literal["onnxruntime", "openvino"] = "onnxruntime"
    precision: Literal["float32", "tf32", "bfloat16"] = "float32"
    tile: int = 0


def onnx_file(shipped: Callable[[int], Path] | None = None) -> FileMethod:
    """Return `load`, `files` and `decided` of a method that runs the network of an ONNX file.

    The method takes the options `file`; `engine`, `precision` and `tile`, as those of `Running`; `ensemble`, 8 for the
    mean over flips and rotations; and `Choices`.

    Args:
        shipped: returns the file that comes with the method, for a factor; raises `Unsupported` where there is none.
            Without it, `file` must be given.

    """

    def files(factor: int, file: Path | None = None, **_options: object) -> list[Path]:
        path = _path(factor, file)
        package("onnx", "onnx")
        from srbench.networks.onnx_content import external_files

        return [path, *external_files(path)]

    def opened(asked: Asked, device: str) -> Model:
        from srbench.networks import onnx_file

        path = _path(asked.factor, asked.own.get("file"))
        return onnx_file.opened(path, device, running=asked.running, choices=asked.choices)

    def _path(factor: int, file: Path | None) -> Path:
        if file:
            return Path(file)
        if shipped is None:
            raise Unsupported("needs a model, file=MODEL.onnx")
        return shipped(factor)

    return file_method(files, opened, method_options.fields(_Options), running=Running(engine="onnxruntime"))
