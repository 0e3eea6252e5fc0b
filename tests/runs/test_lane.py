"""A lane: what it finds out about methods, how many of them it keeps, and what it asks of a worker that died."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
import psutil
import pytest

from srbench.errors import Crashed, ImageError, MethodError, SrbenchError, Unsupported, UsageError
from srbench.isolation.guard import Guard
from srbench.isolation.limits import Limits
from srbench.plan import Plan
from srbench.quality import protocol as protocols
from srbench.quality.files import pixel_hash, read_image
from srbench.runs import lane as lanes
from srbench.runs.lane import Lane

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

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


def process(guard: Worker) -> subprocess.Popen[bytes] | None:
    """Return the process of a worker that is one."""
    assert isinstance(guard, Guard)
    return guard._process


def at_work(lane: Lane) -> int:
    """Return how many workers it has."""
    return sum(process(each) is not None for each in {lane._judge, *lane._workers.values()})


def test_specs_are_canonical(moody: str) -> None:
    """Methods are described once, however they are spelt, in the order of the plan; each spelling finds its worker."""
    plan = Plan(("moody:x=2:how=good", "nearest", "moody:x=2", "moody:x=1"), (2,), device="cpu", plugins=(moody,))
    with Lane(plan.methods, Limits()) as lane:
        members = lane.describe(plan)
        assert [member.spec for member in members] == ["moody:x=2", "nearest", "moody"]
        assert [member.plan.methods for member in members] == [("moody:x=2",), ("nearest",), ("moody",)]
        assert all(member.error is None and member.codes[2, "cpu"] for member in members)
        assert len({member.codes[2, "cpu"] for member in members}) == 3
        for member in members:
            assert lane.upscale(member, 2, "cpu", LR, "").sr.shape == (16, 20, 3)


@pytest.mark.parametrize("method", ["absent", "nearest:x=1", "nearest:x"])
def test_usage(method: str) -> None:
    """A method or an option that there is not ends the description."""
    with Lane((method,), Limits()) as lane, pytest.raises(UsageError):
        lane.describe(Plan((method,)))


@pytest.mark.processes
def test_method_that_dies_when_it_is_imported(dying: Path) -> None:
    """It is described by its error; once its file is another, so is its code."""
    plan = Plan(("dying:b=1:a=2", "nearest"), (2, 3), device="cpu", plugins=(str(dying),))
    with Lane(plan.methods, Limits(retries=0)) as lane:
        first, nearest = lane.describe(plan)
        assert nearest.error is None
        assert isinstance(first.error, Crashed)
        assert first.error.output == "dear me"
        assert (first.spec, first.device) == ("dying:a=2:b=1", "cpu")
        assert len(set(first.codes.values())) == 4
        again, _ = lane.describe(plan)
        assert again.codes == first.codes
        dying.write_text(dying.read_text(encoding="utf-8") + "# mended?\n", encoding="utf-8")
        other, _ = lane.describe(plan)
        assert set(other.codes.values()).isdisjoint(first.codes.values())


def test_groups() -> None:
    """No method is lost or moved."""
    methods = list(range(2 * lanes.RESIDENT + 1))
    found = lanes.groups(methods)
    assert [len(group) for group in found] == [lanes.RESIDENT, lanes.RESIDENT, 1]
    assert [method for group in found for method in group] == methods


@pytest.mark.processes
def test_many_methods_take_turns(moody: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """More methods than may be resident rest between their groups."""
    monkeypatch.setattr(lanes, "RESIDENT", 2)
    most = []
    start = Lane.start

    def watched(self: Lane, methods: tuple[str, ...]) -> None:
        start(self, methods)
        most.append(at_work(self))

    monkeypatch.setattr(Lane, "start", watched)
    plan = Plan(tuple(f"moody:x={number}" for number in range(5)), (2,), device="cpu", plugins=(moody,))
    with Lane(plan.methods, Limits()) as lane:
        assert len(lane.describe(plan)) == 5
        assert most == [3, 3, 2]  # the judge among them
        assert at_work(lane) == 0


@pytest.mark.processes
def test_few_methods_stay(moody: str) -> None:
    """A group that is the only one is kept for the images."""
    plan = Plan(("moody", "nearest"), (2,), device="cpu", plugins=(moody,))
    with Lane(plan.methods, Limits()) as lane:
        lane.describe(plan)
        assert at_work(lane) == 3
        lane.rest()
        assert at_work(lane) == 0


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
    with Lane(plan.methods, Limits(retries=1)) as lane:
        (member,) = lane.describe(plan)
        for _ in range(3):
            with pytest.raises(error):
                lane.upscale(member, 2, "cpu", LR, "")
    assert log(moody) == ["load"] * loads


def test_another_factor_is_loaded_apart(moody: str) -> None:
    """What is known about a method holds for one factor."""
    plan = Plan(("moody",), (2, 3), device="cpu", plugins=(moody,))
    with Lane(plan.methods, Limits()) as lane:
        (member,) = lane.describe(plan)
        assert [lane.upscale(member, factor, "cpu", LR, "").sr.shape[0] for factor in (2, 3, 2)] == [16, 24, 16]
    assert log(moody) == ["load", "upscale", "load", "upscale", "upscale"]


@pytest.mark.processes
def test_judge(pictures: Path) -> None:
    """It gives the numbers of the protocol, and a judge that died is followed by one that knows as much."""
    path = pictures / "a.png"
    hr, protocol = read_image(path), protocols.get("basicsr")
    lr = protocol.degrade(hr, 2)
    sr = lr.repeat(2, 0).repeat(2, 1)
    with Lane((), Limits()) as lane:
        assert lane.identify(path) == pixel_hash(hr)
        for _ in range(2):
            made = lane.degrade(path, "basicsr", 2)
            assert lane.compare(path, "basicsr", 2, sr).score == protocol.compare(hr, sr, 2)
            assert np.array_equal(made, lr)
            judge = process(lane._judge)
            assert judge
            psutil.Process(judge.pid).kill()
        with pytest.raises(ImageError, match="not an image"):
            lane.identify(_nonsense(pictures))


@pytest.mark.processes
def test_stop(moody: str) -> None:
    """A lane that another thread stops is at an end, whatever its method is at."""
    plan = Plan(("moody:how=hang",), (2,), device="cpu", plugins=(moody,))
    with Lane(plan.methods, Limits()) as lane:
        (member,) = lane.describe(plan)
        threading.Timer(0.5, lane.stop).start()
        with pytest.raises(Crashed):
            lane.upscale(member, 2, "cpu", LR, "")
        with pytest.raises(Crashed, match="the run was stopped"):
            lane.identify(_nonsense(_folder_of(moody)))


def _folder_of(plugin: str) -> Path:
    from pathlib import Path  # noqa: PLC0415 - here alone

    return Path(plugin).parent


def _nonsense(folder: Path) -> Path:
    file = folder / "bad.png"
    file.write_bytes(b"nonsense")
    return file
