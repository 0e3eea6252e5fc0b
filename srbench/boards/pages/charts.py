"""Charts: quality against time, one for each machine and set of conditions; the versions of a method."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from srbench.analysis.columns import TIMES
from srbench.boards.pages import links
from srbench.boards.pages.sheets import Row, Sheet, measure, minus, text, value
from srbench.reports.html.tabling import Cell, Column, number

if TYPE_CHECKING:
    from srbench.analysis import columns
    from srbench.boards.content import Chart, History, Point
    from srbench.boards.pages.lookup import Lookup


CONDITIONS = {"lr": "LR", "sizes": "sizes of LR"}
"""What readers see of the names of conditions."""


class Clock(NamedTuple):
    """Charts whose times may be compared: of one machine, under one set of conditions."""

    name: str
    """Its id in the page."""
    machine: str
    link: str
    conditions: list[tuple[str, str]]
    charts: list[Chart]
    sheet: Sheet


def clocks(found: Lookup) -> list[Clock]:
    """Return the charts of the board by machine and conditions: no two of these share an axis, or a table."""
    groups: dict[tuple[Any, ...], list[Chart]] = {}
    for chart in found.charts.values():
        groups.setdefault((chart.machine, chart.device, chart.conditions), []).append(chart)
    return [_clock(found, f"clock-{place}", charts) for place, charts in enumerate(groups.values(), 1)]


def _clock(found: Lookup, name: str, charts: list[Chart]) -> Clock:
    first = charts[0]
    machine = found.machines[first.machine]
    columns = [
        Column("Setting"),
        Column("Quality", number=True, hint="mean of the leading metric of the table"),
        Column.of(_time(first)),
        Column("99 % interval", number=True),
        Column("Front", hint="no other is better and as fast, or faster and as good"),
        Column("Repeats", hint="whether repeated processes agree"),
    ]
    rows = [_row(found, chart, point) for chart in charts for point in chart.points]
    sheet = Sheet(f"{name}-times", f"Times on {machine.name}", "Method", columns, rows)
    return Clock(name, machine.name, links.machine(machine.id), conditions(first), charts, sheet)


def conditions(chart: Chart) -> list[tuple[str, str]]:
    """Return under which conditions the times of a chart were taken, the device first."""
    others = [(CONDITIONS.get(name, name), text) for name, text in chart.conditions if name != "device"]
    return [("device", chart.device), *others]


def _time(chart: Chart) -> columns.Column:
    return next((each for each in TIMES.values() if each.label == chart.device.upper()), next(iter(TIMES.values())))


def _row(found: Lookup, chart: Chart, point: Point) -> Row:
    table, line, time = found.tables[chart.table], found.lines[point.line], _time(chart)
    metric = next(each for each in table.metrics if each.name == chart.metric)
    quality = value(metric, point.quality)
    cells = [
        text(table.name, link=links.table(table.id)),
        quality._replace(text=f"{quality.text} {metric.unit or metric.label}"),
        number(time, point.ms_per_mpx),
        interval(time, point.low, point.high),
        text("on the front" if point.front else ""),
        Cell("steady" if point.steady else "noisy", style="" if point.steady else "warn"),
    ]
    return Row(Cell(found.labels[line.id], link=links.method(line.method)), cells, line.method)


def interval(shown: columns.Column, low: float | None, high: float | None) -> Cell:
    """Return the ends of an interval."""
    return text("" if low is None or high is None else minus(f"{shown.text(low)} to {shown.text(high)}"))


def drawn(found: Lookup) -> dict[str, Any]:
    """Return what the script of the index draws."""
    lines = {
        line.id: {**found.marks[line.method]._asdict(), "name": found.labels[line.id], "key": line.method}
        for line in found.lines.values()
    }
    return {
        "lines": lines,
        "clocks": [
            {"name": clock.name, "charts": [_drawn(found, chart) for chart in clock.charts]} for clock in clocks(found)
        ],
    }


def _drawn(found: Lookup, chart: Chart) -> dict[str, Any]:
    table = found.tables[chart.table]
    metric = next(measure(each) for each in table.metrics if each.name == chart.metric)
    points = [
        {"method": point.line, "ms": point.ms_per_mpx, metric.name: point.quality, "front": {metric.name: point.front}}
        | {"judged": found.lines[point.line].judged}
        for point in chart.points
    ]
    return {"title": table.name, "metric": metric._asdict(), "points": points}


def versions(found: Lookup, history: History) -> dict[str, Any]:
    """Return what the script draws of the versions of a method in one setting."""
    events = [
        {
            "when": event.when,
            "label": found.runs[event.run].folder,
            "values": event.values,
            "changed": list(event.changed),
            "details": list(event.details),
        }
        for event in history.events
    ]
    device = f", {history.device}" if history.device else ""
    return {
        "title": history.name + device,
        "metrics": [measure(metric)._asdict() for metric in history.metrics],
        "events": events,
    }
