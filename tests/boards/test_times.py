"""Times of a board: under which conditions each was taken."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from srbench.boards import submissions
from srbench.boards.machines import Machines
from srbench.boards.times import times
from srbench.plan import Plan

if TYPE_CHECKING:
    from srbench.boards.times import Time
    from srbench.store.rows import TimingRow

PLAN = Plan(("bicubic", "mine"), (2,), ("set",), ("p",), scoring=False)
MACHINE = {"processor": "a processor", "cores": 2, "cuda_devices": [], "system": "Linux"}


def of(runs: Any, rows: list[TimingRow], **environment: Any) -> dict[str, Time]:  # noqa: ANN401 - of conftest
    """Return the times of a run of these rows, by method."""
    folder = runs.write("a", PLAN, rows, environment=MACHINE | environment)
    found, _ = submissions.read([folder], lambda *_: None)
    return {each.method: each for each in times(found, Machines(found))}


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("openblas=1 opencv=1", "1"),
        ("openblas=2 opencv=2 openmp=2", "2"),
        ("openblas=1 opencv=2", "1 and 2, OMP_NUM_THREADS=1"),
        ("", "the libraries' default, OMP_NUM_THREADS=1"),
    ],
)
def test_threads(runs: Any, said: str, shown: str) -> None:  # noqa: ANN401
    """Threads are as libraries said while they were timed: run.json does not have the option of a run that scores."""
    rows = [replace(row, threads=said) for row in runs.samples(PLAN)]
    found = of(runs, rows, threads={"OMP_NUM_THREADS": "1"})
    assert {each.conditions.threads for each in found.values()} == {shown}


@pytest.mark.slow
def test_sizes(runs: Any) -> None:  # noqa: ANN401
    """A method that was timed at fewer sizes than another is under other conditions."""
    small = runs.samples(PLAN)
    large = [replace(row, height=20, width=30) for row in small if row.method == "mine"]
    found = of(runs, [*small, *large])
    assert found["bicubic"].conditions.sizes == ("10x10",)
    assert found["mine"].conditions.sizes == ("10x10", "30x20")


@pytest.mark.sampled
@pytest.mark.parametrize(("processor", "cores"), [("a processor, 2 cores", 2), ("a processor, 1 core", None)])
def test_cores(runs: Any, processor: str, cores: int | None) -> None:  # noqa: ANN401
    """A run that went on with fewer cores, as rows say, was not timed on the machine of run.json."""
    loads = [replace(row, phase="load", height=0, width=0, processor=processor) for row in runs.samples(PLAN)]
    found = of(runs, [*runs.samples(PLAN), *loads])
    assert {(each.machine.cores, each.machine.name) for each in found.values()} == {(cores, processor)}
