"""The reference worker (the judge): it reads HR, makes LR and compares SR. It runs no method, so none can alter scores.

Each function takes all that it needs, so that a fresh judge can continue where one died.
"""

from __future__ import annotations

import json
from functools import lru_cache
from math import nan
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from srbench.errors import ImageError, Unsupported
from srbench.hashing import file_hash
from srbench.plan import NOTHING, Keep
from srbench.quality import crops, metrics, pairs
from srbench.quality.files import content_hash, pixel_hash, read_image
from srbench.quality.image import channels, is_grey, is_neutral, stacked
from srbench.quality.protocol import check_enlarged

if TYPE_CHECKING:
    from pathlib import Path

    from srbench.quality.closest import Likeness
    from srbench.quality.crops import Box
    from srbench.quality.image import Image
    from srbench.quality.pairs import Pair
    from srbench.quality.protocol import Protocol, Score, Truth


STACKED = "SR has one channel, HR has R = G = B: SR was scored as R = G = B"
"""What is remarked on such a pair."""


class Identity(NamedTuple):
    """The sha256 of an image's pixels, that of its file, and how many channels it has, if that is known."""

    pixels: str
    file: str
    channels: int = 0


def identify(path: Path) -> Identity:
    """Return what the image at `path` is, read anew.

    Raises:
        ImageError: it cannot be read.

    """
    for cached in (_hr, _lr, _truth, _view):
        cached.cache_clear()
    image = _hr(path)
    return Identity(pixel_hash(image), file_hash(path), channels(image))


def identify_lr(path: Path) -> Identity:
    """Return what the given LR image at `path` is, read anew; raises as `identify`."""
    _lr.cache_clear()
    return Identity(pixel_hash(_lr(path)), file_hash(path))


def degrade(
    path: Path, protocol: Protocol, factor: int, size: tuple[int, int] | None = None, given: Path | None = None
) -> Image:
    """Return LR of the image at `path`, as it is or, repeated or cut to it, of a `size` (height, width).

    Where the protocol takes `given` LR, it is the image there.

    Raises:
        SrbenchError: an image cannot be read, is too small for the protocol, or given LR has another size than LR.

    """
    if protocol.given and given:
        try:
            lr = protocol.degrade(_hr(path), factor, _lr(given))
        except ImageError as error:
            raise ImageError(f"{given}: {error}") from error
    elif protocol.given:
        raise ImageError(f"{path}: no LR image of it at x{factor} is known; declare it, or leave the image out")
    else:
        lr = protocol.degrade(_hr(path), factor)
    if size is None:
        return lr
    repeats = [-(-wanted // length) for wanted, length in zip(size, lr.shape, strict=False)]
    whole = np.tile(lr, (*repeats, 1)[: lr.ndim])
    return np.ascontiguousarray(whole[: size[0], : size[1]])


def shape(path: Path, protocol: Protocol, factor: int, given: Path | None = None) -> tuple[tuple[int, ...], str]:
    """Return shape and dtype of LR of the image at `path`; raises as `degrade`."""
    lr = degrade(path, protocol, factor, given=given)
    return lr.shape, str(lr.dtype)


class Resemblance(NamedTuple):
    """What given LR is like."""

    likeness: list[Likeness]
    """To what each named degradation makes of HR."""
    pixels: int
    """Of HR."""


def likeness(path: Path, given: Path, factor: int) -> Resemblance:
    """Return how like the LR image at `given` is to what each named degradation makes of the one at `path`.

    Raises:
        SrbenchError: one of them cannot be read, or they do not belong together.

    """
    from srbench.quality.closest import closest  # noqa: PLC0415 - kernels, which few runs need

    hr = read_image(path)
    return Resemblance(closest(hr, read_image(given), factor), hr.shape[0] * hr.shape[1])


class Compared(NamedTuple):
    """What there is to say about SR, and to show of it, as PNG; nothing to show that is not to be kept."""

    score: Score
    crop: bytes = b""
    image: bytes = b""


def compare(path: Path, protocol: Protocol, factor: int, sr: Image, keep: Keep = NOTHING) -> Compared:
    """Score `sr` against the image at `path`, and draw it.

    Raises:
        SrbenchError: the image cannot be read, or the two cannot be compared.

    """
    score = protocol.score(_truth(path, protocol, factor), sr, factor)
    crop = crops.png(_view(path, protocol, factor).box.of(sr)) if keep.crops else b""
    return Compared(score, crop, crops.png(sr) if keep.images else b"")


def read_sr(path: Path, protocol: Protocol, file: Path, code: str) -> tuple[Image, str]:
    """Return the SR image in a file, whose sha256 is `code`, and a remark on its channels beside those of HR at `path`.

    One of one channel is stacked where HR has R = G = B: a program may save that as one.

    Raises:
        ImageError: one of them cannot be read.
        Unsupported: the file was edited since it was hashed.

    """
    hr, sr = _hr(path), read_image(file)
    if content_hash(file, "") != code:
        raise Unsupported(f"{file} was edited during the run; repeat the command")
    counted = protocol.degradation.read(hr)
    if is_grey(sr) and not is_grey(counted) and is_neutral(counted):
        return stacked(sr), STACKED
    return sr, protocol.remark(hr, sr)


def pair(path: Path, protocol: Protocol, factor: int, sr: Image, sees: Literal["scored", "rgb"]) -> Pair:
    """Return what a metric sees of `sr` and the image at `path`.

    Raises:
        SrbenchError: the image cannot be read, or the metric cannot see the two: `pairs.seen`.

    """
    return pairs.seen(protocol, _truth(path, protocol, factor), sr, factor, sees)


def saved(path: Path, protocol: Protocol, factor: int, picture: Path, psnr: float) -> Image:
    """Return SR of the image at `path` that was saved as `picture`, once its PSNR was that of the score, to the bit.

    It is not where the picture was damaged or edited, or where the protocol scores more than 8 bits of SR. Without HR,
    a picture of SR's size is taken for it.

    Raises:
        SrbenchError: it is not, or an image cannot be read.

    """
    sr = read_image(picture)
    if not protocol.has_hr:
        check_enlarged(_hr(path), sr, factor)
        return sr
    found = psnr_of(path, protocol, factor, sr)
    if found != psnr:
        raise ImageError(f"{picture} has a PSNR of {found!r} dB, and the SR that was scored {psnr!r} dB")
    return sr


def psnr_of(path: Path, protocol: Protocol, factor: int, sr: Image) -> float:
    """Return the PSNR of `sr`: SR that was made or read again has the one of its score; NaN without HR."""
    return metrics.psnr(*protocol.pair(_truth(path, protocol, factor), sr, factor)) if protocol.has_hr else nan


class Previews(NamedTuple):
    """What is to be seen of an image besides SR: PNG, and `whole`, a small JPEG."""

    hr: bytes = b""
    lr: bytes = b""
    whole: bytes = b""
    hr_image: bytes = b""
    lr_image: bytes = b""


def render_previews(path: Path, protocol: Protocol, factor: int, lr: Image, keep: Keep) -> Previews:
    """Draw the image at `path` and `lr`, which was made of it; raises as `degrade`.

    The crop of HR says where it is; without HR, that of LR does.
    """
    image, box, size = _view(path, protocol, factor)
    found = Previews()
    if keep.crops:
        position = json.dumps({"box": box, "whole": size})
        own = "" if protocol.has_hr else position
        found = found._replace(lr=crops.png(box.of(lr, factor), own), whole=crops.small(image))
        if protocol.has_hr:
            found = found._replace(hr=crops.png(box.of(image), position))
    if keep.images:
        found = found._replace(hr_image=crops.png(image) if protocol.has_hr else b"", lr_image=crops.png(lr))
    return found


@lru_cache(maxsize=1)
def _hr(path: Path) -> Image:
    return read_image(path)


@lru_cache(maxsize=1)
def _lr(path: Path) -> Image:
    return read_image(path)


class _View(NamedTuple):
    """What HR looks like under a protocol, and which part of it is shown."""

    image: Image
    box: Box
    """In pixels of SR."""
    size: tuple[int, int]
    """Width and height of SR."""


@lru_cache(maxsize=1)
def _view(path: Path, protocol: Protocol, factor: int) -> _View:
    image = crops.visible(_hr(path), protocol, factor)
    if not protocol.has_hr:
        return _View(image, crops.detailed_input(image, factor), (image.shape[1] * factor, image.shape[0] * factor))
    return _View(image, crops.detailed(image, factor), (image.shape[1], image.shape[0]))


@lru_cache(maxsize=1)
def _truth(path: Path, protocol: Protocol, factor: int) -> Truth:
    return protocol.truth(_hr(path), factor)
