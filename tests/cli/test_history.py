"""`srbench history`: what it prints and writes, and a plug-in whose versions are commits."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from srbench.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Result

PLAN = Plan(("bicubic", "mine"), (2,), ("set",), ("p",), timing=False)
CODE = "def load(factor, device):\n    return lambda image: image.repeat(factor, 0).repeat(factor, 1) // {}\n"


@pytest.mark.slow
def test_formats(srbench: Callable[..., Result], runs: Any, tmp_path: Path) -> None:  # noqa: ANN401 - of conftest
    """Text, JSON and CSV are printed, a page is written; what is left out is said."""
    runs.write("a", PLAN, started="2026-01-01T00:00:00+00:00")
    runs.write("b", PLAN, started="2026-01-02T00:00:00+00:00")
    found = srbench("history", "a", "b", "nothing")
    assert found.code == 0, found.err
    assert "mine, set x2, p: unchanged in 2 runs: PSNR 30.50 dB, SSIM 0.9000" in found.out
    assert "nothing is left out" in found.err
    assert "mine, set x2, p: 2 versions" in srbench("history", "a", "b", "--methods", "mine").out
    histories = json.loads(srbench("history", "a", "b", "--json").out)["histories"]
    assert [(each["method"], len(each["events"])) for each in histories] == [("bicubic", 2), ("mine", 2)]
    assert srbench("history", "a", "b", "--format", "csv").out.count("\n") == 5
    assert srbench("history", "a", "--format", "html").out == "written: history.html\n"
    assert "<svg" in (tmp_path / "history.html").read_text()


def test_arguments(srbench: Callable[..., Result], runs: Any) -> None:  # noqa: ANN401
    """Tables are not written to a file, and a method must be there."""
    runs.write("a", PLAN)
    assert srbench("history", "a", "--out", "x").err == (
        "srbench: --out is a file for --format html or csv; choose one of them\n"
    )
    assert "unknown method 'min'" in srbench("history", "a", "--methods", "min").err


@pytest.mark.slow
def test_commits_of_a_plugin(srbench: Callable[..., Result], tmp_path: Path, photos: Path) -> None:
    """A run records the commit of the repository that tracks the plug-in, and its subject; `+` where it differs."""
    git = shutil.which("git")
    if git is None:
        pytest.skip("needs git")

    def commit(*arguments: str) -> None:
        author = ["-c", "user.name=n", "-c", "user.email=n@n"]
        subprocess.run([git, *author, *arguments], cwd=tmp_path, check=True, capture_output=True)

    commit("init", "-q")
    options = "--plugin", "mine.py", "--methods", "mine", "--datasets", photos, "--factor", "2", "--no-timing"
    (tmp_path / "mine.py").write_text(CODE.format(2))
    assert srbench("run", *options, "--out", "before").code == 0
    assert json.loads((tmp_path / "before" / "run.json").read_text())["checkouts"] == {}
    commit("add", "mine.py")
    commit("commit", "-qm", "Halve")
    assert srbench("run", *options, "--out", "one").code == 0
    (tmp_path / "mine.py").write_text(CODE.format(1))
    assert srbench("run", *options, "--out", "two").code == 0
    first, second = (json.loads((tmp_path / name / "run.json").read_text())["checkouts"] for name in ("one", "two"))
    assert first["mine"]["subject"] == "Halve"
    assert second["mine"]["commit"] == first["mine"]["commit"] + "+"
    (mine,) = json.loads(srbench("history", "one", "two", "--json").out)["histories"]
    assert [event["changed"] for event in mine["events"]] == [[], ["code"]]
