"""The judge's worker: it reads HR, makes LR and compares SR. It runs no method, so no method can touch its numbers.

Each function says all that it needs, so that a fresh judge can go on where one died.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from srbench.quality import protocol as protocols
from srbench.quality.files import pixel_hash, read_image

if TYPE_CHECKING:
    from pathlib import Path

    from srbench.quality.image import Image
    from srbench.quality.protocol import Score, Truth


def identify(path: Path) -> str:
    """Return the pixel hash of the image at `path`, read anew.

    Raises:
        ImageError: it cannot be read.

    """
    for cached in (_hr, _truth):
        cached.cache_clear()
    return pixel_hash(_hr(path))


def degrade(path: Path, protocol: str, factor: int, size: tuple[int, int] | None = None) -> Image:
    """Return LR of the image at `path`, as it is or, repeated or cut to it, of a `size` (height, width).

    Raises:
        SrbenchError: the image cannot be read, or is too small for the protocol.

    """
    lr = protocols.get(protocol).degrade(_hr(path), factor)
    if size is None:
        return lr
    repeats = [-(-wanted // length) for wanted, length in zip(size, lr.shape, strict=False)]
    whole = np.tile(lr, (*repeats, 1)[: lr.ndim])
    return np.ascontiguousarray(whole[: size[0], : size[1]])


def shape(path: Path, protocol: str, factor: int) -> tuple[tuple[int, ...], str]:
    """Return shape and dtype of LR of the image at `path`; raises as `degrade`."""
    lr = degrade(path, protocol, factor)
    return lr.shape, str(lr.dtype)


def compare(path: Path, protocol: str, factor: int, sr: Image) -> Score:
    """Score `sr` against the image at `path`.

    Raises:
        SrbenchError: the image cannot be read, or the two cannot be compared.

    """
    return protocols.get(protocol).score(_truth(path, protocol, factor), sr, factor)


@lru_cache(maxsize=1)
def _hr(path: Path) -> Image:
    return read_image(path)


@lru_cache(maxsize=1)
def _truth(path: Path, protocol: str, factor: int) -> Truth:
    return protocols.get(protocol).truth(_hr(path), factor)
