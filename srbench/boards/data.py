"""A board for programs: one line per method, setting and metric, and all of it as JSON."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from srbench.boards.content import Picture
from srbench.formats import spreadsheet, strict_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srbench.boards.content import Board, Chart, Line, Speed, Table, Value

JSON, CSV, TIMES = "board.json", "board.csv", "times.csv"
"""The files of a site that hold them."""

COLUMNS = (
    *("method", "spec", "dataset", "factor", "protocol", "on_device", "device", "metric", "unit", "standing"),
    *("value", "low", "high", "position", "judged", "images", "of", "own_value", "failures"),
    *("reported", "reported_source", "reported_verdict"),
    *("next", "next_difference", "next_low", "next_high", "next_p", "next_verdict"),
    *("parameters", "multiply_adds", "run", "started", "machine", "system", "srbench", "commit", "libraries"),
    *("code", "weights", "protocol_fingerprint", "dataset_fingerprint", "metric_version", "metric_code", "table"),
)
"""The columns of the main table; docs/board.md describes them."""

TIMES_COLUMNS = (
    *("method", "spec", "dataset", "factor", "protocol", "device", "ms_per_mpx", "low", "high", "steady", "chart"),
    *("machine", "threads", "precision", "lr", "sizes", "run", "code"),
)
"""The columns of times: those of one `chart` alone may be compared."""


def lines(board: Board) -> list[dict[str, Any]]:
    """Return the main table: one line per method, setting and metric, best first within each table."""
    found = _Names(board)
    return [
        found.line(table, line, value)
        for table in board.tables
        for line in table.lines
        for value in line.values.values()
    ]


def json(board: Board) -> str:
    """Return the whole board as strict JSON: infinity is text."""
    return strict_json.dumps(plain(board), indent=1) + "\n"


def csv(board: Board) -> str:
    """Return the main table as CSV."""
    return spreadsheet.to_csv(pd.DataFrame(lines(board), columns=list(COLUMNS)))


def times(board: Board) -> str:
    """Return the times of methods as CSV, in the order of charts."""
    found = _Names(board)
    every = [
        found.time(table, chart, line, speed)
        for table in board.tables
        for chart in table.charts
        for line in table.lines
        for speed in line.speeds
        if speed.chart == chart.id
    ]
    return spreadsheet.to_csv(pd.DataFrame(every, columns=list(TIMES_COLUMNS)))


class _Names:
    """What ids stand for."""

    def __init__(self, board: Board) -> None:
        self.methods = {each.id: each for each in board.methods}
        self.runs = {each.id: each for each in board.runs}
        self.machines = {each.id: each for each in board.machines}
        self.protocols = {each.id: each for each in board.protocols}
        self.datasets = {each.id: each for each in board.datasets}
        self.owners = {line.id: line.method for table in board.tables for line in table.lines}

    def line(self, table: Table, line: Line, value: Value) -> dict[str, Any]:
        """Return one line of the main table."""
        found = {**self._setting(table, line, value), **_numbers(line, value), **self._beside(line, value)}
        return {name: found[name] for name in COLUMNS}

    def time(self, table: Table, chart: Chart, line: Line, speed: Speed) -> dict[str, Any]:
        """Return one line of times."""
        conditions = dict(chart.conditions)
        return {
            **self._cell(table, line),
            "device": chart.device,
            "ms_per_mpx": speed.ms_per_mpx,
            "low": speed.low,
            "high": speed.high,
            "steady": speed.steady,
            "chart": chart.id,
            "machine": self.machines[chart.machine].name,
            **{name: conditions[name] for name in ("threads", "precision", "lr", "sizes")},
            "run": self.runs[speed.run].folder,
            "code": line.code,
        }

    def _cell(self, table: Table, line: Line) -> dict[str, Any]:
        method = self.methods[line.method]
        return {
            "method": method.name,
            "spec": method.spec,
            "dataset": self.datasets[table.dataset].name,
            "factor": table.factor,
            "protocol": self.protocols[table.protocol].name,
        }

    def _setting(self, table: Table, line: Line, value: Value) -> dict[str, Any]:
        metric = next(each for each in table.metrics if each.name == value.metric)
        protocol, dataset = self.protocols[table.protocol], self.datasets[table.dataset]
        return {
            **self._cell(table, line),
            "on_device": table.on_device,
            "device": line.device,
            "metric": metric.name,
            "unit": metric.unit,
            "protocol_fingerprint": protocol.fingerprint,
            "dataset_fingerprint": dataset.fingerprint,
            "metric_version": metric.version,
            "metric_code": metric.code,
            "table": table.id,
        }

    def _beside(self, line: Line, value: Value) -> dict[str, Any]:
        run, below, paper = self.runs[line.run], value.below, next(iter(value.reported), None)
        machine = self.machines.get(run.machine)
        return {
            "reported": paper.value if paper else None,
            "reported_source": paper.source if paper else "",
            "reported_verdict": paper.verdict if paper else "",
            "next": self.methods[self.owners[below.line]].name if below else "",
            "next_difference": below.difference if below else None,
            "next_low": below.low if below else None,
            "next_high": below.high if below else None,
            "next_p": below.p if below else None,
            "next_verdict": below.verdict if below else "",
            "run": run.folder,
            "started": run.started,
            "machine": machine.name if machine else "",
            "system": machine.system if machine else "",
            "srbench": run.srbench,
            "commit": run.commit,
            "libraries": _pairs(run.libraries),
        }


def _numbers(line: Line, value: Value) -> dict[str, Any]:
    return {
        "standing": line.standing,
        "value": value.mean,
        "low": value.low,
        "high": value.high,
        "position": value.position,
        "judged": line.judged,
        "images": value.images,
        "of": line.of,
        "own_value": value.own,
        "failures": "; ".join(line.failures),
        "parameters": line.parameters,
        "multiply_adds": line.multiply_adds,
        "code": line.code,
        "weights": _pairs(line.weights),
    }


def _pairs(values: dict[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in values.items())


def plain(value: Any) -> Any:  # noqa: ANN401 - any content
    """Return content as JSON has it; a picture is the name of its file."""
    if isinstance(value, Picture):
        return value.name
    if is_dataclass(value) and not isinstance(value, type):
        return dict(_named(value))
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, tuple) else value


def _named(value: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - a dataclass
    for each in fields(value):
        yield each.name, plain(getattr(value, each.name))
