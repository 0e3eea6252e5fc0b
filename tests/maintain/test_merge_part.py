"""A run folder as a part: which of its rows count, and which folders are no parts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from srbench.errors import RunFolderError
from srbench.maintain import merge_part
from srbench.plan import Plan
from srbench.store.journal import Journal
from srbench.store.lock import hold

if TYPE_CHECKING:
    from pathlib import Path

PLAN = Plan(("a",), (2,), ("set",), ("p",))


def test_newest_rows_of_the_newest_code_count(runs: Any) -> None:  # noqa: ANN401 - of conftest
    """Rows of code, protocols or images that changed while the run was interrupted are left behind."""
    rows = runs.scores(PLAN)
    old = [
        runs.keyed(rows[0], code="older"),
        runs.keyed(rows[0], protocol_fingerprint="older"),
        runs.keyed(rows[0], hr_sha256="older"),
        replace(runs.samples(PLAN)[0], code="older"),
    ]
    shard = merge_part.read(runs.write("run", PLAN, [*old, *rows, *runs.samples(PLAN)]))
    assert shard.scores == rows
    assert shard.timings == runs.samples(PLAN)
    assert (shard.sizes, shard.specs, shard.given) == ({"set": 2}, {"set": "set"}, False)


def test_torn_tail_is_no_obstacle(runs: Any) -> None:  # noqa: ANN401
    """A run that was killed is a part as far as it went, and is not changed."""
    folder = runs.write("run", PLAN, status="running")
    with (folder / "rows.jsonl").open("ab") as file:
        file.write(b'{"row": "sc')
    before = (folder / "rows.jsonl").read_bytes()
    assert len(merge_part.read(folder).scores) == 2
    assert (folder / "rows.jsonl").read_bytes() == before


def test_what_is_no_part(runs: Any, tmp_path: Path) -> None:  # noqa: ANN401
    """No run, a run that has not begun, one that is being written, a damaged one: each is one line."""
    with pytest.raises(RunFolderError, match="is not a run folder"):
        merge_part.read(tmp_path)
    with Journal(tmp_path / "begun", PLAN):
        pass
    with pytest.raises(RunFolderError, match="begun contains a run without scores"):
        merge_part.read(tmp_path / "begun")
    folder = runs.write("run", PLAN)
    with hold(folder / "run.lock"), pytest.raises(RunFolderError, match="run is in use by process"):
        merge_part.read(folder)
    (folder / "rows.jsonl").write_bytes((folder / "rows.jsonl").read_bytes().replace(b"30.0", b"31.0"))
    with pytest.raises(RunFolderError, match=r"rows\.jsonl, line 1: .* checksum"):
        merge_part.read(folder)
