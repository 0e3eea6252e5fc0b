"""What papers report of the lines of a table, beside what was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srbench.analysis.settings import lines_of
from srbench.analysis.tables import own
from srbench.boards.common import number
from srbench.boards.content import Reported

if TYPE_CHECKING:
    from types import SimpleNamespace

    import pandas as pd


def reported(line: SimpleNamespace, metric: str, claims: pd.DataFrame) -> tuple[Reported, ...]:
    """Return what papers report of a line of the scoreboard, by one metric; `claims` are those of `Findings`."""
    if claims.empty:
        return ()
    known = claims[(claims["method"] == line.method) & (claims["metric"] == metric)]
    of_line = known[known["measured"] == getattr(line, own(metric))]  # a method may have a line on each device
    return tuple(map(_content, lines_of(of_line)))


def _content(claim: SimpleNamespace) -> Reported:
    return Reported(
        value=claim.reported,
        printed=claim.printed,
        measured=number(claim.measured),
        difference=number(claim.difference),
        verdict=claim.verdict,
        reason=claim.reason,
        method=claim.name,
        source=claim.source,
        weights=claim.weights,
    )
