"""The timing pass: every sample is a row, and a method that breaks says so and leaves the others their rounds."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pytest

from srbench.datasets import ImageFile
from srbench.errors import SrbenchError, Unsupported
from srbench.execution import timing_jobs, timing_rounds
from srbench.execution.method_info import asked
from srbench.execution.scoring import Wanted
from srbench.execution.timing_jobs import Input, TimingJob
from srbench.execution.worker_group import WorkerGroup
from srbench.isolation import worker as workers
from srbench.isolation.inline import Inline
from srbench.isolation.limits import Limits
from srbench.plan import Plan
from srbench.quality import protocols
from srbench.speed import environment, roofline
from srbench.speed.timing import QUICK, Budget

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from srbench.isolation.worker import Worker
    from srbench.store.rows import TimingRow

SHORT = Budget(processes=1, rounds=3, seconds=0, warm_up=0, patience=0)
IMAGE = np.zeros((8, 10, 3), np.uint8)
HUNGRY = """
import time
import numpy as np
def load(factor, device):
    def upscale(image):
        if image.shape[1] > 100:
            taken = np.ones(600_000_000, np.uint8)
            time.sleep(1)
        return image.repeat(factor, 0).repeat(factor, 1)
    return upscale
"""
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


@pytest.fixture
def moody(tmp_path: Path) -> str:
    """Return the path of a plug-in that breaks at a given call."""
    file = tmp_path / "moody.py"
    file.write_text(MOODY, encoding="utf-8")
    return str(file)


def timed(
    plan: Plan,
    *images: np.ndarray[tuple[int, ...], np.dtype[np.uint8]] | SrbenchError,
    device: str = "cpu",
    budget: Budget = SHORT,
    limits: Limits | None = None,
) -> list[TimingRow]:
    """Return the rows of factor 2."""
    job = made(plan, len(images), device, budget)
    return list(timing_rounds.rows(job, images, limits or Limits()))


def made(plan: Plan, images: int, device: str = "cpu", budget: Budget = SHORT) -> TimingJob:
    """Return the job of timing a plan's methods at x2 on so many images."""
    plan = replace(plan, factors=(2,))
    with WorkerGroup(plan.methods, Limits()) as group:
        infos = group.describe(asked(plan))
    image = Wanted("set", "set", ImageFile("a", "a.png", 0))
    given = [Input(image, protocols.get("basicsr"), (77, 99))] * images
    return TimingJob(infos, 2, device, given, budget, process=5)


def test_rows_of_a_sound_method() -> None:
    """Loading once, then per size one cold call, the warm-up and the rounds, each with its LR size."""
    rows = timed(Plan(("nearest",)), IMAGE, IMAGE[:4, :, 0])
    seen = [(row.phase, row.height, row.width, row.channels, row.round) for row in rows]
    assert list(dict.fromkeys(seen)) == [
        ("load", 0, 0, 0, 0),
        *[(phase, 8, 10, 3, 0) for phase in ("first", "warm-up")],
        *[("call", 8, 10, 3, number) for number in (1, 2, 3)],
        *[(phase, 4, 10, 1, 0) for phase in ("first", "warm-up")],
        *[("call", 4, 10, 1, number) for number in (1, 2, 3)],
    ]
    assert all(row.seconds > 0 and row.status == "ok" for row in rows)
    assert {(row.method, row.factor, row.device, row.process) for row in rows} == {("nearest", 2, "cpu", 5)}
    calls = [row for row in rows if row.phase == "call"]
    assert all(row.memory and row.clock == "wall" and row.threads for row in calls)
    assert {row.calls for row in calls} == {1}


def test_what_a_method_does_not_take(tmp_path: Path) -> None:
    """LR that it declares not to take is skipped with the reason, and no call is made; the next size is timed."""
    file = tmp_path / "picky.py"
    file.write_text(
        "from srbench import Takes\n"
        "def load(factor, device):\n"
        "    def upscale(image):\n"
        "        assert len(image) >= 8\n"
        "        return image.repeat(factor, 0).repeat(factor, 1)\n"
        "    upscale.takes = Takes(minimum=8)\n"
        "    return upscale\n",
        encoding="utf-8",
    )
    rows = timed(Plan(("picky",), plugins=(str(file),)), IMAGE[:4], IMAGE)
    first = [(row.height, row.status, row.reason) for row in rows if row.phase == "first"]
    assert first == [(4, "skipped", "needs at least 8 pixels a side, and LR is 10x4"), (8, "ok", "")]
    assert {row.height for row in rows if row.phase == "call"} == {8}


@pytest.mark.slow
@pytest.mark.processes
def test_threads_are_pinned_and_recorded() -> None:
    """Libraries get as many threads as asked for, one for each core otherwise, and the rows say so."""
    for given, expected in ((1, 1), (0, environment.cores())):
        rows = timed(Plan(("nearest",)), IMAGE, limits=Limits(threads=given))
        pools = dict(each.split("=") for each in rows[-1].threads.split())
        assert pools["opencv"] == str(expected)
        assert set(pools.values()) == {str(expected)}


def test_threads_wait_as_libraries_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of OpenMP sleep in workers that score; what is timed is how a library runs by itself."""
    given: list[Mapping[str, str]] = []

    def new(limits: Limits, module: str, variables: Mapping[str, str] = MappingProxyType({})) -> Worker:
        given.append(variables)
        return Inline(limits, module, variables)

    job = made(Plan(("nearest",)), 1)
    monkeypatch.setattr(workers, "new", new)
    assert list(timing_rounds.rows(job, [IMAGE], Limits()))
    assert given
    assert not any("OMP_WAIT_POLICY" in each for each in given)


@pytest.mark.slow
@pytest.mark.processes
def test_methods_take_turns_in_fresh_processes() -> None:
    """Each round visits each method once; each process starts anew with loading, and is numbered."""
    rows = timed(Plan(("nearest", "bilinear")), IMAGE, budget=replace(SHORT, processes=2))
    visits = list(dict.fromkeys((row.process, row.round, row.method) for row in rows if row.phase == "call"))
    assert sorted(visits) == sorted(product((5, 6), (1, 2, 3), ("nearest", "bilinear")))
    assert visits == sorted(visits, key=lambda visit: visit[:2])
    assert [row.process for row in rows if row.phase == "load"] == [5, 5, 6, 6]


@pytest.mark.slow
def test_machine_is_measured_beside() -> None:
    """A thorough timing holds, in every round, what the machine itself can do: rows without a method."""
    rows = timed(Plan(("nearest",)), IMAGE, budget=replace(SHORT, machine=True))
    own = [row for row in rows if not row.method]
    assert {(row.phase, row.round, row.process) for row in own} == set(product(("sgemm", "copy"), (1, 2, 3), (5,)))
    assert all(row.seconds > 0 and row.height > 1000 and row.code == "" for row in own)


def test_machine_that_cannot_be_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Methods lose nothing by it, and no row says that something was wrong with them."""

    def refuse() -> None:
        raise MemoryError

    monkeypatch.setattr(roofline, "probes", refuse)
    rows = timed(Plan(("nearest",)), IMAGE, budget=replace(SHORT, machine=True))
    assert {(row.method, row.status) for row in rows} == {("nearest", "ok")}
    assert {row.round for row in rows if row.phase == "call"} == {1, 2, 3}


@pytest.mark.slow
def test_memory_is_a_limit_of_methods(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the machine can do is measured with as much as that takes."""
    limits = []

    def new(given: Limits, module: str) -> Worker:
        limits.append(given.memory)
        return Inline(given, module)

    job = made(Plan(("nearest",)), 1, budget=replace(SHORT, machine=True))
    monkeypatch.setattr(workers, "new", new)
    list(timing_rounds.rows(job, [IMAGE], Limits(memory=10**12)))
    assert limits == [10**12, 0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "phase", "reason"),
    [
        ("calls=0", "load", "RuntimeError: no memory"),
        ("calls=1", "first", "ValueError"),
        ("calls=2", "warm-up", "ValueError"),
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
    assert not [row for row in rows[rows.index(bad) + 1 :] if row.method == bad.method]
    visits = {(row.phase, row.round) for row in rows if row.method == "nearest"}
    assert visits == {("load", 0), ("first", 0), ("warm-up", 0), ("call", 1), ("call", 2), ("call", 3)}


@pytest.mark.slow
@pytest.mark.skipif(bool(environment.cuda_devices()), reason="there is a CUDA device")
def test_absent_device_is_said() -> None:
    """Without CUDA its rows say so, one per method, and nothing is timed."""
    rows = timed(Plan(("nearest", "espcn")), IMAGE, device="cuda", budget=replace(SHORT, processes=3))
    assert [(row.status, row.reason) for row in rows] == [("skipped", "no CUDA device")] * 2


def test_devices() -> None:
    """Under auto both devices are timed, so that an absent one is said to be absent."""
    assert timing_jobs.devices(Plan(("nearest",))) == ("cpu", "cuda")
    assert timing_jobs.devices(Plan(("nearest",), device="cpu")) == ("cpu",)


def test_next_size_is_tried_again(moody: str) -> None:
    """A method that breaks on one size (out of memory, say) still has its chance on the next, in a fresh worker."""
    rows = timed(Plan(("moody:calls=2",), plugins=(moody,)), IMAGE, IMAGE[:4])
    assert [(row.height, row.phase, row.status) for row in rows] == [
        (0, "load", "ok"),
        (8, "first", "ok"),
        (8, "warm-up", "failed"),
        (4, "first", "ok"),
        (4, "warm-up", "failed"),
    ]


@pytest.mark.slow
@pytest.mark.processes
def test_memory_that_runs_out_is_a_row(tmp_path: Path) -> None:
    """A worker that takes more than it may ends on that size with a row that says so; a smaller one was timed."""
    file = tmp_path / "hungry.py"
    file.write_text(HUNGRY, encoding="utf-8")
    wide = np.zeros((8, 300, 3), np.uint8)
    rows = timed(Plan(("hungry",), plugins=(str(file),)), IMAGE, wide, limits=Limits(memory=400_000_000))
    assert {row.status for row in rows if row.width == 10} == {"ok"}
    (bad,) = (row for row in rows if row.width == 300)
    assert (bad.status, bad.reason) == ("crashed", "the worker took more than 400 MB of memory (--memory)")


@pytest.mark.slow
def test_image_that_there_is_not_is_a_row() -> None:
    """An LR image that cannot be made is a row of each method, of the size asked for; others are timed."""
    rows = timed(Plan(("nearest",)), Unsupported("too large"), IMAGE, budget=replace(SHORT, processes=2))
    (bad,) = (row for row in rows if row.status != "ok")
    assert (bad.status, bad.reason, bad.height, bad.width) == ("skipped", "too large", 77, 99)
    assert {(row.process, row.round) for row in rows if row.phase == "call"} == set(product((5, 6), (1, 2, 3)))


@pytest.mark.slow
def test_what_failed_is_not_tried_again(moody: str) -> None:
    """In later processes, neither a size that went wrong nor a method that could not be loaded costs any time."""
    plan = Plan(("moody:calls=0", "moody:calls=2", "nearest"), plugins=(moody,))
    rows = timed(plan, IMAGE, budget=replace(SHORT, processes=3))
    assert {row.process for row in rows if row.method != "nearest"} == {5}
    assert {row.process for row in rows if row.method == "nearest"} == {5, 6, 7}


EARLY = """
import threading, time
import numpy as np
def load(factor, device):
    def work(image, sr):
        time.sleep(0.5)
        sr[...] = image.repeat(factor, 0).repeat(factor, 1)
    def upscale(image):
        sr = np.zeros((image.shape[0] * factor, image.shape[1] * factor, 3), np.uint8)
        threading.Thread(target=work, args=(image, sr)).start()
        return sr
    return upscale
"""


def test_returning_early_is_a_row(tmp_path: Path) -> None:
    """Samples of a method that returns before its work is done stay, and one row says what they are worth."""
    file = tmp_path / "early.py"
    file.write_text(EARLY, encoding="utf-8")
    rows = timed(Plan(("early",), plugins=(str(file),)), IMAGE + 9)
    (bad,) = (row for row in rows if row.status != "ok")
    assert (bad.phase, bad.status) == ("call", "failed")
    assert bad.reason.startswith("returned before its work was done")
    assert len([row for row in rows if row.phase == "call"]) > 3


@pytest.mark.slow
def test_frames_are_timed_last_in_processes_of_their_own() -> None:
    """What was asked for has all its processes and rounds first; frames are large and get at most those of a run."""
    job = made(Plan(("nearest",)), 2, budget=replace(SHORT, processes=4, rounds=6, frames=True))
    job = replace(job, inputs=[job.inputs[0]._replace(frame=True), job.inputs[1]])
    rows = [row for row in timing_rounds.rows(job, [IMAGE, IMAGE[:4]], Limits()) if row.phase == "call"]
    visits = list(dict.fromkeys((row.height, row.process, row.round) for row in rows))
    assert visits == [*product((4,), (5, 6, 7, 8), range(1, 7)), *product((8,), (9, 10, 11), range(1, 6))]
    assert (job.processes, job.parts) == (7, 7)


def test_loading_that_takes_the_limit_is_said() -> None:
    """Nothing is begun then, and each size has a row that says where the time went."""
    rows = timed(Plan(("nearest",)), IMAGE, IMAGE[:4], budget=replace(SHORT, limit=1e-9, processes=2))
    assert [(row.phase, row.height, row.status) for row in rows] == [
        ("load", 0, "ok"),
        ("first", 8, "skipped"),
        ("first", 4, "skipped"),
    ]
    assert all(
        row.reason.endswith("s of the time limit of 1e-09 s, so nothing was timed (--limit)") for row in rows[1:]
    )
    assert rows[0].processor.endswith(("core", "cores"))


@pytest.mark.slow
def test_frame_that_does_not_fit_into_memory_is_not_begun() -> None:
    """Nobody asked for it, so it must not end a worker or a neighbour; what was asked for is tried all the same."""
    job = made(Plan(("nearest",)), 3)
    job = replace(job, inputs=[*job.inputs[:2], job.inputs[2]._replace(frame=True)])
    images = [IMAGE, np.zeros((16, 20, 3), np.uint8), np.zeros((32, 40, 3), np.uint8)]
    rows = list(timing_rounds.rows(job, images, Limits(memory=1000)))
    assert {row.height for row in rows if row.phase == "call"} == {8, 16}
    assert rows[-1].status == "skipped"
    assert "GB of memory, --memory allows 0.0 GB" in rows[-1].reason


SLOW = """
import time
def load(factor, device):
    def upscale(image):
        time.sleep(0.5)
        return image.repeat(factor, 0).repeat(factor, 1)
    return upscale
"""


@pytest.mark.slow
def test_slow_method_keeps_to_its_limit(tmp_path: Path) -> None:
    """A method whose calls take their time is not called beyond it, and others have all their rounds."""
    file = tmp_path / "slow.py"
    file.write_text(SLOW, encoding="utf-8")
    budget = Budget(processes=3, rounds=4, warm_up=0, patience=0, seconds=0, limit=6)
    rows = timed(Plan(("slow", "nearest"), plugins=(str(file),)), IMAGE, IMAGE[:4], budget=budget)
    slow = [row for row in rows if row.method == "slow"]
    assert sum(row.seconds for row in slow) > 2  # each call sleeps for half a second
    assert len([row for row in slow if row.phase == "call"]) < 3 * 2 * 4
    assert {row.process for row in slow if row.phase == "call"} < {5, 6, 7}
    visits = {(row.process, row.height, row.round) for row in rows if row.method == "nearest" and row.phase == "call"}
    assert visits == set(product((5, 6, 7), (8, 4), (1, 2, 3, 4)))


@pytest.mark.slow
def test_fast_calls_do_not_fill_the_disk() -> None:
    """A call of microseconds gets a bounded number of rows under the budget of a real run."""
    rows = timed(Plan(("nearest",)), IMAGE, budget=QUICK)
    assert 5 <= len([row for row in rows if row.phase == "call"]) <= 60 * QUICK.processes
