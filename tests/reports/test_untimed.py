"""Interrupted runs of times: what was not timed, and how to continue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from srbench.maintain import merge
from srbench.plan import Plan
from srbench.reports.untimed import untimed
from srbench.store.journal import read_info

if TYPE_CHECKING:
    from pathlib import Path

TIMES = Plan(("a",), (3,), ("set",), ("basicsr",), scoring=False, timing=True, threads=(1, 2))
SCORES = Plan(("a",), (3,), ("set",), ("basicsr",), timing=False)
TIMED = {"x3 on cpu, 1 thread": {"first": 0, "how": {"threads": 1}}, "x3 on cpu, 2 threads": {"first": 1, "how": None}}


def said(folder: Path) -> list[str]:
    """Return what is said of a run folder."""
    return list(untimed(read_info(folder), folder))


def test_interrupted(runs: Any) -> None:  # noqa: ANN401 - see conftest
    """What was not timed, or in part, is named with the command that continues; an absent device is not."""
    folder = runs.write("times", TIMES, runs.samples(TIMES), status="running", timed=TIMED)
    (line,) = said(folder)
    assert line.endswith(f"timed: x3 on cpu, 2 threads; to continue: the same command with --out {folder}")
    assert said(runs.write("whole", TIMES, runs.samples(TIMES), timed=TIMED)) == []


@pytest.mark.slow
def test_merged(runs: Any, tmp_path: Path) -> None:  # noqa: ANN401 - see conftest
    """A merged run with such a part has not ended either, and names the part."""
    times = runs.write("times", TIMES, runs.samples(TIMES), status="running", timed=TIMED)
    merge.merge([times, runs.write("scores", SCORES)], tmp_path / "both")
    assert read_info(tmp_path / "both")["status"] == "running"
    assert [line.partition(" ")[0] for line in said(tmp_path / "both")] == [str(times)]
