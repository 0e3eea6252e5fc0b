"""What papers report, as lines of the page's tables: dimmed, below the measured ones of their setting, in no legend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from srbench.analysis.settings import SETTING
from srbench.reports import paper_rows
from srbench.reports.html.legend import setting_of
from srbench.reports.html.tabling import NONE, Cell, Line, number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from srbench.analysis.columns import Column
    from srbench.reports.findings import Findings
    from srbench.reports.html.legend import Legend

STYLE = "aside reported"
"""The CSS classes of these lines: dimmed, and never sorted among those that were measured."""

EMPTY = Cell(NONE, float("nan"), "none")


def of_scoreboard(findings: Findings, legend: Legend, columns: Sequence[Column | None]) -> Iterator[Line]:
    """Yield the lines of every setting; in `columns` that are not None a paper may have a number."""
    for key, row in _rows(findings):
        cells = [EMPTY if column is None else _cell(row, column) for column in columns]
        yield Line(paper_rows.named(row), legend.settings[setting_of(key)], cells, style=STYLE)


def of_matrix(findings: Findings, legend: Legend, measure: Column) -> list[Line]:
    """Return a line for each method and source, its cells in the order of all settings; none without any number."""
    known: dict[tuple[str, str], dict[Any, Cell]] = {}
    for key, row in _rows(findings) if measure.name in findings.metrics else ():
        own = known.setdefault((paper_rows.named(row), row["source"]), {})
        own[setting_of(key)] = _cell(row, measure)
    lines = {name: [cells.get(setting, EMPTY) for setting in legend.settings] for name, cells in known.items()}
    return [
        Line(method, -1, cells, style=STYLE)
        for (method, _), cells in lines.items()
        if any(cell.text != NONE for cell in cells)
    ]


def _rows(findings: Findings) -> Iterator[tuple[pd.Series, pd.Series]]:
    """Yield each row that papers report with a measured line of its setting."""
    for _, lines in findings.scoreboard.groupby(SETTING, sort=False):
        first = lines.iloc[0]
        for _, row in paper_rows.of_section(findings.paper_rows, first).iterrows():
            yield first, row


def _cell(row: pd.Series, column: Column) -> Cell:
    """Return a number with the digits of the paper."""
    cell = number(column, row[column.name])
    weights = column.name == "parameters" and cell.text != NONE
    printed = paper_rows.parameters(row) if weights else row.get(f"printed_{column.name}")
    return cell._replace(text=str(printed)) if printed else cell
