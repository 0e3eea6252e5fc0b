"""Sheets: tables of the site, as rows of cells; a row's first cell leads to what the row is about."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from srbench.analysis.columns import Column as Measure
from srbench.analysis.columns import probability
from srbench.reports.html.tabling import NONE, Cell, Column, number
from srbench.reports.labels import ARROWS, arrows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from srbench.boards.content import Metric, Neighbour, Reported, Table, Value

HASH = 8
"""Digits of a hash that tell things apart to the eye; whole ones are on the pages of methods and runs."""

SIGNS = {"better": ">", "worse": "<", "equal": "=", "undecided": "~", "too few images": "~"}
"""What stands between a line and the next worse one."""

EMPTY = Cell(NONE, math.nan, "none")


class Row(NamedTuple):
    """A row: its heading, the other cells, and the method (its id) that is drawn before the heading."""

    head: Cell
    cells: list[Cell]
    method: str = ""
    style: str = ""


@dataclass(frozen=True)
class Sheet:
    """A table of a page; `head` is the heading of its first column."""

    name: str
    """Its id in the page."""
    caption: str
    head: str
    columns: list[Column]
    rows: list[Row]

    def without_empty(self) -> Sheet:
        """Return the sheet without the columns in which every cell is empty."""
        kept = [place for place in range(len(self.columns)) if any(row.cells[place].text != NONE for row in self.rows)]
        rows = [row._replace(cells=[row.cells[place] for place in kept]) for row in self.rows]
        return replace(self, columns=[self.columns[place] for place in kept], rows=rows)


def all_metrics(tables: Iterable[Table]) -> list[Metric]:
    """Return the metrics of several tables, each name once."""
    found: dict[str, Metric] = {}
    for table in tables:
        for metric in table.metrics:
            found.setdefault(metric.name, metric)
    return list(found.values())


def measure(metric: Metric) -> Measure:
    """Return how values of a metric are shown."""
    return Measure(metric.name, metric.label, metric.unit, metric.digits, metric.better, metric.hint)


def measures(metrics: Sequence[Metric]) -> list[Column]:
    """Return the columns of metrics; where any is better lower, arrows point to the better values."""
    found = {metric.name: measure(metric) for metric in metrics}
    pointing = arrows(found)
    return [
        Column.of(each, each.heading + ARROWS.get(pointing[name], ""))._replace(whole=True)
        for name, each in found.items()
    ]


def text(value: str, note: str = "", link: str = "") -> Cell:
    """Return a cell of words, or of none."""
    return Cell(value, note=note, link=link) if value else EMPTY


def short(sha256: str, more: int = 0) -> Cell:
    """Return the first digits of a hash, and how many `more` there are."""
    return text(f"{sha256[:HASH]} +{more}" if more > 0 else sha256[:HASH])


def weights(files: Mapping[str, str]) -> Cell:
    """Return the hash of a method's weights."""
    return short(next(iter(files.values()), ""), len(files) - 1)


def count(value: float | None) -> Cell:
    """Return a whole number."""
    return EMPTY if value is None else Cell(f"{value:,.0f}", float(value))


def standing(metric: Metric, mean: Value) -> Cell:
    """Return how a line differs from the next worse one: a sign, the word for it, and the numbers below."""
    if mean.below is None or not mean.below.verdict:
        return EMPTY
    return Cell(
        f"{SIGNS[mean.below.verdict]} {mean.below.verdict}", style="v", note=_difference(metric, mean, mean.below)
    )


def sign(below: Neighbour | None) -> str:
    """Return the sign between a value and that of the next worse line."""
    return f"{SIGNS[below.verdict]} next" if below and below.verdict else ""


def _difference(metric: Metric, mean: Value, below: Neighbour) -> str:
    """Return a difference with its p-value, and the images that it is over where the mean is over others."""
    if below.difference is None:
        return ""
    shown = measure(metric)
    if shown.digits is not None:
        shown = shown._replace(digits=shown.digits + 1)  # as means, rounded, seldom add up
    parts = [f"by {minus(shown.measure(abs(below.difference)))}"]
    if below.p is not None:
        parts.append(f"p {_equals(probability(below.p))}")
    if below.images != mean.images:
        parts.append(images(below.images))
    return ", ".join(parts)


def _equals(probability: str) -> str:
    return probability if probability.startswith("<") else f"= {probability}"


def images(count: int) -> str:
    """Return a number of images."""
    return f"{count:,} image{'s' * (count != 1)}"


def minus(number: str) -> str:
    """Return a number with the sign that is as wide as a plus."""
    return number.replace("inf", "∞").replace("-", "−")  # noqa: RUF001 - minus


def reported(values: Iterable[Value]) -> Cell:
    """Return what a paper prints of a line, all metrics in one cell, with its verdict; the first paper of several."""
    found = [each for value in values for each in value.reported]
    if not found:
        return EMPTY
    first = [each for each in found if each.source == found[0].source]
    others = len({each.source for each in found}) - 1
    verdicts = ", ".join(dict.fromkeys(each.verdict for each in first))
    note = f"{verdicts}; {first[0].source}{f', and {others} more' if others else ''}"
    return Cell(" · ".join(each.printed for each in first), first[0].value, verdict_style(first), note)


def verdict_style(found: Iterable[Reported]) -> str:
    """Return the colour of a verdict about what a paper prints: `off` is what to look at."""
    return "warn" if any(each.verdict == "off" for each in found) else ""


def value(metric: Metric, found: float | None, *, style: str = "", note: str = "") -> Cell:
    """Return a value of a metric."""
    return number(measure(metric), found, style=style, note=note)
