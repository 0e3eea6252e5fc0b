"""A run on this machine: each worker group has a thread here that takes one image after the other."""

from __future__ import annotations

import queue
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from srbench.execution import timing_rounds
from srbench.execution.scoring import IDLE, score_image

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from srbench.execution.scoring import Scored, Scoring, Task, Wanted
    from srbench.execution.timing_jobs import TimingJob
    from srbench.execution.worker_group import WorkerGroup
    from srbench.isolation.limits import Limits
    from srbench.store.rows import TimingRow

_Found: TypeAlias = "queue.SimpleQueue[Scored | BaseException | None]"


@dataclass(frozen=True)
class LocalBackend:
    """This machine as the backend of a run."""

    worker_groups: Sequence[WorkerGroup]
    limits: Limits
    """Limits of a worker that is timed: it runs alone, with all cores."""
    roots: Mapping[str, Path]
    """The folders of datasets, by the name that rows carry."""

    def rows(self, scoring: Scoring, images: Iterable[Wanted], stop: threading.Event) -> Iterator[Scored | None]:
        """Yield the rows of `images` as the worker groups finish them, and None when there was none for a while.

        Once `stop` is set, each worker group finishes the row that it is at.
        """
        tasks = (each.at(self.roots[each.name], scoring) for each in images)
        for workers in self.worker_groups:
            workers.start(scoring.specs)
        yield from rows(tasks, self.worker_groups, stop)
        for workers in self.worker_groups:
            workers.rest()

    def timings(self, job: TimingJob) -> Iterator[TimingRow]:
        """Yield the timing rows of one request."""
        workers = self.worker_groups[0]
        made = job.made(lambda each: each.degraded(workers, self.roots[each.image.name], job.factor))
        workers.rest()
        yield from timing_rounds.rows(job, made, self.limits)


def rows(tasks: Iterable[Task], worker_groups: Sequence[WorkerGroup], stop: threading.Event) -> Iterator[Scored | None]:
    """Yield the rows of `tasks` in the order in which the groups finish them, and None when there was none for a while.

    Once `stop` is set, each group finishes the row that it is at. An exception, here or where the rows are used, ends
    all worker groups at once.
    """
    found: _Found = queue.SimpleQueue()
    remaining = _Shared(tasks)
    with ThreadPoolExecutor(len(worker_groups), "worker group") as threads:
        for workers in worker_groups:
            threads.submit(_work, workers, remaining, found, stop)
        try:
            yield from _until_all_end(found, len(worker_groups))
        except BaseException:
            stop.set()
            for workers in worker_groups:
                workers.stop()
            raise


class _Shared:
    """An iterator that several threads may draw from; tasks are made when a worker group has room for one."""

    def __init__(self, tasks: Iterable[Task]) -> None:
        self._tasks = iter(tasks)
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[Task]:
        return self

    def __next__(self) -> Task:
        with self._lock:
            return next(self._tasks)


def _work(workers: WorkerGroup, tasks: Iterable[Task], found: _Found, stop: threading.Event) -> None:
    """Be one worker group; the last thing it puts is None, or what went wrong."""
    try:
        for task in tasks:
            for row in score_image(task, workers):
                found.put(row)
                if stop.is_set():
                    return
            if stop.is_set():
                return
    except BaseException as error:  # noqa: BLE001 - raised again by the main thread
        found.put(error)
    finally:
        found.put(None)


def _until_all_end(found: _Found, worker_groups: int) -> Iterator[Scored | None]:
    while worker_groups:
        try:
            item = found.get(timeout=IDLE)
        except queue.Empty:
            yield None
            continue
        if item is None:
            worker_groups -= 1
        elif isinstance(item, BaseException):
            raise item
        else:
            yield item
