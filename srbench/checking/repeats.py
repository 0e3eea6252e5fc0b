"""Does an image make the same SR whatever ran before, whatever array it comes in, and whatever else is in the image?"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from srbench.checking.remarks import Remark, note
from srbench.checking.subject import Failure, Sample
from srbench.quality.image import on_255

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srbench.checking.subject import Subject
    from srbench.quality.image import Image

FAR = 3.0
"""Levels of 255, in the mean, by which a corner of an image may change SR at the opposite one: attention over the whole
image makes up to 1."""

_BATCH = ("_BatchNorm", "_DropoutNd", "_InstanceNorm")
"""The classes of torch whose modules compute otherwise in training."""


def history(subject: Subject) -> Iterator[Remark]:
    """Does SR of an image depend on the images before it, or on what happens to arrays after a call?"""
    a, b, *_ = subject.photographs()
    first = subject.sr(a)
    kept = first.copy()
    other = subject.sr(b).copy()
    if not np.array_equal(first, kept):
        yield Remark(
            "the result of a call changed when the next image was upscaled",
            "return a new array from each call, or a copy of the buffer",
            f"{a.name}, then {b.name}",
        )
    if np.array_equal(kept, other):
        yield Remark(
            "two images made the same SR", "keep no results by the size or type of an image", f"{a.name}, then {b.name}"
        )
    for between in (b, subject.large(subject.side(40)), a):
        subject.sr(between)
        if not np.array_equal(subject.sr(a), kept):
            yield _depends(between, a)
            return
    yield from _arrays_reused(subject, a, b, kept, other)


def _depends(between: Sample, a: Sample) -> Remark:
    return Remark(
        "SR of an image is another one after another image",
        "keep nothing of an image between calls: no running means, caches by size or buffers that are read again",
        f"{a.name}, before and after {between.name}",
    )


def _arrays_reused(subject: Subject, a: Sample, b: Sample, of_a: Image, of_b: Image) -> Iterator[Remark]:
    """Use the arrays that went in and came out again, as a caller may."""
    buffer = a.pixels.copy()
    result = subject.raw(a.name, buffer)
    buffer[...] = b.pixels
    if not np.array_equal(result, of_a):
        yield Remark(
            "SR changed when the array of its LR was written to after the call",
            "return a new array, no view of the input and nothing that is computed later",
            a.name,
        )
    if not np.array_equal(subject.raw(b.name, buffer), of_b):
        yield Remark(
            "an array with new pixels made the SR of its old ones",
            "keep no results by id or address of an array: the caller may fill it again",
            f"{b.name}, in the array of {a.name}",
        )
    result = subject.sr(a)
    if result.flags.writeable:
        result[...] = 0
    if not np.array_equal(subject.sr(a), of_a):
        yield Remark("writing to a result changed the next one", "return a new array from each call, or a copy", a.name)


def arrays(subject: Subject) -> Iterator[Remark]:
    """Does an array that is no copy, but a view, read-only or in another order, make the same SR?"""
    sample = subject.photographs()[0]
    expected = subject.steady(sample)
    for name, view in _views(sample.pixels).items():
        what = f"{sample.name}, {name}"
        try:
            sr = subject.raw(what, view)
        except Failure as failure:
            yield note(
                f"{name} array is refused: {failure}",
                "srbench gives contiguous copies; for others, begin with np.ascontiguousarray(image).copy()",
                what,
            )
            continue
        if not np.array_equal(sr, expected):
            yield Remark(
                f"{name} array with the same pixels makes another SR",
                "begin with np.ascontiguousarray(image) where code reads the memory behind an array",
                what,
            )


def _views(pixels: Image) -> dict[str, Image]:
    """Return the same pixels in other arrays, each with the words for it."""
    read_only = pixels.copy()
    read_only.flags.writeable = False
    wide = np.concatenate([pixels, pixels], axis=1)
    return {
        "a read-only": read_only,
        "a cut-out": wide[:, : pixels.shape[1]],
        "a mirrored": np.ascontiguousarray(pixels[:, ::-1])[:, ::-1],
        "a Fortran-ordered": np.asfortranarray(pixels),
    }


def batch(subject: Subject) -> Iterator[Remark]:
    """Is a network in training mode, or does a part of an image decide what becomes of all of it?"""
    sample = _dim(subject.large(subject.side(64)))
    with _training_modules() as training:
        plain = subject.levels(sample)
    if training:
        yield Remark(
            f"{', '.join(sorted(training))} of torch ran in training mode: SR depends on the whole batch",
            "call network.eval() in load, before the first image",
            sample.name,
        )
    reach = sample.pixels.shape[0] * subject.factor // 3
    for name, corner in (("white", 1.0), ("black", 0.0)):
        pixels = sample.pixels.copy()
        edge = pixels.shape[0] // 5
        pixels[:edge, :edge] = corner * (255 if pixels.dtype == np.uint8 else 1)
        changed = np.abs(subject.levels(Sample(sample.name, pixels)) - plain)[-reach:, -reach:]
        if (mean := float(changed.mean())) > FAR:
            yield Remark(
                f"a {name} corner changes SR at the opposite corner by {mean:.1f} levels of 255 in the mean",
                "do not scale an image by its own minimum, maximum, mean or deviation; call network.eval()",
                f"{sample.name}, with {edge}x{edge} pixels in {name}",
            )
            return


def _dim(sample: Sample) -> Sample:
    """Return half the contrast around grey: white and black are more than what is in it."""
    half = (
        sample.pixels // 2 + 64
        if sample.pixels.dtype == np.uint8
        else sample.pixels / 2 + sample.pixels.dtype.type(0.25)
    )
    return Sample(f"{sample.name} at half its contrast", half)


@contextmanager
def _training_modules() -> Iterator[set[str]]:
    """Give the names of torch's modules that compute in training mode meanwhile, of those to which it matters."""
    found: set[str] = set()
    torch: Any = sys.modules.get("torch")
    if torch is None:
        yield found
        return

    def look(module: Any, _inputs: object) -> None:  # noqa: ANN401 - of torch
        kinds = {each.__name__ for each in type(module).__mro__}
        if module.training and kinds & set(_BATCH) and _matters(module):
            found.add(type(module).__name__)

    handle = torch.nn.modules.module.register_module_forward_pre_hook(look)
    try:
        yield found
    finally:
        handle.remove()


def _matters(module: Any) -> bool:  # noqa: ANN401 - of torch
    """Tell whether training is not the same as what it does otherwise: some norms keep no running means, ever."""
    return bool(getattr(module, "p", getattr(module, "track_running_stats", True)))


def seen(subject: Subject, kind: str, reverse: bool) -> list[Image]:
    """Return SR of some images of a kind, made in one order or its reverse: another process is to make the same."""
    samples = subject.photographs(kind)[:3]
    made = [subject.sr(sample).copy() for sample in (samples[::-1] if reverse else samples)]
    return made[::-1] if reverse else made


def same(first: list[Image], second: list[Image], name: str) -> Iterator[Remark]:
    """Compare what two processes made of the same images in opposite order."""
    differing = [float(np.abs(on_255(a) - on_255(b)).max()) for a, b in zip(first, second, strict=True)]
    if max(differing) >= 1:
        yield Remark(
            "another process, with the images in opposite order, made another SR:"
            f" by up to {max(differing):.0f} levels of 255",
            "seed what is random in each call, sort what is listed or hashed, and keep nothing between images",
            name,
        )
    elif any(differing):
        yield note(
            f"another process made another SR in the last bits ({max(differing):.2g} levels of 255)",
            "threads that add in no fixed order do so; results of two runs may differ in their last digit",
            name,
        )
