"""All checks of a method, as its worker makes them, one call for each: one that crashes or hangs ends with the call."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from srbench import contract
from srbench.checking import geometry, repeats, resources, sizes, surroundings, tiles, values
from srbench.checking.remarks import Remark, not_checked, note, placed
from srbench.checking.subject import Failure, Subject
from srbench.errors import MethodError, SrbenchError, Unsupported
from srbench.execution import loading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from srbench.quality.image import Image


def _contract(subject: Subject) -> Iterator[Remark]:
    """Is the contract kept, on every example?"""
    try:
        contract.check(subject.upscaler, subject.factor)
    except SrbenchError as error:
        image, _, seen = str(error).removeprefix(f"x{subject.factor}, ").partition(": ")
        if image not in contract.examples():
            image, seen = "", str(error)
        cause = error.__cause__ or MethodError(seen)
        yield Remark(loading.reason_for(cause)[1], _KEEP, image)


_KEEP = (
    "take uint8 in 0..255 and float32 or float64 in 0..1, (H, W) and (H, W, 3) of any size, and return the like, the"
    " same in every call (docs/methods.md); or declare what it takes with srbench.Takes"
)

CHECKS: Mapping[str, Callable[[Subject], Iterator[Remark]]] = {
    "contract": _contract,
    "sizes": sizes.sizes,
    "shift": geometry.shift,
    "colour": values.colour,
    "range": values.value_range,
    "kinds": values.kinds,
    "rounding": values.rounding,
    "overshoot": values.overshoot,
    "history": repeats.history,
    "arrays": repeats.arrays,
    "batch": repeats.batch,
    "tiles": tiles.tiles,
    "afterwards": resources.afterwards,
    "memory": resources.memory,
    "settings": surroundings.settings,
    "files": surroundings.files,
}
"""Every check but that of a second process, by its name, in the order in which they are made."""

PROCESSES = "processes"
"""The name of the check that compares two processes."""


class Task(NamedTuple):
    """What is checked, and where."""

    spec: str
    plugins: tuple[str, ...]
    factor: int
    device: str
    folder: str
    """A private folder."""


class Loaded(NamedTuple):
    """What came of loading a method at some factors."""

    spec: str
    """Its canonical spec."""
    factors: tuple[int, ...]
    """Those that it has."""
    remarks: tuple[Remark, ...]


def load(spec: str, plugins: tuple[str, ...], groups: Sequence[Sequence[int]], device: str) -> Loaded:
    """Load a method at the factors of the first group that has one for it.

    Raises:
        UsageError: an option that there is not.
        Unsupported: it has none of the factors, for the reason of the first.

    """
    choice = loading.chosen(spec, plugins)
    before = surroundings.as_now()
    refusals: list[Unsupported] = []
    remarks: list[Remark] = []
    found: list[int] = []
    for group in groups:
        for factor in group:
            upscaler = loading.loaded(choice, factor, device)
            if isinstance(upscaler, Unsupported):
                refusals.append(upscaler)
            elif isinstance(upscaler, BaseException):
                remarks.append(Remark(loading.reason_for(upscaler)[1], _LOAD, "", check="load", factors=(factor,)))
            else:
                found.append(factor)
        if found or remarks:
            break
    changed = list(surroundings.loaded(before)) if found else []
    remarks += [placed(each, "settings", factor) for each in changed for factor in found]
    if not found and not remarks:
        raise Unsupported(f"{choice.spec}: {refusals[0]}")
    return Loaded(choice.spec, tuple(found), tuple(remarks))


_LOAD = "mend what load does, or raise srbench.Unsupported with the reason where it has no such factor or device"


def run(name: str, task: Task) -> list[Remark]:
    """Return what one check has to say."""
    subject = _subject(task)
    found: list[Remark] = []
    try:
        found.extend(CHECKS[name](subject))  # what was seen before it raises stays
    except Unsupported as error:
        found.append(not_checked(str(error)))
    except Failure as failure:
        found.append(Remark(str(failure), _TAKE, failure.image))
    except SrbenchError as error:
        found.append(Remark(str(error)))
    return [placed(_by_design(each, name, subject), name, task.factor) for each in found]


_TAKE = "it has to take this image, or to declare that it does not: srbench.Takes, or raise srbench.Unsupported"


def kind(task: Task) -> str:
    """Return the kind of image that a method is given where any would do; nothing if it takes none."""
    return next(iter(_subject(task).kinds), "")


def made(task: Task, images: str, reverse: bool) -> list[Image]:
    """Return SR of a few images of a kind, made in one order or its reverse.

    Raises:
        SrbenchError: it failed.

    """
    return repeats.seen(_subject(task), images, reverse)


def _by_design(remark: Remark, check: str, subject: Subject) -> Remark:
    """Return a finding as a note where the method declares that it is so on purpose."""
    reason = getattr(subject.upscaler, "by_design", {}).get(check)
    if remark.kind != "finding" or not reason:
        return remark
    return note(f"{remark.seen}; by design: {reason}", "", remark.image)


@lru_cache(maxsize=16)
def _subject(task: Task) -> Subject:
    choice = loading.chosen(task.spec, task.plugins)
    upscaler = loading.load(choice, task.factor, task.device)
    return Subject(upscaler, choice, task.factor, task.device, Path(task.folder), surroundings.as_now())
