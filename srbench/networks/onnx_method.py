"""An ONNX file made into a method: its options, its files, its upscaler.

Imports no torch and no onnx: a method built here is listed and planned without them.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from srbench import method_options
from srbench.errors import Unsupported
from srbench.networks.choices import Choices
from srbench.networks.file_method import FileMethod
from srbench.networks.packages import package
from srbench.networks.running import Running

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from srbench.networks.upscaler import ImageUpscaler

Engine: TypeAlias = Literal["onnxruntime", "openvino"]


def onnx_file(shipped: Callable[[int], Path] | None = None) -> FileMethod:
    """Return `load`, `files` and `decided` of a method that runs the network of an ONNX file.

    The method takes the options `file`; `engine`, `precision` and `tile`, as those of `Running`; `ensemble`, 8 for the
    mean over flips and rotations; and `Choices`.

    Args:
        shipped: returns the file that comes with the method, for a factor; raises `Unsupported` where there is none.
            Without it, `file` must be given.

    """

    def load(  # noqa: PLR0913 - what is run, where, and how
        factor: int,
        device: str,
        *,
        file: Path | None = None,
        engine: Engine = "onnxruntime",
        precision: Literal["float32", "tf32", "bfloat16"] = "float32",
        tile: int = 0,
        ensemble: Literal[1, 8] = 1,
        decided: Mapping[str, Any] | None = None,
        **said: Any,  # noqa: ANN401 - `Choices`
    ) -> ImageUpscaler:
        choices = Choices(**said).decided(decided or _decided(factor, file, engine, said))
        from srbench.networks.onnx_file import opened
        from srbench.networks.upscaler import ImageUpscaler

        running = Running(engine=engine, precision=precision, tile=tile)
        model = opened(_path(factor, file), device, running=running, choices=choices)
        return ImageUpscaler(model, tile=tile, ensemble=ensemble)

    def its_decided(
        factor: int,
        file: Path | None = None,
        engine: Engine = "onnxruntime",
        **options: Any,  # noqa: ANN401 - as those of `load`
    ) -> dict[str, Any]:
        said = {name: value for name, value in options.items() if name in Choices._fields}
        return _decided(factor, file, engine, said)

    def _decided(factor: int, file: Path | None, engine: Engine, said: dict[str, Any]) -> dict[str, Any]:
        path, of_it = _path(factor, file), files(factor, file)
        from srbench.networks.deciding import settled
        from srbench.networks.onnx_file import opened

        running = Running(engine=engine)
        return settled(
            lambda choices: opened(path, "cpu", running=running, choices=choices), Choices(**said), factor, of_it
        )

    def files(factor: int, file: Path | None = None, **_options: object) -> list[Path]:
        path = _path(factor, file)
        package("onnx", "onnx")
        from srbench.networks.onnx_content import external_files

        return [path, *external_files(path)]

    def _path(factor: int, file: Path | None) -> Path:
        if file:
            return Path(file)
        if shipped is None:
            raise Unsupported("needs a model, file=MODEL.onnx")
        return shipped(factor)

    load.__doc__ = "Return the upscaler."
    load.__signature__ = _signature(load)  # type: ignore[attr-defined] # what the command line offers
    return FileMethod(load, files, its_decided)


def _signature(load: Callable[..., Any]) -> inspect.Signature:
    """Return the signature of `load` with the names of `Choices`."""
    *named, _ = inspect.signature(load).parameters.values()
    return inspect.Signature([*named, *method_options.fields(Choices)])
