"""Image files: read as the pixels that were meant, or refused with one line that says why.

Only what an 8-bit RGB or grey image can hold passes. Whatever would have to be guessed (depth, transparency, colour
model, which of several frames) is an error that names the file, so that no benchmark runs on silently changed pixels.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pillow
from PIL import ImageFile, ImageOps, UnidentifiedImageError

from srbench.atomic import replacing
from srbench.errors import ImageError, UsageError
from srbench.hashing import file_hash_or
from srbench.opening import opened
from srbench.quality.image import Image, to_uint8

IMAGE_SUFFIXES = (".png", ".bmp", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".ppm", ".pgm")
"""What counts as an image file, in lower case; the content, not the suffix, decides how a file is decoded."""

MAX_PIXELS = 2**26
"""Largest image read, in pixels (8192 x 8192): some metrics hold several float64 copies of an image."""

MAX_BYTES = 2**30
"""Largest file read: `MAX_PIXELS` of RGB, written as decimal text."""

_FORMATS = ("PNG", "BMP", "JPEG", "TIFF", "WEBP", "PPM")
_KINDS = "expected a PNG, BMP, JPEG, TIFF, WebP, PPM or PGM image"
_OPAQUE = 255
_BITS_PER_SAMPLE = 258  # TIFF tags
_TILE_SIDES = 322, 323
_SMALL_TILE = 2**20  # pixels; tiles of this size may be larger than their image
_OPTIONS: dict[str, dict[str, Any]] = {  # lossless wherever the format can be
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"lossless": True, "exact": True},
}


def read_image(path: str | Path) -> Image:
    """Read an image file as uint8: (H, W) if it has one channel, else (H, W, 3) RGB.

    EXIF orientation is applied, palettes are expanded to RGB, an alpha channel that is opaque everywhere is dropped.
    JPEG pixels are those of libjpeg as Pillow ships it.

    Raises:
        ImageError: the file is missing, empty, damaged, no image, larger than `MAX_PIXELS`, or holds what 8-bit RGB
            cannot: more depth, transparency, several frames, another colour model.

    """
    path = Path(path)
    _check_file(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns about metadata that pixels do not depend on
            return _decode(path)
    except (ImageError, MemoryError):
        raise
    except UnidentifiedImageError as error:
        raise ImageError(f"{path}: not an image, or its header is damaged; {_KINDS}; replace or remove it") from error
    except Pillow.DecompressionBombError as error:
        size = re.search(r"\d+", str(error))
        raise _too_large(path, size.group() if size else "far more") from error
    except Exception as error:  # decoders of damaged files raise anything from OSError to IndexError
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ImageError(f"{path}: truncated or damaged image ({reason}); {_KINDS}; replace or remove it") from error


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


def content_hash(path: Path, otherwise: str) -> str:
    """Return the sha256 of an image file as it is, or `otherwise` if it cannot be read: `read_image` says why."""
    return file_hash_or(path, otherwise, MAX_BYTES)


def _check_file(path: Path) -> None:
    """Refuse what is no regular, non-empty file; opening a pipe would wait for ever."""
    try:
        with opened(path, MAX_BYTES) as file:
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        problem = "is a folder" if isinstance(error, IsADirectoryError) else str(error.strerror)
        problem = problem if problem.startswith(("is ", "has ")) else f"cannot be read ({problem})"
        raise ImageError(f"{path}: {problem}; {_KINDS}") from error
    if size == 0:
        raise ImageError(f"{path}: got an empty file (0 bytes), {_KINDS}; copy or download it again")


def _decode(path: Path) -> Image:
    with opened(path, MAX_BYTES) as file, Pillow.open(file, formats=_FORMATS) as image:
        _check_header(path, image)
        if image.format == "PNG":
            with opened(path, MAX_BYTES) as again, Pillow.open(again, formats=_FORMATS) as probe:
                probe.verify()  # checksums and end mark, which decoding alone does not look at
        ImageOps.exif_transpose(image, in_place=True)
        return np.array(_plain(path, image))


def _check_header(path: Path, image: ImageFile.ImageFile) -> None:
    """Refuse by the header alone, before any pixel is decoded."""
    if image.width * image.height > MAX_PIXELS:
        raise _too_large(path, f"{image.width}x{image.height} = {image.width * image.height}")
    if image.format == "TIFF" and _tile_pixels(image) > max(_SMALL_TILE, 4 * image.width * image.height):
        raise ImageError(f"{path}: got a tile of {_tile_pixels(image)} pixels, far more than the image; save it anew")
    # counting the frames of a TIFF would read them all; MPO is a camera's JPEG with previews behind the photograph
    if getattr(image, "is_animated", False) and image.format != "MPO":
        raise ImageError(f"{path}: got several frames, expected 1; save the frames as separate files")
    depth = _depth(image)
    if depth != "8-bit":
        raise ImageError(f"{path}: got {depth} samples, expected 8-bit; convert it to 8 bits per channel first")
    if image.mode not in {"1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX"}:
        raise ImageError(f"{path}: got {image.mode} colours, expected RGB or grey; convert it to RGB first")


def _tile_pixels(image: ImageFile.ImageFile) -> int:
    """Return how large a tile of a TIFF says it is, which is how much memory its decoder takes."""
    height, width = (int(image.tag_v2.get(tag, 0)) for tag in _TILE_SIDES)  # type: ignore[attr-defined]
    return height * width


def _depth(image: ImageFile.ImageFile) -> str:
    """Name the sample depth that the file declares; Pillow itself cuts 16-bit RGB down without a word."""
    if image.mode == "F":
        return "32-bit float"
    if image.format == "TIFF":
        bits = max(image.tag_v2.get(_BITS_PER_SAMPLE, (1,)))  # type: ignore[attr-defined]
        return f"{bits}-bit" if bits > 8 else "8-bit"  # noqa: PLR2004 - bits
    raw = image.tile[0][3] if image.tile else ""
    mode, maximum = raw if isinstance(raw, tuple) and len(raw) == 2 else (raw, 0)  # noqa: PLR2004 - PPM's pair
    sixteen = image.mode.startswith("I") or (image.format == "PNG" and ";16" in str(mode))
    sixteen = sixteen or (image.format == "PPM" and isinstance(maximum, int) and maximum > _OPAQUE)
    return "16-bit" if sixteen else "8-bit"


def _plain(path: Path, image: Pillow.Image) -> Pillow.Image:
    """Convert to L or RGB, dropping an opaque alpha channel and refusing a transparent one."""
    grey = image.mode in {"1", "L", "LA"}
    if image.has_transparency_data:
        alpha = _in_mode(image, "LA" if grey else "RGBA").getchannel("A")
        if alpha.getextrema()[0] != _OPAQUE:
            raise ImageError(f"{path}: got transparent pixels, expected opaque ones; flatten it first")
    return _in_mode(image, "L" if grey else "RGB")


def _in_mode(image: Pillow.Image, mode: str) -> Pillow.Image:
    """Convert without a copy where there is nothing to convert: the largest images take a quarter of a gigabyte."""
    return image if image.mode == mode else image.convert(mode)


def _check_array(path: Path, image: Image) -> None:
    shaped = image.ndim in (2, 3) and image.shape[2:] in ((), (3,)) and image.size
    if not shaped or not (image.dtype == np.uint8 or np.issubdtype(image.dtype, np.floating)):
        got = f"{image.dtype} {image.shape}"
        raise ImageError(f"{path}: got an array of {got}, expected uint8 or float of (H, W) or (H, W, 3)")
    if image.dtype != np.uint8 and not np.isfinite(image).all():
        raise ImageError(f"{path}: got NaN or infinite pixels, expected finite ones; the method is wrong")


def _too_large(path: Path, got: str) -> ImageError:
    return ImageError(f"{path}: got {got} pixels, expected at most {MAX_PIXELS}; cut or shrink it first")
