"""The Makefile: whatever is installed in its environment, the checkout is what runs."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """Return an environment that make has set up."""
    for name in ("bin/python", ".run", ".dev"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def planned(target: str, environment: Path) -> str:
    """Return the commands that make would run."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    command = ["make", "--dry-run", target, f"VENV={environment}"]
    return subprocess.run(command, cwd=ROOT, env=plain, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(("target", "what"), [("demo", "--editable ."), ("test", "--editable '.[dev]'")])
def test_an_installed_copy_is_replaced(target: str, what: str, environment: Path) -> None:
    """After `pip install .` in make's environment, the next target makes the install editable again."""
    assert "pip" not in planned(target, environment)
    copy = environment / "lib" / "python3.11" / "site-packages" / "srbench"
    copy.mkdir(parents=True)
    later = (environment / ".run").stat().st_mtime + 10
    os.utime(copy, (later, later))
    assert what in planned(target, environment)


def test_demo_runs_the_checkout(environment: Path) -> None:
    """Not the command `srbench`, which would run an environment's copy."""
    assert (
        planned("demo", environment) == f"{environment}/bin/python -m srbench run --methods bicubic,espcn --factor 3\n"
    )
