"""Image files: read as the pixels that were meant, or refused with one line that says why.

Only what an 8-bit RGB or grey image can hold passes. Whatever would have to be guessed (depth, transparency, colour
model, which of several frames) is an error that names the file, so that no benchmark runs on silently changed pixels.
"""

from __future__ import annotations

import hashlib
import io
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image as Pillow

from srbench.atomic import replacing
from srbench.errors import ImageError, UsageError
from srbench.quality.decoders import bmp, jpeg, png, pnm, signatures, tiff, webp
from srbench.quality.decoders.pillow import MAX_PIXELS
from srbench.quality.image import Image, to_uint8

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["IMAGE_SUFFIXES", "MAX_BYTES", "MAX_PIXELS", "pixel_hash", "read_image", "write_image"]

IMAGE_SUFFIXES = (
    *(".png", ".bmp", ".jpg", ".jpeg", ".jpe", ".jfif", ".tif", ".tiff", ".webp"),
    *(".ppm", ".pgm", ".pbm", ".pnm"),
)
"""What counts as an image file, in lower case; the content, not the suffix, decides how a file is decoded."""

MAX_BYTES = 2**30
"""Largest file read: `MAX_PIXELS` of RGB, written as decimal text."""

_KINDS = "expected a PNG, BMP, JPEG, TIFF, WebP, PPM, PGM or PBM image"
_DECODERS: tuple[tuple[tuple[bytes, ...], Callable[[bytes], Image]], ...] = (
    ((png.SIGNATURE,), png.decode),
    ((jpeg.SIGNATURE,), jpeg.decode),
    (tiff.SIGNATURES, tiff.decode),
    ((bmp.SIGNATURE,), bmp.decode),
    (pnm.SIGNATURES, pnm.decode),
)
_OPTIONS: dict[str, dict[str, Any]] = {  # lossless wherever the format can be
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"lossless": True, "exact": True},
}


def read_image(path: str | Path) -> Image:
    """Read an image file as uint8: (H, W) if it has one channel, else (H, W, 3) RGB.

    EXIF orientation is applied, palettes are expanded to RGB, an alpha channel that is opaque everywhere is dropped.
    JPEG pixels are those of libjpeg as Pillow ships it. docs/formats.md lists what is read of each format.

    Raises:
        ImageError: the file is missing, empty, damaged, ends early, is no image, is larger than `MAX_PIXELS`, or holds
            what 8-bit RGB cannot: more depth, transparency, several frames, another colour model.

    """
    path = Path(path)
    _check_file(path)
    try:
        content = path.read_bytes()
        return np.array(_decoder(content)(content), order="C")
    except ImageError as error:
        raise ImageError(f"{path}: {error}") from error
    except MemoryError:
        raise
    except Exception as error:  # decoders of damaged files raise anything from OSError to IndexError
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ImageError(f"{path}: truncated or damaged image ({reason}); {_KINDS}; replace or remove it") from error


def _decoder(content: bytes) -> Callable[[bytes], Image]:
    """Return what decodes a file, by its first bytes."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return webp.decode
    for beginnings, decode in _DECODERS:
        if content.startswith(beginnings):
            return decode
    found = signatures.name(content)
    got = f"is {found}" if found else "not an image, or its header is damaged"
    raise ImageError(f"{got}; {_KINDS}; {'convert it' if found else 'replace or remove it'}")


def write_image(path: str | Path, image: Image) -> None:
    """Write `image`, uint8 or float, (H, W) or (H, W, 3) RGB, in the format that the suffix of `path` names.

    Floats become 8-bit as `to_uint8` rounds. The file appears whole or not at all; JPEG is the only lossy format.

    Raises:
        UsageError: the suffix is not in `IMAGE_SUFFIXES`.
        ImageError: the array is no image, or the file cannot be written.

    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in IMAGE_SUFFIXES:
        expected = ", ".join(IMAGE_SUFFIXES)
        raise UsageError(f"{path}: cannot write images as {path.suffix or 'a file without suffix'!r}; use {expected}")
    _check_array(path, image)
    kind = Pillow.registered_extensions()[suffix]
    encoded = io.BytesIO()
    Pillow.fromarray(np.ascontiguousarray(to_uint8(image))).save(encoded, kind, **_OPTIONS.get(kind, {}))
    try:
        with replacing(path) as partial:
            partial.write_bytes(encoded.getvalue())
    except OSError as error:
        raise ImageError(f"{path}: cannot be written ({error.strerror}); choose another folder") from error


def pixel_hash(image: Image) -> str:
    """Return the sha256 (64 hex digits) of dtype, shape and pixels: equal for a BMP and its PNG copy."""
    digest = hashlib.sha256(f"{image.dtype.name} {image.shape}\n".encode())
    digest.update(np.ascontiguousarray(image).data)
    return digest.hexdigest()


def _check_file(path: Path) -> None:
    """Refuse what is no regular, non-empty file; opening a pipe would wait for ever."""
    try:
        status = path.stat()
    except OSError as error:
        raise ImageError(f"{path}: cannot be read ({error.strerror}); {_KINDS}") from error
    if not stat.S_ISREG(status.st_mode):
        raise ImageError(f"{path}: is a {'folder' if path.is_dir() else 'special file'}; {_KINDS}")
    if status.st_size > MAX_BYTES:
        raise ImageError(f"{path}: got {status.st_size} bytes, expected at most {MAX_BYTES}; {_KINDS}")
    if status.st_size == 0:
        raise ImageError(f"{path}: got an empty file (0 bytes), {_KINDS}; copy or download it again")


def _check_array(path: Path, image: Image) -> None:
    shaped = image.ndim in (2, 3) and image.shape[2:] in ((), (3,)) and image.size
    if not shaped or not (image.dtype == np.uint8 or np.issubdtype(image.dtype, np.floating)):
        got = f"{image.dtype} {image.shape}"
        raise ImageError(f"{path}: got an array of {got}, expected uint8 or float of (H, W) or (H, W, 3)")
    if image.dtype != np.uint8 and not np.isfinite(image).all():
        raise ImageError(f"{path}: got NaN or infinite pixels, expected finite ones; the method is wrong")
