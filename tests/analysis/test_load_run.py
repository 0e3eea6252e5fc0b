"""`load`: the tables of a run folder are those of the current rows, whatever its files of tables say."""

from __future__ import annotations

from typing import Any

import pytest

from srbench.analysis import load_run
from srbench.errors import RunFolderError
from srbench.plan import Plan

PLAN = Plan(("a", "b"), (2,), ("set",), ("p",))


@pytest.mark.slow
def test_tables_are_made_of_rows(runs: Any) -> None:  # noqa: ANN401 - of conftest
    """Tables that were deleted or cut short take nothing away."""
    folder = runs.write("run", PLAN, [*runs.scores(PLAN), *runs.samples(PLAN)])
    for path in folder.glob("*.parquet"):
        path.unlink()
    found = load_run.load(folder)
    assert found.scores["psnr"].tolist() == [30.0, 31.0] * 2
    assert (len(found.summary), len(found.timings)) == (2, 2)


def test_old_rows_are_left_out(runs: Any) -> None:  # noqa: ANN401
    """A run that was killed while it computed changed code again shows no old number beside the new ones."""
    rows = runs.scores(PLAN)
    old = [runs.keyed(row, code="older", psnr=1.0) for row in rows if row.method == "b"]
    new = [row for row in rows if row.method == "a"]
    folder = runs.write("run", PLAN, [*new, *old, next(row for row in rows if row.method == "b")])
    assert load_run.load(folder).scores["psnr"].tolist() == [30.0, 31.0, 30.0]


def test_run_without_results_is_refused(runs: Any, tmp_path: Any) -> None:  # noqa: ANN401
    """One line says what to do."""
    with pytest.raises(RunFolderError, match="has no results yet; continue its run"):
        load_run.load(runs.write("run", PLAN, []))
    with pytest.raises(RunFolderError, match="is not a run folder"):
        load_run.load(tmp_path)
