"""The pytest plug-in, as the author of a method uses it: three lines in a folder of their own, and pytest."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import re
import subprocess
import sys
import tomllib
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., str]

ROOT = Path(__file__).parents[1]
BENCHMARK = ("--benchmark-only", "--benchmark-max-time=0.01", "--benchmark-min-rounds=1")
GOOD = """
def load(factor, device, mode: str = "plain"):
    return lambda image: image.repeat(factor, 0).repeat(factor, 1)
"""


def distribution(folder: Path, name: str, points: str) -> None:
    """Write what makes an installed package of the modules in `folder`: its metadata, with entry points."""
    metadata = folder / f"{name.replace('-', '_')}-1.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text(points, encoding="utf-8")


def write(folder: Path, **files: str) -> None:
    """Write Python files into `folder`, one per keyword."""
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")


def declare(folder: Path, *methods: str, more: str = "") -> None:
    """Write the author's configuration file."""
    text = f"[tool.pytest.ini_options]\nsrbench_methods = {json.dumps(methods)}\n{more}"
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")


@pytest.fixture
def author(tmp_path: Path) -> Path:
    """Return an author's folder: `mine.py`, a method, and the three lines."""
    folder = tmp_path / "author"
    folder.mkdir()
    write(folder, mine=GOOD)
    declare(folder, "mine.py")
    return folder


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Return a folder of installed packages: srbench as it is here, with the entry point of its plug-in."""
    given = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]["pytest11"]
    points = "".join(f"{name} = {value}\n" for name, value in given.items())
    site = tmp_path / "site"
    distribution(site, "srbench-of-this-checkout", f"[pytest11]\n{points}")
    for name in ("srbench", "methods", "datasets", "results"):
        (site / name).symlink_to(ROOT / name)
    (site / "srbench_of_this_checkout-1.dist-info" / "RECORD").write_text("srbench/__init__.py,,\n", encoding="utf-8")
    return site


@pytest.fixture
def run(author: Path, site: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs pytest in the author's folder, in this process, and returns what it prints."""
    for name in [each for each in os.environ if each.startswith("PYTEST_")]:  # of xdist
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.syspath_prepend(site)
    monkeypatch.chdir(author)

    # which collects garbage for a second, in a process as large as this
    plain = ["-p", "no:cacheprovider", "-p", "no:unraisableexception", "-W", "error"]

    def call(*arguments: str, code: int = 0) -> str:
        out = io.StringIO()
        with redirect_stdout(out), redirect_stderr(out):
            ended = pytest.main([*plain, *arguments])
        assert ended == code, out.getvalue()
        return out.getvalue()

    return call


@pytest.fixture
def start(author: Path, site: Path) -> Run:
    """Return what `run` returns, for a process of its own."""

    def call(*arguments: str, code: int = 0) -> str:
        outer = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}  # of xdist
        environment = {**outer, "PYTHONPATH": str(site), "COLUMNS": "120"}
        command = [sys.executable, "-P", "-m", "pytest", "-p", "no:cacheprovider", "-W", "error", *arguments]
        done = subprocess.run(command, cwd=author, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    return call


# The contract


@pytest.mark.slow
def test_three_lines_test_a_method(start: Run) -> None:
    """The contract at each factor, each a test that can be run alone."""
    assert "mine.py ..." in start()
    assert "mine.py::contract[mine-x3-cpu] PASSED" in start("-v", "mine.py::contract[mine-x3-cpu]")


def test_literal_options_are_tested_one_by_one(run: Run, author: Path) -> None:
    """A method alone stands for each of its settings; one with options for these."""
    chosen = GOOD.replace("mode: str", "mode: Literal['plain', 'odd']")
    write(author, mine=f"from typing import Literal\n{chosen}")
    declare(author, "mine.py", "mine.py:mode=odd")
    names = run("--collect-only", "-q").split()
    settings = [name.partition("-x2")[0].partition("[")[2] for name in names if "-x2-cpu" in name]
    assert settings == ["mine", "mine:mode=odd", "mine:mode=odd"]


@pytest.mark.slow
def test_a_broken_method_fails_in_one_readable_block(run: Run, author: Path) -> None:
    """What is wrong and on which example, then the author's own lines; no code of srbench."""
    write(
        author,
        mine="def load(factor, device):\n"
        "    def upscale(image):\n"
        "        if image.shape == (1, 1):\n"
        "            raise ValueError('too small')\n"
        "        return image.repeat(factor, 0).repeat(factor, 1)\n"
        "    return upscale if factor == 2 else lambda image: image\n",
    )
    out = run(code=1)
    block = f"""
mine: x2, grey uint8 1x1: too small
  File "{author}/mine.py", line 4, in upscale
    raise ValueError('too small')
ValueError: too small
"""
    assert block in out
    assert "] __" in out.partition(block)[0].splitlines()[-1]
    assert "\nmine: x3, grey uint8 17x12: returned shape (12, 17), expected (36, 51)\n" in out
    assert "contract.py" not in out


@pytest.mark.slow
def test_phases_are_held_to_the_call(run: Run, author: Path) -> None:
    """A plug-in that says how its call divides is timed by that, so both must give the same."""
    phased = (
        "class Phased:\n"
        "    def __init__(self, factor): self.phases = (lambda image: image, self, lambda sr: sr)\n"
        "    def __call__(self, image): return image.repeat(2, 0).repeat(2, 1)\n"
        "def load(factor, device): return Phased(factor)\n"
    )
    write(author, mine=phased, worse=phased.replace("lambda sr: sr", "lambda sr: sr[::-1]"))
    declare(author, "mine.py", "worse.py")
    out = run("-k", "x2", code=1)
    assert "worse: x2, grey uint8 17x12: its phases, one after the other, gave another result than its call" in out
    assert "1 failed, 1 passed" in out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("def load(", "mine.py cannot be imported: SyntaxError: '(' was never closed"),
        ("x = 1 / 0", 'mine.py", line 1, in <module>'),
        ("upscale = 1", "has no function load(factor, device)"),
    ],
)
def test_a_method_that_cannot_be_imported_is_an_error(run: Run, author: Path, text: str, line: str) -> None:
    """It is one error, as a broken test module is, and shows no code of srbench."""
    write(author, mine=text)
    out = run(code=2)
    assert line in out
    assert "ERROR collecting mine.py" in out
    assert "plugins.py" not in out


@pytest.mark.slow
def test_what_a_method_cannot_do_is_skipped_with_the_reason(run: Run, author: Path) -> None:
    """A factor without weights."""
    refusal = "    if factor > 2:\n        raise srbench.Unsupported(f'no weights for x{factor}')\n    return"
    write(author, mine="import srbench\n" + GOOD.replace("    return", refusal))
    declare(author, "mine.py")
    out = run("-rs", "-k", "cpu")
    assert "no weights for x3" in out
    assert "1 passed, 2 skipped" in out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import absent_package", "needs the package absent_package, which is not installed"),
        ("import srbench\ndef load(factor, device): raise srbench.Unsupported('only x8')", "only x8"),
        (
            "from srbench.pytorch import luma_method\nload, files = luma_method(lambda factor: None)",
            "has no weights; train some with srbench train, and give them as weights=FILE",
        ),
    ],
)
def test_a_method_that_skips_everything_fails(run: Run, author: Path, text: str, reason: str) -> None:
    """Nothing was tested, and a green run would say that something was; also in a test of the author's own."""
    own = "import pathlib\nfrom srbench import testing\ndef test_own():\n"
    own += "    known = testing.registry([pathlib.Path(__file__).with_name('mine.py')])\n"
    name = f"test_{abs(hash(text))}"  # a process imports a module of one name once
    write(author, mine=text)
    write(author, **{name: f"{own}    testing.keeps_contract(testing.choose('mine', known), 3)\n"})
    out = run("mine.py", f"{name}.py", "-k", "x3-cpu or own", code=1)
    assert f"mine: it runs at none of x2, x3 and x4 here, so nothing was tested: {reason}" in out
    assert "skipped" not in out


def test_a_method_may_import_the_files_beside_it(run: Run, author: Path) -> None:
    """Also where its file is an argument, which pytest would else import as a test module."""
    write(author, mine=f"from ._factor import twice\n{GOOD}", _factor="twice = 2")
    assert "3 passed" in run("mine.py")


@pytest.mark.slow
def test_an_installed_method(run: Run, author: Path, site: Path) -> None:
    """A method with an entry point is named; its tests belong to the configuration file."""
    (site / "my_package").mkdir()
    write(site / "my_package", __init__="", doubling=GOOD)
    distribution(site, "my-package", "[srbench.methods]\ndoubling = my_package.doubling\n")
    declare(author, "doubling")
    assert "pyproject.toml ..." in run()


@pytest.mark.slow
def test_testpaths_hide_no_method(start: Run, author: Path) -> None:
    """Methods are collected beside the author's tests, on any number of processes, unless others are asked for."""
    (author / "tests").mkdir()
    write(author / "tests", test_a="def test_a():\n    pass\n")
    declare(author, "mine.py", more='testpaths = ["tests"]\n')
    assert "4 passed" in start()
    assert "4 passed" in start("-n", "2")
    assert "1 passed" in start("tests")


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("entry", "code", "line"),
    [
        ("absent.py", 4, "srbench_methods: cannot find 'absent.py'; expected a Python file in {folder}"),
        ("bicubi", 2, "unknown method 'bicubi'; did you mean 'bicubic'?"),
        ("mine.py:size=2", 2, "unknown option 'size' of mine"),
    ],
)
def test_a_mistaken_name_is_an_error(run: Run, author: Path, entry: str, code: int, line: str) -> None:
    """Nothing that is declared goes untested in silence."""
    declare(author, entry)
    out = run(code=code)
    assert line.format(folder=author) in out
    assert "Error:" not in out


# Metrics


METRIC = """
import numpy
from srbench.metrics import Metric
METRIC = Metric(label="MAE", better="lower", low=0)
def load(kind: str = "mean"):
    def score(reference, image):
        return float(getattr(numpy, kind)(abs(reference.astype(float) - image)))
    return score
"""


def declare_metrics(folder: Path, *metrics: str) -> None:
    """Write the author's configuration file, of metrics alone."""
    text = f"[tool.pytest.ini_options]\nsrbench_metrics = {json.dumps(metrics)}\n"
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")


@pytest.mark.slow
def test_three_lines_test_a_metric(run: Run, author: Path) -> None:
    """The contract for each value of its Literal options; methods may be declared beside it."""
    typed = METRIC.replace("kind: str", "kind: Literal['mean', 'median']")
    write(author, mae=f"from typing import Literal\n{typed}")
    declare_metrics(author, "mae.py")
    out = run("-v")
    assert "mae.py::contract[mae] PASSED" in out
    assert "mae.py::contract[mae:kind=median] PASSED" in out
    assert "2 passed" in out
    with (author / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write('srbench_methods = ["mine.py"]\n')
    assert "5 passed" in run()


def test_a_broken_metric_fails_in_one_readable_block(run: Run, author: Path) -> None:
    """What is wrong and on which images, then the author's own lines; no code of srbench."""
    write(author, mae=METRIC.replace("return float(", "return 1 / 0 * float("))
    declare_metrics(author, "mae.py")
    out = run(code=1)
    assert "\nmae: grey 96x80: ZeroDivisionError: division by zero\n" in out
    assert f'File "{author}/mae.py", line 7, in score' in out
    assert "suite.py" not in out


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            METRIC.replace("import numpy", "import srb_nowhere"),
            "mae: nothing was tested: needs the package srb_nowhere",
        ),
        (METRIC.replace("lower", "less"), "declares better='less', expected 'higher' or 'lower'"),
    ],
)
def test_a_metric_that_cannot_be_tested_fails(run: Run, author: Path, text: str, line: str) -> None:
    """A skip alone would look as if it had been tested."""
    write(author, mae=text)
    declare_metrics(author, "mae.py")
    out = run(code=1)
    assert line in out
    assert "skipped" not in out


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("entry", "code", "line"),
    [
        ("absent.py", 4, "srbench_metrics: cannot find 'absent.py'; expected a Python file in {folder}"),
        ("ssin", 2, "unknown metric 'ssin'; did you mean 'ssim'?"),
        ("mine.py", 2, "mine.py is no metric; a plug-in file is a metric if it has METRIC = "),
    ],
)
def test_a_mistaken_name_of_a_metric_is_an_error(run: Run, author: Path, entry: str, code: int, line: str) -> None:
    """Nothing that is declared goes untested in silence."""
    declare_metrics(author, entry)
    assert line.format(folder=author) in run(code=code)


# The benchmarks


@pytest.mark.slow
def test_benchmarks_stand_beside_bicubic(run: Run) -> None:
    """Each factor and device is a group; an absent device is a skip that says so; the contract is left out."""
    out = run(*BENCHMARK, "-rs")
    for factor in (2, 3, 4):
        assert f"benchmark 'upscale 640x360 RGB uint8 x{factor} on cpu': 2 tests" in out
        assert f"upscale[mine-x{factor}-cpu]" in out
        assert f"upscale[bicubic-x{factor}-cpu]" in out
    assert "mine does not run on cuda" in out or "no CUDA device" in out
    assert "contract" not in out


@pytest.mark.slow
def test_results_are_saved_and_compared(run: Run, author: Path) -> None:
    """JSON says what was timed, by which clock; pytest-benchmark's `compare` reads two such files."""
    for name in "ab":
        run(*BENCHMARK, "-k", "x2-cpu", f"--benchmark-json={name}.json")
    first, *_ = json.loads((author / "a.json").read_text(encoding="utf-8"))["benchmarks"]
    assert first["extra_info"] == {"method": "mine", "factor": 2, "device": "cpu"}
    assert first["options"]["timer"] == "srbench.testing.clock"
    command = [sys.executable, "-m", "pytest_benchmark", "compare", "a.json", "b.json", "--columns=median"]
    compared = subprocess.run(command, cwd=author, capture_output=True, text=True, check=True)
    assert "upscale[mine-x2-cpu] (a)" in compared.stdout
    assert "upscale[mine-x2-cpu] (b)" in compared.stdout


def test_no_configuration_file_is_needed(run: Run, author: Path) -> None:
    """The command that `srbench methods new` prints."""
    (author / "pyproject.toml").unlink()
    assert "2 passed" in run(*BENCHMARK, "-o", "srbench_methods=mine.py", "mine.py", "-k", "x2-cpu")


@pytest.mark.slow
@pytest.mark.skipif(not importlib.util.find_spec("pygal"), reason="pygal is not installed")
def test_results_are_drawn(run: Run, author: Path) -> None:
    """One histogram per group."""
    run(*BENCHMARK, "-k", "x2-cpu", "--benchmark-histogram=times")
    assert [path.name for path in author.glob("*.svg")] == ["times-upscale_640x360_RGB_uint8_x2_on_cpu.svg"]


@pytest.mark.slow
def test_a_broken_method_is_not_timed(run: Run, author: Path) -> None:
    """It fails as under the contract, and adds no warning."""
    write(author, mine="def load(factor, device):\n    return lambda image: image\n")
    out = run(*BENCHMARK, "-k", "x2-cpu", code=1)
    assert "\nmine: returned shape (360, 640, 3), expected (720, 1280, 3)\n" in out
    assert "1 failed, 1 passed" in out


@pytest.mark.slow
def test_the_clock_waits_for_the_device(run: Run, author: Path) -> None:
    """`synchronize()` is called before the clock starts and before it stops, as often as it is looked at."""
    write(
        author,
        mine="import time\n"
        "from pathlib import Path\n"
        "def note(what):\n"
        "    with Path(__file__).with_name('log.txt').open('a') as log: log.write(what)\n"
        "class Slow:\n"
        "    until = 0\n"
        "    def __init__(self, factor): self.factor = factor\n"
        "    def __call__(self, image):\n"
        "        note('c')\n"
        "        self.until = time.perf_counter() + 0.05\n"
        "        return image.repeat(self.factor, 0).repeat(self.factor, 1)\n"
        "    def synchronize(self):\n"
        "        note('s')\n"
        "        time.sleep(max(0, self.until - time.perf_counter()))\n"
        "def load(factor, device): return Slow(factor)\n",
    )
    run(*BENCHMARK, "-k", "mine-x2-cpu", "--benchmark-json=a.json")
    (benchmark,) = json.loads((author / "a.json").read_text(encoding="utf-8"))["benchmarks"]
    assert benchmark["stats"]["min"] >= 0.05
    log = (author / "log.txt").read_text(encoding="utf-8")
    assert re.fullmatch("c(s+cs+)+c", log)  # the first is the contract's, the last is not timed


@pytest.mark.parametrize("parallel", ["-n1", "-n2", "-nauto", "--dist=load", "-n2 --dist=no", "-n2 --benchmark-enable"])
def test_benchmarks_refuse_to_run_in_parallel(run: Run, parallel: str) -> None:
    """Parallel times mean nothing: pytest-benchmark stops in one line, before anything runs."""
    out = run(*BENCHMARK, *parallel.split(), code=4)
    assert len(out.strip().splitlines()) == 1
    assert "automatically activated if xdist is on" in out


def test_one_process_of_xdist_is_none(run: Run) -> None:
    """`-n0` runs the benchmarks, as without it."""
    assert "2 passed" in run(*BENCHMARK, "-n0", "-k", "x2-cpu")


# Everybody else


@pytest.mark.slow
def test_it_is_nothing_to_others(start: Run, author: Path) -> None:
    """Where no method is declared, nothing is imported, collected or printed on its behalf."""
    (author / "pyproject.toml").unlink()
    heavy = "{'numpy', 'cv2', 'torch', 'scipy', 'pandas', 'srbench.methods', 'srbench.testing'}"
    write(author, test_light=f"import sys\ndef test_light():\n    assert not {heavy} & set(sys.modules)\n")
    given = start("-p", "no:benchmark", "-p", "no:hypothesispytest")
    assert "1 passed" in given
    assert "1 passed" in start("-p", "no:srbench", "-p", "no:benchmark")
    assert given.count("srbench") == 1  # pytest's list of plug-ins


@pytest.mark.slow
def test_srbench_may_be_imported_before_pytest_starts(author: Path, site: Path) -> None:
    """A process that uses both has no warning that it is too late to rewrite the plug-in's package."""
    code = "import sys, srbench, pytest; sys.exit(pytest.main(['-q', '-W', 'error', 'mine.py']))"
    environment = {**os.environ, "PYTHONPATH": str(site)}
    subprocess.run([sys.executable, "-c", code], cwd=author, env=environment, check=True, timeout=100)


@pytest.mark.slow
def test_it_does_without_pytest_benchmark(start: Run) -> None:
    """The contract needs pytest alone."""
    assert "3 passed" in start("-p", "no:benchmark", "-p", "no:xdist", "-p", "no:timeout")
