"""One sample of one method, in its worker: loaded once, and the clock waits for its device."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from srbench.errors import Unsupported
from srbench.plan import Plan
from srbench.runs import loading, stopwatch
from srbench.runs.member import Member

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IMAGE = np.zeros((8, 10, 3), np.uint8)
PLUGIN = """
import time
from pathlib import Path
from srbench.errors import Unsupported
def log(what):
    with Path(__file__).with_name("log.txt").open("a") as file:
        print(what, file=file)
class Upscaler:
    def __init__(self, factor):
        log("load")
        self.factor = factor
        if factor == 4:
            raise Unsupported("no weights for x4")
    def __call__(self, image):
        log("call")
        image[:] = 0
        return image.repeat(self.factor, 0).repeat(self.factor, 1)
    def synchronize(self):
        log("wait")
        time.sleep(0.05)
def load(factor, device):
    return Upscaler(factor)
"""


@pytest.fixture
def plan(tmp_path: Path) -> Iterator[Plan]:
    """Return a plan whose only method writes down what is done to it, and takes 50 ms to synchronise."""
    file = tmp_path / "device.py"
    file.write_text(PLUGIN, encoding="utf-8")
    loading.forget()
    yield Plan(("device",), (2, 3, 4), plugins=(str(file),))
    loading.forget()


def log(plan: Plan, tmp_path: Path) -> list[str]:
    """Return what was done, and forget it."""
    assert plan.plugins
    file = tmp_path / "log.txt"
    lines = file.read_text(encoding="utf-8").split()
    file.unlink()
    return lines


def member(plan: Plan) -> Member:
    """Return the only method, with its code at two factors."""
    (choice,) = loading.crew(plan)
    return Member(plan, "cpu", {(factor, "cpu"): loading.code_of(choice, factor, "cpu") for factor in (2, 4)})


def test_load_ends_when_the_device_is_ready(plan: Plan, tmp_path: Path) -> None:
    """Its seconds hold the synchronisation; a second time there is nothing to load."""
    assert stopwatch.load(member(plan), 2, "cpu") >= 0.05
    assert log(plan, tmp_path) == ["load", "wait"]
    stopwatch.load(member(plan), 2, "cpu")
    assert log(plan, tmp_path) == ["wait"]


def test_call_is_from_idle_to_done(plan: Plan, tmp_path: Path) -> None:
    """The device is waited for before the clock starts and again before it stops."""
    stopwatch.load(member(plan), 2, "cpu")
    log(plan, tmp_path)
    assert stopwatch.call(member(plan), 2, "cpu", IMAGE.copy()) >= 0.05
    assert log(plan, tmp_path) == ["wait", "call", "wait"]


def test_what_prevents_it(plan: Plan) -> None:
    """Loading and calling raise what the method raises."""
    with pytest.raises(Unsupported, match="no weights for x4"):
        stopwatch.load(member(plan), 4, "cpu")
    with pytest.raises(Unsupported, match="no weights for x4"):
        stopwatch.call(member(plan), 4, "cpu", IMAGE)
    with pytest.raises(IndexError):
        stopwatch.call(member(plan), 2, "cpu", IMAGE[0, 0].copy())


def test_method_without_a_device() -> None:
    """One that has nothing to wait for is timed as it is."""
    loading.forget()
    assert 0 < stopwatch.call(member(Plan(("nearest",))), 2, "cpu", IMAGE) < 5
