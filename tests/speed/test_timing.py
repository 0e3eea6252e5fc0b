"""Timing by a fake clock: what is measured, in which order, for how long, and what an exception does."""

from __future__ import annotations

import gc
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from srbench.speed.timing import Budget, Timed, first_calls, interleaved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ONCE = Budget(warm_up=0.0, samples=1, seconds=0.0, limit=9.0)


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


def fail(error: BaseException, after: int = 0) -> Callable[[], None]:
    """Return work that raises `error` after some good calls."""
    calls = 0

    def call() -> None:
        nonlocal calls
        calls += 1
        if calls > after:
            raise error

    return call


def taken(samples: Sequence[tuple[str, int, object]]) -> list[tuple[str, int, float]]:
    """Return the samples with their seconds rounded; none of them is an exception."""
    return [(name, number, round(seconds, 9)) for name, number, seconds in samples if isinstance(seconds, float)]


def test_samples_alternate_between_calls(machine: Machine) -> None:
    """Rounds go A B A B, so that a machine that slows down slows both."""
    calls = {name: Timed(machine.work(name, 1.0)) for name in "AB"}
    budget = Budget(warm_up=0.0, samples=3, seconds=0.0, limit=9.0)
    samples = list(interleaved(calls, budget, machine.clock))
    assert [(name, number) for name, number, _ in samples] == [(n, k) for k in range(3) for n in "AB"]
    assert machine.calls() == "AB" + "ABABAB"  # one warm-up call each


def test_seconds_are_those_of_each_call(machine: Machine) -> None:
    """A sample is the time its own call took, unrounded and unaveraged."""
    calls = {"A": Timed(machine.work("A", 9.0, 0.5, 0.25)), "B": Timed(machine.work("B", 9.0, 2.0, 3.0))}
    budget = Budget(warm_up=0.0, samples=2, seconds=0.0, limit=99.0)
    expected = [("A", 0, 0.5), ("B", 0, 2.0), ("A", 1, 0.25), ("B", 1, 3.0)]
    assert taken(list(interleaved(calls, budget, machine.clock))) == expected


def test_warm_up_is_not_yielded(machine: Machine) -> None:
    """Calls are repeated until the warm-up has lasted long enough; only what follows counts."""
    calls = {"A": Timed(machine.work("A", 7.0, 0.25, 0.25, 0.125))}
    budget = Budget(warm_up=7.5, samples=1, seconds=0.0, limit=9.0)
    assert taken(list(interleaved(calls, budget, machine.clock))) == [("A", 0, 0.125)]
    assert machine.calls() == "AAAA"


def test_every_call_is_warmed_up_before_any_is_measured(machine: Machine) -> None:
    """The first sample comes after the last warm-up."""
    calls = {name: Timed(machine.work(name, 1.0)) for name in "ABC"}
    first = next(interleaved(calls, ONCE, machine.clock))
    assert first == ("A", 0, 1.0)
    assert machine.calls() == "ABC" + "A"


def test_synchronising_surrounds_the_call_inside_the_measured_time(machine: Machine) -> None:
    """The device is idle before the clock starts, and has finished before it stops."""
    timed = Timed(machine.work("A", 1.0), machine.work("synchronize", 10.0, 5.0))
    assert timed.seconds(machine.clock) == 6.0
    assert machine.log == ["synchronize", "clock", "A", "synchronize", "clock"]


def test_each_sample_is_synchronised(machine: Machine) -> None:
    """Warm-up and samples alike wait for the device: twice for each call."""
    calls = {"A": Timed(machine.work("A", 1.0), machine.work("synchronize", 0.5))}
    assert taken(list(interleaved(calls, ONCE, machine.clock))) == [("A", 0, 1.5)]
    assert machine.log.count("synchronize") == 2 * len(machine.calls()) == 4


def test_first_calls_are_cold(machine: Machine) -> None:
    """One sample of each call, without warm-up."""
    calls = {"A": Timed(machine.work("A", 4.0, 1.0)), "B": Timed(machine.work("B", 3.0, 1.0))}
    assert taken(list(first_calls(calls, machine.clock))) == [("A", 0, 4.0), ("B", 0, 3.0)]
    assert machine.calls() == "AB"


def test_a_failing_first_call_does_not_stop_the_others(machine: Machine) -> None:
    """What a cold call raises is its sample."""
    error = ValueError("cold")
    calls = {"A": Timed(fail(error)), "B": Timed(machine.work("B", 3.0))}
    assert list(first_calls(calls, machine.clock)) == [("A", 0, error), ("B", 0, 3.0)]


@pytest.mark.parametrize("after", [0, 1, 2])
def test_an_exception_drops_only_its_call(machine: Machine, after: int) -> None:
    """Raised in the warm-up or in any round, an exception is yielded once, and the others get all their samples."""
    error = ValueError("boom")
    calls = {"A": Timed(fail(error, after)), "B": Timed(machine.work("B", 1.0))}
    budget = Budget(warm_up=0.0, samples=4, seconds=0.0, limit=9.0)
    samples = list(interleaved(calls, budget, machine.clock))
    assert [sample for sample in samples if sample[0] == "B"] == [("B", number, 1.0) for number in range(4)]
    assert [number for name, number, _ in samples if name == "A"] == list(range(max(after, 1)))
    assert [sample[2] for sample in samples].count(error) == 1
    assert [sample for sample in samples if sample[0] == "A"][-1][2] is error


def test_an_exception_while_synchronising_counts_as_the_calls(machine: Machine) -> None:
    """An error that a device reports late belongs to the call that caused it."""
    error = RuntimeError("device")
    calls = {"A": Timed(machine.work("A", 1.0), fail(error, 1)), "B": Timed(machine.work("B", 1.0))}
    assert list(interleaved(calls, ONCE, machine.clock)) == [("A", 0, error), ("B", 0, 1.0)]


def test_all_calls_failing_ends_the_timing(machine: Machine) -> None:
    """Nothing left to time is an end, not a wait."""
    calls = {name: Timed(fail(ValueError(name))) for name in "AB"}
    assert [name for name, _, _ in interleaved(calls, ONCE, machine.clock)] == ["A", "B"]
    assert list(interleaved({}, ONCE, machine.clock)) == []


def test_an_interrupt_is_not_a_sample(machine: Machine) -> None:
    """Ctrl-C stops the timing, and leaves the garbage collector as it was."""
    with pytest.raises(KeyboardInterrupt):
        list(interleaved({"A": Timed(fail(KeyboardInterrupt()))}, ONCE, machine.clock))
    assert gc.isenabled()


@pytest.mark.parametrize(
    ("each", "budget", "count"),
    [
        (1.0, Budget(0, samples=5, seconds=0.0, limit=99.0), 5),
        (1.0, Budget(0, samples=5, seconds=7.5, limit=99.0), 8),
        (1.0, Budget(0, samples=5, seconds=5.0, limit=99.0), 5),
        (1.0, Budget(0, samples=5, seconds=0.0, limit=3.0), 3),
        (1.0, Budget(0, samples=5, seconds=0.0, limit=2.5), 3),
        (50.0, Budget(0, samples=5, seconds=9.0, limit=3.0), 1),
        (0.125, Budget(0, samples=2, seconds=1.0, limit=3.0), 8),
    ],
)
def test_the_budget_decides_how_many_samples(machine: Machine, each: float, budget: Budget, count: int) -> None:
    """At least `samples` and `seconds`; no new sample once `limit` is reached, but always one."""
    assert len(list(interleaved({"A": Timed(machine.work("A", each))}, budget, machine.clock))) == count


def test_a_slow_call_does_not_shorten_a_fast_one(machine: Machine) -> None:
    """Each call has its own budget: the slow one is out after its limit, the fast one goes on alone."""
    calls = {"slow": Timed(machine.work("S", 5.0)), "fast": Timed(machine.work("F", 0.5))}
    budget = Budget(warm_up=0.0, samples=4, seconds=0.0, limit=5.0)
    names = [name for name, _, _ in interleaved(calls, budget, machine.clock)]
    assert names == ["slow", "fast", "fast", "fast", "fast"]


def test_the_consumers_time_is_not_measured(machine: Machine) -> None:
    """What the caller does with a sample, such as writing it to disk, is in no sample."""
    calls = {"A": Timed(machine.work("A", 1.0))}
    seconds = []
    for _, _, sample in interleaved(calls, Budget(0, samples=3, seconds=0.0, limit=9.0), machine.clock):
        seconds.append(sample)
        machine.now += 1000
    assert seconds == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("error", [None, ValueError("boom")])
def test_the_garbage_collector_is_off_during_a_call_and_restored(
    machine: Machine, enabled: bool, error: Exception | None
) -> None:
    """Off while the clock runs; afterwards, and between samples, as it was found, also after an exception."""
    states = []

    def call() -> None:
        states.append(gc.isenabled())
        machine.now += 1.0
        if error and len(states) > 1:
            raise error

    (gc.enable if enabled else gc.disable)()
    for _ in islice(interleaved({"A": Timed(call)}, Budget(0, samples=2, seconds=0.0), machine.clock), 3):
        assert gc.isenabled() is enabled
    assert gc.isenabled() is enabled
    assert states == [False] * len(states)
    assert len(states) == (2 if error else 3)


def test_an_abandoned_timing_leaves_the_garbage_collector_on(machine: Machine) -> None:
    """A caller that stops listening, as after a timeout, does not lose its collector."""
    samples = interleaved({"A": Timed(machine.work("A", 1.0))}, Budget(samples=9), machine.clock)
    next(samples)
    samples.close()  # type: ignore[attr-defined]
    assert gc.isenabled()


def test_the_default_clock_is_wall_time_in_seconds() -> None:
    """Without a fake, an empty call takes more than nothing and less than a second."""
    assert 0 < Timed(lambda: None).seconds() < 1
