"""One method in its worker: loaded once, called on an image that stays there, and the clock waits for its device."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from srbench.errors import Crashed, MethodError, Unsupported
from srbench.execution import loading, timing_worker
from srbench.execution.method_info import MethodInfo, asked
from srbench.plan import Plan
from srbench.speed.timing import QUICK, THOROUGH, Budget

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SHORT = Budget(warm_up=0, patience=0)
IMAGE = np.zeros((8, 10, 3), np.uint8)
PLUGIN = """
import time
from pathlib import Path
from srbench.errors import Crashed, MethodError, Unsupported
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


def info(plan: Plan) -> MethodInfo:
    """Return the only method, with its code at two factors."""
    (what,) = asked(plan)
    choice = loading.chosen(what.spec, what.plugins)
    return MethodInfo(
        what, choice.spec, "cpu", {(factor, "cpu"): loading.code_of(choice, factor, "cpu") for factor in (2, 4)}
    )


def test_load_ends_when_the_device_is_ready(plan: Plan, tmp_path: Path) -> None:
    """Its seconds hold the synchronisation; a second time there is nothing to load."""
    assert timing_worker.load(info(plan), 2, "cpu").seconds >= 0.05
    assert log(plan, tmp_path) == ["load", "wait"]
    timing_worker.load(info(plan), 2, "cpu")
    assert log(plan, tmp_path) == ["wait"]


def test_first_call_is_from_idle_to_done(plan: Plan, tmp_path: Path) -> None:
    """The device is waited for before the clock starts and again before it stops; the row tells which clock that is."""
    timing_worker.load(info(plan), 2, "cpu")
    log(plan, tmp_path)
    first = timing_worker.first(info(plan), 2, "cpu", IMAGE.copy())
    assert first.sample.seconds - first.sample.enqueued >= 0.05
    assert log(plan, tmp_path) == ["wait", "call", "wait"]
    assert first.clock == "wall, synchronised"
    assert f"opencv={cv2.getNumThreads()}" in first.threads


def test_turn_holds_samples_and_conditions(plan: Plan) -> None:
    """A visit gives warm samples of the whole call, and what process and machine went through."""
    timing_worker.first(info(plan), 2, "cpu", IMAGE.copy())
    timing_worker.warm(SHORT)
    turn = timing_worker.turn(SHORT)
    assert set(turn.samples) == {"call"}
    assert all(sample.seconds >= 0.05 for sample in turn.samples["call"])
    assert turn.spent == [sample.seconds for sample in turn.samples["call"]]
    assert turn.memory is not None
    assert turn.memory > 10e6
    assert turn.device_memory is None


PHASES = """
import time
class Upscaler:
    parameters, multiply_adds, remark = 12, 2.5, "slowly"
    def __init__(self, factor):
        self.factor, self.done = factor, []
        self.phases = self.upload, self.infer, lambda sr: sr
    def __call__(self, image):
        return self.infer(self.upload(image))
    def upload(self, image):
        self.done.append("upload")
        return image
    def infer(self, image):
        self.done.append("infer")
        return image.repeat(self.factor, 0).repeat(self.factor, 1)
    def device_memory(self):
        return 1024
def load(factor, device):
    return Upscaler(factor)
"""


def test_phases_are_timed_apart(tmp_path: Path) -> None:
    """An upscaler that tells them has its computation timed alone, on input that is already there."""
    file = tmp_path / "parts.py"
    file.write_text(PHASES, encoding="utf-8")
    each = info(Plan(("parts",), (2, 4), plugins=(str(file),)))
    assert timing_worker.load(each, 2, "cpu").parameters == 12
    assert timing_worker.first(each, 2, "cpu", IMAGE).multiply_adds == 2.5
    timing_worker.warm(SHORT)
    done = timing_worker._bench().upscaler.done
    done.clear()
    turn = timing_worker.turn(SHORT)
    calls, computed = done.count("upload"), done.count("infer") - done.count("upload")
    assert done == ["upload", "infer"] * calls + ["infer"] * computed
    assert calls >= len(turn.samples["call"]) > 0
    assert computed >= len(turn.samples["compute"]) > 0
    assert turn.device_memory == 1024
    assert turn.remark == "slowly"


@pytest.mark.parametrize("refuses", [False, True])
def test_start_is_timed_apart(tmp_path: Path, refuses: bool) -> None:
    """So is what each call takes however small the image is; an upscaler that cannot tell is timed as others are."""
    file = tmp_path / "starts.py"
    raises = 'raise ValueError("too small")'
    file.write_text(f"{PHASES}\ndef start(self):\n    {raises if refuses else 'pass'}\nUpscaler.start = start\n")
    each = info(Plan(("starts",), (2, 4), plugins=(str(file),)))
    timing_worker.first(each, 2, "cpu", IMAGE)
    timing_worker.warm(SHORT)
    samples = timing_worker.turn(SHORT).samples
    assert list(samples) == ["call", "compute"] + ["start"] * (not refuses)
    assert all(samples.values())


EARLY = """
import threading, time
import numpy as np
def load(factor, device, seconds: float = 0.02, waits: bool = False):
    threads = []
    def work(image, sr):
        time.sleep(seconds)
        sr[...] = image.repeat(factor, 0).repeat(factor, 1)
    class Upscaler:
        def __call__(self, image):
            sr = np.zeros((image.shape[0] * factor, image.shape[1] * factor, *image.shape[2:]), image.dtype)
            threads.append(threading.Thread(target=work, args=(image, sr)))
            threads[-1].start()
            return sr
    if waits:
        Upscaler.synchronize = lambda self: [each.join() for each in threads]
    return Upscaler()
"""


@pytest.mark.sampled
@pytest.mark.parametrize("budget", [QUICK, THOROUGH])
@pytest.mark.parametrize(
    ("options", "caught"),
    [("", True), (":seconds=0.8", True), (":waits=true", False), (":seconds=0:waits=true", False)],
)
def test_returning_early_is_caught(tmp_path: Path, options: str, caught: bool, budget: Budget) -> None:
    """A method whose thread goes on after it has returned is caught, unless it offers to be waited for."""
    file = tmp_path / "early.py"
    file.write_text(EARLY, encoding="utf-8")
    loading.forget()
    each = info(Plan((f"early{options}",), (2, 4), plugins=(str(file),)))
    timing_worker.first(each, 2, "cpu", np.full((40, 50, 3), 7, np.uint8))
    timing_worker.warm(replace(budget, patience=0.2))
    timing_worker.turn(budget)
    wrong = timing_worker.finish(1.0)
    assert wrong.startswith("returned before its work was done" if caught else "")
    assert bool(wrong) is caught


def test_contract_is_kept_before_anything_is_timed(tmp_path: Path) -> None:
    """A result of the wrong shape has no time."""
    file = tmp_path / "wrong.py"
    file.write_text("def load(factor, device):\n    return lambda image: image\n", encoding="utf-8")
    each = info(Plan(("wrong",), (2, 4), plugins=(str(file),)))
    with pytest.raises(MethodError, match=r"returned shape \(8, 10, 3\), expected \(16, 20, 3\)"):
        timing_worker.first(each, 2, "cpu", IMAGE)


def test_what_prevents_it(plan: Plan) -> None:
    """Loading and calling raise what the method raises."""
    with pytest.raises(Unsupported, match="no weights for x4"):
        timing_worker.load(info(plan), 4, "cpu")
    with pytest.raises(Unsupported, match="no weights for x4"):
        timing_worker.first(info(plan), 4, "cpu", IMAGE)
    with pytest.raises(IndexError):
        timing_worker.first(info(plan), 2, "cpu", IMAGE[0, 0].copy())


def test_replaced_worker_says_so() -> None:
    """A worker that holds no image is a fresh one: the guard ended the one before."""
    timing_worker._held().bench = None
    with pytest.raises(Crashed, match="exceeded --memory and was replaced"):
        timing_worker.turn(SHORT)


@pytest.mark.slow
def test_machine() -> None:
    """The machine's own limits are samples of `sgemm` and `copy`."""
    timing_worker._held().bench = None
    turn = timing_worker.machine(Budget(warm_up=0, patience=0))
    assert {phase: len(samples) > 0 for phase, samples in turn.samples.items()} == {"sgemm": True, "copy": True}


def test_method_without_a_device() -> None:
    """One that has nothing to wait for is timed by the wall clock alone, and says so."""
    loading.forget()
    first = timing_worker.first(info(Plan(("nearest",))), 2, "cpu", IMAGE)
    assert first.sample.seconds > 0
    assert first.clock == "wall"
