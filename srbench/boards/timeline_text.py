"""Timelines in the terminal: a line of bars for each number, then a table, one line per version."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from srbench.analysis.columns import NONE
from srbench.boards.names import short
from srbench.boards.timelines import commit, subject, when
from srbench.reports.drawing import STYLE, Name, draw, say
from srbench.specs import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from srbench.boards.timelines import Past, Series, Timeline

_BARS = "▁▂▃▄▅▆▇█"
_DIGITS = "12345678"
"""What stands for bars where the terminal has none: the lowest is 1."""

_STYLES = {"better": "green", "worse": "red"}
_DAY = len("2026-01-02")

_KEY = "change: difference to the version before, of times the ratio; bars: from the lowest to the highest value"
_NOISY = "?: a noisy time, which is not to be relied on; for reliable ones: srbench time, on an idle machine"


def show(console: Console, found: Past, *, whole: bool = False) -> None:
    """Print timelines; methods that never changed have one line each, unless `whole`."""
    drawn = [each for each in found.timelines if whole or (each.changed and each.series)]
    for each in drawn:
        _show(console, found, each)
    for each in found.timelines:
        if each not in drawn and each.series:
            unchanged = f"unchanged in {counted(len(each.events), 'run')}"
            say(console, f"{each.title}: {unchanged}: {_latest(found, each)}", "dim")
    if drawn:
        say(console, _KEY, "dim")
    if any(any(series.doubts) for each in found.timelines for series in each.series):
        say(console, _NOISY, "dim")


def _show(console: Console, found: Past, timeline: Timeline) -> None:
    say(console, f"{timeline.title}: {counted(len(timeline.events), 'version')}", "bold")
    width = max((len(each.column.heading) for each in timeline.series), default=0)
    for each in timeline.series:
        say(console, f"  {each.column.heading.ljust(width)}  {bars(each.values, console.encoding)}  {_ends(each)}")
    draw(console, _table(found, timeline))
    for line in _reasons(found, timeline):
        say(console, line)
    for each in timeline.series:
        if each.conditions:
            say(console, f"  {each.column.heading}: {each.conditions}", "dim")
            for line in _times(found, timeline, each):
                say(console, f"    {line}", "dim")
    say(console, "")


def bars(values: Sequence[float], encoding: str = "utf-8") -> str:
    """Return one bar per value, from the lowest to the highest; a gap where there is none."""
    known = [each for each in values if math.isfinite(each)]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    levels = _BARS if encoding.startswith("utf") else _DIGITS
    return "".join(_bar(each, low, high, levels) for each in values)


def _bar(value: float, low: float, high: float, levels: str) -> str:
    if math.isnan(value):
        return " "
    if value >= high:  # infinite ones, too
        return levels[-1]
    return levels[round((value - low) / (high - low) * (len(levels) - 1))]


def _ends(series: Series) -> str:
    """Return the first and the last value, and between which all are."""
    known = [place for place, value in enumerate(series.values) if not math.isnan(value)]
    if not known:
        return NONE
    lowest, highest = (extreme(known, key=series.values.__getitem__) for extreme in (min, max))
    ends = f"first {series.text(known[0])}, last {series.text(known[-1])}"
    return f"{ends}; lowest {series.text(lowest)}, highest {series.text(highest)}"


def _latest(found: Past, timeline: Timeline) -> str:
    """Return the newest values, of times with what tells them apart, and with the run unless it is the last one."""
    return ", ".join(_newest(found, timeline, each) for each in timeline.series)


def _newest(found: Past, timeline: Timeline, series: Series) -> str:
    place = series.newest
    older = f"in {found.folders[timeline.events[place].run]}" if place < len(series.values) - 1 else ""
    about = "; ".join(filter(None, [series.apart, older]))
    return f"{series.column.label} {series.text(place)} {series.column.unit}".rstrip() + f" ({about})" * bool(about)


def _times(found: Past, timeline: Timeline, series: Series) -> Iterator[str]:
    """Yield the interval of each time, and why it is noisy."""
    for place, event in enumerate(timeline.events):
        interval = series.interval(place) and f"99 % interval {series.interval(place)}"
        if line := "; ".join(filter(None, [interval, series.doubts[place]])):
            yield f"{short(commit(event)) or found.folders[event.run]}  {line}"


def _table(found: Past, timeline: Timeline) -> Table:
    table = Table(**STYLE)
    for heading in ("commit", "date"):
        table.add_column(heading, no_wrap=True)
    table.add_column("run", overflow="fold")
    for each in timeline.series:
        table.add_column(Text(each.column.folded), justify="right", no_wrap=True)
        table.add_column("change", justify="right", no_wrap=True)
    for place, event in enumerate(timeline.events):
        run = Name(found.folders[event.run], overflow="fold")
        table.add_row(short(commit(event)) or NONE, when(event)[:_DAY], run, *_cells(timeline, place))
    return table


def _reasons(found: Past, timeline: Timeline) -> Iterator[str]:
    """Yield what changed with each version, and the subject of its commit."""
    for event in timeline.events:
        if words := ": ".join(filter(None, [", ".join(event.changed), subject(event)])):
            yield f"  {short(commit(event)) or found.folders[event.run]}  {words}"


def _cells(timeline: Timeline, place: int) -> Iterator[Text]:
    for each in timeline.series:
        yield Text(each.text(place))
        yield Text(each.changed(place), style=_STYLES.get(each.verdict(place), ""))
