"""`srbench board`: what it writes and prints, and its exit code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from srbench.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Result

PLAN = Plan(("bicubic", "mine"), (2,), ("set",), ("p",), timing=False)


@pytest.mark.slow
def test_board(srbench: Callable[..., Result], runs: Any, tmp_path: Path) -> None:  # noqa: ANN401 - of conftest
    """A site is written to ./site; what is left out and why is said, and who leads."""
    runs.write("a", PLAN)
    result = srbench("board", "a", "nothing")
    assert result.code == 0
    assert result.out.splitlines()[:2] == [
        "Image upscalers compared: 1 run, 2 methods, 1 table",
        "set x2, p: bicubic, mine have equal best means.",
    ]
    assert "written: site/index.html" in result.out
    assert "nothing is left out: nothing is not a run folder" in " ".join(result.err.split())
    assert (tmp_path / "site" / "index.html").is_file()


@pytest.mark.slow
def test_out_title_and_images(srbench: Callable[..., Result], runs: Any, tmp_path: Path) -> None:  # noqa: ANN401
    """The site lies where it is asked for, under its title."""
    runs.write("a", PLAN)
    assert srbench("board", "a", "--out", "x/y", "--title", "Mine", "--images", "none").code == 0
    assert "Mine" in (tmp_path / "x" / "y" / "index.html").read_text()


@pytest.mark.slow
def test_json(srbench: Callable[..., Result], runs: Any, tmp_path: Path) -> None:  # noqa: ANN401
    """With --json the main table is printed, with what is left out, and no site is written unless asked for."""
    runs.write("a", PLAN)
    result = srbench("board", "a", "nothing", "--json")
    found = json.loads(result.out)
    assert [(line["method"], line["metric"]) for line in found["lines"]] == [
        ("bicubic", "psnr"),
        ("bicubic", "ssim"),
        ("mine", "psnr"),
        ("mine", "ssim"),
    ]
    assert [each["folder"] for each in found["refused"]] == ["nothing"]
    assert found["apart"] == []
    assert not (tmp_path / "site").exists()
    assert srbench("board", "a", "--json", "--out", "site").code == 0
    assert (tmp_path / "site" / "board.json").is_file()


def test_no_run(srbench: Callable[..., Result], tmp_path: Path) -> None:
    """Without a run nothing is written, and the exit code is 2."""
    result = srbench("board", "nothing")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("srbench: no run folder can be used: nothing: nothing is not a run folder")
    assert not (tmp_path / "site").exists()


def test_a_run_folder_is_not_overwritten(srbench: Callable[..., Result], runs: Any) -> None:  # noqa: ANN401
    """--out of a folder that is no board is refused before anything is read."""
    runs.write("a", PLAN)
    result = srbench("board", "a", "--out", "a")
    assert result.code == 2
    assert "a holds files and is no board; choose a new folder with --out" in result.err
