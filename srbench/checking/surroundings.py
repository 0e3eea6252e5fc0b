"""Does a call leave its process and its folders as they were, and depend on neither?"""

from __future__ import annotations

import locale
import os
import random
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np

from srbench.checking.remarks import Remark, note
from srbench.checking.subject import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from srbench.checking.subject import Sample, Subject


class _Setting(NamedTuple):
    """What code may set for all of its process: how it is read, and what to do instead."""

    read: Callable[[], object]
    advice: str


def _torch(read: Callable[[Any], object]) -> Callable[[], object]:
    """Return what reads a setting of torch, where it is imported."""
    return lambda: read(sys.modules["torch"]) if "torch" in sys.modules else None


_THREADS = "leave the number of threads alone: `--threads` of srbench sets it, and times would not be comparable"
_RANDOM = "draw from a generator of your own: np.random.default_rng(0), random.Random(0), torch.Generator()"

SETTINGS: Mapping[str, _Setting] = {
    "the working directory": _Setting(os.getcwd, "use whole paths, and leave os.chdir alone"),
    "NumPy's error handling": _Setting(lambda: str(np.geterr()), "use `with np.errstate(...):`"),
    "the locale": _Setting(lambda: locale.setlocale(locale.LC_ALL), "set it back: numbers in text depend on it"),
    "OpenCV's threads": _Setting(cv2.getNumThreads, _THREADS),
    "OpenCV's use of fast code": _Setting(cv2.useOptimized, "leave cv2.setUseOptimized alone"),
    "torch's threads": _Setting(_torch(lambda torch: torch.get_num_threads()), _THREADS),
    "torch's default dtype": _Setting(
        _torch(lambda torch: str(torch.get_default_dtype())), "give dtype= to what you make, or convert the network"
    ),
    "torch's gradient mode": _Setting(
        _torch(lambda torch: torch.is_grad_enabled()), "use `with torch.inference_mode():` around the network"
    ),
    "torch's deterministic algorithms": _Setting(
        _torch(lambda torch: torch.are_deterministic_algorithms_enabled()), "set it back after the call"
    ),
}
"""What a call must leave as it was, by its name."""

RANDOM: Mapping[str, _Setting] = {
    "NumPy": _Setting(lambda: str(np.random.get_state()), _RANDOM),  # noqa: NPY002 - the global one is looked at
    "Python": _Setting(lambda: hash(random.getstate()), _RANDOM),
    "torch": _Setting(_torch(lambda torch: torch.get_rng_state().numpy().tobytes()), _RANDOM),
}
"""Global generators of random numbers: who draws from one moves what others draw."""

_DECIDING = ("CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TMPDIR", "HOME")


def settings(subject: Subject) -> Iterator[Remark]:
    """Look at what belongs to the whole process before and after calls, then change it and call again."""
    sample = subject.photographs()[0]
    subject.sr(sample)
    for name, change in _changes({**_USUAL, **subject.before}):
        advice = SETTINGS[name].advice if name in SETTINGS else "set it back, or set it in load"
        yield Remark(f"a call changes {name}: {change}", advice, sample.name)
    with _seeded():
        drawn = _read(RANDOM)
        subject.sr(sample)
        moved = [name for name, state in _read(RANDOM).items() if state != drawn[name]]
    for name in moved:
        yield note(f"a call draws from {name}'s global random numbers, or seeds them", _RANDOM, sample.name)
    yield from _otherwise(subject, sample)


def _otherwise(subject: Subject, sample: Sample) -> Iterator[Remark]:
    """Call again while what belongs to the whole process is another."""
    expected = subject.steady(sample)
    for name, changed in _OTHERWISE.items():
        with changed():
            try:
                differs = not np.array_equal(subject.sr(sample), expected)
            except Failure as failure:
                yield Remark(f"fails {name}: {failure}", _DEPENDS, sample.name)
                continue
        if differs:
            yield Remark(f"SR is another one {name}", _DEPENDS, sample.name)


_DEPENDS = "depend on nothing that other code of the process may set; look files up once, in load, by whole paths"


def loaded(before: Mapping[str, object]) -> Iterator[Remark]:
    """Compare what belongs to the whole process with what it was before the method was loaded."""
    for name, change in _changes({**_USUAL, **before}):
        if name in SETTINGS or name.endswith(_DECIDING):
            advice = SETTINGS[name].advice if name in SETTINGS else "leave it to whoever starts the program"
            yield Remark(f"load changes {name}: {change}", advice)


_USUAL = {
    "torch's default dtype": "torch.float32",
    "torch's gradient mode": True,
    "torch's deterministic algorithms": False,
}
"""As what torch begins with, which `load` may be the first to import."""


def as_now() -> dict[str, object]:
    """Return what belongs to the whole process, by name, variables too; of torch nothing before it is imported."""
    threads = os.environ.get("OMP_NUM_THREADS", "")
    usual = {"torch's threads": int(threads)} if threads.isdecimal() else {}
    known = {name: value for name, value in _read(SETTINGS).items() if value is not None}
    return usual | known | {f"{_VARIABLE}{name}": value for name, value in os.environ.items()}


_VARIABLE = "the variable "


def _changes(before: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield the name of what is not as it was, and how it changed; values of variables may be nobody's business."""
    now = as_now()
    for name in SETTINGS:
        if name in before and name in now and before[name] != now[name]:
            yield name, f"{before[name]} -> {now[name]}"
    for name in sorted({*before, *now} - {*SETTINGS}):
        if before.get(name) != now.get(name):
            yield name, "removed" if name not in now else "changed" if name in before else "set"


def _read(settings: Mapping[str, _Setting]) -> dict[str, object]:
    return {name: setting.read() for name, setting in settings.items()}


@contextmanager
def _seeded() -> Iterator[None]:
    """Let the global random numbers be others, and put them back."""
    torch: Any = sys.modules.get("torch")
    states = np.random.get_state(), random.getstate(), torch and torch.get_rng_state()  # noqa: NPY002
    np.random.seed(12345)  # noqa: NPY002
    random.seed(12345)
    if torch:
        torch.manual_seed(12345)
    try:
        yield
    finally:
        np.random.set_state(states[0])  # noqa: NPY002
        random.setstate(states[1])
        if torch:
            torch.set_rng_state(states[2])


@contextmanager
def _elsewhere() -> Iterator[None]:
    """Let the working directory be another one."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


_OTHERWISE = {
    "with other seeds of global random numbers": _seeded,
    "in another working directory": _elsewhere,
}
"""What other code of the process may do, with the words for it."""


def files(subject: Subject) -> Iterator[Remark]:
    """Look for files that calls leave: in the working directory, among temporary files and beside the method."""
    sample = subject.photographs()[0]
    method = subject.choice.method
    work, temporary = subject.folder / "work", subject.folder / "temporary"
    places = {"the working directory": work, "the folder of temporary files": temporary}
    for folder in places.values():
        folder.mkdir(exist_ok=True)
    if method.source and method.origin.startswith("plug-in"):
        places["the folder of the method"] = method.source.parent
    before = {place: _names(folder) for place, folder in places.items()}
    with _inside(work, temporary):
        subject.sr(sample)
        subject.sr(sample)
    for place, folder in places.items():
        if left := sorted(_names(folder) - before[place]):
            yield Remark(
                f"two calls leave files in {place}: {', '.join(left[:3])}{' ...' * (len(left) > 3)}",  # noqa: PLR2004
                "use `with tempfile.TemporaryDirectory() as folder:`, and leave out what only shows steps in between",
                sample.name,
            )


@contextmanager
def _inside(work: Path, temporary: Path) -> Iterator[None]:
    """Let the process work in one folder, and keep temporary files in another."""
    back, folder, variable = Path.cwd(), tempfile.tempdir, os.environ.get("TMPDIR")
    os.chdir(work)
    tempfile.tempdir = os.environ["TMPDIR"] = str(temporary)
    try:
        yield
    finally:
        os.chdir(back)
        tempfile.tempdir = folder
        os.environ.pop("TMPDIR")
        os.environ.update({"TMPDIR": variable} if variable is not None else {})


def _names(folder: Path) -> set[str]:
    """Return what is in a folder, but for what Python writes."""
    return {each.name for each in folder.iterdir()} - {"__pycache__"}
