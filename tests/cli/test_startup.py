"""Asking for help or for the list of methods is instant, because nothing heavy is imported for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    *("cv2", "distributed", "jinja2", "matplotlib", "numpy", "onnxruntime", "openvino", "pandas", "PIL", "pooch"),
    *("psutil", "pyarrow", "pytest", "safetensors", "scipy", "skimage", "torch"),
}
PROBE = """
import sys
from srbench.cli import main
try:
    main(sys.argv[1:])
finally:
    print(*{name.partition(".")[0] for name in sys.modules})
"""


def imported(code: str, *arguments: str) -> set[str]:
    """Return the last line that a Python program prints, word by word."""
    command = [sys.executable, "-c", code, *arguments]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1].split())


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [["--help"], ["methods"], ["run", "--help"], ["--version"]], ids=" ".join)
def test_instant(arguments: list[str]) -> None:
    """The command is there, and nothing that takes long to import."""
    names = imported(PROBE, *arguments)
    assert {"srbench", "typer"} <= names
    assert names & HEAVY == set()


def test_package_is_instant() -> None:
    """`import srbench` imports nothing heavy either, nor what makes the command line."""
    names = imported("import srbench, sys; print(*{name.partition('.')[0] for name in sys.modules})")
    assert "srbench" in names
    assert names & {*HEAVY, "typer", "rich"} == set()


@pytest.mark.slow
def test_run_imports_what_it_computes_with_alone() -> None:
    """What `srbench run` imports before its workers begin holds nothing that only workers and statistics need."""
    code = "import srbench.cli.run, srbench.execution.runner, srbench.reports.html.page, sys"
    names = imported(f"{code}; print(*{{name.partition('.')[0] for name in sys.modules}})")
    assert names & {"torch", "scipy", "skimage", "matplotlib", "distributed", "pooch"} == set()
