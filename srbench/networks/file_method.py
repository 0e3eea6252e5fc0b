"""What a module holds whose method runs a model file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from srbench.networks.upscaler import ImageUpscaler


class FileMethod(NamedTuple):
    """What a method's module must hold, under these names, to be run."""

    load: Callable[..., ImageUpscaler]
    files: Callable[..., list[Path]]
    decided: Callable[..., dict[str, Any]]
    """What was found out about the file."""
