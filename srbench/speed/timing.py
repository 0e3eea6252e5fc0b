"""Timing: samples of one call by an injected clock, warm-up until it is steady, and rounds over several calls."""

from __future__ import annotations

import gc
import math
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias, TypeVar

import numpy as np

if TYPE_CHECKING:
    from random import Random

Clock: TypeAlias = Callable[[], float]

STEADY = 3
"""Calls whose median must no longer be lower than that of as many before them, for a warm-up to end."""

TREND = 0.02
"""By how much lower it must be to count as lower."""

SLOW = 3
"""Visits of the length wanted that a call must last to be slow."""


@dataclass(frozen=True)
class Budget:
    """How long to time a method, for each process and size: at least `rounds`, and `seconds` or `samples`."""

    processes: int = 3
    """Fresh processes of each method, one after the other."""
    rounds: int = 5
    seconds: float = 0.1
    samples: int = 50
    visit: float = 0.01
    """Seconds that a method computes before the next one has its turn, or one call."""
    pause: float = 0.03
    """Seconds before a visit: threads of the method before may spin when they are done, those of OpenBLAS for 26 ms."""
    warm_up: float = 0.05
    patience: float = 0.5
    """Seconds that a warm-up may take to become steady."""
    limit: float = 18.0
    """Seconds of each method, loading and calls, at one factor on one device: then nothing more is begun."""
    machine: bool = False
    """Whether the machine's own limits are measured beside the methods."""
    frames: bool = False
    """Whether the LR sizes of videos' frames are timed, too, after all others: see `of_frames`."""

    @property
    def of_frames(self) -> Budget:
        """Return how long frames are timed: as briefly as `QUICK`, as they are large."""
        brief = {name: min(getattr(self, name), getattr(QUICK, name)) for name in _BRIEF}
        return replace(self, **brief)

    @property
    def slow(self) -> float:
        """Return how many seconds a call lasts that does not care whether caches are cold before it."""
        return SLOW * self.visit


QUICK = Budget()
"""What `srbench run` spends."""

_BRIEF = ("processes", "rounds", "seconds", "samples")
"""What is not spent on frames."""

THOROUGH = Budget(
    processes=5,
    rounds=10,
    seconds=0.5,
    samples=200,
    visit=0.03,
    pause=0.05,
    warm_up=0.2,
    patience=3.0,
    limit=600.0,
    machine=True,
    frames=True,
)
"""What `srbench time` spends."""


class Sample(NamedTuple):
    """One call."""

    seconds: float
    """From an idle device to a finished result in memory."""
    enqueued: float
    """Until the call returned."""
    device: float = math.nan
    """Between two events of the device itself, where it has such."""


@dataclass(frozen=True)
class Timed:
    """A call to time, and how to know that its work is done."""

    call: Callable[[], object]
    synchronize: Callable[[], object] = field(default=lambda: None)
    """Waits for the device."""
    event: Callable[[], Any] | None = None
    """Leaves a mark in the device's queue; `mark.elapsed_time(later)` are the milliseconds between two."""

    def sample(self, clock: Clock = time.perf_counter) -> tuple[Sample, object]:
        """Return one sample and what the call returned, with garbage collection off; lazy arrays are computed."""
        with _no_garbage_collection():
            self.synchronize()
            begin = self.event() if self.event else None
            start = clock()
            result = self.call()
            enqueued = clock()
            end = self.event() if self.event else None
            self.synchronize()
            if hasattr(result, "__array__"):
                np.asarray(result)
            seconds = clock() - start
        device = begin.elapsed_time(end) / 1e3 if begin is not None else math.nan
        return Sample(seconds, enqueued - start, device), result


class WarmUp(NamedTuple):
    """The warm-up: how many calls it took until they were steady, and how long."""

    calls: int
    seconds: float


def warm_up(timed: Timed, budget: Budget, clock: Clock = time.perf_counter) -> tuple[WarmUp, object]:
    """Call for `budget.warm_up` seconds, then until calls no longer become faster or patience ends.

    Returns what that took, and what the last call returned.
    """
    start = clock()
    seconds: list[float] = []
    while True:
        sample, result = timed.sample(clock)
        seconds.append(sample.seconds)
        spent = clock() - start
        if (spent >= budget.warm_up and _is_steady(seconds)) or spent >= budget.patience:
            return WarmUp(len(seconds), spent), result


def _is_steady(seconds: list[float]) -> bool:
    last, before = seconds[-STEADY:], seconds[-2 * STEADY : -STEADY]
    return len(before) == STEADY and statistics.median(last) > (1 - TREND) * statistics.median(before)


def burst(timed: Timed, budget: Budget, clock: Clock = time.perf_counter, *, cold: bool = True) -> list[Sample]:
    """Return the samples of one visit: for `budget.visit` seconds, a tenth of `budget.samples` at most, one at least.

    Where caches are `cold`, as other processes have had them meanwhile, one call goes before, which is no sample.
    """
    if cold:
        timed.sample(clock)
    samples: list[Sample] = []
    end = clock() + budget.visit
    while True:
        samples.append(timed.sample(clock)[0])
        if clock() >= end or len(samples) >= budget.samples / 10:
            return samples


class Visit(Protocol):
    """The result of a method's turn."""

    @property
    def spent(self) -> list[float]:
        """Return the seconds of each of its samples."""


V = TypeVar("V", bound=Visit)


def rounds(
    visits: Mapping[str, Callable[[], V]],
    budget: Budget,
    random: Random,
    has_time: Callable[[str], bool] = lambda _: True,
) -> Iterator[tuple[str, int, V | BaseException]]:
    """Yield the results of visits, in rounds over all of them, each round in another order.

    All continue until each has enough, so that each round has one visit of each; a visit that raises yields its
    exception and is out, and so is one that has no time left after a round.
    """
    spent: dict[str, list[float]] = {name: [] for name in visits}
    for number in count(1):
        order = list(spent)
        random.shuffle(order)
        for name in order:
            outcome = _outcome(visits[name])
            yield name, number, outcome
            if isinstance(outcome, BaseException):
                del spent[name]
            else:
                spent[name] += outcome.spent
        done = number >= budget.rounds and all(_is_enough(seconds, budget) for seconds in spent.values())
        spent = {name: seconds for name, seconds in spent.items() if has_time(name)}
        if done or not spent:
            return


def _outcome(visit: Callable[[], V]) -> V | BaseException:
    try:
        return visit()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a method may raise anything
        return error


def _is_enough(seconds: list[float], budget: Budget) -> bool:
    return sum(seconds) >= budget.seconds or len(seconds) >= budget.samples


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
