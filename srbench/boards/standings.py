"""Standings: the tables of a board, from scores that may be compared."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from srbench.analysis.columns import leading, probability
from srbench.analysis.common_images import best_of_image, judged
from srbench.analysis.neighbours import neighbours
from srbench.analysis.settings import lines_of
from srbench.analysis.tables import Order, Tables, own, summarise, tables
from srbench.boards.common import Common, number, whole
from srbench.boards.content import Line, Neighbour, Speed, Table, Value
from srbench.boards.names import slug
from srbench.boards.reported import reported
from srbench.boards.versions import Version, versions, weights
from srbench.metrics.classical import CLASSICAL
from srbench.reports.findings import Findings
from srbench.specs import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from srbench.analysis.columns import Column, Metrics
    from srbench.boards.metric_codes import Part
    from srbench.boards.times import Time


@dataclass(frozen=True)
class Standing:
    """A table with what its charts and the pages of images and methods are made of."""

    table: Table
    part: Part
    versions: dict[str, Version]
    """By the ids of lines."""
    scores: pd.DataFrame
    """One row per line and image, with columns `line`, `judged` and `best`."""
    times: dict[str, list[Time]] = field(default_factory=dict)
    """By the ids of lines, the newest first."""


def standings(part: Part, common: Common) -> Iterator[Standing]:
    """Yield the tables of scores that may be compared: one, or one per device where a method has scores of several."""
    every = list(versions(part.scores, part.pool.submissions, part.metrics))
    found = _findings(part, [each[0] for each in every])
    board = found.scoreboard
    for on_device, lines in board.groupby("on_device", sort=True):
        yield _Drawn(part, common, found, str(on_device), lines, every).standing


def _findings(part: Part, leads: Sequence[Version]) -> Findings:
    """Return the scores that stand in the table as the findings of a run."""
    scores = pd.concat([each.rows for each in leads], ignore_index=True)
    scores["judged"] = judged(scores, part.metrics)
    return Findings(Path(), {"methods": {}}, _tables(part, scores), baseline="")


def _tables(part: Part, scores: pd.DataFrame) -> Tables:
    pool = part.pool
    fields = pool.submissions[-1].info.get("protocol_fields", {})
    sizes = {pool.dataset.name: pool.dataset.images}
    names = list(dict.fromkeys(scores["method"]))
    order = Order(names, sizes, (pool.factor,), (pool.protocol,), part.metrics, fields)
    nothing = tables((), order)
    return Tables(scores, nothing.timings, summarise(scores, nothing.timings, order), nothing.speeds, part.metrics)


class _Drawn:
    """One table as it is made."""

    def __init__(  # noqa: PLR0913 - what a table is made of
        self,
        part: Part,
        common: Common,
        found: Findings,
        on_device: str,
        board: pd.DataFrame,
        every: Sequence[Sequence[Version]],
    ) -> None:
        self.part = part
        self.common = common
        self.metrics = part.metrics
        self.board = board
        self.on_device = on_device
        here = set(board[["method", "device"]].itertuples(index=False, name=None))
        self.versions = {(each[0].method, each[0].device): each for each in every if _key(each[0]) in here}
        self.scores = found.scores[found.scores["on_device"] == on_device]
        self.judged = found.judged[found.judged["on_device"] == on_device] if self.metrics else self.scores[:0]
        device = f", on {on_device}" if on_device else ""
        tags = f" ({', '.join(part.tags)})" if part.tags else ""
        self.name = f"{part.pool.title}{device}{tags}"
        self.id = slug(self.name)

    @property
    def standing(self) -> Standing:
        """Return the table with all that belongs to it."""
        current = self._current()
        older = [line for line, _ in self._older()]
        by_line = {line.id: self.versions[self._of(line)][0] for line in current}
        by_line |= {line.id: version for line, version in self._older()}
        lines = (*current, *older)
        table = Table(
            self.id,
            self.name,
            self.part.pool.dataset.id,
            self.part.pool.factor,
            self.part.pool.fingerprint,
            self.on_device,
            self.part.content,
            (),
            int(self.judged["image"].nunique()),
            lines,
            (),
            (*self.part.refusals, *self._replaced()),
            self._verdict(current),
        )
        times = {line.id: self._times(by_line[line.id]) for line in lines}
        return Standing(table, self.part, by_line, self._rows(current, by_line), times)

    def _of(self, line: Line) -> tuple[str, str]:
        return next(key for key in self.versions if self._line_id(*key) == line.id)

    def _line_id(self, method: str, device: str, code: str = "") -> str:
        return "-".join(filter(None, [self.id, self.common.method_ids[method], device, code[:8]]))

    def _current(self) -> list[Line]:
        """Return the lines that stand in the table, best first."""
        found = self._values()
        lines = [
            self._line(line, self.versions[line.method, line.device][0], found[line.method, line.device])
            for line in lines_of(self.board)
        ]
        first = next(iter(self.metrics), "")
        return sorted(lines, key=lambda line: (not line.judged, _order(line, first, self.metrics), line.id))

    def _values(self) -> dict[tuple[str, str], dict[str, Value]]:
        """Return the values of each line, by metric."""
        printed = reported(self.board, self.metrics, self._files()) if self.metrics else {}
        below = {name: self._below(column) for name, column in self.metrics.items()}
        return {
            (line.method, line.device): {
                name: _value(line, name, below[name].get(line.method), printed.get((line.method, name), ()))
                for name in self.metrics
            }
            for line in lines_of(self.board)
        }

    def _files(self) -> dict[str, set[str]]:
        return {method: set(weights(each[0].newest, method).values()) for (method, _), each in self.versions.items()}

    def _below(self, metric: Column) -> dict[str, Neighbour]:
        """Return how each method differs from the next worse one."""
        devices = dict(self.versions)
        id_of = {method: self._line_id(method, device) for method, device in devices}
        return {
            line.method: Neighbour(
                id_of[line.other],
                number(line.difference),
                number(line.low),
                number(line.high),
                number(line.p_holm),
                line.verdict,
                int(line.pairs),
                float(line.smallest_p),
            )
            for line in lines_of(neighbours(self.judged, metric))
        }

    def _line(self, line: Any, version: Version, values: dict[str, Value], code: str = "") -> Line:  # noqa: ANN401 - a line of the scoreboard
        times = self._times(version)
        macs = next((each.multiply_adds for each in times if each.multiply_adds == each.multiply_adds), None)
        return Line(
            id=self._line_id(version.method, version.device, code),
            table=self.id,
            method=self.common.method_ids[version.method],
            device=version.device,
            standing="older" if code else "current",
            run=version.newest.id,
            runs=tuple(each.id for each in version.submissions),
            code=version.code,
            weights=weights(version.newest, version.method),
            parameters=whole(line.parameters),
            multiply_adds=macs,
            judged=bool(line.judged) and not code,
            images=int(line.images),
            of=int(line.of),
            scored=int(line.scored),
            trained_on=int(line.trained_on),
            failures=tuple(_failures(version.rows)),
            rank=number(getattr(line, "rank", None)),
            values=values,
            speeds=(),
            remarks=tuple(self._remarks(version)),
        )

    def _older(self) -> Iterator[tuple[Line, Version]]:
        """Yield the lines that newer versions replaced, the newest first."""
        for every in self.versions.values():
            for version in every[1:]:
                summary = _tables(self.part, version.rows.assign(judged=False)).summary
                (line,) = lines_of(summary)
                values = {name: _value(line, name, None, ()) for name in self.metrics}
                yield self._line(line, version, values, version.code), version

    def _times(self, version: Version) -> list[Time]:
        """Return the times of this version, on LR as the protocol makes it."""
        order = Order((), {}, (), (), self.metrics, self.part.pool.submissions[-1].info.get("protocol_fields", {}))
        channels = int(version.rows["channels"].max())
        dtype = order.lr_dtype(self.part.pool.protocol, str(version.rows["dtype"].max()))
        wanted = (version.method, self.part.pool.factor, channels, dtype)
        own = [each for each in self.common.times if (each.method, each.factor, each.channels, each.dtype) == wanted]
        return [each for each in own if version.code in each.submission.facts(version.method).get("codes", {}).values()]

    def _remarks(self, version: Version) -> Iterator[str]:
        for name, gap in version.differing.items():
            runs = listed((each.name for each in version.submissions), most=5)
            column = self.metrics[name]
            yield f"{runs} have one code and differ in {column.label} by up to {column.measure(gap)} on an image."
        if not version.newest.finished:
            yield f"{version.newest.name} is not finished: {counted(len(version.rows), 'image')} so far."

    def _replaced(self) -> Iterator[str]:
        """Yield which versions of methods are not in the table."""
        for (method, _), every in self.versions.items():
            if every[1:]:
                runs = listed((each.newest.name for each in every[1:]), most=5)
                name = self.common.shown[method]
                yield (
                    f"{self.part.pool.title}: {name} is not one version in all runs: that of {every[0].newest.name} "
                    f"stands in the table, that of {runs} is in its history."
                )

    def _rows(self, current: Sequence[Line], by_line: dict[str, Version]) -> pd.DataFrame:
        """Return the scores of all lines, image by image."""
        scores = self.scores.assign(best=best_of_image(self.scores, self.metrics) if self.metrics else False)
        ids = [self._line_id(*key) for key in zip(scores["method"], scores["device"], strict=True)]
        standing = scores.assign(line=ids)
        shown = {each.id for each in current}
        older = [
            each.rows.assign(line=name, judged=False, best=False) for name, each in by_line.items() if name not in shown
        ]
        return pd.concat([standing, *older], ignore_index=True)

    def _verdict(self, lines: Sequence[Line]) -> str:
        """Say who leads, and whether that is significant."""
        ranked = [line for line in lines if line.judged]
        if not ranked or not self.metrics:
            return ""
        first = leading(self.metrics)
        name = {line.id: self.common.shown[self._of(line)[0]] for line in ranked}
        best = [line for line in ranked if line.values[first.name].position == 1]
        if len(best) > 1:
            return f"{listed((name[line.id] for line in best), most=5)} have equal best means."
        below = best[0].values[first.name].below
        if below is None:
            return f"{name[best[0].id]} is the only method that is compared."
        gap = first._replace(digits=None if first.digits is None else first.digits + 1)
        amount = gap.measure(below.difference, sign=True)
        return f"{name[best[0].id]} leads: {amount} against {name[below.line]} ({_says(below)})."


def _says(below: Neighbour) -> str:
    """Return a verdict in words."""
    images = counted(below.images, "image")
    if below.verdict == "too few images":
        return f"too few images: with {below.images}, p cannot be below {probability(below.smallest_p)}"
    if below.verdict == "equal":
        return f"equal on all of {images}"
    sure = "significant" if below.verdict in {"better", "worse"} else "not significant"
    return f"{sure}, p {probability(below.p)}, {images}".replace("p <", "p <")


def _key(version: Version) -> tuple[str, str]:
    return version.method, version.device


def _order(line: Line, first: str, metrics: Metrics) -> tuple[int, float]:
    """Return what lines are sorted by: the leading metric, as far as it is there."""
    if not first:
        return 0, 0.0
    value = line.values[first]
    mean = value.mean if value.mean is not None else value.own
    return value.position or len(metrics) + 1_000_000, -metrics[first].sign * mean if mean is not None else 0.0


def _value(line: Any, name: str, below: Neighbour | None, printed: Iterable[Any]) -> Value:  # noqa: ANN401 - a line of the scoreboard
    images = line.images if name in CLASSICAL else getattr(line, f"{name}_images")
    return Value(
        name,
        number(getattr(line, name)),
        number(getattr(line, f"{name}_mean_low", None)),
        number(getattr(line, f"{name}_mean_high", None)),
        int(getattr(line, f"{name}_position", 0)),
        int(images),
        number(getattr(line, own(name))),
        below,
        tuple(printed),
    )


def _failures(rows: pd.DataFrame) -> Iterator[str]:
    """Yield why images have no score."""
    bad = rows[rows["status"] != "ok"]
    for (status, reason), same in bad.groupby(["status", "reason"], sort=True):
        yield f"{status} on {counted(len(same), 'image')}: {reason}"


def with_speeds(standing: Standing, charts: dict[str, list[Speed]]) -> tuple[Line, ...]:
    """Return the lines of a table with their times, by the ids of lines."""
    return tuple(replace(line, speeds=tuple(charts.get(line.id, ()))) for line in standing.table.lines)
