"""Standings: the tables of a board, from scores that may be compared."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from srbench.analysis.columns import leading
from srbench.analysis.common_images import best_of_image, judged
from srbench.analysis.settings import lines_of
from srbench.analysis.tables import Order, Tables, summarise
from srbench.boards import sentences
from srbench.boards.common import number, whole
from srbench.boards.content import Line, Table
from srbench.boards.names import DIGITS, slug
from srbench.boards.values import unplaced, values
from srbench.boards.versions import versions, weights
from srbench.reports.findings import Findings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from srbench.boards.common import Common
    from srbench.boards.content import Speed
    from srbench.boards.metric_codes import Part
    from srbench.boards.times import Time
    from srbench.boards.values import Values
    from srbench.boards.versions import Version


@dataclass(frozen=True)
class Standing:
    """A table with what its charts and the pages of images and methods are made of."""

    table: Table
    part: Part
    versions: dict[str, Version]
    """By the ids of lines."""
    scores: pd.DataFrame
    """One row per line and image, with columns `line`, `judged` and `best`."""
    times: dict[str, list[Time]]
    """By the ids of lines, the newest first."""


def standings(part: Part, common: Common) -> Iterator[Standing]:
    """Yield the tables of scores that may be compared: one, or one per device where a method has scores of several."""
    every = list(versions(part.scores, part.pool.submissions, part.metrics))
    rows = pd.concat([each[0].rows for each in every], ignore_index=True)
    files = {each[0].method: {"files": weights(each[0].newest, each[0].method)} for each in every}
    made = _tables(part, rows.assign(judged=judged(rows, part.metrics)))
    found = Findings(Path(), {"methods": files}, made, baseline="")
    for on_device, board in found.scoreboard.groupby("on_device", sort=True):
        yield _Setting(part, common, str(on_device)).standing(found, board, every)


def with_speeds(standing: Standing, speeds: Mapping[str, Sequence[Speed]]) -> tuple[Line, ...]:
    """Return the lines of a table with their times, by the ids of lines."""
    return tuple(replace(line, speeds=tuple(speeds.get(line.id, ()))) for line in standing.table.lines)


def _order(part: Part, methods: Sequence[str] = ()) -> Order:
    """Return the order of the tables of one setting."""
    pool = part.pool
    fields = pool.submissions[-1].info.get("protocol_fields", {})
    sizes = {pool.dataset.name: pool.dataset.images}
    return Order(methods, sizes, (pool.factor,), (pool.protocol,), part.metrics, fields)


def _tables(part: Part, scores: pd.DataFrame) -> Tables:
    """Return the tables of scores of one setting, as a run that has them all and no times would have them."""
    order = _order(part, list(dict.fromkeys(scores["method"])))
    read = part.pool.submissions[-1].tables
    timings, speeds = (each.iloc[:0] for each in (read.timings, read.speeds))
    return Tables(scores, timings, summarise(scores, timings, order), speeds, part.metrics)


class _Setting:
    """Makes the table of one setting."""

    def __init__(self, part: Part, common: Common, on_device: str) -> None:
        self._part = part
        self._common = common
        self._on_device = on_device
        device = f", on {on_device}" if on_device else ""
        tags = f" ({', '.join(part.tags)})" if part.tags else ""
        self._name = f"{part.pool.title}{device}{tags}"
        self._id = slug(self._name)

    def standing(self, found: Findings, board: pd.DataFrame, every: Sequence[Sequence[Version]]) -> Standing:
        """Return the table of the lines `board` of the scoreboard, of `every` version of each method."""
        here = set(zip(board["method"], board["device"], strict=True))
        groups = {each[0].method: each for each in every if (each[0].method, each[0].device) in here}
        scores, counted = (each[each["on_device"] == self._on_device] for each in (found.scores, found.judged))
        newest = {method: each[0] for method, each in groups.items()}
        ids = {method: self._line_id(each) for method, each in newest.items()}
        current = self._current(board, newest, values(board, counted, self._part.metrics, found.claims, ids))
        older = [line for each in groups.values() for line in self._older(each)]
        made = {line.id: version for line, version in (*current, *older)}
        lines = tuple(line for line, _ in (*current, *older))
        shown = {line: self._common.shown[version.method] for line, version in made.items()}
        table = Table(
            id=self._id,
            name=self._name,
            dataset=self._part.pool.dataset.id,
            factor=self._part.pool.factor,
            protocol=self._part.pool.fingerprint,
            on_device=self._on_device,
            metrics=self._part.content,
            images=(),
            judged=int(counted["image"].nunique()),
            lines=lines,
            charts=(),
            refusals=(*self._part.refusals, *self._replaced(list(groups.values()))),
            verdict=sentences.verdict(lines, self._part.metrics, shown),
        )
        times = {line: self._times(version) for line, version in made.items()}
        return Standing(table, self._part, made, self._rows(scores, current, older), times)

    def _current(
        self, board: pd.DataFrame, newest: Mapping[str, Version], found: Mapping[str, Values]
    ) -> list[tuple[Line, Version]]:
        """Return the lines that stand in the table, best first."""
        lines = [
            (self._line(line, newest[line.method], found[line.method], older=False), newest[line.method])
            for line in lines_of(board)
        ]
        return sorted(lines, key=lambda pair: self._place(pair[0]))

    def _place(self, line: Line) -> tuple[bool, float, str]:
        """Return what lines are sorted by: the leading metric, those that are compared first."""
        first = leading(self._part.metrics)
        mean = line.values[first.name].mean
        return not line.judged, math.inf if mean is None else -first.sign * mean, line.id

    def _older(self, every: Sequence[Version]) -> Iterator[tuple[Line, Version]]:
        """Yield the lines that a newer version replaced, the newest first."""
        for version in every[1:]:
            (line,) = lines_of(_tables(self._part, version.rows.assign(judged=False)).summary)
            yield self._line(line, version, unplaced(line, self._part.metrics), older=True), version

    def _line(self, line: Any, version: Version, found: Values, *, older: bool) -> Line:  # noqa: ANN401 - a line of the scoreboard
        counts = (number(time.multiply_adds) for time in self._times(version))
        return Line(
            id=self._line_id(version, older=older),
            table=self._id,
            method=self._common.method_ids[version.method],
            device=version.device,
            standing="older" if older else "current",
            run=version.newest.id,
            runs=tuple(each.id for each in version.submissions),
            code=version.code,
            weights=weights(version.newest, version.method),
            parameters=whole(line.parameters),
            multiply_adds=next((count for count in counts if count is not None), None),
            judged=bool(line.judged),
            images=int(line.images),
            of=int(line.of),
            scored=int(line.scored),
            trained_on=int(line.trained_on),
            failures=tuple(sentences.failures(version)),
            rank=number(getattr(line, "rank", None)),
            values=found,
            speeds=(),
            remarks=tuple(sentences.remarks(version, self._part.metrics)),
        )

    def _line_id(self, version: Version, *, older: bool = False) -> str:
        method = self._common.method_ids[version.method]
        return "-".join([self._id, method, version.device, *[slug(version.code)[:DIGITS]] * older])

    def _times(self, version: Version) -> list[Time]:
        """Return the times of this version, on LR as the protocol makes it."""
        channels = int(version.rows["channels"].max())
        dtype = _order(self._part).lr_dtype(self._part.pool.protocol, str(version.rows["dtype"].max()))
        wanted = (version.method, self._part.pool.factor, channels, dtype)
        own = [each for each in self._common.times if (each.method, each.factor, each.channels, each.dtype) == wanted]
        return [each for each in own if version.code in each.submission.facts(version.method).get("codes", {}).values()]

    def _replaced(self, every: Sequence[Sequence[Version]]) -> Iterator[str]:
        for each in every:
            if each[1:]:
                yield sentences.replaced(self._part.pool.title, self._common.shown[each[0].method], each)

    def _rows(
        self, scores: pd.DataFrame, current: Sequence[tuple[Line, Version]], older: Sequence[tuple[Line, Version]]
    ) -> pd.DataFrame:
        """Return the scores of all lines, image by image."""
        ids = {version.method: line.id for line, version in current}
        standing = scores.assign(line=scores["method"].map(ids), best=best_of_image(scores, self._part.metrics))
        rest = [version.rows.assign(line=line.id, judged=False, best=False) for line, version in older]
        return pd.concat([standing, *rest], ignore_index=True)
