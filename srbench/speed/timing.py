"""Timing: wall-clock samples of callables, interleaved so that drift of the machine hits all of them alike."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

Clock: TypeAlias = Callable[[], float]


@dataclass(frozen=True)
class Budget:
    """When one callable has enough samples: at least `samples` and `seconds` of them, never more than `limit` s."""

    warm_up: float = 0.1
    samples: int = 5
    seconds: float = 0.3
    limit: float = 3.0


@dataclass(frozen=True)
class Timed:
    """A callable to time, with what makes sure that its work is done (a device's synchronisation)."""

    call: Callable[[], object]
    synchronize: Callable[[], object] = field(default=lambda: None)

    def seconds(self, clock: Clock = time.perf_counter) -> float:
        """Return the wall time of one call, from an idle device to finished work."""
        self.synchronize()
        start = clock()
        self.call()
        self.synchronize()
        return clock() - start


def interleaved(
    calls: Mapping[str, Timed], budget: Budget, clock: Clock = time.perf_counter
) -> Iterator[tuple[str, int, float | Exception]]:
    """Yield (name, round, seconds) in rounds over all `calls`; a call that raises yields its exception and is out.

    Each call is warmed up first, for `budget.warm_up` seconds; those samples are not yielded. The garbage collector is
    off while the clock runs and left as it was found.
    """
    spent: dict[str, list[float]] = {}
    for name, timed in calls.items():
        try:
            _warm_up(timed, budget.warm_up, clock)
        except Exception as error:  # noqa: BLE001 - a method may raise anything
            yield name, 0, error
        else:
            spent[name] = []
    number = 0
    while spent:
        for name in list(spent):
            try:
                with _no_garbage_collection():
                    seconds = calls[name].seconds(clock)
            except Exception as error:  # noqa: BLE001 - a method may raise anything
                del spent[name]
                yield name, number, error
                continue
            yield name, number, seconds
            spent[name].append(seconds)
            if _enough(spent[name], budget):
                del spent[name]
        number += 1


def _warm_up(timed: Timed, seconds: float, clock: Clock) -> None:
    """Call at least once, then until `seconds` have passed."""
    end = clock() + seconds
    timed.seconds(clock)
    while clock() < end:
        timed.seconds(clock)


def _enough(samples: list[float], budget: Budget) -> bool:
    total = sum(samples)
    return total >= budget.limit or (total >= budget.seconds and len(samples) >= budget.samples)


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
