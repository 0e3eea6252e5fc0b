"""What the decoders share: opening, size, orientation, and the sentences of refusals."""

from __future__ import annotations

import io
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image as Pillow
from PIL import UnidentifiedImageError

from srbench.errors import ImageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL import ImageFile

    from srbench.quality.image import Image

MAX_PIXELS = 2**26
"""Largest image read, in pixels (8192 x 8192): some metrics hold several float64 copies of an image."""

OPAQUE = 255
_ORIENTATION = 274  # in EXIF
_TRANSPOSED, _UPSIDE_DOWN, _MIRRORED = {5, 6, 7, 8}, {3, 4, 7, 8}, {2, 3, 6, 7}


class Layers(NamedTuple):
    """What an image file holds."""

    pixels: Image
    """(H, W) or (H, W, 3) uint8."""
    alpha: Image | None = None
    """(H, W) uint8; None where all is opaque."""

    def upright(self, image: ImageFile.ImageFile) -> Layers:
        """Return both turned as the EXIF orientation of `image` says."""
        return Layers(upright(self.pixels, image), None if self.alpha is None else upright(self.alpha, image))


@contextmanager
def opened(content: bytes, kind: str) -> Iterator[ImageFile.ImageFile]:
    """Open a file in memory with Pillow's reader of one format, and refuse more pixels than `MAX_PIXELS`."""
    try:
        image = Pillow.open(io.BytesIO(content), formats=(kind,))
    except Pillow.DecompressionBombError as error:
        size = re.search(r"\d+", str(error))
        raise _too_large(size.group() if size else "far more") from error
    except UnidentifiedImageError as error:
        raise damaged("its header is cut, or contradicts itself") from error
    with image:
        check_size(image.width, image.height)
        yield image


def check_size(width: int, height: int) -> None:
    """Refuse more pixels than `MAX_PIXELS`, or none."""
    if width * height > MAX_PIXELS:
        raise _too_large(f"{width}x{height} = {width * height}")
    if width <= 0 or height <= 0:
        raise damaged(f"{width}x{height} pixels")


def upright(pixels: Image, image: ImageFile.ImageFile) -> Image:
    """Return pixels turned as the EXIF orientation of `image` says; damaged EXIF says nothing."""
    try:
        orientation = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - readers of EXIF raise anything from SyntaxError to struct.error
        return pixels
    return oriented(pixels, orientation)


def oriented(pixels: Image, orientation: object) -> Image:
    """Return pixels that were stored in one of EXIF's orientations, 1 to 8, upright."""
    if orientation in _TRANSPOSED:
        pixels = pixels.swapaxes(0, 1)
    return pixels[:: -1 if orientation in _UPSIDE_DOWN else 1, :: -1 if orientation in _MIRRORED else 1]


def plain(image: Pillow.Image) -> Image:
    """Return the pixels of a black-and-white, L, LA, RGB or RGBA image, without alpha, which must be opaque."""
    return opaque(layers(image))


def layers(image: Pillow.Image) -> Layers:
    """Return the pixels of a black-and-white, L, LA, RGB or RGBA image, and its alpha."""
    return parted(np.asarray(image.convert("L") if image.mode == "1" else image))


def parted(pixels: Image) -> Layers:
    """Return (H, W), or (H, W, 2 to 4) without the alpha that 2 and 4 channels end with, and that."""
    if pixels.ndim == 2 or pixels.shape[2] == 3:  # noqa: PLR2004 - grey or RGB
        return Layers(pixels)
    colours = pixels[..., 0] if pixels.shape[2] == 2 else pixels[..., :3]  # noqa: PLR2004 - grey and alpha
    return Layers(colours, None if pixels[..., -1].min() == OPAQUE else pixels[..., -1])


def opaque(found: Layers) -> Image:
    """Return the pixels of an image that must be opaque everywhere."""
    if found.alpha is not None:
        raise transparent()
    return found.pixels


def transparent() -> ImageError:
    """Return the refusal of transparency: what shows through would be a guess."""
    return ImageError("got transparent pixels, expected opaque ones; flatten it first")


def damaged(what: str) -> ImageError:
    """Return the refusal of a damaged file."""
    return ImageError(f"truncated or damaged image ({what}); copy or download it again")


def deep(depth: str) -> ImageError:
    """Return the refusal of samples that are not 8-bit."""
    return ImageError(f"got {depth} samples, expected 8-bit; convert it to 8 bits per channel first")


def coloured(model: str) -> ImageError:
    """Return the refusal of a colour model that has no single RGB meaning."""
    return ImageError(f"got {model} colours, expected RGB or grey; convert it to RGB first")


def several() -> ImageError:
    """Return the refusal of animations and pages."""
    return ImageError("got several frames, expected 1; save the frames as separate files")


def _too_large(got: str) -> ImageError:
    return ImageError(f"got {got} pixels, expected at most {MAX_PIXELS}; cut or shrink it first")
