"""Asking for help or for the list of methods is instant, because nothing heavy is imported for it."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

PROBE = """
import sys
from srbench.cli import main
try:
    main(sys.argv[1:])
finally:
    print("imported:", sorted({"torch", "cv2", "pandas", "numpy", "psutil", "distributed"} & set(sys.modules)))
"""


def probed(*arguments: str) -> tuple[float, str]:
    """Return the seconds a command took, and what it printed."""
    start = time.perf_counter()
    result = subprocess.run([sys.executable, "-c", PROBE, *arguments], capture_output=True, text=True, check=True)
    return time.perf_counter() - start, result.stdout


@pytest.mark.parametrize("arguments", [["--help"], ["methods"], ["run", "--help"], ["--version"]], ids=" ".join)
def test_instant(arguments: list[str]) -> None:
    """Under a second (the best of three), with neither torch nor OpenCV nor pandas imported."""
    results = [probed(*arguments) for _ in range(3)]
    assert results[0][1].splitlines()[-1] == "imported: []"
    assert min(seconds for seconds, _ in results) < 1


def test_package_is_instant() -> None:
    """`import srbench` imports nothing heavy either."""
    code = "import srbench, sys; print({'torch', 'cv2', 'pandas', 'numpy', 'typer'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "set()\n"


def test_run_imports_what_it_computes_with_alone() -> None:
    """What `srbench run` imports before its workers begin holds nothing that only workers and statistics need."""
    code = "import srbench.cli.run, srbench.runs.runner, srbench.report.html.page, sys; print(HEAVY & set(sys.modules))"
    heavy = "HEAVY = {'torch', 'scipy', 'skimage', 'matplotlib', 'distributed', 'pooch'}; "
    result = subprocess.run([sys.executable, "-c", heavy + code], capture_output=True, text=True, check=True)
    assert result.stdout == "set()\n"
