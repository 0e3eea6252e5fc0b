"""What a worker of a cluster does: score a batch of images, or time methods, where it stands.

It reads the images there, or downloads them, and keeps a lane of its own for each of its threads, so that a method
that dies takes no worker of the cluster with it.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from srbench import datasets
from srbench.errors import ImageError, SrbenchError, Unsupported
from srbench.hashing import file_hash
from srbench.runs import clocking
from srbench.runs.lane import Lane
from srbench.runs.scoring import score_image, unscored
from srbench.speed import environment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from srbench.isolation.limits import Limits
    from srbench.results.rows import TimingRow
    from srbench.runs.member import Member
    from srbench.runs.requests import Request
    from srbench.runs.scoring import Scored, Scoring, Wanted

_TRIM = "MALLOC_TRIM_THRESHOLD_"
"""By this Dask has its workers give memory back with every call; in a lane, that would double the time of ESPCN."""

_lanes: dict[int, tuple[str, Lane, Scoring]] = {}
"""The lane of each thread, with the token of the setup that it serves, and the members as they are here."""


@dataclass(frozen=True)
class Setup:
    """What all batches of a pass have in common."""

    token: str
    scoring: Scoring
    limits: Limits


def score_batch(setup: Setup, images: Iterable[Wanted]) -> tuple[list[Scored], float]:
    """Return the rows of a batch and the seconds that it took, without those that the lane took to start."""
    lane, scoring = _lane(setup)
    with lane.at_work:
        start = time.monotonic()
        rows = [row for image in images for row in _rows(image, scoring, lane)]
    return rows, time.monotonic() - start


def _rows(image: Wanted, scoring: Scoring, lane: Lane) -> Iterator[Scored]:
    path, problem = _place(image)
    task = image.at(path, scoring)
    return unscored(task, problem) if problem else score_image(task, lane)


def time_methods(request: Request, limits: Limits) -> list[TimingRow]:
    """Return the timing rows of this machine."""
    os.environ.pop(_TRIM, None)
    with Lane((), limits) as lane:
        made = request.made(lambda each: lane.degrade(_sound(each.image), each.protocol, request.factor, each.size))
    return list(clocking.rows(request, made, limits))


def dismiss() -> None:
    """End the lanes of this process; what a thread still computes comes to nothing."""
    while _lanes:
        lane = _lanes.popitem()[1][1]
        lane.stop()
        with lane.at_work:
            lane.close()


def _lane(setup: Setup) -> tuple[Lane, Scoring]:
    """Return this thread's lane for `setup`; one that served another is closed."""
    thread = threading.get_ident()
    if thread in _lanes and _lanes[thread][0] != setup.token:
        _lanes.pop(thread)[1].close()
    if thread not in _lanes:
        os.environ.pop(_TRIM, None)
        limits = replace(setup.limits, threads=setup.limits.threads or 1)  # a thread of a Dask worker stands for a core
        specs = [member.asked.spec for member in setup.scoring.members]
        lane = Lane(specs, limits)
        lane.start(specs)
        same = [_same(member, lane) for member in setup.scoring.members]
        _lanes[thread] = setup.token, lane, replace(setup.scoring, members=same)
    return _lanes[thread][1:]


def _same(member: Member, lane: Lane) -> Member:
    """Return the member if it is the coordinator's method to the last byte; else one whose rows say that it is not."""
    if member.error:
        return member
    try:
        (here,) = lane.describe([member.asked])
    except SrbenchError as error:
        return replace(member, error=error)
    if here.error or here.codes == member.codes:
        return replace(member, error=here.error)
    what = "another version of the method, its weights or a package; install there what the coordinator has"
    return replace(member, error=Unsupported(f"{environment.machine()} has {what}, then run again with --reuse"))


def _place(image: Wanted) -> tuple[Path, SrbenchError | None]:
    """Return where an image lies on this machine, fetched if it can be, and what is wrong with it."""
    if os.sep in image.spec:
        path = Path(image.spec, image.file.path)
        return path, _difference(path, image.file.sha256)
    path = Path(image.file.path)
    try:
        dataset = replace(datasets.get(image.spec), files=(image.file,))
        path = dataset.root / image.file.path
        datasets.ensure(dataset)
    except SrbenchError as error:
        return path, error
    return path, None


def _difference(path: Path, sha256: str) -> SrbenchError | None:
    """Tell what is wrong with a file of a folder that is to be the same on all machines."""
    try:
        got = file_hash(path)
    except OSError as error:
        where = f"on {environment.machine()} ({error.strerror}); a folder must lie where all machines see it"
        return ImageError(f"{path}: cannot be read {where}")
    if sha256 and got != sha256:
        return ImageError(f"{path}: got sha256 {got} on {environment.machine()}, expected {sha256}")
    return None


def _sound(image: Wanted) -> Path:
    path, problem = _place(image)
    if problem:
        raise problem
    return path
