"""Compressed data, followed up to their end mark: libraries stop at the last pixel, and take what they find for pixels.

Raw blocks of Zstandard without a checksum hold anything, as uncompressed files do: of these, the end alone is checked.
"""

from __future__ import annotations

import lzma
import struct
import zlib
from typing import TYPE_CHECKING

from srbench.errors import ImageError
from srbench.quality.decoders.pillow import damaged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_BLOCK = 2**18
_XZ_MEMORY = 2**27
"""Enough for what the highest level of xz needs, in bytes."""
_ZSTANDARD = b"\x28\xb5\x2f\xfd"
_RUN = 1
_NO_END = "the end of its compressed data is missing"


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


def check_zstandard(part: bytes, _: int) -> None:
    """Refuse a frame of Zstandard without its last block (RFC 8878)."""
    if not part.startswith(_ZSTANDARD) or len(part) < 5:  # noqa: PLR2004 - up to what the frame says of itself
        raise damaged("no Zstandard data")
    single, size, name = part[4] >> 5 & 1, part[4] >> 6, part[4] & 3
    offset, last = 5 + (not single) + (0, 1, 2, 4)[name] + (single, 2, 4, 8)[size], 0
    while not last and offset + 3 <= len(part):
        (header,) = struct.unpack("<I", part[offset : offset + 3] + b"\0")
        last, kind = header & 1, header >> 1 & 3
        offset += 3 + (1 if kind == _RUN else header >> 3)
    if not last or offset + 4 * (part[4] >> 2 & 1) > len(part):
        raise damaged(_NO_END)


def _most(wanted: int) -> int:
    """Return how many bytes are unpacked at most: programs fill up strips and rows, bombs do not end."""
    return 2 * wanted + _BLOCK


def _check_end(found: int, wanted: int, *, ended: bool) -> None:
    if found < wanted:
        raise ImageError(
            f"truncated image: its data end at {100 * found // wanted} % of the pixels; copy or download it again"
        )
    if not ended:
        raise damaged(_NO_END)
