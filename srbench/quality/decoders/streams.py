"""Compressed data, unpacked up to their checksum: libraries stop at the last pixel, and take anything for pixels."""

from __future__ import annotations

import lzma
import zlib
from typing import TYPE_CHECKING

from srbench.errors import ImageError
from srbench.quality.decoders.pillow import damaged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_BLOCK = 2**18
_XZ_MEMORY = 2**27
"""Enough for what the highest level of xz needs, in bytes."""


def inflated(parts: Iterable[bytes | memoryview], wanted: int) -> Iterator[bytes]:
    """Yield the bytes of a zlib stream that lies in `parts`, in blocks; there are `wanted`, or a few more.

    Raises:
        ImageError: it is damaged, ends early, or goes on far beyond.

    """
    found, unpacker = 0, zlib.decompressobj()
    for part in parts:
        rest: bytes | memoryview = part
        while rest and found <= _most(wanted) and not unpacker.eof:
            try:
                block = unpacker.decompress(rest, _BLOCK)
            except zlib.error as error:
                raise damaged(str(error)) from error
            rest, found = unpacker.unconsumed_tail, found + len(block)
            yield block
    _check_end(found, wanted, ended=unpacker.eof)


def check_deflate(part: bytes, wanted: int) -> None:
    """Refuse a zlib stream as `inflated` does."""
    for _ in inflated([part], wanted):
        pass


def check_xz(part: bytes, wanted: int) -> None:
    """Refuse an xz stream that is damaged, ends before `wanted` bytes, or goes on far beyond."""
    found, unpacker, rest = 0, lzma.LZMADecompressor(lzma.FORMAT_XZ, _XZ_MEMORY), part
    while found <= _most(wanted) and not unpacker.eof and (rest or not unpacker.needs_input):
        try:
            found += len(unpacker.decompress(rest, _BLOCK))
        except lzma.LZMAError as error:
            raise damaged(str(error)) from error
        rest = b""
    _check_end(found, wanted, ended=unpacker.eof)


def _most(wanted: int) -> int:
    """Return how many bytes are unpacked at most: programs fill up strips and rows, bombs do not end."""
    return 2 * wanted + _BLOCK


def _check_end(found: int, wanted: int, *, ended: bool) -> None:
    if found < wanted:
        raise ImageError(
            f"truncated image: its data end at {100 * found // wanted} % of the pixels; copy or download it again"
        )
    if not ended:
        raise damaged("the end of its compressed data is missing")
