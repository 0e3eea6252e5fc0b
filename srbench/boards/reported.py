"""What papers report of the lines of a table, beside what was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srbench.analysis.claims import published
from srbench.analysis.reported import beside, of_methods
from srbench.analysis.settings import lines_of
from srbench.analysis.tables import alone
from srbench.boards.common import number
from srbench.boards.content import Reported

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import SimpleNamespace

    import pandas as pd

    from srbench.analysis.columns import Metrics


def reported(
    summary: pd.DataFrame, metrics: Metrics, files: Mapping[str, set[str]]
) -> dict[tuple[str, str], tuple[Reported, ...]]:
    """Return what papers report of each method and metric of one setting; `files` are the sha256 of methods' files."""
    claims = of_methods(published(), list(summary["method"]), files)
    known = claims[claims["metric"].isin(list(metrics))]
    found: dict[tuple[str, str], tuple[Reported, ...]] = {}
    for line in lines_of(beside(known, alone(summary, metrics), metrics, files)):
        if line.verdict != "not measured":
            key = line.method, line.metric
            found[key] = (*found.get(key, ()), _content(line))
    return found


def _content(line: SimpleNamespace) -> Reported:
    return Reported(
        value=line.reported,
        printed=line.printed,
        measured=number(line.measured),
        difference=number(line.difference),
        verdict=line.verdict,
        reason=line.reason,
        method=line.name,
        source=line.source,
        weights=line.weights,
    )
