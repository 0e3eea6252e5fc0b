"""The benchmarks in `tests/benchmarks/`: when they run, and that they do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from srbench import methods, testing

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[1]
FOLDER = "tests/benchmarks"


def run(*arguments: str, code: int = 0) -> str:
    """Run pytest in the project's root and return what it prints."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    alone = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_XDIST")}
    wide = {**alone, "COLUMNS": "200"}
    done = subprocess.run(command, cwd=ROOT, env=wide, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.slow
def test_plain_pytest_collects_none() -> None:
    """They are not even collected without `--benchmark-only`: exit code 5 is "no tests"."""
    assert "test_" not in run("--collect-only", FOLDER, code=5)


@pytest.mark.slow
def test_in_parallel_nothing_runs() -> None:
    """`-n` and `--benchmark-only` exclude each other: one line, and a code that is not 0."""
    (line,) = run("--benchmark-only", "-n", "2", FOLDER, code=4).strip().splitlines()
    assert "--benchmark-only" in line


def test_formulas_beside_packages(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Each package finds the value that it is timed for, in turn with srbench; an absent one is left out, and said."""
    formulas = import_module_of(ROOT / FOLDER / "formulas.py")
    monkeypatch.setattr(formulas, "HEIGHT", 192)
    monkeypatch.setattr(formulas, "WIDTH", 200)
    monkeypatch.setattr(formulas, "ROUNDS", 1)
    monkeypatch.setattr(formulas, "SECONDS", 0)
    monkeypatch.setitem(sys.modules, "sewar", None)
    lines = formulas.measure(["niqe", "ciede2000", "vifp"])
    by_package = {(line.metric, line.package): line for line in lines}
    for metric, package in [("niqe", "BasicSR's steps"), ("ciede2000", "scikit-image")]:
        expected = by_package[metric, "srbench"].value
        assert by_package[metric, package].value == pytest.approx(expected, abs=1e-5)
    assert all(line.milliseconds > 0 for line in lines)
    assert "vifp: sewar is left out: ModuleNotFoundError" in capsys.readouterr().err


def import_module_of(path: Path) -> ModuleType:
    """Return a script as a module."""
    spec = spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_everything_is_benchmarked(tmp_path: Path) -> None:
    """Each method and device has a time or a reason at x3; metrics and degradation agree with those beside them.

    Methods of which an option must be given are not among them.
    """
    file = tmp_path / "times.json"
    limits = ("--benchmark-max-time=0.01", "--benchmark-min-rounds=1", f"--benchmark-json={file}")
    out = run("--benchmark-only", *limits, "-vv", "-k", "not test_upscale or -3-", FOLDER)
    for name, device in product(methods.built_in().keys() - methods._NEEDED.keys(), testing.DEVICES):
        (line,) = (each for each in out.splitlines() if f"::test_upscale[{name}-3-{device}] " in each)
        assert "PASSED" in line or "SKIPPED (" in line
    groups = {each["group"] for each in json.loads(file.read_text(encoding="utf-8"))["benchmarks"]}
    assert {"PSNR 1920x1080 uint8", "SSIM 1920x1080 float64", "degrade 1920x1080 RGB uint8 by 4"} <= groups
