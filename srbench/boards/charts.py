"""Charts: quality against time, one for each machine and set of conditions; times of two are never on one axis."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from srbench.analysis.columns import leading
from srbench.analysis.fronts import pareto
from srbench.boards.common import digest, number
from srbench.boards.content import Chart, Point, Speed
from srbench.specs import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srbench.boards.content import Line
    from srbench.boards.standings import Standing
    from srbench.boards.times import Time


def charts(standing: Standing) -> tuple[Chart, ...]:
    """Return the charts of a table, those with the most methods first."""
    first = leading(standing.part.metrics) if standing.part.metrics else None
    found: list[Chart] = []
    for key, times in _axes(standing).items():
        time = next(iter(times.values()))
        quality = {line.id: mean for line in standing.table.lines if (mean := _quality(line)) is not None}
        shown = [line for line in times if line in quality]
        if not shown or first is None:
            continue
        front = pareto([(times[line].ms_per_mpx, first.sign * quality[line]) for line in shown])
        points = tuple(
            _point(line, times[line], quality[line], front=own) for line, own in zip(shown, front, strict=True)
        )
        title = f"{time.machine.name}, {time.conditions.device}, threads: {time.conditions.threads}"
        found.append(
            Chart(
                _id(standing, key),
                standing.table.id,
                title,
                time.machine.id,
                time.conditions.device,
                time.conditions.facts,
                first.name,
                points,
            )
        )
    return tuple(sorted(found, key=lambda chart: (-len(chart.points), chart.title, chart.id)))


def speeds(standing: Standing) -> dict[str, list[Speed]]:
    """Return the times of each line, by its id: one per axis."""
    found: dict[str, list[Speed]] = {}
    for key, times in _axes(standing).items():
        for line, time in times.items():
            ends = number(time.low), number(time.high)
            speed = Speed(_id(standing, key), time.ms_per_mpx, *ends, time.steady, time.submission.id)
            found.setdefault(line, []).append(speed)
    return found


def refusal(standing: Standing) -> Iterator[str]:
    """Say why times are not all on one axis."""
    number_of = len(standing.table.charts)
    if number_of > 1:
        machines = len({chart.machine for chart in standing.table.charts})
        what = f"of {counted(machines, 'machine')}" if machines > 1 else "of one machine under several conditions"
        yield f"{standing.table.name}: times are {what}: {number_of} charts, each with an axis of its own."


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
