"""What a worker process finds out about one LR image: what made it, and what a method makes of it."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from math import lcm
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from srbench import contract
from srbench.errors import ImageError, Unsupported
from srbench.execution import loading
from srbench.quality import closest, metrics, protocols
from srbench.quality.alignment import shift
from srbench.quality.degradation import bicubic
from srbench.quality.files import read_image
from srbench.quality.image import is_grey, luma
from srbench.specs import parse_method

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from srbench.quality.closest import Likeness
    from srbench.quality.degradation import Degradation
    from srbench.quality.image import Image

SCORED = "basicsr"
"""The protocol under which SR is compared with HR."""

_MULTIPLES = (12, 8, 16, 24, 32, 48, 64)
"""What HR is cropped to multiples of before it is shrunk, in code of papers; BasicSR's 12 first."""

_EXPLAINED = 0.7
"""How much of the difference may be left once LR is shifted back: else a shift is none."""

_SWAPPED = 2
"""How many times nearer LR must be with red and blue exchanged: else they are not swapped."""

_BORDER = 4
"""LR pixels at each side that are not compared once LR is shifted."""


class Looked(NamedTuple):
    """What there is to see of one LR image."""

    likeness: list[Likeness]
    """To what each degradation makes of HR."""
    differs: float
    """Share of samples that differ from the protocol's own LR."""
    pixels: int
    """Of HR."""
    with_all: bool = True
    """Whether it was compared with all degradations."""
    shift: tuple[float, float] | None = None
    """If no degradation made it: how many LR pixels it lies right of, and below, the protocol's own LR."""
    swapped: bool = False
    """Whether red and blue are swapped in it; likeness is then that of LR with both exchanged."""


def look(hr_path: Path, lr_path: Path, factor: int, protocol: str, makers: Collection[str] = ()) -> Looked:
    """Return what there is to see of an LR image; of one that `makers` made, no more than that.

    Raises:
        SrbenchError: an image cannot be read, or LR has the wrong size: the line says what explains that.

    """
    hr, lr, degradation = read_image(hr_path), read_image(lr_path), own(protocol)
    cropped = degradation.crop(hr, factor)
    size = (cropped.shape[0] // factor, cropped.shape[1] // factor)
    if lr.shape[:2] != size:
        raise ImageError(f"LR is {_text(lr.shape)} pixels, expected {_text(size)}{_explained(hr, lr, factor)}")
    whole = hr if cropped.shape == bicubic().crop(hr, factor).shape else cropped
    likeness = closest.closest(whole, lr, factor, makers)
    with_all = not makers or likeness[0].share > 0
    if makers and with_all:
        likeness = closest.closest(whole, lr, factor)
    made = _made(degradation, hr, factor)
    differs = float(np.mean(made != lr)) if made is not None and made.shape == lr.shape else 1.0
    found = Looked(likeness, differs, hr.shape[0] * hr.shape[1], with_all)
    if not likeness[0].share:
        return found
    found = found._replace(shift=_shift(bicubic().apply(whole, factor), lr))
    exchanged = [] if is_grey(lr) else closest.closest(whole, lr[..., ::-1], factor)
    better = bool(exchanged) and exchanged[0].mean < likeness[0].mean / _SWAPPED
    return found._replace(likeness=exchanged, swapped=True) if better else found


def scores(hr_path: Path, lr_path: Path, factor: int, protocol: str, method: str) -> tuple[float, float, int]:
    """Return a method's PSNR in dB from an LR image and from the protocol's own LR, and the pixels of HR.

    Raises:
        SrbenchError: the method fails, or has no such factor; an image cannot be read or scored.

    """
    hr, lr = read_image(hr_path), read_image(lr_path)
    compared = protocols.get(SCORED)
    upscaler = loading.load(loading.chosen(method), factor, "cpu")
    reference = own(protocol).crop(hr, factor)
    truth = compared.truth(reference, factor)
    found = []
    for image in (lr, own(protocol).apply(hr, factor)):
        with loading.blamed_on(method, lr_path):
            sr = contract.upscale(upscaler, image, factor)
        found.append(metrics.psnr(*compared.pair(truth, sr, factor)))
    return found[0], found[1], hr.shape[0] * hr.shape[1]


@lru_cache
def own(protocol: str) -> Degradation:
    """Return what makes the LR of a protocol, or of the one that it is based on if it takes given LR; as 8-bit RGB."""
    made = protocols.get(protocol)
    if made.given:
        made = protocols.get(parse_method(protocol, "protocol").name)
    return replace(made.degradation, channels="rgb")


def _made(degradation: Degradation, hr: Image, factor: int) -> Image | None:
    """Return LR of a degradation, if there is one at this factor."""
    try:
        return degradation.apply(hr, factor)
    except Unsupported:
        return None


def _shift(expected: Image, lr: Image) -> tuple[float, float] | None:
    """Return how many pixels `lr` lies right of, and below, `expected`, if shifting it back makes it more like it."""
    mine, theirs = luma(lr) / 255, luma(expected) / 255
    found = shift.find(theirs, mine, 1)
    if found is None:
        return None
    back = shift.undo(mine, found)
    before, after = (np.abs(each - theirs)[_BORDER:-_BORDER, _BORDER:-_BORDER].mean() for each in (mine, back))
    return (found.right, found.down) if after < _EXPLAINED * before else None


def _explained(hr: Image, lr: Image, factor: int) -> str:
    """Return what explains the size of LR, to follow the size that was expected; empty if nothing known does."""
    height, width = hr.shape[:2]
    size = lr.shape[:2]
    if size == (height, width):
        return ": it is as large as HR, so it is not LR"
    if size == (-(-height // factor), -(-width // factor)):
        return f": HR was not cropped to a multiple of {factor} before it was shrunk"
    for multiple in _MULTIPLES:
        step = lcm(multiple, factor)
        if size == (height // step * step // factor, width // step * step // factor):
            return f": HR was cropped to multiples of {multiple} before it was shrunk (crop={multiple} of protocols)"
    for other in range(2, 17):
        if other != factor and all(abs(side - whole / other) <= 1 for side, whole in zip(size, hr.shape, strict=False)):
            return f": it is 1/{other} of HR; is the factor {other}?"
    if size == (width // factor, height // factor):
        return ": it is turned by 90 degrees"
    return f", HR of {_text(hr.shape)} cropped to a multiple of {factor}, / {factor}"


def _text(shape: tuple[int, ...]) -> str:
    return f"{shape[1]}x{shape[0]}"
