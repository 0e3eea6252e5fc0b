"""A torch module as a method: what its plug-in file imports in a worker. Imports no torch before it is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from srbench.functions.stored import beside, read
from srbench.networks.file_method import file_method

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from srbench.networks.file_method import Asked
    from srbench.networks.model import Model
    from srbench.networks.upscaler import ImageUpscaler


class ModuleMethod(NamedTuple):
    """What the plug-in of a torch module holds, under these names."""

    load: Callable[..., ImageUpscaler]
    decided: Callable[[int], dict[str, Any]]
    """What was found out about the module: its factor, RGB or luma, its range, and sizes."""


def method(file: str, identity: str) -> ModuleMethod:
    """Return `load` and `decided` of the torch module that was written beside a plug-in `file`."""
    name = Path(file).stem

    def opened(asked: Asked, device: str) -> Model:
        from srbench.networks import torch_file  # torch

        return torch_file.of_module(read(file, identity), name, device, choices=asked.choices)

    found = file_method(lambda *_: [beside(file)], opened, ())

    def load(factor: int, device: str, *, decided: Mapping[str, Any] | None = None) -> ImageUpscaler:
        return found.load(factor, device, decided=decided)

    def decided(factor: int) -> dict[str, Any]:
        return found.decided(factor)

    return ModuleMethod(load, decided)
