"""Timelines: what methods scored and how fast they were, commit by commit: the histories of a board, as series."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from srbench.analysis.columns import TIMES
from srbench.boards import data, gathering
from srbench.boards.names import DIGITS
from srbench.boards.pages.charts import CONDITIONS
from srbench.boards.pages.sheets import measure
from srbench.specs import unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from srbench.analysis.columns import Column
    from srbench.boards.content import Event, History, Refused, Speed
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
    conditions: str
    """Of times: machine and conditions, in words."""

    def change(self, place: int) -> float:
        """Return how a value differs from the one before it: a difference, of times a ratio; NaN where none is."""
        before = self._before(place)
        value, old = self.values[place], math.nan if before is None else self.values[before]
        return value / old if self.conditions else value - old

    def _before(self, place: int) -> int | None:
        """Return the last version before another that has a value; None where none has."""
        return next((each for each in reversed(range(place)) if not math.isnan(self.values[each])), None)

    def verdict(self, place: int) -> str:
        """Return `better` or `worse` where a value differs from the one before as it is shown; of times as below.

        Times differ where both intervals are known and do not overlap.
        """
        before = self._before(place)
        if before is None or math.isnan(change := self.change(place)):
            return ""
        if self.conditions:
            (low, high), (old_low, old_high) = ((self.lows[at], self.highs[at]) for at in (place, before))
            return "better" if high < old_low else "worse" if low > old_high else ""
        if self.column.text(self.values[place]) == self.column.text(self.values[place] - change):
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
        event, checkout = timeline.events[place], timeline.events[place].checkout
        return {
            "method": timeline.method,
            "spec": timeline.spec,
            "setting": timeline.history.name,
            "device": timeline.history.device,
            "run": self.folders[event.run],
            "when": when(event),
            "commit": commit(event),
            "subject": checkout.subject if checkout else "",
            **{each.column.name: each.values[place] for each in timeline.series},
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


def short(name: str) -> str:
    """Return the first digits of a commit; + marks a checkout that was changed."""
    return name[:DIGITS] + "+" * (name.endswith("+") and len(name) > DIGITS)


def _series(history: History) -> Iterator[Series]:
    nothing = (math.nan,) * len(history.events)
    for metric in history.metrics:
        values = tuple(_number(event.values.get(metric.name)) for event in history.events)
        if not all(map(math.isnan, values)):
            yield Series(measure(metric), values, nothing, nothing, "")
    several = len(history.clocks) > 1
    for number, clock in enumerate(history.clocks, 1):
        own = [next((each for each in event.speeds if each.chart == clock.id), None) for event in history.events]
        facts = dict(clock.conditions)
        column = TIMES.get(f"{facts['device']}_ms_per_mpx", next(iter(TIMES.values())))
        if several:
            column = column._replace(name=f"{column.name}_{number}", label=f"{column.label} {number}")
        values, lows, highs = zip(*map(_ends, own), strict=True)
        words = "; ".join(
            [
                clock.name,
                *(f"{CONDITIONS.get(name, name)} {value}" for name, value in clock.conditions if name != "device"),
            ]
        )
        yield Series(column, values, lows, highs, words)


def _ends(speed: Speed | None) -> tuple[float, float, float]:
    """Return a time and the ends of its interval; NaN where there are none."""
    if speed is None:
        return math.nan, math.nan, math.nan
    return speed.ms_per_mpx, _number(speed.low), _number(speed.high)


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
