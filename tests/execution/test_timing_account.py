"""What a method may still begin: by the time and the memory that it took so far."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest

from srbench.errors import TimedOut
from srbench.execution.timing_account import LOADING, Account


def test_time_that_failed_calls_take_counts() -> None:
    """A method that hangs until its timeout has used up its share as well."""
    account = Account(1.0)
    with suppress(TimedOut), account.charged():
        time.sleep(0.01)
        raise TimedOut
    assert account.seconds >= 0.01


def test_a_size_is_begun_if_its_calls_will_fit() -> None:
    """A call takes longer on more pixels, so that four times the pixels need four times what the last size took."""
    account = Account(limit=10.0, seconds=1.0, pace={100: 0.5, 1000: 1.0})
    assert [account.has_time_for(0, pixels) for pixels in (100, 1000, 2000, 4000)] == [True, True, True, False]
    assert [Account(limit, seconds=1.0).has_time_for(0, 4000) for limit in (2.0, 1.0)] == [True, False]


def test_what_went_wrong_is_not_begun_again() -> None:
    """An image that failed is out; where loading failed, all are."""
    assert [Account(1.0, failed={2}).has_time_for(image, 1) for image in (1, 2)] == [True, False]
    assert not Account(1.0, failed={LOADING}).has_time_for(1, 1)


@pytest.mark.parametrize(
    ("memory", "needed"),
    [
        ({0: 100, 1000: 500}, "2.1"),  # 400 for each thousand pixels
        ({0: 100, 400: 300, 1000: 600}, "2.6"),  # 500, by what lies above the smaller size
        ({0: 100, 900: 100, 1000: 500}, "2.1"),  # two sizes that are alike say nothing
        ({1000: 500}, ""),
        ({0: 100}, ""),
        ({}, ""),
    ],
)
def test_memory_grows_along_a_line(memory: dict[int, int], needed: str) -> None:
    """What five times the pixels need follows from two sizes; where there is one, a frame is tried."""
    account = Account(1.0, memory={pixels: megabytes * 10**6 for pixels, megabytes in memory.items()})
    why = account.lack_of_memory(5000, allowed=10**9)
    assert why == (f"it would take about {needed} GB of memory, --memory allows 1.0 GB" if needed else "")
    assert account.lack_of_memory(5000, allowed=10**10) == ""


def test_free_memory_is_the_limit_where_none_is_given() -> None:
    """A frame that the machine has no memory for is not begun."""
    account = Account(1.0, memory={0: 10**9, 1000: 10**12})
    assert "GB are free" in account.lack_of_memory(4000, allowed=0)
    assert account.lack_of_memory(1000, allowed=0) == ""  # it was timed


def test_reasons() -> None:
    """Loading that took all is told from a size for which nothing was left, and from one that does not fit."""
    assert Account(2.0, seconds=2.5).reason(0) == (
        "loading took 2.5 s of the time limit of 2 s, so nothing was timed (--limit)"
    )
    assert Account(2.0, begun={0}).reason(1) == "the time limit of 2 s was reached before its turn (--limit)"
    assert Account(2.0, begun={0}, refused={1: "too large"}).reason(1) == "too large"
