"""Does SR of an image have seams, where a method cuts it into tiles?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from srbench.checking.remarks import Remark, not_checked
from srbench.checking.subject import SIDE, with_size
from srbench.errors import MethodError, Unsupported
from srbench.execution import loading
from srbench.methods import Choice

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from srbench.checking.subject import Subject

STEP = 16
"""LR pixels that are cut off at the top and left: a multiple of the windows and strides of usual networks, so that
these see the same as before; tiles that are counted from the corner lie elsewhere."""

MARGIN = 32
"""LR pixels at each side that are not looked at: networks see the border from there."""

LARGEST = 576
SECONDS = 2.0
"""The largest image, and how long a call with it may take."""

_SEAM, _STANDS_OUT = 0.5, 5.0
"""Levels of 255 by which a line of pixels differs at a seam, in the mean, and how many times as much as usual lines."""

_EVERYWHERE = 2.0
"""Levels of 255 in the mean by which the same pixels may differ 16 pixels further."""

_TILE = 64


class _Profile(NamedTuple):
    """How much each line of an image differs: rows or columns, in levels of 255."""

    axis: str
    lines: NDArray[np.float64]
    first: int
    """The SR pixel, in the whole image, of the first line."""


def tiles(subject: Subject) -> Iterator[Remark]:
    """Compare SR of an image with SR of the same image without its first rows and columns."""
    side = subject.affordable(SECONDS, LARGEST) // STEP * STEP
    if side < SIDE + 2 * MARGIN + STEP:
        raise Unsupported(f"it takes too long for images of {SIDE + 2 * MARGIN + STEP} pixels a side")
    whole = subject.large(side)
    cut = with_size(whole.name, whole.pixels[STEP:, STEP:].copy())
    far, margin = STEP * subject.factor, MARGIN * subject.factor
    difference = np.abs(subject.levels(whole)[far:, far:] - subject.levels(cut))[margin:-margin, margin:-margin]
    image = f"{whole.name}, and without its first {STEP} rows and columns"
    yield from _seams(difference, far + margin, subject.factor, image)
    yield from _own_tiles(subject)


def _seams(difference: NDArray[np.float64], first: int, factor: int, image: str) -> Iterator[Remark]:
    flat = difference if difference.ndim == 2 else difference.mean(axis=2)  # noqa: PLR2004 - (H, W)
    profiles = _Profile("row", flat.mean(axis=1), first), _Profile("column", flat.mean(axis=0), first)
    places = [f"{each.axis} {at}" for each in profiles for at in _lines(each, factor)]
    if places:
        yield Remark(
            f"SR has seams: at {_listed(places)} of SR it depends on where in the image the pixels lie",
            "cut tiles out with as much around them as the network sees (its receptive field), and drop that from"
            " their SR",
            image,
        )
    elif flat.mean() > _EVERYWHERE:
        yield Remark(
            f"the same pixels make another SR {STEP} pixels further: {flat.mean():.1f} levels of 255 in the mean",
            "look for what depends on the place or the size: scaling by the image's own minimum and maximum, a grid",
            image,
        )


def _lines(profile: _Profile, factor: int) -> list[int]:
    """Return the middles of where single lines stand out, in LR pixels times the factor: SR pixels of the whole."""
    usual = float(np.median(profile.lines))
    high = profile.lines > max(_SEAM, _STANDS_OUT * usual)
    if not high.any() or high.mean() > 0.5:  # noqa: PLR2004 - no lines, but areas
        return []
    edges = np.flatnonzero(np.diff(np.r_[False, high, False]))
    runs = [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]
    return [profile.first + (start + end) // 2 for start, end in _merged(runs, 2 * factor)]


def _merged(runs: Sequence[tuple[int, int]], gap: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for start, end in runs:
        if found and start - found[-1][1] <= gap:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def _listed(places: Sequence[str], most: int = 6) -> str:
    return ", ".join(places[:most]) + (f" and {len(places) - most} more" if len(places) > most else "")


def _own_tiles(subject: Subject) -> Iterator[Remark]:
    """Compare SR of whole images with that of tiles, where a method has an option `tile` that is not given."""
    options = dict(subject.choice.options)
    if options.get("tile") or "tile" not in subject.choice.method.defaults() or "interpolate" in options:
        return
    tiled = Choice(subject.choice.method, tuple(sorted({**options, "tile": _TILE}.items())))
    sample = subject.large(subject.affordable(SECONDS, 2 * _TILE + SIDE))
    plain = subject.levels(sample)
    try:
        upscaler = loading.load(tiled, subject.factor, subject.device)
        of_tiles = type(subject)(upscaler, tiled, subject.factor, subject.device, subject.folder)
        worst = float(np.abs(of_tiles.levels(sample) - plain).max())
    except (Unsupported, MethodError) as error:
        yield not_checked(f"its option tile={_TILE}: {error}")
        return
    if worst > 1:
        yield Remark(
            f"with tile={_TILE} SR is another than without: by up to {worst:.0f} levels of 255",
            "cut tiles out with as much around them as the network sees (its receptive field)",
            sample.name,
        )
