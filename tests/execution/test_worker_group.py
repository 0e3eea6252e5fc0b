"""A group: what it finds out about methods, how many of them it keeps, and what it asks of a worker that died."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import numpy as np
import psutil
import pytest

from srbench.errors import Crashed, ImageError, MethodError, SrbenchError, Unsupported, UsageError
from srbench.execution import worker_group as worker_groups
from srbench.execution.method_info import asked
from srbench.execution.worker_group import WorkerGroup
from srbench.hashing import file_hash
from srbench.isolation.guard import Guard
from srbench.isolation.limits import Limits
from srbench.plan import Plan
from srbench.quality import protocols
from srbench.quality.files import pixel_hash, read_image

if TYPE_CHECKING:
    from pathlib import Path
    from subprocess import Popen

    from srbench.isolation.worker import Worker

LR = np.zeros((8, 10, 3), np.uint8)
MOODY = """
import os, time
from pathlib import Path
from srbench.errors import Unsupported
def note(what):
    with Path(__file__).with_name("log.txt").open("a") as file:
        print(what, file=file)
def load(factor, device, how="good", x: int = 1):
    note("load")
    if how == "die":
        os._exit(3)
    if how == "raise":
        raise RuntimeError("no memory")
    if how == "refuse":
        raise Unsupported("not today")
    def upscale(image):
        note("upscale")
        if how == "hang":
            time.sleep(600)
        return image.repeat(factor, 0).repeat(factor, 1)
    return upscale
"""


@pytest.fixture
def moody(tmp_path: Path) -> str:
    """Return the path of a plug-in with options that writes into `log.txt` what it does."""
    file = tmp_path / "moody.py"
    file.write_text(MOODY, encoding="utf-8")
    return str(file)


@pytest.fixture
def dying(tmp_path: Path) -> Path:
    """Return the path of a plug-in that ends its process when it is imported."""
    file = tmp_path / "dying.py"
    file.write_text("import os\nprint('dear me', flush=True)\nos._exit(4)\n", encoding="utf-8")
    return file


def log(plugin: str) -> list[str]:
    """Return what the plug-in wrote down."""
    with open(plugin.replace("moody.py", "log.txt"), encoding="utf-8") as file:  # noqa: PTH123 - text by text
        return file.read().split()


def at_work(workers: WorkerGroup) -> int:
    """Return how many workers it has."""
    return sum(_process(worker) is not None for worker in {workers._judge, *workers._workers.values()})


def _process(worker: Worker) -> Popen[bytes] | None:
    """Return the process of a real worker, if it has one."""
    assert isinstance(worker, Guard)
    return worker._process


@pytest.mark.slow
def test_specs_are_canonical(moody: str) -> None:
    """Methods have one canonical spec however they are spelt; each spelling finds its worker."""
    plan = Plan(("moody:x=2:how=good", "nearest", "moody:x=2", "moody:x=1"), (2,), device="cpu", plugins=(moody,))
    with WorkerGroup(plan.methods, Limits()) as workers:
        infos = workers.describe(asked(plan))
        assert [info.spec for info in infos] == ["moody:x=2", "nearest", "moody:x=2", "moody"]
        assert [info.asked.spec for info in infos] == list(plan.methods)
        assert all(info.error is None and info.codes[2, "cpu"] for info in infos)
        assert len({info.codes[2, "cpu"] for info in infos}) == 3
        for info in infos:
            assert workers.upscale(info, 2, "cpu", LR, "").sr.shape == (16, 20, 3)


@pytest.mark.parametrize("method", ["absent", "nearest:x=1", "nearest:x"])
def test_usage(method: str) -> None:
    """A method or an option that there is not ends the description."""
    with WorkerGroup((method,), Limits()) as workers, pytest.raises(UsageError):
        workers.describe(asked(Plan((method,))))


@pytest.mark.slow
@pytest.mark.processes
def test_method_that_dies_when_it_is_imported(dying: Path) -> None:
    """It is described by its error; once its file is another, so is its code."""
    plan = Plan(("dying:b=1:a=2", "nearest"), (2, 3), device="cpu", plugins=(str(dying),))
    with WorkerGroup(plan.methods, Limits(retries=0)) as workers:
        first, nearest = workers.describe(asked(plan))
        assert nearest.error is None
        assert isinstance(first.error, Crashed)
        assert first.error.output == "dear me"
        assert (first.spec, first.device) == ("dying:a=2:b=1", "cpu")
        assert len(set(first.codes.values())) == 4
        again, _ = workers.describe(asked(plan))
        assert again.codes == first.codes
        dying.write_text(dying.read_text(encoding="utf-8") + "# mended?\n", encoding="utf-8")
        other, _ = workers.describe(asked(plan))
        assert set(other.codes.values()).isdisjoint(first.codes.values())


@pytest.mark.slow
@pytest.mark.processes
@pytest.mark.parametrize(("given", "expected"), [("", "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_threads_sleep_while_they_wait(monkeypatch: pytest.MonkeyPatch, given: str, expected: str) -> None:
    """In all that scores, so that another program does not hold it up; what the user chose stays."""
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    if given:
        monkeypatch.setenv("OMP_WAIT_POLICY", given)
    with WorkerGroup(("nearest",), Limits()) as workers:
        assert {each.call(os.getenv, "OMP_WAIT_POLICY") for each in workers._all} == {expected}


def test_groups() -> None:
    """No method is lost or moved."""
    methods = list(range(2 * worker_groups.RESIDENT + 1))
    found = worker_groups.groups(methods)
    assert [len(group) for group in found] == [worker_groups.RESIDENT, worker_groups.RESIDENT, 1]
    assert [method for group in found for method in group] == methods


@pytest.mark.slow
@pytest.mark.processes
def test_many_methods_take_turns(moody: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """More methods than may be resident rest between their groups."""
    monkeypatch.setattr(worker_groups, "RESIDENT", 2)
    most = []
    start = WorkerGroup.start

    def watched(self: WorkerGroup, methods: tuple[str, ...], *, judge: bool = True) -> None:
        start(self, methods, judge=judge)
        most.append(at_work(self))

    monkeypatch.setattr(WorkerGroup, "start", watched)
    plan = Plan(tuple(f"moody:x={number}" for number in range(5)), (2,), device="cpu", plugins=(moody,))
    with WorkerGroup(plan.methods, Limits()) as workers:
        assert len(workers.describe(asked(plan))) == 5
        assert most == [2, 2, 1]  # the judge is not needed
        assert at_work(workers) == 0


@pytest.mark.slow
@pytest.mark.processes
def test_few_methods_stay(moody: str) -> None:
    """A group that is the only one is kept for the images; the judge joins it when they are scored."""
    plan = Plan(("moody", "nearest"), (2,), device="cpu", plugins=(moody,))
    with WorkerGroup(plan.methods, Limits()) as workers:
        infos = workers.describe(asked(plan))
        assert at_work(workers) == 2
        workers.start([info.asked.spec for info in infos])
        assert at_work(workers) == 3
        workers.rest()
        assert at_work(workers) == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "error", "loads"),
    [
        pytest.param("die", Crashed, 2, marks=pytest.mark.processes),
        ("raise", MethodError, 1),
        ("refuse", Unsupported, 1),
    ],
)
def test_method_that_cannot_be_loaded(moody: str, how: str, error: type[SrbenchError], loads: int) -> None:
    """It is not loaded again for each image: not at all after an exception, as often as is retried after a death."""
    plan = Plan((f"moody:how={how}",), (2,), device="cpu", plugins=(moody,))
    with WorkerGroup(plan.methods, Limits(retries=1)) as workers:
        (info,) = workers.describe(asked(plan))
        for _ in range(3):
            with pytest.raises(error):
                workers.upscale(info, 2, "cpu", LR, "")
    assert log(moody) == ["load"] * loads


def test_another_factor_is_loaded_apart(moody: str) -> None:
    """What is known about a method holds for one factor."""
    plan = Plan(("moody",), (2, 3), device="cpu", plugins=(moody,))
    with WorkerGroup(plan.methods, Limits()) as workers:
        (info,) = workers.describe(asked(plan))
        assert [workers.upscale(info, factor, "cpu", LR, "").sr.shape[0] for factor in (2, 3, 2)] == [16, 24, 16]
    assert log(moody) == ["load", "upscale", "load", "upscale", "upscale"]


def test_factor_that_is_refused(tmp_path: Path) -> None:
    """What prevents a method at one factor is no obstacle at another."""
    file = tmp_path / "only3.py"
    file.write_text(
        "from srbench.errors import Unsupported\n"
        "def load(factor, device):\n"
        "    if factor != 3:\n        raise Unsupported('x3 only')\n"
        "    return lambda image: image.repeat(factor, 0).repeat(factor, 1)\n",
        encoding="utf-8",
    )
    plan = Plan(("only3",), (2, 3), device="cpu", plugins=(str(file),))
    with WorkerGroup(plan.methods, Limits()) as workers:
        (info,) = workers.describe(asked(plan))
        with pytest.raises(Unsupported, match="x3 only"):
            workers.upscale(info, 2, "cpu", LR, "")
        assert workers.upscale(info, 3, "cpu", LR, "").sr.shape == (24, 30, 3)


def test_description_is_that_of_now(moody: str) -> None:
    """A plug-in that was edited since its worker described it has another code."""
    plan = Plan(("moody",), (2,), device="cpu", plugins=(moody,))
    with WorkerGroup(plan.methods, Limits()) as workers:
        (before,) = workers.describe(asked(plan))
        with open(moody, "a", encoding="utf-8") as file:  # noqa: PTH123 - text by text
            file.write("# edited\n")
        (after,) = workers.describe(asked(plan))
    assert after.codes != before.codes


@pytest.mark.slow
@pytest.mark.processes
def test_memory_is_a_limit_of_methods(pictures: Path) -> None:
    """The judge takes what the images need."""
    with WorkerGroup((), Limits(memory=1)) as workers:
        assert workers.identify(pictures / "a.png").file == file_hash(pictures / "a.png")


@pytest.mark.slow
@pytest.mark.processes
def test_judge(pictures: Path) -> None:
    """It gives the numbers of the protocol, and a judge that died is followed by one that knows as much."""
    path = pictures / "a.png"
    hr, protocol = read_image(path), protocols.get("basicsr")
    lr = protocol.degrade(hr, 2)
    sr = lr.repeat(2, 0).repeat(2, 1)
    with WorkerGroup((), Limits()) as workers:
        assert workers.identify(path) == (pixel_hash(hr), file_hash(path), 3)
        for _ in range(2):
            made = workers.degrade(path, protocol, 2)
            assert workers.compare(path, protocol, 2, sr).score == protocol.compare(hr, sr, 2)
            assert np.array_equal(made, lr)
            process = _process(workers._judge)
            assert process
            psutil.Process(process.pid).kill()
        with pytest.raises(ImageError, match="not an image"):
            workers.identify(_nonsense(pictures))


@pytest.mark.slow
@pytest.mark.processes
def test_stop(moody: str) -> None:
    """A worker group that another thread stops is at an end, whatever its method is at."""
    plan = Plan(("moody:how=hang",), (2,), device="cpu", plugins=(moody,))
    with WorkerGroup(plan.methods, Limits()) as workers:
        (info,) = workers.describe(asked(plan))
        threading.Timer(0.5, workers.stop).start()
        with pytest.raises(Crashed):
            workers.upscale(info, 2, "cpu", LR, "")
        with pytest.raises(Crashed, match="the run was stopped"):
            workers.identify(_nonsense(_folder_of(moody)))


def _folder_of(plugin: str) -> Path:
    from pathlib import Path  # noqa: PLC0415 - here alone

    return Path(plugin).parent


def _nonsense(folder: Path) -> Path:
    file = folder / "bad.png"
    file.write_bytes(b"nonsense")
    return file
