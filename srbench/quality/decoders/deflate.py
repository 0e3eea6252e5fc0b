"""Deflate, which PNG and TIFF share: unpacked up to its end mark and checksum, which libraries do not wait for."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from srbench.errors import ImageError
from srbench.quality.decoders.pillow import damaged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_BLOCK = 2**18


def unpacked(parts: Iterable[bytes | memoryview], wanted: int) -> Iterator[bytes]:
    """Yield the bytes of a zlib stream that lies in `parts`, in blocks; there are `wanted`, or a few more.

    Raises:
        ImageError: it is damaged, ends early, or goes on far beyond.

    """
    found, unpacker, most = 0, zlib.decompressobj(), 2 * wanted + _BLOCK
    for part in parts:
        rest: bytes | memoryview = part
        while rest and found <= most and not unpacker.eof:
            block = _block(unpacker, rest)
            rest, found = unpacker.unconsumed_tail, found + len(block)
            yield block
    if found < wanted:
        raise ImageError(
            f"truncated image: its data end at {100 * found // wanted} % of the pixels; copy or download it again"
        )
    if not unpacker.eof:
        raise damaged("the end of its compressed data is missing")


def _block(unpacker: zlib._Decompress, data: bytes | memoryview) -> bytes:
    try:
        return unpacker.decompress(data, _BLOCK)
    except zlib.error as error:
        raise damaged(str(error)) from error
