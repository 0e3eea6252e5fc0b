"""Packages that may be absent, as they come with an extra."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from srbench.errors import Unsupported
from srbench.extras import INSTALL

if TYPE_CHECKING:
    from types import ModuleType


def package(name: str, extra: str) -> ModuleType:
    """Import a package that may be absent.

    Raises:
        Unsupported: it is; the line says what installs it.

    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise missing(error, extra) from error


def missing(error: ModuleNotFoundError, extra: str) -> Unsupported:
    """Return what says which package is missing, and what installs it."""
    return Unsupported(f"needs the package {error.name}: {INSTALL[extra]}")
