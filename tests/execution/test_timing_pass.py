"""What a run times, group by group, and what it does when it was interrupted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from srbench.execution import runner, worker_group
from srbench.plan import Plan
from srbench.store.journal import read_info

if TYPE_CHECKING:
    from pathlib import Path

    from srbench.analysis.tables import Tables

pytestmark = pytest.mark.usefixtures("brief")


def timed(pictures: Path, out: Path, *methods: str, **fields: object) -> Tables:
    """Time methods at x2 without scoring them."""
    plan = Plan(methods, (2,), (f"{pictures}/",), device="cpu", scoring=False, **fields)  # type: ignore[arg-type]
    return runner.run(plan, out)


def test_baseline_is_in_every_group(pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With more methods than may be resident at a time, each is still compared with bicubic in its own rounds."""
    monkeypatch.setattr(worker_group, "RESIDENT", 2)
    speeds = timed(pictures, tmp_path / "run", "nearest", "bilinear", "bicubic", "lanczos").speeds
    assert list(speeds["method"]) == ["nearest", "bilinear", "bicubic", "lanczos"]
    assert (speeds["baseline"] == "bicubic").all()
    assert speeds["ratio"].notna().all()
    assert list(speeds["processes"]) == [1, 1, 3, 1]


def test_interrupted_attempt_does_not_count(pictures: Path, tmp_path: Path) -> None:
    """Samples of a group that was interrupted stay in the journal, and out of the tables, once it is timed again."""
    plan = Plan(("nearest", "bicubic"), (2,), (f"{pictures}/",), device="cpu", scoring=False)
    ticks = []

    def stop(*tick: object) -> None:
        ticks.append(tick)
        if len(ticks) > 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runner.run(plan, tmp_path / "run", tick=stop)
    rows = (tmp_path / "run" / "rows.jsonl").read_text(encoding="utf-8")
    assert "call" in rows
    timings = runner.run(plan, tmp_path / "run").timings
    assert set(timings["process"]) == {1}
    assert read_info(tmp_path / "run")["timed"]["x2 on cpu"]["first"] == 1
    assert (tmp_path / "run" / "rows.jsonl").read_text(encoding="utf-8").startswith(rows)


def test_sizes_are_made_of_the_first_image(pictures: Path, tmp_path: Path) -> None:
    """LR is repeated or cut to each size asked for, from small to large."""
    timings = timed(pictures, tmp_path / "run", "nearest", sizes=("100x30", "7x5")).timings
    seen = timings.loc[timings["phase"] == "call", ["height", "width"]].drop_duplicates().to_numpy().tolist()
    assert seen == [[5, 7], [30, 100]]


def test_what_cannot_be_scored_can_be_timed(pictures: Path, tmp_path: Path) -> None:
    """Without scoring, every method is timed; one that cannot be loaded has a line that says why."""
    (tmp_path / "shy.py").write_text(
        "from srbench import Unsupported\ndef load(factor, device):\n    raise Unsupported('not today')\n",
        encoding="utf-8",
    )
    speeds = timed(pictures, tmp_path / "run", "nearest", "shy", plugins=(str(tmp_path / "shy.py"),)).speeds
    lines = speeds[["method", "verdict", "reason"]].to_numpy().tolist()
    assert lines[-1] == ["shy", "skipped", "not today"]
    assert lines[0][0] == "nearest"
