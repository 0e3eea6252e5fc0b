"""Tables of the page: cells with the text that is shown and the value that is sorted by."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from srbench.analysis.columns import absent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from srbench.analysis import columns

NONE = "–"  # noqa: RUF001 - a dash is what is meant


class Column(NamedTuple):
    """A column: its heading, whether it holds numbers, and what the heading means."""

    title: str
    number: bool = False
    hint: str = ""
    better: str = ""
    """Which values are: a first click sorts these to the top."""
    whole: bool = False
    """Whether the heading stays in one line."""

    @classmethod
    def of(cls, column: columns.Column, title: str = "") -> Column:
        """Return a column of the table of columns, by default under its own heading, which it begins in upper case."""
        better = f"; {column.better} is better" if column.better else ""
        heading = title or column.heading
        return cls(
            heading if len(heading) == 1 else heading[:1].upper() + heading[1:],
            not column.words,
            column.hint + better,
            column.better,
        )


class Cell(NamedTuple):
    """What is shown, what is sorted by (the text, where None), a CSS class, a small second line, and where it leads."""

    text: str
    value: float | None = None
    style: str = ""
    note: str = ""
    link: str = ""


class Line(NamedTuple):
    """A line about a method, in a setting (its number in the legend; -1 for none)."""

    method: str
    setting: int
    cells: list[Cell]
    """All but the first, which is the method."""
    group: str = ""
    """The heading that it stands under with its neighbours; without one there is no heading."""
    style: str = ""
    """A CSS class: `aside` is dimmed."""


@dataclass(frozen=True)
class Table:
    """A table whose first column is the method."""

    name: str
    """Its id in the page."""
    caption: str
    columns: list[Column]
    lines: list[Line]

    @property
    def groups(self) -> list[tuple[str, list[Line]]]:
        """Return neighbours with one heading, each group with its heading."""
        return [(name, list(lines)) for name, lines in groupby(self.lines, lambda line: line.group)]

    def without_empty(self, titles: Sequence[str]) -> Table:
        """Return the table without those of the columns `titles` in which every cell is empty."""
        kept = [
            number
            for number, column in enumerate(self.columns)
            if column.title not in titles or any(line.cells[number].text != NONE for line in self.lines)
        ]
        lines = [line._replace(cells=[line.cells[number] for number in kept]) for line in self.lines]
        return replace(self, columns=[self.columns[number] for number in kept], lines=lines)


def number(column: columns.Column, value: Any, *, sign: bool = False, style: str = "", note: str = "") -> Cell:  # noqa: ANN401 - NA too
    """Return a number as its column shows it."""
    if absent(value):
        return Cell(NONE, math.nan, "none", note)
    text = column.text(value, sign=sign).replace("inf", "∞").replace("-", "−")  # noqa: RUF001 - minus
    return Cell(text, float(value), style, note)
