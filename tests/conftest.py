"""What several tests share: the folders with data that the repository does not hold, and pictures to train on."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from srbench import plan
from srbench.isolation import worker
from srbench.isolation.guard import Guard
from srbench.isolation.inline import Inline
from srbench.quality.files import write_image
from srbench.runs import clocking
from srbench.speed.timing import Budget

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from contextlib import AbstractContextManager


GROUPS = {
    "tests/runs/test_cluster.py": "whole machine",
    "tests/cli/test_time.py": "whole machine",
    "tests/test_scale.py": "whole machine",
    "tests/faults/test_faults.py::test_sound": "faults together",
    "tests/faults/test_faults.py::test_rows_of": "faults together",
    "tests/faults/test_faults.py::test_rest_of": "faults together",
    "tests/cli/test_figure.py": "figure",
    "tests/quality/test_bombs.py": "bombs",
    "tests/report/test_formats.py": "formats",
    "tests/report/figures/test_figures.py": "figures",
    "tests/report/html/test_browser.py": "browser",
    "tests/report/html/test_viewer.py": "viewer",
    "tests/runs/test_keeping.py": "keeping",
    "tests/runs/test_runner.py": "runner",
    "tests/test_main.py": "main",
    "tests/test_packaging.py": "packaging",
}
"""Which tests, by the beginning of their names, run one after the other: they share a costly fixture, or cores."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:  # noqa: ANN401 - pytest-xdist's
    """Hand tests to processes one by one, those of a group together; marks for it do nothing under pytest 9.2."""
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415 - where several processes test, it is there

    class Scheduler(LoadScopeScheduling):  # type: ignore[misc] # it has no types
        def _split_scope(self, nodeid: str) -> str:
            return next((group for start, group in GROUPS.items() if nodeid.startswith(start)), nodeid)

    return Scheduler(config, log)


def pytest_configure(config: pytest.Config) -> None:
    """Let Ctrl-C reach the processes that tests start, also where this one was started with SIGINT ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if not config.getoption("benchmark_only", default=False):
        # as many processes test as there are cores: threads of OpenMP that wait busily take the time of all others
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    os.environ.setdefault("SRBENCH_REPORT", "0")  # of commands: a page for each would take a third of the time


@pytest.fixture(scope="module", autouse=True)
def _inline(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let workers compute in the test's process, unless the module is marked `processes`."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        if not request.node.get_closest_marker("processes"):
            monkeypatch.setattr(worker, "new", Inline)
        yield


@pytest.fixture(autouse=True)
def _processes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a test that is marked `processes` workers as users have them."""
    if request.node.get_closest_marker("processes"):
        monkeypatch.setattr(worker, "new", Guard)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Let Python write down what it compiles of srbench and its tests, for all processes: half of their start."""
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, False
    try:
        return (yield)
    finally:
        sys.dont_write_bytecode = before


def _folder(variable: str) -> Path:
    """Return the folder that an environment variable names, or skip."""
    given = os.environ.get(variable)
    if not given:
        pytest.skip(f"{variable} is not set")
    return Path(given)


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Return the folder with the published sets, `SRBENCH_DATA`."""
    return _folder("SRBENCH_DATA")


@pytest.fixture(scope="session")
def golden_folder() -> Path:
    """Return the folder with the golden vectors, `SRBENCH_GOLDEN`."""
    return _folder("SRBENCH_GOLDEN")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Return a folder, `photos`, with four smooth RGB images of 60x50 pixels, a.bmp to d.bmp."""
    folder = tmp_path / "photos"
    folder.mkdir()
    random = np.random.default_rng(5)
    for name in "abcd":
        image = cv2.resize(random.random((10, 12, 3)), (60, 50), interpolation=cv2.INTER_CUBIC)
        write_image(folder / f"{name}.bmp", image)
    return folder


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Return a folder with three RGB images of 48x40 pixels."""
    return _pictures(tmp_path / "pictures")


@pytest.fixture(scope="module")
def module_pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return such a folder for all tests of a module, which leave it as it is."""
    return _pictures(tmp_path_factory.mktemp("module") / "pictures")


def _pictures(folder: Path) -> Path:
    folder.mkdir()
    random = np.random.default_rng(1)
    for name in ("a", "b", "c"):
        write_image(folder / f"{name}.png", random.integers(0, 256, (40, 48, 3), dtype=np.uint8))
    return folder


@pytest.fixture
def counting(tmp_path: Path) -> Path:
    """Return a plug-in file, `counting`, that adds a line to `calls.txt` beside it whenever it upscales."""
    file = tmp_path / "counting.py"
    file.write_text(
        "from pathlib import Path\n"
        "def load(factor, device):\n"
        "    def upscale(image):\n"
        "        with Path(__file__).with_name('calls.txt').open('a') as calls:\n"
        "            print(image.shape, file=calls)\n"
        "        return image.repeat(factor, 0).repeat(factor, 1)\n"
        "    return upscale\n",
        encoding="utf-8",
    )
    return file


@pytest.fixture
def brief() -> Iterator[None]:
    """Let runs in this process time each method with two rounds in one process, and not wait for late results."""
    with _briefly():
        yield


@pytest.fixture(scope="module")
def briefly() -> Callable[[], AbstractContextManager[None]]:
    """Return `brief` as a context, for what a module's tests share."""
    return _briefly


@contextmanager
def _briefly() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(clocking, "UNFINISHED", 0.0)
        monkeypatch.setattr(plan, "QUICK", Budget(processes=1, rounds=2, seconds=0, warm_up=0, patience=0))
        yield


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Let torch compute with one thread, and give it back those it had."""
    import torch  # noqa: PLC0415 - it takes two seconds, of every process that collects tests

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
