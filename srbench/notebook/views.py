"""Tables as notebooks show them: headings, lines and notes as plain values, which one template draws."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from srbench.reports.html.templates import environment

if TYPE_CHECKING:
    from collections.abc import Sequence


class Cell(NamedTuple):
    """What a cell shows, how it is marked (`best`, `second` or nothing), and what it says when pointed at."""

    text: str
    mark: str = ""
    title: str = ""


class Heading(NamedTuple):
    """What stands above a column, and whether the column holds words, which begin at its left."""

    text: str
    words: bool = False


class Line(NamedTuple):
    """A line of a table; one that has no result is `dim`."""

    cells: Sequence[Cell]
    dim: bool = False


class View(NamedTuple):
    """A table with its title."""

    title: str
    headings: Sequence[Heading]
    lines: Sequence[Line]
    note: str = ""
    """What its numbers are."""


def render(views: Sequence[View], notes: Sequence[str] = ()) -> str:
    """Return tables, and notes below them, as HTML that needs neither scripts nor styles of a page."""
    template = environment(Path(__file__).parent).get_template("views.html.jinja")
    return template.render(views=views, notes=notes)
