"""What several tests share: folders with data that the repository does not hold, pictures, and run folders of rows."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from srbench import plan
from srbench.analysis import tables
from srbench.analysis.columns import metrics_of
from srbench.execution import runner, timing_rounds
from srbench.hashing import sha256
from srbench.isolation import worker
from srbench.isolation.guard import Guard
from srbench.isolation.inline import Inline
from srbench.metrics import Metric
from srbench.metrics.classical import CLASSICAL
from srbench.quality.files import write_image
from srbench.speed.timing import Budget
from srbench.store.current import case_of
from srbench.store.journal import Journal
from srbench.store.rows import MetricRow, ScoreRow, TimingRow, key_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from contextlib import AbstractContextManager

    from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request

    from srbench.plan import Plan
    from srbench.store.rows import Row


GROUPS = {
    "tests/boards/pages/test_browser.py": "board",
    "tests/execution/test_dask_backend.py": "whole machine",
    "tests/cli/test_time.py": "whole machine",
    "tests/test_scale.py": "whole machine",
    "tests/networks/test_architectures.py": "spandrel",
    "tests/networks/test_torch_file.py": "spandrel",
}
"""Files whose tests run one after the other, as those of one file do: they share something costly, or cores."""

APART = ("tests/test_readme.py", "tests/test_contract.py")
"""Files whose tests share nothing that is worth one process for all of them."""


def scope(nodeid: str) -> str:
    """Return what tests of one process have in common: mostly their file, and so the fixtures of its module."""
    file = nodeid.partition("::")[0]
    return nodeid if file in APART else GROUPS.get(file, file)


PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",  # some machines that run tests have no user namespaces
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",  # pixels in screenshots are those of the pictures
]
LOCAL = ("file:", "data:", "blob:", "about:")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:  # noqa: ANN401 - pytest-xdist's
    """Hand tests to processes by file, those of a group together; marks for it do nothing under pytest 9.2."""
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415 - where several processes test, it is there

    class Scheduler(LoadScopeScheduling):  # type: ignore[misc] # it has no types
        def _split_scope(self, nodeid: str) -> str:
            return scope(nodeid)

    return Scheduler(config, log)


def pytest_configure(config: pytest.Config) -> None:
    """Let warnings be errors, tests end in time, and Ctrl-C reach what tests start, even if it was ignored here."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # here and not in pyproject.toml, which also counts for a plug-in's tests that lie in the clone
    config.addinivalue_line("filterwarnings", "error")
    if config.pluginmanager.hasplugin("timeout") and config.option.timeout is None:
        config.option.timeout = float(os.environ.get("PYTEST_TIMEOUT", "120"))
    if not config.getoption("benchmark_only", default=False):
        # as many processes test as there are cores: threads of OpenMP that wait busily take the time of all others
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    os.environ.setdefault("SRBENCH_REPORT", "0")  # of commands: a page for each would take a third of the time


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let all cases but the first of a test that is marked `sampled` be slow."""
    seen = set()
    for item in items:
        test = item.nodeid.partition("[")[0]
        if item.get_closest_marker("sampled") and test in seen:
            item.add_marker("slow")
        seen.add(test)


@pytest.fixture(scope="module", autouse=True)
def _inline(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let workers compute in the test's process, unless the module is marked `processes`."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        if not request.node.get_closest_marker("processes"):
            monkeypatch.setattr(worker, "new", Inline)
            monkeypatch.setattr(runner, "SCOUTED", False)  # a scout would fork this process
        yield


@pytest.fixture(autouse=True)
def _processes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a test that is marked `processes` workers as users have them."""
    if request.node.get_closest_marker("processes"):
        monkeypatch.setattr(worker, "new", Guard)
        monkeypatch.setattr(runner, "SCOUTED", True)


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


@pytest.fixture(scope="session")
def models_folder() -> Path:
    """Return the folder with networks that others trained, `SRBENCH_MODELS`."""
    return _folder("SRBENCH_MODELS")


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
        monkeypatch.setattr(timing_rounds, "UNFINISHED", 0.0)
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


@pytest.fixture
def mounted() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function (mount, script, *arguments) that runs Python where a `mount` holds that no other process sees.

    The mount is gone, with all that was written on it, when the script ends.
    """
    inside = ["unshare", "--map-root-user", "--mount"]
    if shutil.which("unshare") is None or subprocess.run([*inside, "mount", "--version"], check=False).returncode:
        pytest.skip("mounts need unshare and user namespaces, which this system does not give")

    def run(mount: str, script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        command = ["sh", "-ec", f'{mount}\nexec "$0" -c "$@"', sys.executable, script, *map(str, arguments)]
        return subprocess.run([*inside, *command], capture_output=True, text=True, check=False, timeout=100)

    return run


FILES = {"0.png": "", "1.png": ""}
"""The images of each dataset; rows of any file are theirs."""


def described(method: str, plan: Plan, rows: Sequence[Row]) -> dict[str, Any]:
    """Return what run.json says of a method: the code of its last rows."""
    codes = {case_of(factor, "cpu"): f"{method} x{factor}" for factor in plan.factors}
    own = [row for row in rows if row.method == method and not isinstance(row, MetricRow)]
    codes |= {case_of(row.factor, row.device): row.code for row in own}
    devices = sorted({"cpu", *(row.device for row in own)})
    return {"devices": devices, "codes": codes, "files": {}, "models": {}}


class Runs:
    """Makes run folders without computing anything: every score is good, and every key is what a run makes it."""

    def __init__(self, folder: Path) -> None:
        """Make them below `folder`."""
        self.folder = folder

    def keyed(self, row: ScoreRow, **changes: Any) -> ScoreRow:  # noqa: ANN401 - any field
        """Return a row with changes, and the key that fits."""
        row = replace(row, **changes)
        return replace(row, key=sha256(row.code, row.hr_sha256, row.protocol_fingerprint))

    def scores(self, plan: Plan, images: int = 2) -> list[ScoreRow]:
        """Return a row for each score of a plan over so many images, which are better the higher their number."""
        every = product(plan.datasets, range(images), plan.methods, plan.factors, plan.protocols)
        return [
            self.keyed(
                ScoreRow(
                    method=method,
                    dataset=dataset,
                    image=f"{number}.png",
                    factor=factor,
                    protocol=protocol,
                    device="cpu",
                    psnr=30.0 + number,
                    ssim=0.9,
                    protocol_fingerprint=f"print of {protocol}",
                    hr_sha256=f"{dataset} {number}",
                    code=f"{method} x{factor}",
                )
            )
            for dataset, number, method, factor, protocol in every
        ]

    def values(self, scores: Sequence[ScoreRow], metric: str = "lpips", code: str = "code") -> list[MetricRow]:
        """Return a row of a metric for each of the scores."""
        rows = [
            MetricRow(
                metric=metric,
                method=row.method,
                dataset=row.dataset,
                image=row.image,
                factor=row.factor,
                protocol=row.protocol,
                device=row.device,
                value=row.psnr / 100,
                code=code,
                score=row.key,
            )
            for row in scores
        ]
        return [replace(row, key=key_of(row)) for row in rows]

    def metrics(self, *names: str, code: str = "code") -> dict[str, Any]:
        """Return what run.json says of metrics: of PSNR and SSIM, and of others that lower is better."""
        made = {name: Metric(label=name.upper(), better="lower").facts | {"code": code} for name in names}
        return {name: metric.facts for name, metric in CLASSICAL.items()} | made

    def samples(self, plan: Plan, machine: str = "one", seconds: float = 0.1) -> list[TimingRow]:
        """Return a warm call for each method and factor of a plan."""
        return [
            TimingRow(
                method=method,
                factor=factor,
                device="cpu",
                phase="call",
                height=10,
                width=10,
                channels=3,
                seconds=seconds,
                code=f"{method} x{factor}",
                machine=machine,
            )
            for method, factor in product(plan.methods, plan.factors)
        ]

    def write(self, name: str, plan: Plan, rows: Sequence[Row] | None = None, **facts: Any) -> Path:  # noqa: ANN401 - JSON
        """Write the folder of a finished run over two images, with its tables; `facts` go into run.json."""
        rows = self.scores(plan) if rows is None else rows
        about: dict[str, Any] = {
            "datasets": {name: {"images": 2, "fingerprint": f"print of {name}"} for name in plan.datasets},
            "protocols": {name: f"print of {name}" for name in plan.protocols},
            "environment": {"processor": "a processor", "cores": 2, "cuda_devices": []},
            "methods": {method: described(method, plan, rows) for method in plan.methods},
            "processes": 1,
        } | facts
        about["datasets"] = {name: {"files": FILES} | dict(each) for name, each in about["datasets"].items()}
        with Journal(self.folder / name, plan) as journal:
            for row in rows:
                journal.append(row)
            shown = metrics_of(facts)
            order = tables.Order(plan.methods, dict.fromkeys(plan.datasets, 2), plan.factors, plan.protocols, shown)
            tables.write(self.folder / name, tables.tables(rows, order))
            journal.describe(**({"status": "finished"} | about))
        return self.folder / name


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    """Return what makes run folders below `tmp_path`."""
    return Runs(tmp_path)


@pytest.fixture(scope="session")
def scene() -> Callable[..., Any]:
    """Return a function that makes RGB images of waves, floats in 0..255, moved by any fraction of a pixel."""

    def made(height: int = 96, width: int = 120, down: float = 0.0, right: float = 0.0, *, size: float = 1.0) -> Any:  # noqa: ANN401
        random = np.random.default_rng(11)
        y, x = (np.arange(side) - (side - 1) / 2 for side in (height, width))
        y, x = ((y - down) / size)[:, None, None], ((x - right) / size)[None, :, None]
        image = np.full((height, width, 3), 120.0)
        for length in np.geomspace(4, 90, 50):
            angle, phase = random.uniform(0, np.pi), random.uniform(0, 2 * np.pi, 3) * 0.3 + random.uniform(0, 6)
            wave = np.sin(2 * np.pi * (y * np.sin(angle) + x * np.cos(angle)) / length + phase)
            image += wave * random.uniform(0.2, 1, 3) * length**0.5 * 2.4
        return np.clip(image, 0, 255)

    return made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a headless Chromium, or skip.

    For one module: Playwright keeps an event loop running, which tests of other modules may not find.
    """
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install playwright")
    program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip(f"needs a browser: {', '.join(PROGRAMS)}")
    with api.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Return `open_page(file, fragment="", **options of a browser context)`, which opens a file from disk.

    When the test is over, it fails if a page wrote an error or a warning to the console, threw, or asked for anything
    that is not on this machine. Options are Playwright's, such as `color_scheme="dark"`,
    `viewport={"width": 390, "height": 800}`, `device_scale_factor=2`, `has_touch=True`.
    """
    complaints: list[str] = []
    contexts = []

    def open_page(file: Path, fragment: str = "", **options: Any) -> Page:  # noqa: ANN401 - options of any kind
        context = browser.new_context(
            **{"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce", **options}
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        _watch(page, complaints)
        page.goto(file.as_uri() + (f"#{fragment}" if fragment else ""))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def _watch(page: Page, complaints: list[str]) -> None:
    def line(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    def request(asked: Request) -> None:
        if not asked.url.startswith(LOCAL):
            complaints.append(f"asked for {asked.url}")

    def dialog(shown: Dialog) -> None:
        complaints.append(f"dialog: {shown.message}")
        shown.dismiss()

    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    page.on("console", line)
    page.on("request", request)
    page.on("dialog", dialog)
