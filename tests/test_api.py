"""Functions as methods of `srbench.run`: isolated, named, never stale, and readable by whoever comes later."""

# ruff: noqa: ANN401 - functions as notebooks have them say nothing of types

from __future__ import annotations

import os
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import srbench
from srbench.cli import main
from srbench.errors import RunFolderError, UsageError
from srbench.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Runs


def scaled(gain: float) -> Callable[[Any, int], Any]:
    """Return a function that repeats pixels, times a gain."""

    def enlarge(image: Any, factor: int) -> Any:
        return np.clip(image.repeat(factor, 0).repeat(factor, 1) * gain, 0, 255).astype(image.dtype)

    return enlarge


def broken(_image: Any) -> Any:
    """Raise."""
    raise RuntimeError("boom")


def run(methods: Any, pictures: Path, **options: Any) -> Any:
    """Score methods on small pictures."""
    given = {"factors": 2, "timing": False, "report": False, "out": pictures.parent / "run"}
    return srbench.run(methods, datasets=str(pictures), **{**given, **options})


def rows(folder: Path) -> int:
    """Return how many rows a run has."""
    return len((folder / "rows.jsonl").read_text(encoding="utf-8").splitlines())


def test_a_function_is_a_method(pictures: Path) -> None:
    """It has rows under its name, as the method of the same pixels has, and failures are rows, too."""
    found = run(["bicubic", {"Mine": scaled(1.0)}, broken], pictures)
    summary = found.summary.set_index("method")
    assert list(summary.index) == ["bicubic", "Mine", "broken"]
    assert summary.loc["Mine", "images"] == 3
    assert summary.loc["broken", "status"] == "failed"
    assert summary.loc["broken", "reason"] == "RuntimeError: boom"


@pytest.mark.slow
def test_an_edit_is_never_answered_with_an_old_result(pictures: Path) -> None:
    """What captures another value is scored anew in the same folder; what stayed is not computed again."""
    before = run({"Mine": scaled(1.0)}, pictures)
    assert rows(before.folder) == 3
    assert rows(run({"Mine": scaled(1.0)}, pictures).folder) == 3
    after = run({"Mine": scaled(0.5)}, pictures)
    assert rows(after.folder) == 6
    assert len(after.scores) == 3
    assert after.summary["psnr"].iloc[0] < before.summary["psnr"].iloc[0] - 1
    assert rows(run({"Mine": scaled(1.0)}, pictures).folder) == 6
    with pytest.raises(RunFolderError, match=re.escape(f"give another out, and reuse={str(after.folder)!r}")):
        run({"Mine": scaled(0.5), "Other": scaled(1.0)}, pictures)


@pytest.mark.slow
def test_a_later_command_reports_and_continues(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The run folder is like any other: its function is a plug-in file, which the command line takes too."""
    folder = run(["bicubic", {"Mine": scaled(1.0)}], pictures).folder
    with pytest.raises(SystemExit) as ended:
        main(["report", str(folder), "--format", "csv"])
    assert not ended.value.code
    assert "Mine" in capsys.readouterr().out
    common = ["--datasets", str(pictures), "--factor", "2", "--no-timing", "--out", str(folder)]
    with pytest.raises(SystemExit) as ended:
        main(["run", "--methods", "bicubic,Mine", "--plugin", str(folder / "functions" / "Mine.py"), *common])
    assert not ended.value.code
    assert rows(folder) == 6
    assert srbench.load(folder).summary["method"].tolist() == ["bicubic", "Mine"]


@pytest.mark.slow
def test_a_function_that_is_gone_is_said(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be computed again is a failed row, or a line, and never a crash; results stay."""
    folder = run(["bicubic", {"Mine": scaled(1.0)}], pictures).folder
    (folder / "functions" / "Mine.pickle").unlink()
    command = ["figure", str(folder), "--image", "a.png", "--out", str(folder.parent / "strip.png")]
    with pytest.raises(SystemExit) as ended:
        main(command)
    assert ended.value.code == 2
    assert "Mine.pickle cannot be read" in capsys.readouterr().err
    assert len(srbench.load(folder).scores) == 6


def test_errors_leave_no_folder(pictures: Path) -> None:
    """A name that is taken, and options that cannot be, are said before anything is written."""
    with pytest.raises(UsageError, match="'bicubic' is the name of a method"):
        run({"bicubic": scaled(1.0)}, pictures)
    with pytest.raises(UsageError, match="unknown protocol"):
        run({"Mine": scaled(1.0)}, pictures, protocols="absent")
    assert not (pictures.parent / "run").exists()
    with pytest.raises(RunFolderError, match="contains no run"):
        run({"Mine": scaled(1.0)}, pictures, out=pictures)


@pytest.mark.slow
@pytest.mark.usefixtures("brief")
def test_a_function_is_timed(pictures: Path) -> None:
    """`srbench.time` takes what `srbench.run` takes, and shows its lines in a notebook."""
    found = srbench.time(
        ["nearest", {"Mine": scaled(1.0)}],
        factors=2,
        sizes="16x12",
        processes=1,
        limit=1,
        out=pictures.parent / "times",
        report=False,
    )
    assert set(found.speeds["method"]) == {"nearest", "Mine"}
    assert ">Mine</td>" in found._repr_html_()


@pytest.mark.slow
@pytest.mark.processes
def test_a_function_that_ends_its_process_is_one_crashed_row(pictures: Path) -> None:
    """It runs in a process of its own: the notebook and other methods go on."""

    def deadly(image: Any) -> Any:
        os._exit(3)
        return image

    found = run({"Deadly": deadly, "Cubic": "bicubic"}, pictures, retries=0)
    assert dict(zip(found.summary["method"], found.summary["status"], strict=True)) == {
        "Deadly": "crashed",
        "Cubic": "ok",
    }


@pytest.mark.slow
def test_results_know_their_folder(pictures: Path) -> None:
    """Of a run that was just made, and of one that is loaded."""
    found = run("bicubic", pictures)
    assert found.folder == srbench.load(found.folder).folder == pictures.parent / "run"
    assert repr(found) == f"<results of {found.folder}: 1 method, 3 scores, 0 timings>"


@pytest.mark.slow
def test_report(pictures: Path) -> None:
    """The page goes into the run folder, or where it is asked for; text comes back, or goes there too."""
    found = run(["bicubic", {"Mine": scaled(1.0)}], pictures)
    page = srbench.report(found)
    assert page == found.folder / "report.html"
    assert Path(page).read_text(encoding="utf-8").startswith("<!doctype html>")
    text = srbench.report(found.folder, "markdown", baseline="Mine")
    assert isinstance(text, str)
    assert "vs Mine" in text
    out = pictures.parent / "table.tex"
    assert srbench.report(found, "latex", out=out, names="Mine=Ours") == out
    assert "Ours" in out.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"format": "pdf"}, "--format is 'pdf', expected one of rich, markdown, latex, csv, json, html"),
        ({"images": "all"}, "--images is 'all', expected crops or full"),
        ({"names": "a=b"}, "--names requires --format latex"),
        ({"format": "csv", "images": "full"}, "--images full requires --format html"),
        ({"images": "full"}, "contains no full images"),
        ({"baseline": "absent"}, "--baseline is 'absent'"),
    ],
)
def test_report_errors(runs: Any, options: dict[str, Any], words: str) -> None:
    """Options that do not fit are said before anything is written."""
    folder = runs.write("run", Plan(("bicubic", "mine")))
    with pytest.raises(UsageError) as caught:
        srbench.report(folder, **options)
    assert words in str(caught.value)
    assert not (folder / "report.html").exists()


@pytest.mark.slow
def test_report_does_not_write_over_a_run(runs: Any) -> None:
    """Files that the run is made of stay."""
    folder = runs.write("run", Plan(("bicubic", "mine")))
    with pytest.raises(UsageError):
        srbench.report(folder, "csv", out=folder / "rows.jsonl")


def test_results_are_runs(runs: Any) -> None:
    """What `load` and `run` return can be compared as it is."""
    one, two = (srbench.load(runs.write(name, Plan(("bicubic", "mine")))) for name in ("one", "two"))
    assert srbench.compare(one, two).a.folder == one.folder


@pytest.mark.slow
def test_files_that_cannot_be_written(runs: Runs) -> None:
    """The page of a history and a report are refused in one line that names the file."""
    folder = runs.write("run", Plan(("bicubic", "mine"), timing=False))
    absent = folder / "absent" / "file"
    for write in (partial(srbench.history, folder), partial(srbench.report, folder, "csv")):
        with pytest.raises(UsageError, match=re.escape(f"cannot write {absent}")):
            write(out=absent)
