"""What papers report of the lines of a table, beside what was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srbench.analysis.published import beside, published
from srbench.analysis.settings import lines_of
from srbench.analysis.tables import alone
from srbench.boards.common import number
from srbench.boards.content import Reported

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from srbench.analysis.columns import Metrics


def reported(
    summary: pd.DataFrame, metrics: Metrics, files: Mapping[str, set[str]]
) -> dict[tuple[str, str], tuple[Reported, ...]]:
    """Return what papers report of each method and metric of one setting; `files` are the sha256 of methods' files."""
    cells = published(list(summary["method"]), metrics, files)
    untrained = set(summary.loc[summary["parameters"].isna(), "method"])
    found: dict[tuple[str, str], tuple[Reported, ...]] = {}
    for line in lines_of(beside(cells, alone(summary, metrics), untrained, metrics)):
        for name, column in metrics.items():
            value, measured = number(getattr(line, name)), number(getattr(line, f"measured_{name}"))
            if value is not None and measured is not None:
                each = Reported(
                    value,
                    column.text(value),
                    measured,
                    measured - value,
                    line.verdict,
                    line.reason,
                    line.method,
                    line.source,
                    line.weights,
                )
                found[line.spec, name] = (*found.get((line.spec, name), ()), each)
    return found
