"""Charts: quality against time, one for each machine and set of conditions; times of two are never on one axis."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from srbench.analysis.columns import leading
from srbench.analysis.fronts import pareto
from srbench.boards.common import number
from srbench.boards.content import Chart, Point, Speed
from srbench.boards.names import digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from srbench.boards.content import Line, Table
    from srbench.boards.standings import Standing
    from srbench.boards.times import Time


_CALLED = {
    "machine": "machines",
    "device": "devices",
    "threads": "numbers of threads",
    "precision": "precisions",
    "lr": "kinds of LR",
    "sizes": "sizes of LR",
}
"""What sentences call what decides times."""


def charts(standing: Standing) -> tuple[Chart, ...]:
    """Return the charts of a table, those with the most methods first."""
    quality = {line.id: mean for line in standing.table.lines if (mean := _quality(line)) is not None}
    axes = {
        key: {line: time for line, time in times.items() if line in quality} for key, times in _axes(standing).items()
    }
    found = [_chart(standing, key, times, quality) for key, times in axes.items() if times]
    titles = Counter(chart.title for chart in found)
    told = [_told_apart(chart, found) if titles[chart.title] > 1 else chart for chart in found]
    return tuple(sorted(told, key=lambda chart: (-len(chart.points), chart.title, chart.id)))


def _chart(
    standing: Standing, key: tuple[object, ...], times: Mapping[str, Time], quality: Mapping[str, float]
) -> Chart:
    first, time = leading(standing.part.metrics), next(iter(times.values()))
    front = pareto([(each.ms_per_mpx, first.sign * quality[line]) for line, each in times.items()])
    points = [
        _point(line, each, quality[line], front=own) for (line, each), own in zip(times.items(), front, strict=True)
    ]
    return Chart(
        id=_id(standing, key),
        table=standing.table.id,
        title=f"{time.machine.name}, {time.conditions.device}",
        machine=time.machine.id,
        device=time.conditions.device,
        conditions=time.conditions.facts,
        metric=first.name,
        points=tuple(points),
    )


def _told_apart(chart: Chart, every: Sequence[Chart]) -> Chart:
    """Return a chart with the conditions in its title that others of its title have not."""
    alike = [dict(each.conditions) for each in every if each.title == chart.title]
    own = [f"{name} {value}" for name, value in chart.conditions if len({each[name] for each in alike}) > 1]
    return replace(chart, title=f"{chart.title}; {'; '.join(own)}")


def speeds(standing: Standing, charts: Sequence[Chart]) -> dict[str, list[Speed]]:
    """Return the times of each line, by its id: one per chart."""
    found: dict[str, list[Speed]] = {}
    drawn = {chart.id for chart in charts}
    axes = {key: times for key, times in _axes(standing).items() if _id(standing, key) in drawn}
    for key, times in axes.items():
        for line, time in times.items():
            ends = number(time.low), number(time.high)
            speed = Speed(_id(standing, key), time.ms_per_mpx, *ends, time.steady, time.submission.id, time.doubt)
            found.setdefault(line, []).append(speed)
    return found


def refusal(table: Table) -> Iterator[str]:
    """Say why times are not all on one axis."""
    if len(table.charts) > 1:
        every = [{"machine": chart.machine, **dict(chart.conditions)} for chart in table.charts]
        names = [_CALLED[name] for name in every[0] if len({each[name] for each in every}) > 1]
        what = " and ".join(names)
        yield f"Times are on several charts, each with an axis of its own, as {what} differ."


def _axes(standing: Standing) -> dict[tuple[object, ...], dict[str, Time]]:
    """Return the newest time of each line, by machine and conditions."""
    found: dict[tuple[object, ...], dict[str, Time]] = {}
    for line, times in standing.times.items():
        for time in times:
            found.setdefault((time.machine.id, *time.conditions.facts), {}).setdefault(line, time)
    return found


def _id(standing: Standing, key: tuple[object, ...]) -> str:
    return f"{standing.table.id}-{digest(*key)}"


def _quality(line: Line) -> float | None:
    """Return the mean of the leading metric of a line that is compared; an infinite one cannot be drawn."""
    value = next(iter(line.values.values()), None)
    mean = value.mean if value and line.judged else None
    return mean if mean is not None and math.isfinite(mean) else None


def _point(line: str, time: Time, quality: float, *, front: bool) -> Point:
    return Point(line, time.ms_per_mpx, number(time.low), number(time.high), quality, time.steady, front)
