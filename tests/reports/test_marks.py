"""Marks of methods: one source for the page and the figures."""

from __future__ import annotations

import re
from importlib.resources import files

from srbench.reports import marks
from srbench.reports.figures import drawing
from srbench.reports.html.legend import mark


def test_figures_have_the_marks_of_the_page() -> None:
    """A method has one colour and outline in both; the page's colours on white are those of figures."""
    css = files("srbench.reports.html").joinpath("report.css").read_text()
    assert re.findall(r"--m\d: light-dark\((#\w+),", css) == list(marks.COLOURS)
    on_page, in_figure = mark("net", 10), drawing.styles([str(number) for number in range(11)])["10"]
    assert (on_page.colour, on_page.shape) == (2, marks.look(1).outline)
    assert in_figure == {"color": marks.COLOURS[2], "marker": "s"}


def test_marks_of_many_methods_differ() -> None:
    """72 methods have marks of their own."""
    assert len({(each.colour, each.marker) for each in map(marks.look, range(72))}) == 72
