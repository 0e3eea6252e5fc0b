"""Does SR lie where LR lies: not shifted, stretched, turned or mirrored?"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from srbench.checking.remarks import Remark
from srbench.quality.alignment import channels
from srbench.quality.alignment import shift as shifts
from srbench.quality.alignment.shift import Shift
from srbench.quality.image import grey_of, is_grey, on_255

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from srbench.checking.subject import Subject
    from srbench.quality.image import Image

TOLERANCE = 0.1
"""Pixels of SR by which its content may lie elsewhere."""

COLOUR_TOLERANCE = 0.3
"""Pixels of SR by which its colours may lie elsewhere: networks that denoise colours move them by 0.06."""

STRETCH = 0.4
"""Pixels of SR by which its content may be larger: align_corners makes factor - 1; gamma looks like 0.2."""

_TURNS: dict[str, Callable[[Image], Image]] = {
    "mirrored left to right": lambda image: image[:, ::-1],
    "upside down": lambda image: image[::-1],
    "turned by 180 degrees": lambda image: image[::-1, ::-1],
    "transposed (rows and columns swapped)": lambda image: image.swapaxes(0, 1),
    "turned by 90 degrees": np.rot90,
    "turned by 270 degrees": lambda image: np.rot90(image, 3),
}


def shift(subject: Subject) -> Iterator[Remark]:
    """SR is compared with LR enlarged by bicubic: where does its content lie? Told of the first kind that is moved."""
    for kind in subject.kinds:
        remarks = list(_moved(subject, kind))
        yield from remarks
        if remarks:
            return


def _moved(subject: Subject, kind: str) -> Iterator[Remark]:
    pairs = in_order(subject.pairs(kind))
    images = subject.photographs_of(kind)
    if turned := _turned(pairs):
        advice = "compare the order of axes, and of what is flipped, before and after the network"
        yield Remark(f"SR is {turned}", advice, images)
        return
    found = _measured(pairs, subject.factor)
    if found is None:
        yield Remark("SR has nothing in common with LR: no shift can be measured", "look at an SR image", images)
        return
    remarks = list(_remarks(found, subject.factor, images))
    yield from remarks or ([] if is_grey(pairs[0][1]) else _colours(pairs, subject.factor, images))


def _measured(pairs: Sequence[tuple[Image, Image]], factor: int) -> Shift | None:
    """Return the median of what is found in several images; None where most have nothing in common."""
    found = [shifts.find(reference, sr, factor) for reference, sr in pairs]
    known = [each for each in found if each is not None]
    return Shift(*map(median, zip(*known, strict=True))) if len(known) * 2 > len(found) else None


def _colours(pairs: Sequence[tuple[Image, Image]], factor: int, images: str) -> Iterator[Remark]:
    """Look whether colours lie where lightness lies, as they do not where only luma is moved, or chroma halved."""
    planes = [each for pair in pairs for each in zip(*map(_chroma, pair), strict=True)]
    found = _measured(planes, factor)
    if found and (place := _place(found, COLOUR_TOLERANCE)):
        yield Remark(
            f"SR's colours are shifted {place} against its lightness (px of SR)",
            "enlarge Cb and Cr, or each of R, G and B, by the same rule: SR's pixel i lies at (i + 1/2) / factor - 1/2",
            images,
        )


def _chroma(image: Image) -> list[Image]:
    """Return Cb and Cr, about, as grey images."""
    values = on_255(image)
    lightness = grey_of(values)
    return [np.clip((values[..., each] - lightness) / 510 + 0.5, 0, 1) for each in (2, 0)]


def _remarks(found: Shift, factor: int, images: str) -> Iterator[Remark]:
    down, right, taller, wider = found
    if place := _place(found, TOLERANCE):
        yield Remark(f"SR is shifted {place} (px of SR)", _shift_advice(down, right, factor), images)
    if max(abs(taller), abs(wider)) > STRETCH:
        size = f"{taller:+.2f} px in height and {wider:+.2f} px in width"
        yield Remark(
            f"SR's content is stretched about its centre by {size}",
            "SR's pixel i lies at (i + 1/2) / factor - 1/2 of LR: pass align_corners=False, or the scale itself"
            " instead of a quotient of sizes",
            images,
        )


def _place(shift: Shift, tolerance: float) -> str:
    """Return where to something is shifted, in words; empty where it is not."""
    ways = (shift.down, "down", "up"), (shift.right, "right", "left")
    return " and ".join(
        f"{positive if distance > 0 else negative} by {abs(distance):.2f}"
        for distance, positive, negative in ways
        if abs(distance) > tolerance
    )


def _shift_advice(down: float, right: float, factor: int) -> str:
    centre = (factor - 1) / 2
    if all(abs(abs(each) - centre) < TOLERANCE for each in (down, right)):
        return (
            f"take SR's pixel i from (i + 1/2) / factor - 1/2 of LR, which aligns the images' outer edges; taken from"
            f" i / factor, SR is off by (factor - 1) / 2, {centre:g} px at x{factor}"
        )
    return "compare how LR was made of HR where the method was trained, what is padded, and what is cut off after it"


def in_order(pairs: Sequence[tuple[Image, Image]]) -> list[tuple[Image, Image]]:
    """Return pairs of a reference and SR, with SR's channels as R, G and B: `values.colour` says where they are not."""
    if is_grey(pairs[0][1]):
        return list(pairs)
    order = channels.likeliest(channels.unlike(*pair) for pair in pairs)
    return [(reference, channels.undo(sr, order)) for reference, sr in pairs]


def _turned(pairs: Sequence[tuple[Image, Image]]) -> str:
    """Return how SR is turned, in words; empty where it is as LR is, or like nothing."""
    plain = _likeness(pairs, lambda image: image)
    like = {name: _likeness(pairs, turn) for name, turn in _TURNS.items()}
    best = max(like, key=lambda name: like[name])
    return best if like[best] > max(plain + 0.2, 0.7) else ""  # correlations


def _likeness(pairs: Sequence[tuple[Image, Image]], turn: Callable[[Image], Image]) -> float:
    """Return the mean correlation of SR's grey with that of LR, turned and enlarged."""
    planes = [(_plane(turn(reference)), _plane(sr)) for reference, sr in pairs]
    if any(one.shape != other.shape for one, other in planes):
        return 0.0
    with np.errstate(invalid="ignore", divide="ignore"):  # a flat SR
        return float(np.mean([np.nan_to_num(np.corrcoef(one.ravel(), other.ravel())[0, 1]) for one, other in planes]))


def _plane(image: Image) -> NDArray[np.float64]:
    values = on_255(image)
    return values if is_grey(values) else values.mean(axis=2)
