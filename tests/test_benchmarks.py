"""The benchmarks in `tests/benchmarks/`: when they run, and that they do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

from srbench import methods, testing

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


def test_plain_pytest_collects_none() -> None:
    """They are not even collected without `--benchmark-only`: exit code 5 is "no tests"."""
    assert "test_" not in run("--collect-only", FOLDER, code=5)


def test_in_parallel_nothing_runs() -> None:
    """`-n` and `--benchmark-only` exclude each other: one line, and a code that is not 0."""
    (line,) = run("--benchmark-only", "-n", "2", FOLDER, code=4).strip().splitlines()
    assert "--benchmark-only" in line


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_everything_is_benchmarked(tmp_path: Path) -> None:
    """Each method, factor and device has a time or a reason; metrics and degradation agree with those beside them."""
    file = tmp_path / "times.json"
    limits = ("--benchmark-max-time=0.01", "--benchmark-min-rounds=1", f"--benchmark-json={file}")
    out = run("--benchmark-only", *limits, "-vv", FOLDER)
    for name, factor, device in product(methods.built_in(), testing.FACTORS, testing.DEVICES):
        (line,) = (each for each in out.splitlines() if f"::test_upscale[{name}-{factor}-{device}] " in each)
        assert "PASSED" in line or "SKIPPED (" in line
    groups = {each["group"] for each in json.loads(file.read_text(encoding="utf-8"))["benchmarks"]}
    assert {"PSNR 1920x1080 uint8", "SSIM 1920x1080 float64", "degrade 1920x1080 RGB uint8 by 4"} <= groups
