"""A run on this machine: each lane has a thread here that takes one image after the other."""

from __future__ import annotations

import queue
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from srbench.runs import clocking
from srbench.runs.scoring import IDLE, score_image

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from srbench.isolation.limits import Limits
    from srbench.results.rows import TimingRow
    from srbench.runs.lane import Lane
    from srbench.runs.requests import Request
    from srbench.runs.scoring import Scored, Scoring, Task, Wanted

_Found: TypeAlias = "queue.SimpleQueue[Scored | BaseException | None]"


@dataclass(frozen=True)
class Here:
    """This machine as the place where a run computes."""

    lanes: Sequence[Lane]
    limits: Limits
    """What a worker may take that is timed: alone, it shares the cores with nobody."""
    roots: Mapping[str, Path]
    """Where datasets lie, by the name that rows carry."""

    def rows(self, scoring: Scoring, images: Iterable[Wanted], stop: threading.Event) -> Iterator[Scored | None]:
        """Yield the rows of `images` as the lanes finish them, and None when there was none for a while.

        Once `stop` is set, each lane finishes the row that it is at.
        """
        tasks = (each.at(self._path(each), scoring) for each in images)
        for lane in self.lanes:
            lane.start([member.asked.spec for member in scoring.members])
        yield from rows(tasks, self.lanes, stop)
        for lane in self.lanes:
            lane.rest()

    def timings(self, request: Request) -> Iterator[TimingRow]:
        """Yield the timing rows of one request."""
        lane = self.lanes[0]
        made = request.made(lambda each: lane.degrade(self._path(each.image), each.protocol, request.factor, each.size))
        lane.rest()
        yield from clocking.rows(request, made, self.limits)

    def _path(self, image: Wanted) -> Path:
        return self.roots[image.name] / image.file.path


def rows(tasks: Iterable[Task], lanes: Sequence[Lane], stop: threading.Event) -> Iterator[Scored | None]:
    """Yield the rows of `tasks` in the order in which the lanes finish them, and None when there was none for a while.

    Once `stop` is set, each lane finishes the row that it is at. An exception, here or where the rows are used, ends
    all lanes at once.
    """
    found: _Found = queue.SimpleQueue()
    remaining = _Shared(tasks)
    with ThreadPoolExecutor(len(lanes), "lane") as threads:
        for lane in lanes:
            threads.submit(_work, lane, remaining, found, stop)
        try:
            yield from _until_all_end(found, len(lanes))
        except BaseException:
            stop.set()
            for lane in lanes:
                lane.stop()
            raise


class _Shared:
    """An iterator that several threads may draw from; tasks are made when a lane has room for one."""

    def __init__(self, tasks: Iterable[Task]) -> None:
        self._tasks = iter(tasks)
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[Task]:
        return self

    def __next__(self) -> Task:
        with self._lock:
            return next(self._tasks)


def _work(lane: Lane, tasks: Iterable[Task], found: _Found, stop: threading.Event) -> None:
    """Be one lane; the last thing it puts is None, or what went wrong."""
    try:
        for task in tasks:
            for row in score_image(task, lane):
                found.put(row)
                if stop.is_set():
                    return
            if stop.is_set():
                return
    except BaseException as error:  # noqa: BLE001 - raised again by the main thread
        found.put(error)
    finally:
        found.put(None)


def _until_all_end(found: _Found, lanes: int) -> Iterator[Scored | None]:
    while lanes:
        try:
            item = found.get(timeout=IDLE)
        except queue.Empty:
            yield None
            continue
        if item is None:
            lanes -= 1
        elif isinstance(item, BaseException):
            raise item
        else:
            yield item
