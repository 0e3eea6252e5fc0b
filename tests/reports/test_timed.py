"""What `srbench.time` returns, and that it asks as the command does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import srbench
from srbench import api
from srbench.speed.timing import THOROUGH

if TYPE_CHECKING:
    from pathlib import Path

BRIEF = replace(THOROUGH, rounds=5, seconds=0, samples=1, warm_up=0, pause=0, patience=0, machine=False)


@pytest.mark.slow
@pytest.mark.usefixtures("brief")
def test_times_in_python(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables, verdicts and answers are there at once; a budget without scores calls nothing the best."""
    monkeypatch.setattr(api, "THOROUGH", BRIEF)
    found = srbench.time(
        ["nearest", "Cubic=bicubic"],
        factors=2,
        datasets=f"{photos}/",
        output_sizes="16x12",
        threads=[1],
        budget="10s",
        processes=3,
        device="cpu",
        out=tmp_path / "run",
        report=False,
    )
    assert found.folder == tmp_path / "run"
    assert found.speeds[["method", "thread_limit", "width", "fit"]].to_numpy().tolist() == [
        ["nearest", 1, 8, "within"],
        ["Cubic", 1, 8, "within"],
    ]
    assert set(found.timings["phase"]) >= {"load", "first", "call"}
    (answer,) = found.answers
    assert (found.best, answer.best, answer.sure) == ("", "", False)


def test_bad_arguments_are_told_before_anything_runs(tmp_path: Path) -> None:
    """A budget without a unit and a folder without scores leave no folder behind."""
    with pytest.raises(srbench.SrbenchError, match="expected a time for each image"):
        srbench.time("nearest", budget="33", out=tmp_path / "run")
    with pytest.raises(srbench.SrbenchError, match="not a run folder"):
        srbench.time("nearest", scores=tmp_path / "nowhere", out=tmp_path / "run")
    assert not (tmp_path / "run").exists()
