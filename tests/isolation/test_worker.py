"""A worker, be it a process or in this one: what whoever calls it may rely on."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from srbench.errors import Crashed, MethodError, Unsupported
from srbench.execution import loading, method_worker, timing_worker
from srbench.execution.method_info import asked
from srbench.isolation import worker
from srbench.isolation.guard import Guard
from srbench.isolation.inline import Inline
from srbench.isolation.limits import Limits
from srbench.plan import Plan
from srbench.speed.timing import Budget

sys.path.insert(0, str(Path(__file__).parent))
import mischief  # type: ignore[import-not-found] # the workers import it as well

if TYPE_CHECKING:
    from srbench.isolation.worker import Factory

KINDS = pytest.mark.parametrize("kind", [Guard, Inline])
PLAN = Plan(("nearest",), (2,), device="cpu")


@KINDS
def test_what_is_sent_is_a_copy(kind: Factory) -> None:
    """An array comes back with its values, and is not the one that was given."""
    given = np.arange(12).reshape(3, 4)
    with kind(Limits(), "mischief") as one:
        found = one.call(mischief.echo, given)
        np.testing.assert_array_equal(found, given)
        assert not np.shares_memory(found, given)


@KINDS
@pytest.mark.parametrize(
    ("function", "arguments", "error", "text"),
    [
        (mischief.refuse, (), Unsupported, "not today"),
        (mischief.refuse_in_own_words, (), Unsupported, "none for x3"),
        (mischief.borrow_a_name, (), MethodError, "UsageError: mine"),
        (mischief.throw, ("KeyError",), MethodError, "KeyError: "),
        (mischief.throw, ("SystemExit",), MethodError, "SystemExit: "),
        (mischief.throw_unprintable, (), MethodError, "its message cannot be formatted"),
        (mischief.send_what_cannot_be_sent, (), MethodError, "its result cannot be sent: "),
    ],
)
def test_errors_are_ours(
    kind: Factory, function: object, arguments: tuple[str, ...], error: type[Exception], text: str
) -> None:
    """What a function raises comes back as one of `srbench.errors`, and the next call is answered."""
    with kind(Limits(), "mischief") as one:
        with pytest.raises(error, match=text) as caught:
            one.call(function, *arguments)  # type: ignore[arg-type]
        assert type(caught.value) is error
        assert one.call_with_retries(mischief.echo, 1) == 1


@KINDS
@pytest.mark.parametrize("end", ["stop", "close"])
def test_the_end(kind: Factory, end: str) -> None:
    """Once it was stopped or closed, it answers no more."""
    with kind(Limits(), "mischief") as one:
        getattr(one, end)()
        for call in (one.start, lambda: one.call(mischief.echo, 1)):
            with pytest.raises(Crashed, match="the run was stopped"):
                call()


def loads() -> int:
    """Return how many upscalers the worker that is asked has loaded."""
    return loading.loaded.cache_info().misses


def test_each_worker_in_this_process_remembers_for_itself() -> None:
    """As if it were a process: what one loaded, another has not; after a rest it has nothing; ours is as it was."""
    loading.loaded(loading.chosen("bicubic"), 2, "cpu")
    before = loads()
    assert before > 0
    with Inline(Limits(), method_worker.__name__) as one, Inline(Limits(), method_worker.__name__) as other:
        member = one.call(method_worker.describe, asked(PLAN)[0])
        for _ in range(3):
            one.call(method_worker.prepare, member, 2, "cpu")
        assert (one.call(loads), other.call(loads)) == (1, 0)
        one.rest()
        assert one.call(loads) == 0
    assert loads() == before


def test_two_that_time_hold_an_image_each() -> None:
    """Rounds go from one to the other, and each goes on with its own."""
    budget = Budget(processes=1, rounds=1, seconds=0, warm_up=0, patience=0)
    with Inline(Limits(), timing_worker.__name__) as one, Inline(Limits(), timing_worker.__name__) as other:
        member = one.call(method_worker.describe, asked(PLAN)[0])
        one.call(timing_worker.first, member, 2, "cpu", np.zeros((8, 10, 3), np.uint8))
        with pytest.raises(Crashed, match="was replaced while it was timed"):
            other.call(timing_worker.turn, budget)
        assert set(one.call(timing_worker.turn, budget).samples) == {"call"}


@pytest.mark.processes
def test_users_have_processes() -> None:
    """A run's workers are guards unless a test puts something else there."""
    assert worker.new is Guard
