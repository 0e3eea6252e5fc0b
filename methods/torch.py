"""PyTorch: the network of a file, as torch:file=MODEL.pth (RGB or luma), or torch:interpolate=bicubic."""

from __future__ import annotations

import inspect
from pathlib import Path  # noqa: TC003 - the command line reads the annotations of a file's options
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from srbench.errors import MethodError
from srbench.pytorch import torch_file

from ._interpolate import interpolation

if TYPE_CHECKING:
    from srbench.contract import Upscaler

DEVICES = ("cpu", "cuda")
Interpolate: TypeAlias = Literal["no", "nearest", "nearest-exact", "bilinear", "bicubic"]

_file = torch_file()


def load(
    factor: int,
    device: str,
    *,
    interpolate: Interpolate = "no",
    antialias: bool = False,
    align_corners: bool = False,
    **options: Any,  # noqa: ANN401 - those of a file
) -> Upscaler:
    """Return the upscaler: of a network, or `torch.nn.functional.interpolate`."""
    if interpolate == "no":
        if antialias or align_corners:
            raise MethodError("antialias and align_corners belong to interpolate=bilinear or interpolate=bicubic")
        return _file.load(factor, device, **options)
    if options:
        raise MethodError(f"interpolate={interpolate} runs no network; leave {', '.join(options)} out")
    return interpolation(factor, device, interpolate, antialias=antialias, align_corners=align_corners)


def files(factor: int, *, interpolate: Interpolate = "no", **options: Any) -> list[Path]:  # noqa: ANN401
    """Return the file of the network, and those that it needs."""
    return _file.files(factor, **options) if interpolate == "no" else []


def decided(factor: int, *, interpolate: Interpolate = "no", **options: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return what was found out about the file."""
    return _file.decided(factor, **_of_file(options)) if interpolate == "no" else {}


def _of_file(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name not in ("antialias", "align_corners")}


*_own, _ = inspect.signature(load).parameters.values()
_others = [each for each in inspect.signature(_file.load).parameters.values() if each.name not in ("factor", "device")]
load.__signature__ = inspect.Signature([*_own, *_others])  # type: ignore[attr-defined] # what the command line offers
