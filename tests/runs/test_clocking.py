"""The timing pass: every sample is a row, and a method that breaks says so and leaves the others their rounds."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import pytest

from srbench.isolation.limits import Limits
from srbench.plan import Plan
from srbench.runs import clocking
from srbench.runs.lane import Lane
from srbench.speed import environment
from srbench.speed.timing import Budget

if TYPE_CHECKING:
    from pathlib import Path

    from srbench.results.rows import TimingRow

IMAGE = np.zeros((8, 10, 3), np.uint8)
MOODY = """
import sys
def load(factor, device, calls: int = 3, how="raise"):
    if calls == 0:
        raise RuntimeError("no memory")
    done = []
    def upscale(image):
        done.append(1)
        if len(done) >= calls:
            sys.exit(4) if how == "exit" else int("tired")
        return image.repeat(factor, 0).repeat(factor, 1)
    return upscale
"""


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take three samples of each call."""
    monkeypatch.setattr(clocking, "BUDGET", Budget(warm_up=0, samples=3, seconds=0, limit=1))


@pytest.fixture
def moody(tmp_path: Path) -> str:
    """Return the path of a plug-in that breaks at a given call."""
    file = tmp_path / "moody.py"
    file.write_text(MOODY, encoding="utf-8")
    return str(file)


def timed(plan: Plan, *images: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], device: str = "cpu") -> list[TimingRow]:
    """Return the rows of factor 2."""
    plan = replace(plan, factors=(2,))
    with Lane(plan.methods, Limits()) as lane:
        members = lane.describe(plan)
    return list(clocking.time_methods(members, 2, device, images, Limits(), process=5))


def test_rows_of_a_sound_method() -> None:
    """Loading once, then per size one cold call and the warm ones, each with its LR size and its round."""
    rows = timed(Plan(("nearest",)), IMAGE, IMAGE[:4, :, 0])
    assert [(row.phase, row.height, row.width, row.channels, row.round) for row in rows] == [
        ("load", 0, 0, 0, 0),
        *[("first", 8, 10, 3, 0)],
        *[("call", 8, 10, 3, number) for number in range(3)],
        *[("first", 4, 10, 1, 0)],
        *[("call", 4, 10, 1, number) for number in range(3)],
    ]
    assert all(row.seconds > 0 and row.status == "ok" for row in rows)
    assert {(row.method, row.factor, row.device, row.process) for row in rows} == {("nearest", 2, "cpu", 5)}


def test_methods_take_turns() -> None:
    """Warm calls are interleaved, so that drift of the machine hits all methods alike."""
    rows = timed(Plan(("nearest", "bilinear")), IMAGE)
    calls = [(row.round, row.method) for row in rows if row.phase == "call"]
    assert calls == [(number, name) for number in range(3) for name in ("nearest", "bilinear")]


@pytest.mark.parametrize(
    ("options", "phase", "reason"),
    [
        ("calls=0", "load", "RuntimeError: no memory"),
        ("calls=1", "first", "ValueError"),
        ("calls=2", "call", "ValueError"),
        ("calls=4", "call", "ValueError"),
        ("calls=1:how=exit", "first", "SystemExit: 4"),
    ],
)
def test_broken_method(moody: str, options: str, phase: str, reason: str) -> None:
    """One row tells in which phase a method broke; it is out on this size, and the others lose nothing."""
    rows = timed(Plan((f"moody:{options}", "nearest"), plugins=(moody,)), IMAGE)
    (bad,) = (row for row in rows if row.status != "ok")
    assert (bad.method.partition(":")[0], bad.phase, bad.status) == ("moody", phase, "failed")
    assert bad.reason.startswith(reason)
    assert np.isnan(bad.seconds)
    assert [row.method for row in rows].index("nearest") < len(rows) - 1
    assert not [row for row in rows[rows.index(bad) + 1 :] if row.method == bad.method]
    phases = [row.phase for row in rows if row.method == "nearest"]
    assert [(name, len(list(group))) for name, group in groupby(phases)] == [
        ("load", 1),
        ("first", 1),
        ("call", 3),
    ]


@pytest.mark.skipif(bool(environment.cuda_devices()), reason="there is a CUDA device")
def test_absent_device_is_said() -> None:
    """Without CUDA its rows say so, one per method, and nothing is timed."""
    rows = timed(Plan(("nearest", "espcn")), IMAGE, device="cuda")
    assert [(row.status, row.reason) for row in rows] == [("skipped", "no CUDA device")] * 2


def test_devices() -> None:
    """Under auto both devices are timed, so that an absent one is said to be absent."""
    assert clocking.devices(Plan(("nearest",))) == ("cpu", "cuda")
    assert clocking.devices(Plan(("nearest",), device="cpu")) == ("cpu",)


def test_next_size_is_tried_again(moody: str) -> None:
    """A method that breaks on one size (out of memory, say) still has its chance on the next."""
    rows = timed(Plan(("moody:calls=2",), plugins=(moody,)), IMAGE, IMAGE[:4])
    assert [(row.height, row.phase, row.status) for row in rows] == [
        (0, "load", "ok"),
        (8, "first", "ok"),
        (8, "call", "failed"),
        (4, "first", "failed"),
    ]


def test_fast_calls_do_not_fill_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call of microseconds gets a bounded number of rows under the budget of a real run."""
    monkeypatch.setattr(clocking, "BUDGET", Budget())
    rows = timed(Plan(("nearest",)), IMAGE)
    assert 5 <= len([row for row in rows if row.phase == "call"]) <= 500
