"""Timelines: what methods scored and how fast they were, commit by commit: the histories of a board, as series."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from srbench.analysis.columns import TIMES
from srbench.boards import data, gathering
from srbench.boards.pages.charts import CONDITIONS
from srbench.boards.pages.sheets import measure
from srbench.specs import unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from srbench.analysis.columns import Column
    from srbench.boards.content import Clock, Event, History, Refused, Speed
    from srbench.boards.submissions import Tick


@dataclass(frozen=True)
class Series:
    """One number of a method, commit by commit: a metric, or its time on one machine under one set of conditions."""

    column: Column
    values: tuple[float, ...]
    """One per event; NaN where there is none."""
    lows: tuple[float, ...]
    highs: tuple[float, ...]
    """Ends of the 99 % intervals of times; NaN where there are none."""
    conditions: str = ""
    """Of times: machine and conditions, in words."""
    apart: str = ""
    """Those of the conditions that other times of the method do not have."""
    doubts: tuple[str, ...] = ()
    """Of times, one per event: why it is noisy; empty where it is steady, or where there is none."""

    @property
    def newest(self) -> int:
        """Return the place of the newest event that has a value."""
        return self.before(len(self.values))

    def before(self, place: int) -> int:
        """Return the place of the last event before another that has a value; -1 where there is none."""
        return next((each for each in reversed(range(place)) if not math.isnan(self.values[each])), -1)

    def doubtful(self, place: int) -> bool:
        """Tell whether a value is noisy."""
        return bool(self.doubts and self.doubts[place])

    def text(self, place: int) -> str:
        """Return a value, with a ? where it is noisy."""
        return self.column.text(self.values[place]) + "?" * self.doubtful(place)

    def interval(self, place: int) -> str:
        """Return the ends of the 99 % interval of a time; empty where there is none."""
        low, high = self.lows[place], self.highs[place]
        return "" if math.isnan(low) else f"{self.column.text(low)} to {self.column.text(high)}"

    def change(self, place: int) -> float:
        """Return how a value differs from the one before it: a difference, of times a ratio; NaN where none is."""
        if (old := self.before(place)) < 0:
            return math.nan
        value, before = self.values[place], self.values[old]
        return value / before if self.conditions else value - before

    def changed(self, place: int) -> str:
        """Return the change as text, with a ? where one of its times is noisy; empty where there is none."""
        if math.isnan(change := self.change(place)):
            return ""
        if self.conditions:
            return f"x{change:.2f}" + "?" * (self.doubtful(place) or self.doubtful(self.before(place)))
        text = self.column.text(change, sign=True)
        return "=" if self.column.text(abs(change)) == self.column.text(0.0) else text

    def verdict(self, place: int) -> str:
        """Return `better` or `worse` where a value differs from the one before as it is shown; of times as below.

        Times differ where both are steady, and their intervals are known and do not overlap.
        """
        if math.isnan(change := self.change(place)):
            return ""
        old = self.before(place)
        if self.conditions:
            if self.doubtful(place) or self.doubtful(old):
                return ""
            (low, high), (old_low, old_high) = ((self.lows[at], self.highs[at]) for at in (place, old))
            return "better" if high < old_low else "worse" if low > old_high else ""
        if self.column.text(self.values[place]) == self.column.text(self.values[old]):
            return ""
        return "better" if change * self.column.sign > 0 else "worse"


@dataclass(frozen=True)
class Timeline:
    """One method in one setting, on one device, oldest version first."""

    method: str
    """As it is shown."""
    spec: str
    history: History
    series: tuple[Series, ...]

    @property
    def title(self) -> str:
        """Return what it is about."""
        return f"{self.method}, {self.history.name}"

    @property
    def events(self) -> tuple[Event, ...]:
        """Return the versions."""
        return self.history.events

    @property
    def changed(self) -> bool:
        """Tell whether anything but times ever changed."""
        return any(event.changed for event in self.events)


@dataclass(frozen=True)
class Past:
    """What many runs say of the past of their methods."""

    timelines: tuple[Timeline, ...]
    """Those of methods that changed first."""
    folders: dict[str, str]
    """The names of run folders, by the ids of runs."""
    refused: tuple[Refused, ...]
    """Folders that hold no sound run."""

    @property
    def table(self) -> pd.DataFrame:
        """Return one line per method, setting and run: commit, means by metric, times in ms/Mpx, and what changed."""
        return pd.DataFrame([self._line(each, place) for each in self.timelines for place in range(len(each.events))])

    @property
    def facts(self) -> dict[str, Any]:
        """Return all of it as JSON-ready values."""
        found = [{"method": each.method, "spec": each.spec, **data.plain(each.history)} for each in self.timelines]
        refused = [{"folder": each.folder, "reason": each.reason} for each in self.refused]
        runs = {name: folder for name, folder in self.folders.items() if name != folder}
        return {"histories": found, "runs": runs, "refused": refused}

    def _line(self, timeline: Timeline, place: int) -> dict[str, Any]:
        event = timeline.events[place]
        return {
            "method": timeline.method,
            "spec": timeline.spec,
            "setting": timeline.history.name,
            "device": timeline.history.device,
            "run": self.folders[event.run],
            "when": when(event),
            "commit": commit(event),
            "subject": subject(event),
            **{name: value for each in timeline.series for name, value in _columns(each, place)},
            "changed": ",".join(event.changed),
            "details": "; ".join(event.details),
        }


def past(folders: Iterable[Path], methods: Sequence[str] = (), tick: Tick = lambda *_: None) -> Past:
    """Return what run folders say of the past of `methods`, by label or spec; without any, of all.

    Raises:
        RunFolderError: no folder holds a sound run.
        UsageError: no run has such a method.

    """
    board = gathering.gather(folders, pictures=False, tick=tick)
    names = {name: each.id for each in board.methods for name in (each.spec, each.name)}
    if wrong := [each for each in methods if each not in names]:
        raise unknown("method", wrong[0], names, "these runs")
    wanted = {names[each] for each in methods} or set(names.values())
    found = [
        Timeline(each.name, each.spec, history, tuple(_series(history)))
        for each in board.methods
        if each.id in wanted
        for history in each.histories
    ]
    found.sort(key=lambda each: not each.changed)
    return Past(tuple(found), {each.id: each.folder for each in board.runs}, board.refused)


def when(event: Event) -> str:
    """Return when a version was committed; where that is not known, when the run started (ISO 8601, UTC)."""
    return event.checkout.date if event.checkout else event.when


def commit(event: Event) -> str:
    """Return the commit of a method's own repository, else that of srbench."""
    return event.checkout.commit if event.checkout else event.commit


def subject(event: Event) -> str:
    """Return the subject of a version's commit, and whether the checkout had changes that were not committed."""
    if not event.checkout:
        return ""
    return event.checkout.subject + " (and uncommitted changes)" * event.checkout.commit.endswith("+")


def _series(history: History) -> Iterator[Series]:
    nothing = (math.nan,) * len(history.events)
    for metric in history.metrics:
        values = tuple(_number(event.values.get(metric.name)) for event in history.events)
        if not all(map(math.isnan, values)):
            yield Series(measure(metric), values, nothing, nothing)
    told = [_conditions(clock) for clock in history.clocks]
    for number, (clock, words) in enumerate(zip(history.clocks, told, strict=True), 1):
        own = [next((each for each in event.speeds if each.chart == clock.id), None) for event in history.events]
        column = TIMES.get(f"{dict(clock.conditions)['device']}_ms_per_mpx", next(iter(TIMES.values())))
        if told[1:]:
            column = column._replace(name=f"{column.name}_{number}", label=f"{column.label} {number}")
        values, lows, highs = zip(*map(_ends, own), strict=True)
        apart = [each for each in words if not all(each in others for others in told)]
        doubts = tuple(each.doubt if each else "" for each in own)
        yield Series(column, values, lows, highs, "; ".join(words), "; ".join(apart), doubts)


def _columns(series: Series, place: int) -> Iterator[tuple[str, float | str]]:
    """Yield the columns of a value in the table; of times with their interval, and why they are noisy."""
    name = series.column.name
    yield name, series.values[place]
    if series.conditions:
        yield f"{name}_low", series.lows[place]
        yield f"{name}_high", series.highs[place]
        yield f"{name}_noisy", series.doubts[place]


def _conditions(clock: Clock) -> list[str]:
    """Return the machine and the conditions of times, in words."""
    others = (f"{CONDITIONS.get(name, name)} {value}" for name, value in clock.conditions if name != "device")
    return [clock.name, *others]


def _ends(speed: Speed | None) -> tuple[float, float, float]:
    """Return a time and the ends of its interval; NaN where there are none."""
    if speed is None:
        return math.nan, math.nan, math.nan
    return speed.ms_per_mpx, _number(speed.low), _number(speed.high)


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
