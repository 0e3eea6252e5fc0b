"""What a worker of a cluster does: score a batch of images, or time methods, on its machine.

It reads the images there, or downloads them, and keeps a group of its own for each of its threads, so that a method
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
from srbench.execution import timing_rounds
from srbench.execution.given_sr import GivenSr
from srbench.execution.scoring import score_image, unscored
from srbench.execution.worker_group import WorkerGroup
from srbench.hashing import file_hash
from srbench.quality.files import MAX_BYTES
from srbench.speed import environment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from srbench.execution.method_info import MethodInfo
    from srbench.execution.metric_info import MetricInfo
    from srbench.execution.scoring import Scored, Scoring, Wanted
    from srbench.execution.timing_jobs import TimingJob
    from srbench.isolation.limits import Limits
    from srbench.store.rows import TimingRow

_TRIM = "MALLOC_TRIM_THRESHOLD_"
"""By this Dask has its workers give memory back with every call; in a group, that would double the time of ESPCN."""

_worker_groups: dict[int, tuple[str, WorkerGroup, Scoring]] = {}
"""The worker group of each thread, with the token of the setup that it serves, and the methods as they are here."""


@dataclass(frozen=True)
class Setup:
    """What all batches of a pass have in common."""

    token: str
    scoring: Scoring
    limits: Limits


def score_batch(setup: Setup, images: Iterable[Wanted]) -> tuple[list[Scored], float]:
    """Return the rows of a batch and the seconds that it took, without those that the worker group took to start."""
    workers, scoring = _workers(setup)
    with workers.at_work:
        start = time.monotonic()
        rows = [row for image in images for row in _rows(image, scoring, workers)]
    return rows, time.monotonic() - start


def _rows(image: Wanted, scoring: Scoring, workers: WorkerGroup) -> Iterator[Scored]:
    root, problem = _root_of(image)
    task = image.at(root, scoring)
    return unscored(task, problem) if problem else score_image(task, workers)


def time_methods(job: TimingJob, limits: Limits) -> list[TimingRow]:
    """Return the timing rows of this machine."""
    os.environ.pop(_TRIM, None)
    with WorkerGroup((), limits) as workers:
        made = job.made(lambda each: each.degraded(workers, _sound(each.image), job.factor))
    return list(timing_rounds.rows(job, made, limits))


def dismiss() -> None:
    """End the worker groups of this process; what a thread still computes comes to nothing."""
    while _worker_groups:
        workers = _worker_groups.popitem()[1][1]
        workers.stop()
        with workers.at_work:
            workers.close()


def _workers(setup: Setup) -> tuple[WorkerGroup, Scoring]:
    """Return this thread's worker group for `setup`; one that served another is closed."""
    thread = threading.get_ident()
    if thread in _worker_groups and _worker_groups[thread][0] != setup.token:
        _worker_groups.pop(thread)[1].close()
    if thread not in _worker_groups:
        os.environ.pop(_TRIM, None)
        limits = replace(setup.limits, threads=setup.limits.threads or 1)  # a thread of a Dask worker stands for a core
        specs = setup.scoring.specs
        workers = WorkerGroup(specs, limits, [metric.asked.spec for metric in setup.scoring.metrics])
        workers.start(specs)
        same = [_same(info, workers) for info in setup.scoring.infos]
        metrics = [_same_metric(metric, workers) for metric in setup.scoring.metrics]
        _worker_groups[thread] = setup.token, workers, replace(setup.scoring, infos=same, metrics=metrics)
    return _worker_groups[thread][1:]


def _same(info: MethodInfo | GivenSr, workers: WorkerGroup) -> MethodInfo | GivenSr:
    """Return the method if it is the coordinator's method to the last byte; else one whose rows say that it is not."""
    if isinstance(info, GivenSr) or info.error:
        return info
    try:
        (here,) = workers.describe([info.asked])
    except SrbenchError as error:
        return replace(info, error=error)
    return replace(info, error=here.error or (None if here.codes == info.codes else _other("method")))


def _same_metric(metric: MetricInfo, workers: WorkerGroup) -> MetricInfo:
    """Return the metric as `_same` returns a method."""
    if metric.error:
        return metric
    try:
        (here,) = workers.describe_metrics([metric.asked])
    except SrbenchError as error:
        return replace(metric, error=error)
    return replace(metric, error=here.error or (None if here.code == metric.code else _other("metric")))


def _other(kind: str) -> Unsupported:
    what = f"another version of the {kind}, its weights or a package; install the coordinator's versions there"
    return Unsupported(f"{environment.machine()} has {what}, then run again with --reuse")


def _root_of(image: Wanted) -> tuple[Path, SrbenchError | None]:
    """Return the folder of an image's dataset on this machine, and what is wrong with its files, if anything is.

    What can be fetched is.
    """
    if folder := datasets.folder_of(image.spec):
        checked = ((folder / file.path, file.sha256) for file in (image.file, *image.lr.values()))
        return folder, next(filter(None, (_difference(path, sha256) for path, sha256 in checked)), None)
    root = Path()
    try:
        dataset = datasets.get(image.spec)
        root = dataset.root
        lr = {factor: (file,) for factor, file in image.lr.items()}
        datasets.ensure(replace(dataset, files=(image.file,), lr=lr), factors=tuple(lr))
    except SrbenchError as error:
        return root, error
    return root, None


def _difference(path: Path, sha256: str) -> SrbenchError | None:
    """Tell what is wrong with a file of a folder that is to be the same on all machines."""
    try:
        got = file_hash(path, MAX_BYTES)
    except OSError as error:
        where = f"on {environment.machine()} ({error.strerror}); a folder must have the same path on all machines"
        return ImageError(f"{path}: cannot be read {where}")
    if sha256 and got != sha256:
        return ImageError(f"{path}: got sha256 {got} on {environment.machine()}, expected {sha256}")
    return None


def _sound(image: Wanted) -> Path:
    root, problem = _root_of(image)
    if problem:
        raise problem
    return root
