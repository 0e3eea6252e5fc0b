"""Timing by a fake clock: what is measured, in which order, for how long, and what an exception does."""

from __future__ import annotations

import gc
import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from srbench.speed.timing import Budget, Timed, burst, rounds, warm_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ANY = Random(1)
"""An order of visits."""


@dataclass
class Machine:
    """A clock that only work moves, and a log of what was done when."""

    now: float = 100.0
    log: list[str] = field(default_factory=list)

    def clock(self) -> float:
        """Return the time."""
        self.log.append("clock")
        return self.now

    def work(self, name: str, *seconds: float) -> Callable[[], None]:
        """Return work that takes `seconds`, one after the other, the last one for ever."""
        calls = 0

        def call() -> None:
            nonlocal calls
            self.log.append(name)
            self.now += seconds[min(calls, len(seconds) - 1)]
            calls += 1

        return call

    def calls(self) -> str:
        """Return the names of the work done, in order."""
        return "".join(entry for entry in self.log if entry not in {"clock", "synchronize"})


@pytest.fixture
def machine() -> Machine:
    """Return an idle machine."""
    return Machine()


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    """Give the next test a running garbage collector, whatever this one did."""
    gc.enable()
    yield
    gc.enable()


def fail(error: BaseException, after: int = 0, good: Any = None) -> Callable[[], Any]:  # noqa: ANN401 - any result
    """Return work that raises `error` after some calls that return `good`."""
    calls = 0

    def call() -> Any:  # noqa: ANN401 - any result
        nonlocal calls
        calls += 1
        if calls > after:
            raise error
        return good

    return call


@dataclass
class Turn:
    """What a visit gives."""

    spent: list[float]


def test_sample_is_from_idle_to_done(machine: Machine) -> None:
    """The device is idle before the clock starts, and has finished before it stops; the return is noted between."""
    timed = Timed(machine.work("A", 1.0), machine.work("synchronize", 10.0, 5.0))
    sample, _ = timed.sample(machine.clock)
    assert (sample.seconds, sample.enqueued) == (6.0, 1.0)
    assert machine.log == ["synchronize", "clock", "A", "clock", "synchronize", "clock"]


def test_lazy_results_are_computed_inside_the_clock(machine: Machine) -> None:
    """A result that computes when it becomes an array has not been computed before."""

    class Lazy:
        def __array__(self, *_: Any, **__: Any) -> np.ndarray[Any, Any]:  # noqa: ANN401 - NumPy's protocol
            machine.now += 7.0
            return np.zeros(1)

    sample, _ = Timed(Lazy).sample(machine.clock)
    assert (sample.seconds, sample.enqueued) == (7.0, 0.0)


def test_the_devices_own_events_surround_the_call(machine: Machine) -> None:
    """They are set around the call alone, and read after it has finished: milliseconds become seconds."""

    class Event:
        def __init__(self) -> None:
            self.at = machine.now

        def elapsed_time(self, later: Event) -> float:
            return (later.at - self.at) * 1e3

    timed = Timed(machine.work("A", 2.0), machine.work("synchronize", 4.0), Event)
    assert timed.sample(machine.clock)[0].device == pytest.approx(2.0)
    assert np.isnan(Timed(machine.work("A", 2.0)).sample(machine.clock)[0].device)


@pytest.mark.parametrize(
    ("seconds", "calls"),
    [
        ((4.0, 3.0, 2.0, 1.0), 8),
        ((1.0,), 6),
        ((1.0, 1.0, 1.0, 1.5), 6),
        ((8.0, 8.0, 8.0, 7.0, 7.0, 7.0, 7.0), 8),
    ],
)
def test_warm_up_until_steady(machine: Machine, seconds: tuple[float, ...], calls: int) -> None:
    """Three calls whose median is not lower than that of the three before them end it."""
    timed = Timed(machine.work("A", *seconds))
    assert warm_up(timed, Budget(warm_up=0, patience=1e9), machine.clock)[0].calls == calls


def test_warm_up_takes_its_time_and_no_more_than_its_patience(machine: Machine) -> None:
    """Steady calls are repeated until the time is over; calls that become faster for ever are given up."""
    spent, _ = warm_up(Timed(machine.work("A", 0.25)), Budget(warm_up=7.5, patience=10), machine.clock)
    assert (spent.calls, spent.seconds) == (30, 7.5)
    faster = Timed(machine.work("A", *(100 / 1.1**power for power in range(200))))
    assert warm_up(faster, Budget(warm_up=0, patience=600), machine.clock)[0].seconds == pytest.approx(600, abs=60)
    slow = Timed(machine.work("A", 50.0))
    assert warm_up(slow, Budget(warm_up=1, patience=9), machine.clock)[0].calls == 1


def test_a_visit_lasts_as_long_as_asked(machine: Machine) -> None:
    """One call, that is no sample, finds the caches cold; samples follow for the length of a visit."""
    samples = burst(Timed(machine.work("A", 0.75, 0.25)), Budget(visit=1.0), machine.clock)
    assert [sample.seconds for sample in samples] == [0.25] * 4
    assert machine.calls() == "AAAAA"


def test_a_visit_has_few_samples_of_a_fast_call(machine: Machine) -> None:
    """A tenth of all that are wanted at most: a call of microseconds does not fill the disk."""
    assert len(burst(Timed(machine.work("A", 0.25)), Budget(visit=1e9, samples=70), machine.clock)) == 7


def test_a_slow_call_is_its_own_sample(machine: Machine) -> None:
    """Where cold caches do not matter, the first call is a sample, and none is lost."""
    samples = burst(Timed(machine.work("A", 5.0)), Budget(visit=1.0), machine.clock, cold=False)
    assert [sample.seconds for sample in samples] == [5.0]
    assert machine.calls() == "A"


def visits(**seconds: float) -> dict[str, Callable[[], Turn]]:
    """Return visits of one sample each."""
    return {name: partial(Turn, [each]) for name, each in seconds.items()}


def test_rounds_hold_one_visit_of_each_in_changing_order() -> None:
    """Every method is visited once a round, so that drift cancels, and none is always the first."""
    found = list(rounds(visits(a=1.0, b=1.0, c=1.0), Budget(rounds=8, seconds=0), Random(3)))
    by_round = [[name for name, number, _ in found if number == each] for each in range(1, 9)]
    assert [sorted(names) for names in by_round] == [["a", "b", "c"]] * 8
    assert len({tuple(names) for names in by_round}) > 2


@pytest.mark.parametrize(
    ("budget", "count"),
    [
        (Budget(rounds=4, seconds=0), 4),
        (Budget(rounds=4, seconds=2.5), 5),
        (Budget(rounds=4, seconds=1e9, samples=6), 6),
        (Budget(rounds=4, seconds=1e9, samples=3), 4),
    ],
)
def test_the_slower_to_have_enough_decides(budget: Budget, count: int) -> None:
    """All go on until each has its seconds or its samples, and never less than the rounds."""
    found = list(rounds(visits(fast=0.5, slow=1.0), budget, ANY))
    assert sorted(name for name, _, _ in found) == ["fast"] * count + ["slow"] * count


def test_no_time_lets_one_out_and_the_others_go_on() -> None:
    """A method that has no time left has no further visit; it has at least one."""
    found = list(rounds(visits(fast=0.1, slow=9.0), Budget(rounds=5, seconds=0), ANY, lambda name: name != "slow"))
    assert [name for name, _, _ in found].count("slow") == 1
    assert [name for name, _, _ in found].count("fast") == 5
    assert len(list(rounds(visits(slow=9.0), Budget(rounds=5, seconds=0), ANY, lambda _: False))) == 1


@pytest.mark.parametrize("error", [ValueError("boom"), SystemExit(3)])
@pytest.mark.parametrize("after", [0, 2])
def test_an_exception_drops_only_its_visit(error: BaseException, after: int) -> None:
    """It is yielded once, and the others have all their rounds."""
    calls = {"good": lambda: Turn([1.0]), "bad": fail(error, after, Turn([1.0]))}
    found = list(rounds(calls, Budget(rounds=5, seconds=0), ANY))
    assert [number for name, number, _ in found if name == "good"] == [1, 2, 3, 4, 5]
    assert [outcome for name, _, outcome in found if name == "bad"][after:] == [error]


def test_nothing_left_to_visit_is_an_end() -> None:
    """All failing ends the rounds, and so does having nothing to visit."""
    assert len(list(rounds({"a": fail(ValueError())}, Budget(rounds=5), ANY))) == 1
    assert list(rounds({}, Budget(rounds=5), ANY)) == []


def test_an_interrupt_is_no_outcome() -> None:
    """Ctrl-C stops the timing, and leaves the garbage collector as it was."""
    with pytest.raises(KeyboardInterrupt):
        list(rounds({"a": fail(KeyboardInterrupt())}, Budget(), ANY))
    with pytest.raises(KeyboardInterrupt):
        Timed(fail(KeyboardInterrupt())).sample()
    assert gc.isenabled()


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("error", [None, ValueError("boom")])
def test_the_garbage_collector_is_off_during_a_call_and_restored(enabled: bool, error: Exception | None) -> None:
    """Off while the clock runs; afterwards as it was found, also after an exception."""
    states = []

    def call() -> None:
        states.append(gc.isenabled())
        if error:
            raise error

    (gc.enable if enabled else gc.disable)()
    with pytest.raises(ValueError, match="boom") if error else nullcontext():
        Timed(call).sample()
    assert gc.isenabled() is enabled
    assert states == [False]


def test_the_default_clock_is_wall_time_in_seconds() -> None:
    """Without a fake, a call takes what lies between two looks at Python's own clock, or less."""
    start = time.perf_counter()
    seconds = Timed(lambda: None).sample()[0].seconds
    assert 0 < seconds <= time.perf_counter() - start
