"""A plan is plain values: what it refuses, how it is compared with a stored one, and how often it looks."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import pytest

from srbench.errors import RunFolderError, UsageError
from srbench.plugins import import_module

if TYPE_CHECKING:
    from collections.abc import Callable

plans = import_module("srbench.training.plan")


@pytest.mark.parametrize("minutes", [0, -1, float("nan"), float("inf")])
def test_refuses_minutes(planned: Callable[..., Any], minutes: float) -> None:
    """A training takes time, and ends."""
    with pytest.raises(UsageError, match=f"minutes is {minutes}, expected more than 0"):
        planned(minutes=minutes)


@pytest.mark.parametrize("threads", [0, -1])
def test_refuses_threads(planned: Callable[..., Any], threads: int) -> None:
    """A process has a thread at least."""
    with pytest.raises(UsageError, match=f"threads is {threads}, expected at least 1"):
        replace(planned(), threads=threads)


def test_json(planned: Callable[..., Any]) -> None:
    """A plan that went through JSON is the same plan."""
    plan = replace(planned(shares=[2], minutes=1.5), steps=30, start="a", extended=(9,)).changed(12, 40)
    assert plans.Plan.from_json(json.loads(json.dumps(asdict(plan)))) == plan


@pytest.mark.parametrize("change", [{"recipe": {"data": 3}}, {"speed": 3}, {"recipe": None}, {"minutes": -1}])
def test_json_of_something_else(planned: Callable[..., Any], change: dict[str, Any]) -> None:
    """Values that are no plan of this version are refused."""
    with pytest.raises(RunFolderError, match=r"not the plan of a training: .*; choose another --out"):
        plans.Plan.from_json({**asdict(planned()), **change})


def test_differences(planned: Callable[..., Any]) -> None:
    """What was asked for otherwise is named, in the recipe too; the number of steps is no wish."""
    mine, stored = planned(), replace(planned(batch=8), steps=9, threads=2)
    assert mine.differences(stored) == ["threads: 2, not 1", "batch: 8, not 4"]


@pytest.mark.parametrize(("steps", "every"), [(1, 20), (1999, 20), (5000, 50), (10**6, 250)])
def test_every(planned: Callable[..., Any], steps: int, every: int) -> None:
    """About a hundred moments, neither closer than 20 steps nor farther apart than 250."""
    assert replace(planned(), steps=steps).every == every


def test_schedules(planned: Callable[..., Any]) -> None:
    """Each begins at a step and is that of a length; at first there is one."""
    plan = replace(planned(), steps=30)
    assert plan.schedules == [(0, 30)]
    later = plan.changed(20, 40).changed(40, 90)
    assert (later.steps, later.schedules) == (90, [(0, 30), (20, 40), (40, 90)])


def test_what_is_trained_again_follows_the_new_schedule(planned: Callable[..., Any]) -> None:
    """A training that goes on from before its length changed has the schedule that it had there until there."""
    plan = replace(planned(), steps=30).changed(20, 40).changed(40, 90)
    assert plan.continued_at(40) == plan.continued_at(60) == plan
    assert plan.continued_at(30).schedules == [(0, 30), (20, 40), (30, 90)]
    assert plan.continued_at(10).schedules == [(0, 30), (10, 90)]
    assert plan.continued_at(0).schedules == [(0, 90)]


def test_as_long_as(planned: Callable[..., Any]) -> None:
    """A plan takes over epochs or minutes of another, and nothing else."""
    mine, other = planned(batch=8), planned(epochs=9, minutes=2)
    assert mine.as_long_as(other) == planned(batch=8, epochs=9, minutes=2)
    assert (mine.length, other.length, planned(epochs=0.5).length) == ("7 epochs", "2 minutes", "0.5 epochs")


def test_other_starting_weights(planned: Callable[..., Any]) -> None:
    """They are another training, and named as the option is."""
    assert planned().differences(replace(planned(), start="a")) == ["from: a, not none"]
