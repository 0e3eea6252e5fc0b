"""The scoreboard for programs: CSV and JSON, in full precision."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from srbench.analysis.settings import SETTING, SHARED
from srbench.formats import spreadsheet, strict_json
from srbench.reports.frame_budget import facts, speeds

if TYPE_CHECKING:
    from srbench.reports.findings import Findings

_FACTS = ("plan", "started", "ended", "environment", "protocols", "metrics", "methods", "labels", "datasets")

_NULLABLE = {"i": "Int64", "b": "boolean"}
"""The dtypes that have nothing where a paper has nothing, by the kinds of those that cannot."""


def csv(findings: Findings) -> str:
    """Return the scoreboard as CSV; of a run without scores its speeds, against its budget if it has one.

    What papers report has lines of its own, whose numbers stand in `reported_*` and nowhere else.
    """
    return spreadsheet.to_csv(_with_papers(findings) if findings.scored else speeds(findings))


def _with_papers(findings: Findings) -> pd.DataFrame:
    """Return the scoreboard and the rows that papers report, with status `reported` and no value that was measured."""
    board, rows = findings.scoreboard, findings.paper_rows
    if rows.empty:
        return board
    names = {name: f"reported_{name}" for name in findings.metrics if f"reported_{name}" in board}
    kept = rows.rename(columns=names | {"source": "reported_source"}).assign(status="reported")
    lines = kept[["method", *SHARED, "status", "parameters", *names.values(), "reported_source"]]
    types = {name: _NULLABLE.get(dtype.kind, dtype) for name, dtype in board.dtypes.items()}
    both = [board.astype(types), lines.reindex(columns=list(board)).astype(types)]
    return pd.concat(both, ignore_index=True)


def json(findings: Findings) -> str:
    """Return run, scoreboard, ranks, speeds and claims as strict JSON: NaN is null, infinity is text.

    What papers report of other methods is in `reported`, if it was asked for.
    """
    ranks = findings.places[[*SETTING, "method", "rank", "images"]]
    frames = {"scoreboard": findings.scoreboard, "ranks": ranks, "speeds": findings.tables.speeds}
    frames |= {"claims": findings.claims} if findings.scored else {}
    frames |= {"reported": findings.paper_rows} if findings.reported else {}
    whole = {
        "run": str(findings.folder),
        "baseline": findings.baseline,
        **{name: findings.info.get(name) for name in _FACTS},
        **{name: strict_json.records(frame) for name, frame in frames.items()},
        **facts(findings),
    }
    return strict_json.dumps(whole, indent=2) + "\n"
