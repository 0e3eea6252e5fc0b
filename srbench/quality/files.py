"""Image files: read as the pixels that were meant, or refused with one line that says why.

Only what an 8-bit RGB or grey image can hold passes. Whatever would have to be guessed (depth, transparency, colour
model, which of several frames) is an error that names the file, so that no benchmark runs on silently changed pixels.
"""

from __future__ import annotations

import hashlib
import io
import math
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from PIL import Image as Pillow

from srbench.atomic import replacing
from srbench.errors import ImageError, UsageError
from srbench.hashing import file_hash_or
from srbench.opening import read
from srbench.quality.decoders import bmp, jpeg, png, pnm, signatures, tiff, webp
from srbench.quality.decoders.pillow import MAX_PIXELS, Layers, damaged
from srbench.quality.image import Image, to_uint8
from srbench.quality.metadata import NOTHING, Metadata

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")

__all__ = [
    "IMAGE_SUFFIXES",
    "MAX_BYTES",
    "MAX_PIXELS",
    "check_fits",
    "content_hash",
    "format_of",
    "pixel_hash",
    "read_image",
    "read_layers",
    "write_array",
    "write_image",
]

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
_LAYERS = {png.decode: png.layers, webp.decode: webp.layers}
_HOLDS_ALPHA = {"PNG", "WEBP", "TIFF"}
_OPTIONS: dict[str, dict[str, Any]] = {  # lossless wherever the format can be
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"lossless": True, "exact": True},
}
_NAMES = {"WEBP": "WebP"}
_LONGEST = {"WEBP": 16383, "JPEG": 65500}
"""Longest side in pixels that formats hold, as their libraries have it."""
_LARGEST = {"TIFF": 2**32 - 2**20, "BMP": 2**32 - 2**20}
"""Most bytes of pixels: offsets in these files have 32 bits."""


def read_image(path: str | Path) -> Image:
    """Read an image file as uint8: (H, W) if it has one channel, else (H, W, 3) RGB.

    EXIF orientation is applied, palettes are expanded to RGB, an alpha channel that is opaque everywhere is dropped.
    JPEG pixels are those of libjpeg as Pillow ships it. docs/formats.md lists what is read of each format.

    Raises:
        ImageError: the file is missing, empty, damaged, ends early, is no image, is larger than `MAX_PIXELS`, or holds
            what 8-bit RGB cannot: more depth, transparency, several frames, another colour model.

    """
    return _read(Path(path), lambda content: np.array(_decoder(content)(content), order="C"))


def read_layers(path: str | Path) -> Layers:
    """Read an image file as `read_image`, and its alpha, which a PNG or WebP may have.

    Raises:
        ImageError: as `read_image`, but for these.

    """

    def decode(content: bytes) -> Layers:
        decoder = _decoder(content)
        found = _LAYERS[decoder](content) if decoder in _LAYERS else Layers(decoder(content))
        alpha = None if found.alpha is None else np.array(found.alpha, order="C")
        return Layers(np.array(found.pixels, order="C"), alpha)

    return _read(Path(path), decode)


def _read(path: Path, decode: Callable[[bytes], _T]) -> _T:
    content = _content(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns about metadata that pixels do not depend on
            return decode(content)
    except ImageError as error:
        raise ImageError(f"{path}: {error}") from error
    except MemoryError:
        raise
    except Exception as error:  # decoders of damaged files raise anything from OSError to IndexError
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ImageError(f"{path}: {damaged(reason)}") from error


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


def write_image(
    path: str | Path,
    image: Image,
    metadata: Metadata = NOTHING,
    *,
    alpha: Image | None = None,
    fast: bool = False,
) -> None:
    """Write `image`, uint8 or float, (H, W) or (H, W, 3) RGB, in the format that the suffix of `path` names.

    Floats become 8-bit as `to_uint8` rounds; `alpha` is (H, W) uint8. Of `metadata`, what the format cannot hold is
    left out. The file appears whole or not at all; JPEG is the only lossy format. A `fast` PNG is larger: for files
    that are read once.

    Raises:
        UsageError: the suffix is not in `IMAGE_SUFFIXES`, or the format cannot hold the image: see `check_fits`.
        ImageError: the array is no image, or the file cannot be written.

    """
    path = Path(path)
    kind = format_of(path)
    _check_array(path, image)
    check_fits(path, image.shape, alpha=alpha is not None)
    options = {**_OPTIONS.get(kind, {}), **metadata.options(kind, image.shape)}
    options |= {"compress_level": 1} if fast and kind == "PNG" else {}
    picture = Pillow.fromarray(np.ascontiguousarray(to_uint8(image)))
    if alpha is not None:
        picture.putalpha(Pillow.fromarray(alpha))
    _write(path, lambda partial: picture.save(partial, kind, **options))


def write_array(path: Path, image: Image) -> None:
    """Write a float image, (H, W) or (H, W, 3) RGB, as a float32 `.npy`; it appears whole or not at all.

    Raises:
        ImageError: it cannot be written.

    """
    encoded = io.BytesIO()
    np.save(encoded, image.astype(np.float32))
    _write(path, lambda partial: partial.write_bytes(encoded.getbuffer()))


def format_of(path: Path) -> str:
    """Return the format that images are written in under the suffix of `path`, in Pillow's words.

    Raises:
        UsageError: the suffix names none.

    """
    suffix = path.suffix.lower()
    if suffix not in IMAGE_SUFFIXES or suffix == ".pbm":
        expected = ", ".join(each for each in IMAGE_SUFFIXES if each != ".pbm")
        raise UsageError(f"{path}: cannot write images as {path.suffix or 'a file without suffix'!r}; use {expected}")
    return Pillow.registered_extensions()[suffix]


def check_fits(path: Path, shape: tuple[int, ...], *, alpha: bool = False) -> None:
    """Refuse an image of `shape`, (H, W) or (H, W, 3), with or without `alpha`, that a file of that suffix cannot hold.

    Raises:
        UsageError: a side or the whole is too large for the format, or the format has no colours, or no alpha.

    """
    kind, (height, width) = format_of(path), shape[:2]
    longest, largest = _LONGEST.get(kind, 2**31 - 1), _LARGEST.get(kind)
    if max(height, width) > longest:
        got = f"{width}x{height} pixels, and {_NAMES.get(kind, kind)} files hold at most {longest} a side"
        raise UsageError(f"{path}: got {got}; write a .png")
    if largest and math.prod(shape) > largest:
        raise UsageError(f"{path}: got {math.prod(shape)} bytes, and {kind} files hold at most {largest}; write a .png")
    if alpha and kind not in _HOLDS_ALPHA:
        raise UsageError(f"{path}: got transparent pixels, and {kind} files hold none; write a .png")
    if path.suffix.lower() == ".pgm" and len(shape) == 3:  # noqa: PLR2004 - RGB
        raise UsageError(f"{path}: got an RGB image, and PGM files are grey; write a .ppm or .png")


def pixel_hash(image: Image) -> str:
    """Return the sha256 (64 hex digits) of dtype, shape and pixels: equal for a BMP and its PNG copy."""
    digest = hashlib.sha256(f"{image.dtype.name} {image.shape}\n".encode())
    digest.update(np.ascontiguousarray(image).data)
    return digest.hexdigest()


def content_hash(path: Path, otherwise: str) -> str:
    """Return the sha256 of an image file as it is, or `otherwise` if it cannot be read: `read_image` says why."""
    return file_hash_or(path, otherwise, MAX_BYTES)


def _content(path: Path) -> bytes:
    """Return the bytes of a regular, non-empty file; opening a pipe would wait for ever."""
    try:
        content = read(path, MAX_BYTES)
    except OSError as error:
        problem = "is a folder" if isinstance(error, IsADirectoryError) else str(error.strerror)
        problem = problem if problem.startswith(("is ", "has ")) else f"cannot be read ({problem})"
        raise ImageError(f"{path}: {problem}; {_KINDS}") from error
    if not content:
        raise ImageError(f"{path}: got an empty file (0 bytes), {_KINDS}; copy or download it again")
    return content


def _write(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file in one step, or say in one line why it cannot be written."""
    try:
        with replacing(path) as partial:
            write(partial)
    except OSError as error:
        raise ImageError(f"{path}: cannot be written ({error.strerror or error}); choose another folder") from error


def _check_array(path: Path, image: Image) -> None:
    shaped = image.ndim in (2, 3) and image.shape[2:] in ((), (3,)) and image.size
    if not shaped or not (image.dtype == np.uint8 or np.issubdtype(image.dtype, np.floating)):
        got = f"{image.dtype} {image.shape}"
        raise ImageError(f"{path}: got an array of {got}, expected uint8 or float of (H, W) or (H, W, 3)")
    if image.dtype != np.uint8 and not np.isfinite(image).all():
        raise ImageError(f"{path}: got NaN or infinite pixels, expected finite ones; the method is wrong")
