"""A run on a real Dask cluster, scheduler and workers as processes: the same rows, whatever happens to a worker."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

import pandas as pd
import psutil
import pytest

from srbench.errors import SrbenchError, UsageError
from srbench.execution import completion, dask_backend, runner
from srbench.execution.dask_backend import connect
from srbench.plan import Execution, Plan
from srbench.quality.files import read_image, write_image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from srbench.analysis.tables import Tables

pytest.importorskip("distributed", reason="needs the extra `cluster`")
pytestmark = pytest.mark.processes
slow = pytest.mark.slow

SLOW = """
import os, time
from pathlib import Path
def load(factor, device):
    def upscale(image):
        time.sleep(0.1)
        with (Path(__file__).parent / f"seen-{os.getppid()}").open("a") as seen:
            print(image.mean(), file=seen)
        return image.repeat(factor, 0).repeat(factor, 1)
    return upscale
"""
POISON = """
import os, signal
def load(factor, device):
    def upscale(image):
        if image.mean() > 250:
            os.kill(os.getppid(), signal.SIGKILL)
        return image.repeat(factor, 0).repeat(factor, 1)
    return upscale
"""

MEAN = "def load():\n    return lambda reference, image: float(abs(reference.astype(float) - image).mean())\n"


class Cluster:
    """A scheduler and workers with one thread each, as the commands of Dask start them."""

    def __init__(
        self,
        stack: ExitStack,
        port: int = 0,
        host: str = "127.0.0.1",
        settings: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Start the scheduler, with settings of Dask; the stack ends it."""
        self._stack = stack
        self._environment = {**os.environ, **settings}
        self.port = port or free_port()
        self.address = f"tcp://{host}:{self.port}"
        self.scheduler = self._started([], "scheduler", "--host", host, "--port", str(self.port))
        self.workers: dict[str, subprocess.Popen[str]] = {}

    def hire(self, *names: str, host: str = "127.0.0.1", inside: Sequence[str] = ()) -> Cluster:
        """Add workers, `inside` a command that starts others."""
        for name in names:
            options = "--nthreads", "1", "--name", name, "--memory-limit", "2GiB", "--host", host
            self.workers[name] = self._started(inside, "worker", self.address, *options)
        return self

    def _started(self, inside: Sequence[str], what: str, *arguments: str) -> subprocess.Popen[str]:
        command = [*inside, sys.executable, "-m", f"distributed.cli.dask_{what}", *arguments, "--no-dashboard"]
        process = subprocess.Popen(
            command, stderr=subprocess.DEVNULL, text=True, start_new_session=True, env=self._environment
        )
        self._stack.callback(end, process)
        return process


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def end(process: subprocess.Popen[str]) -> None:
    """Kill a process and all it started."""
    for each in [*psutil.Process(process.pid).children(recursive=True)] if process.poll() is None else []:
        each.kill()
    process.kill()
    process.wait()


@contextmanager
def running(*names: str) -> Iterator[Cluster]:
    """Give a cluster with workers of these names."""
    with ExitStack() as stack:
        yield Cluster(stack).hire(*names)


@pytest.fixture(scope="module")
def three() -> Iterator[Cluster]:
    """Return a cluster with the workers a, b and c."""
    with running("a", "b", "c") as each:
        yield each


def scored(folder: Path, out: Path, where: Cluster | None, *methods: str, plugins: tuple[Path, ...] = ()) -> Tables:
    """Score a folder at x2, here or on a cluster."""
    plan = Plan(methods, (2,), (f"{folder}/",), timing=False, plugins=tuple(map(str, plugins)))
    return runner.run(plan, out, Execution(cluster=where.address if where else ""))


def plugin(folder: Path, text: str) -> Path:
    """Write a plug-in called `mine`."""
    file = folder / "mine.py"
    file.write_text(text, encoding="utf-8")
    return file


def many(pictures: Path, copies: int) -> None:
    """Make copies of each picture, a pixel apart."""
    for file in sorted(pictures.iterdir()):
        image = read_image(file)
        for number in range(copies):
            image[0, 0, 0] ^= number + 1
            write_image(file.with_name(f"{file.stem}{number:02}.png"), image)


@contextmanager
def meanwhile(action: Callable[[], object], folder: Path) -> Iterator[None]:
    """Do something once two workers have begun to use the plug-in in `folder`; wait for it at the end."""

    def act() -> None:
        while len(list(folder.glob("seen-*"))) < 2:
            time.sleep(0.05)
        action()

    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    yield
    thread.join()


@slow
def test_rows_are_those_of_a_local_run(three: Cluster, pictures: Path, tmp_path: Path) -> None:
    """Scores are equal to the last bit, failed and skipped rows among them; nothing is timed."""
    (pictures / "bad.png").write_bytes(b"nonsense")
    methods = "nearest", "bicubic-matlab", "espcn", "espcn:activation=relu"
    there = scored(pictures, tmp_path / "there", three, *methods)
    here = scored(pictures, tmp_path / "here", None, *methods)
    pd.testing.assert_frame_equal(there.scores, here.scores, check_exact=True)
    assert len(there.timings) == 0


@slow
def test_values_are_those_of_a_local_run(three: Cluster, pictures: Path, tmp_path: Path) -> None:
    """Metrics are computed beside scores; one that is added later sees SR that is made again there."""
    mine = plugin(tmp_path, "from srbench.metrics import Metric\nMETRIC = Metric(label='M', better='lower')\n" + MEAN)
    plan = Plan(("nearest",), (2,), (f"{pictures}/",), timing=False, plugins=(str(mine),))
    values = []
    for out, cluster, metrics in (("here", "", ("mine",)), ("there", three.address, ("mine",))):
        made = runner.run(replace(plan, metrics=metrics), tmp_path / out, Execution(cluster=cluster))
        values.append(made.scores["mine"].tolist())
    runner.run(replace(plan, metrics=("psnr",)), tmp_path / "later", Execution(cluster=three.address))
    made = runner.run(replace(plan, metrics=("mine",)), tmp_path / "later", Execution(cluster=three.address))
    values.append(made.scores["mine"].tolist())
    assert values[0] == values[1] == values[2]
    assert set(made.scores["mine_status"]) == {"ok"}


@slow
def test_killed_worker(pictures: Path, tmp_path: Path) -> None:
    """What a killed worker had is done by another; its methods' processes go with it."""
    many(pictures, 20)
    mine = plugin(tmp_path, SLOW)

    def kill_one() -> None:
        (child, *_) = psutil.Process(here.workers["a"].pid).children()
        child.kill()

    with running("a", "b") as here:
        with meanwhile(kill_one, tmp_path):
            tables = scored(pictures, tmp_path / "run", here, "mine", plugins=(mine,))
        assert len(tables.scores) == 63
        assert set(tables.scores["status"]) == {"ok"}
        expected = scored(pictures, tmp_path / "here", None, "mine", plugins=(mine,))
        pd.testing.assert_frame_equal(tables.scores, expected.scores, check_exact=True)


@slow
def test_restarted_scheduler(pictures: Path, tmp_path: Path) -> None:
    """With its scheduler gone and another in its place, the run sends again what was on its way."""
    many(pictures, 20)
    mine = plugin(tmp_path, SLOW)
    with ExitStack() as stack:
        first = Cluster(stack).hire("a", "b")

        def restart() -> None:
            os.kill(first.scheduler.pid, signal.SIGKILL)
            for worker in first.workers.values():
                end(worker)
            Cluster(stack, first.port).hire("c", "d")

        with meanwhile(restart, tmp_path):
            tables = scored(pictures, tmp_path / "run", first, "mine", plugins=(mine,))
    assert len(tables.scores) == 63
    assert set(tables.scores["status"]) == {"ok"}


@contextmanager
def network(*names: str) -> Iterator[dict[str, str]]:
    """Give network namespaces on a bridge at 10.99.7.1, by name the address of each; skip where that is forbidden."""
    ip = partial(subprocess.run, check=True, capture_output=True)
    with ExitStack() as stack:
        try:
            ip(["ip", "link", "add", "srbench0", "type", "bridge"])
            stack.callback(ip, ["ip", "link", "del", "srbench0"])
            ip(["ip", "addr", "add", "10.99.7.1/24", "dev", "srbench0"])
            ip(["ip", "link", "set", "srbench0", "up"])
            for number, name in enumerate(names, 2):
                ip(["ip", "netns", "add", f"srbench-{name}"])
                stack.callback(ip, ["ip", "netns", "del", f"srbench-{name}"])
                inside = ["ip", "-n", f"srbench-{name}"]
                ip(["ip", "link", "add", f"srb-{name}", "type", "veth", "peer", "eth0", "netns", f"srbench-{name}"])
                ip(["ip", "link", "set", f"srb-{name}", "master", "srbench0", "up"])
                ip([*inside, "addr", "add", f"10.99.7.{number}/24", "dev", "eth0"])
                ip([*inside, "link", "set", "eth0", "up"])
                ip([*inside, "link", "set", "lo", "up"])
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"network namespaces are not allowed here: {error}")
        yield {name: f"10.99.7.{number}" for number, name in enumerate(names, 2)}


@slow
def test_worker_that_is_cut_off(pictures: Path, tmp_path: Path) -> None:
    """On a network of its own, a worker whose cable is pulled out has its batches done by another."""
    many(pictures, 30)
    mine = plugin(tmp_path, SLOW)
    patience = {"DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "5s", "DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": "12s"}

    def pull() -> None:
        subprocess.run(["ip", "link", "set", "srb-a", "down"], check=True)  # noqa: S607 - as found

    with network("a", "b") as addresses, ExitStack() as stack:
        there = Cluster(stack, host="10.99.7.1", settings=patience)
        for name, host in addresses.items():
            there.hire(name, host=host, inside=["ip", "netns", "exec", f"srbench-{name}"])
        with meanwhile(pull, tmp_path):
            tables = scored(pictures, tmp_path / "run", there, "mine", plugins=(mine,))
    assert len(tables.scores) == 93
    assert set(tables.scores["status"]) == {"ok"}
    expected = scored(pictures, tmp_path / "here", None, "mine", plugins=(mine,))
    pd.testing.assert_frame_equal(tables.scores, expected.scores, check_exact=True)


@slow
def test_poisonous_image(pictures: Path, tmp_path: Path) -> None:
    """An image on which a method kills worker after worker is a crashed row; the other images are scored."""
    image = read_image(pictures / "a.png")
    write_image(pictures / "b.png", image * 0 + 255)
    with running("a", "b", "c", "d", "e", "f") as here:
        scores = scored(pictures, tmp_path / "run", here, "mine", plugins=(plugin(tmp_path, POISON),)).scores
    assert scores["status"].tolist() == ["ok", "crashed", "ok"]
    assert scores["reason"][1] == "it killed every cluster worker that processed it"


@slow
def test_timing_on_one_machine(three: Cluster, pictures: Path, tmp_path: Path) -> None:
    """Timing runs on the worker that was named, and its rows name the machine."""
    plan = Plan(("nearest", "bicubic"), (2,), (f"{pictures}/",), device="cpu")
    timings = runner.run(plan, tmp_path / "run", Execution(cluster=three.address, time_on="b")).timings
    assert set(timings["method"]) == {"nearest", "bicubic"}
    assert set(timings["machine"]) == {socket.gethostname()}
    with pytest.raises(UsageError, match=re.escape("unknown worker 'x' (available: a, b, c)")):
        runner.run(plan, tmp_path / "other", Execution(cluster=three.address, time_on="x"))
    assert not (tmp_path / "other").exists()


@slow
def test_folder_that_is_not_there(three: Cluster, pictures: Path, tmp_path: Path) -> None:
    """An image that a worker cannot read, or that is another one there, fails by name and machine."""
    plan = Plan(("nearest",), (2,), (f"{pictures}/",), timing=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dask_backend, "content_hash", lambda path, _: "0" * 64 if path.stem == "a" else "")
        scores = runner.run(plan, tmp_path / "run", Execution(cluster=three.address)).scores
    assert scores["status"].tolist() == ["failed", "ok", "ok"]
    assert re.search(rf"a\.png: got sha256 \w+ on {socket.gethostname()}, expected 0000", scores["reason"][0])


@slow
def test_other_code_on_a_worker(three: Cluster, pictures: Path, tmp_path: Path) -> None:
    """A worker whose method differs from the coordinator's says so in its rows instead of scoring something else."""
    mine = plugin(tmp_path, SLOW)
    text = SLOW + "# edited\n"

    def edit_and_connect(*arguments: object) -> object:
        mine.write_text(text, encoding="utf-8")  # after the coordinator has described it
        return connect(*arguments)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(completion, "connect", edit_and_connect)
        scores = scored(pictures, tmp_path / "run", three, "nearest", "mine", plugins=(mine,)).scores
    assert scores.groupby("method", sort=False)["status"].first().tolist() == ["ok", "skipped"]
    assert "has another version of the method" in scores["reason"].iloc[-1]


@pytest.mark.slow
def test_no_scheduler(pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address where nobody answers is one line, and leaves no folder."""
    monkeypatch.setattr(dask_backend, "BEGINNING", 1.0)
    plan = Plan(("nearest",), (2,), (f"{pictures}/",))
    for address in (f"tcp://127.0.0.1:{free_port()}", "nonsense://x"):
        with pytest.raises(UsageError, match=f"no Dask scheduler answers at '{address}'"):
            runner.run(plan, tmp_path / "run", Execution(cluster=address))
    assert not (tmp_path / "run").exists()


@slow
def test_no_worker(pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scheduler without workers is one line that says how to start some."""
    monkeypatch.setattr(dask_backend, "PATIENCE", 1.0)
    with running() as empty, pytest.raises(SrbenchError, match=f"start some: dask worker {empty.address}"):
        scored(pictures, tmp_path / "run", empty, "nearest")


def test_timing_needs_a_cluster() -> None:
    """`--time-on` without `--cluster` is refused."""
    with pytest.raises(UsageError, match="give --cluster, or leave it out"):
        Execution(time_on="a")
