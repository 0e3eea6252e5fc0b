"""Timing: wall-clock samples of callables, interleaved so that drift of the machine hits all of them alike."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

Clock: TypeAlias = Callable[[], float]


@dataclass(frozen=True)
class Budget:
    """When one callable has enough samples: at least `samples` and `seconds` of them, never more than `limit` s.

    Nor more than `most` samples: a call of microseconds would fill the journal with tens of thousands of rows.
    """

    warm_up: float = 0.1
    samples: int = 5
    seconds: float = 0.3
    limit: float = 3.0
    most: int = 500


@dataclass(frozen=True)
class Timed:
    """A callable to time, with what makes sure that its work is done (a device's synchronisation)."""

    call: Callable[[], object]
    synchronize: Callable[[], object] = field(default=lambda: None)

    def seconds(self, clock: Clock = time.perf_counter) -> float:
        """Return the wall time of one call, from an idle device to finished work, with garbage collection off."""
        with _no_garbage_collection():
            self.synchronize()
            start = clock()
            self.call()
            self.synchronize()
            return clock() - start


class Sampled(Protocol):
    """What can be timed: a `Timed`, or one in another process."""

    def seconds(self, clock: Clock) -> float:
        """Return one sample."""


Sample: TypeAlias = tuple[str, int, float | BaseException]
"""Name of the call, its round, and its seconds or what it raised."""


def first_calls(calls: Mapping[str, Sampled], clock: Clock = time.perf_counter) -> Iterator[Sample]:
    """Yield one cold sample of each call."""
    for name in list(calls):
        yield name, 0, _sample(calls[name], clock)


def interleaved(calls: Mapping[str, Sampled], budget: Budget, clock: Clock = time.perf_counter) -> Iterator[Sample]:
    """Yield samples in rounds over all `calls`; a call that raises yields its exception and is out.

    Each call is warmed up first, for `budget.warm_up` seconds; those samples are not yielded. The garbage collector is
    off while the clock runs and left as it was found.
    """
    spent: dict[str, list[float]] = {}
    for name in list(calls):
        failure = _warm_up(calls[name], budget.warm_up, clock)
        if failure:
            yield name, 0, failure
        else:
            spent[name] = []
    number = 0
    while spent:
        for name in list(spent):
            seconds = _sample(calls[name], clock)
            yield name, number, seconds
            if isinstance(seconds, float):
                spent[name].append(seconds)
            if isinstance(seconds, BaseException) or _enough(spent[name], budget):
                del spent[name]
        number += 1


def _warm_up(timed: Sampled, seconds: float, clock: Clock) -> BaseException | None:
    """Call at least once, then until `seconds` have passed; return what a call raised."""
    end = clock() + seconds
    while True:
        sample = _sample(timed, clock)
        if isinstance(sample, BaseException):
            return sample
        if clock() >= end:
            return None


def _sample(timed: Sampled, clock: Clock) -> float | BaseException:
    try:
        return timed.seconds(clock)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a method may raise anything
        return error


def _enough(samples: list[float], budget: Budget) -> bool:
    total = sum(samples)
    full = len(samples) >= budget.most or total >= budget.limit
    return full or (total >= budget.seconds and len(samples) >= budget.samples)


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
