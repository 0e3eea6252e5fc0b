"""The scoreboard for programs: CSV and JSON, in full precision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srbench.analysis.settings import SETTING
from srbench.formats import spreadsheet, strict_json
from srbench.reports.frame_budget import budgeted, facts

if TYPE_CHECKING:
    from srbench.reports.findings import Findings

_FACTS = ("plan", "started", "ended", "environment", "protocols", "metrics", "methods", "labels", "datasets")


def csv(findings: Findings) -> str:
    """Return the scoreboard as CSV; of a run without scores its speeds, against its budget if it has one."""
    if findings.scored:
        return spreadsheet.to_csv(findings.scoreboard)
    found = budgeted(findings)
    return spreadsheet.to_csv(found.lines if found and found.seconds else findings.tables.speeds)


def json(findings: Findings) -> str:
    """Return run, scoreboard, ranks, speeds and claims as strict JSON: NaN is null, infinity is text."""
    ranks = findings.places[[*SETTING, "method", "rank", "images"]]
    frames = {"scoreboard": findings.scoreboard, "ranks": ranks, "speeds": findings.tables.speeds}
    frames |= {"claims": findings.claims} if findings.scored else {}
    whole = {
        "run": str(findings.folder),
        "baseline": findings.baseline,
        **{name: findings.info.get(name) for name in _FACTS},
        **{name: strict_json.records(frame) for name, frame in frames.items()},
        **facts(findings),
    }
    return strict_json.dumps(whole, indent=2) + "\n"
