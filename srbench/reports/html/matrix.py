"""The matrix: methods as rows and settings as columns, for runs of many settings; one table for each measure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from srbench.reports import cells
from srbench.reports.html import paper_lines
from srbench.reports.html.legend import setting_of
from srbench.reports.html.tabling import NONE, Cell, Line, number
from srbench.reports.remarks import TRAINED_ON

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from srbench.analysis.columns import Column
    from srbench.reports.findings import Findings
    from srbench.reports.html.legend import Legend, Setting

LEAST = 3
"""Settings that a run has before a matrix is of use."""

_STYLES = {1: "best", 2: "second"}
_SIGNS = {"better": "▲", "worse": "▼"}


class Span(NamedTuple):
    """A heading above the factors of one dataset and protocol."""

    title: str
    protocol: str
    settings: list[Setting]


@dataclass(frozen=True)
class Matrix:
    """What all methods have of one measure."""

    name: str
    """Its id in the page."""
    title: str
    """The measure with its unit."""
    better: str
    spans: list[Span]
    lines: list[Line]
    """Cells in the order of all settings; the setting of a line is -1."""

    @property
    def starts(self) -> list[int]:
        """Return the places of the cells that are the first below a heading."""
        return [0, *accumulate(len(span.settings) for span in self.spans)]


def matrices(findings: Findings, legend: Legend) -> list[Matrix]:
    """Return a matrix for each metric, the leading one first, and one for the differences to the baseline.

    None where the run has fewer than `LEAST` settings; a measure that has no number is left out.
    """
    if len(legend.settings) < LEAST:
        return []
    found = findings.cells
    difference = found.columns["difference"]._replace(better=found.leading.better)
    measures: list[tuple[Column, Callable[[pd.Series], Cell]]] = [
        *(
            (metric, _mean(metric, leads=metric == found.leading, findings=findings))
            for metric in found.metrics.values()
        ),
        (difference, lambda line: number(difference, line[found.source("difference")], sign=True)),
    ]
    titles = [*(metric.axis for metric in found.metrics.values()), f"{found.leading.label} over {findings.baseline}"]
    made = [
        Matrix(
            f"matrix-{place}",
            title,
            column.better,
            _spans(legend),
            [*_lines(findings, legend, cell), *paper_lines.of_matrix(findings, legend, column)],
        )
        for place, (title, (column, cell)) in enumerate(zip(titles, measures, strict=True))
    ]
    return [each for each in made if any(cell.text != NONE for line in each.lines for cell in line.cells)]


def _spans(legend: Legend) -> list[Span]:
    groups = groupby(legend.settings, lambda each: (each.dataset, each.protocol, each.on_device))
    return [
        Span(f"{dataset}{f', on {device}' if device else ''}", protocol, list(settings))
        for (dataset, protocol, device), settings in groups
    ]


def _lines(findings: Findings, legend: Legend, cell: Callable[[pd.Series], Cell]) -> list[Line]:
    board = findings.scoreboard
    known = {(line["method"], legend.settings[setting_of(line)]): cell(line) for _, line in board.iterrows()}
    methods = dict.fromkeys(board["method"])
    return [
        Line(
            name,
            -1,
            [known.get((name, setting), Cell(NONE, float("nan"), "none")) for setting in legend.settings.values()],
        )
        for name in methods
    ]


def _mean(metric: Column, *, leads: bool, findings: Findings) -> Callable[[Any], Cell]:
    """Return how a mean is shown: marked by its place, and that of the leading metric by what the test says."""
    verdict = findings.cells.source("verdict")

    def cell(line: Any) -> Cell:  # noqa: ANN401 - a line of the scoreboard
        sign = _SIGNS.get(line[verdict], "") if leads else ""
        style = "warn" if cells.unclean(line) else _STYLES.get(line[f"{metric.name}_position"], "")
        shown = number(metric, line[metric.name], style=style)
        mark = TRAINED_ON if line["trained_on"] and leads else ""
        return shown._replace(text=f"{mark}{shown.text}", note=sign)

    return cell
