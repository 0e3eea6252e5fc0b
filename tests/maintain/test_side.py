"""One of two runs that are compared: what is read of it, and how often."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from srbench.errors import RunFolderError
from srbench.maintain.side import read
from srbench.plan import Plan
from srbench.store import journal_reader

if TYPE_CHECKING:
    from pathlib import Path

PLAN = Plan(("bicubic", "mine"), (2,), ("set",), ("p",))


def test_a_journal_is_read_once(runs: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401 - of conftest
    """For its rows and for its checks: that of a large run takes seconds."""
    folder = runs.write("a", PLAN)
    opened: list[Path] = []
    whole = journal_reader.read

    def counted(path: Path) -> journal_reader.Content:
        opened.append(path)
        return whole(path)

    monkeypatch.setattr(journal_reader, "read", counted)
    found = read(folder)
    assert opened == [folder / "rows.jsonl"]
    assert (len(found.scores), found.problems, found.methods) == (4, [], ["bicubic", "mine"])


def test_tables_and_pictures_are_not_read(runs: Any) -> None:  # noqa: ANN401
    """What follows from the rows is no problem of a comparison, be it of an older version, damaged or absent."""
    folder = runs.write("a", PLAN)
    table = folder / "scores.parquet"
    pd.read_parquet(table).drop(columns="judged").to_parquet(table, index=False)
    assert read(folder).problems == []
    table.write_bytes(b"damaged")
    (folder / "summary.csv").unlink()
    assert read(folder).problems == []


@pytest.mark.slow
def test_methods_under_other_names(runs: Any) -> None:  # noqa: ANN401
    """Scores, values of metrics and times get the new name; other methods keep theirs."""
    scores = runs.scores(PLAN)
    rows = [*scores, *runs.values(scores), *runs.samples(PLAN)]
    found = read(runs.write("a", PLAN, rows, metrics=runs.metrics("lpips"))).renamed({"mine": "yours"})
    for rows in (found.scores, found.values, found.timings):
        assert {row.method for row in rows} == {"bicubic", "yours"}


def test_methods_of_rows_count(runs: Any) -> None:  # noqa: ANN401
    """A run whose run.json is lost has the methods of its rows, and was asked for everything."""
    folder = runs.write("a", replace(PLAN, factors=(3,)))
    (folder / "run.json").unlink()
    found = read(folder)
    assert found.methods == ["bicubic", "mine"]
    assert found.asked("other", "set", 2, "q")


def test_no_folder(runs: Any) -> None:  # noqa: ANN401
    """A file, an empty folder and nothing at all are no runs."""
    (runs.folder / "file").touch()
    for path in (runs.folder, runs.folder / "absent", runs.folder / "file"):
        with pytest.raises(RunFolderError, match="is not a run folder"):
            read(path)
