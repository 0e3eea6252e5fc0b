"""Timelines as one HTML page: a chart for each number, drawn here as SVG, and the table; it runs no script."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from markupsafe import Markup

from srbench.boards.names import short
from srbench.boards.timelines import commit, subject, when
from srbench.reports.html.templates import environment, read
from srbench.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from srbench.boards.timelines import Past, Series, Timeline

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""Content-Security-Policy: nothing runs, and nothing is fetched."""

_HERE = Path(__file__).parent / "pages"
_WIDTH, _HEIGHT = 440.0, 160.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 58.0, 14.0, 14.0, 26.0
_LETTER, _LONGEST = 6.4, 14
"""Pixels of a letter below a chart, and letters of a name there."""
_LEAST = 20
"""Of the last digit of a score: what an axis spans at least, so that nothing looks like a change that is none."""
_NARROW = 1.25
"""The same of times: how many times the fastest the slowest is at least."""
_FAR = 20.0
"""How many times the fastest the slowest is where times are drawn in logarithms."""
_ROUNDED = 1
"""Digits of a pixel."""


class Mark(NamedTuple):
    """A version in a chart, in pixels."""

    x: float
    y: float
    low: float
    high: float
    """Ends of its interval, or where it is itself."""
    style: str
    """`better`, `worse` or empty; `noisy` where it is."""
    label: str
    words: str
    """What a pointer sees on it."""


class Axis(NamedTuple):
    """The heights of values, from the lowest to the highest."""

    low: float
    high: float
    logarithmic: bool

    @property
    def ticks(self) -> list[float]:
        """Return the lowest value, the one half way up, and the highest."""
        middle = math.sqrt(self.low * self.high) if self.logarithmic else (self.low + self.high) / 2
        return [self.low, middle, self.high] if self.high > self.low else [self.low]

    def height(self, value: float) -> float:
        """Return how far below the top a value is, in pixels; one that is infinite is at the top."""
        if self.high == self.low:
            share = 0.5
        elif self.logarithmic:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = min(1.0, (value - self.low) / (self.high - self.low))
        return round(_TOP + (1 - share) * (_HEIGHT - _TOP - _BOTTOM), _ROUNDED)


class Chart(NamedTuple):
    """A number over versions; `ticks` are heights with what stands beside them."""

    name: str
    note: str
    lines: list[str]
    """The points of each line; a gap begins another one."""
    marks: list[Mark]
    ticks: list[tuple[float, str]]


def render(found: Past) -> str:
    """Return the page."""
    template = environment(_HERE).get_template("timelines.html.jinja")
    page = template.render(
        version=__version__,
        timelines=[_timeline(found, each) for each in found.timelines],
        refused=found.refused,
        runs=len(found.folders),
        size={"width": _WIDTH, "height": _HEIGHT, "left": _LEFT, "right": _WIDTH - _RIGHT, "bottom": _HEIGHT - _BOTTOM},
        style=Markup(read("report.css") + read("timelines.css", folder=_HERE)),  # noqa: S704 - our own
        policy=POLICY,
    )
    return page.encode("utf-8", "backslashreplace").decode()  # a file's name may hold half a surrogate pair


def _timeline(found: Past, timeline: Timeline) -> dict[str, Any]:
    return {
        "title": timeline.title,
        "charts": [_chart(found, timeline, each) for each in timeline.series],
        "columns": [each.column.heading for each in timeline.series],
        "rows": [_row(found, timeline, place) for place in range(len(timeline.events))],
    }


def _row(found: Past, timeline: Timeline, place: int) -> dict[str, Any]:
    event = timeline.events[place]
    return {
        "commit": short(commit(event)),
        "date": when(event)[:10],
        "run": found.folders[event.run],
        "cells": [
            (each.text(place), each.interval(place), each.changed(place), each.verdict(place))
            for each in timeline.series
        ],
        "noise": [f"{each.column.label}: {each.doubts[place]}" for each in timeline.series if each.doubtful(place)],
        "changed": ", ".join(event.changed) or ("first version" if place == 0 else "nothing that counts"),
        "details": "; ".join(event.details),
        "subject": subject(event),
    }


def _chart(found: Past, timeline: Timeline, series: Series) -> Chart:
    axis = axis_of(series)
    marks = labelled(list(_marks(found, timeline, series, axis)))
    name = series.column.titled if not series.conditions else series.column.heading
    heights = [(axis.height(each), series.column.text(each)) for each in axis.ticks]
    name += ", logarithmic axis" * axis.logarithmic
    return Chart(name, series.conditions, list(_lines(marks)), [each for each in marks if each], heights)


def axis_of(series: Series) -> Axis:
    """Return the axis of a number: of times that are far apart in logarithms."""
    known = [each for each in (*series.values, *series.lows, *series.highs) if math.isfinite(each)] or [0.0]
    low, high = min(known), max(known)
    if series.conditions:
        if low > 0 and high / low < _NARROW:
            low, high = (math.sqrt(low * high) * share for share in (_NARROW**-0.5, _NARROW**0.5))
        return Axis(low, high, logarithmic=low > 0 and high / low > _FAR)
    least = _LEAST * 10.0 ** -(series.column.digits or 0)
    if series.column.digits is not None and high - low < least:
        low, high = ((low + high + sign * least) / 2 for sign in (-1, 1))
    return Axis(low, high, logarithmic=False)


def _marks(found: Past, timeline: Timeline, series: Series, axis: Axis) -> Iterator[Mark | None]:
    """Yield where versions are; None for one without a value."""
    count = len(series.values)
    for place, value in enumerate(series.values):
        if math.isnan(value):
            yield None
            continue
        x = round(_LEFT + (place + 0.5) / count * (_WIDTH - _LEFT - _RIGHT), _ROUNDED)
        y = axis.height(value)
        low, high = (y if math.isnan(each[place]) else axis.height(each[place]) for each in (series.lows, series.highs))
        row = _row(found, timeline, place)
        words = f"{row['commit']} {row['date']} {row['run']}: {series.text(place)} {series.column.unit}".rstrip()
        words += f" (99 % interval {series.interval(place)})" * bool(series.interval(place))
        words += f" {series.changed(place)} {row['subject']}"
        style = series.verdict(place) or "noisy" * series.doubtful(place)
        yield Mark(x, y, low, high, style, row["commit"] or row["run"], words.strip())


def labelled(marks: Sequence[Mark | None]) -> list[Mark | None]:
    """Return marks with the names that there is room for: first of what became worse or better, then of the ends."""
    known = [mark for mark in marks if mark]
    ends = known[-1:] + known[:1]
    named: dict[float, tuple[str, float]] = {}
    for mark in sorted(known, key=lambda each: (each.style != "worse", each.style != "better", each not in ends)):
        name = mark.label if len(mark.label) <= _LONGEST else f"{mark.label[: _LONGEST - 1]}…"
        half = len(name) * _LETTER / 2
        if all(abs(mark.x - x) >= half + other for x, (_, other) in named.items()):
            named[mark.x] = name, half
    return [mark and mark._replace(label=named.get(mark.x, ("", 0.0))[0]) for mark in marks]


def _lines(marks: list[Mark | None]) -> Iterator[str]:
    """Yield the lines between versions; one that has no value ends a line."""
    points: list[str] = []
    for mark in [*marks, None]:
        if mark:
            points.append(f"{mark.x},{mark.y}")
        elif points:
            yield " ".join(points)
            points = []
