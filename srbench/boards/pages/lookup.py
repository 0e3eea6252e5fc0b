"""Lookup: the parts of a board by their ids, and what they are called and drawn with."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from srbench.boards.pages.sheets import HASH
from srbench.reports.html.legend import Mark, mark

if TYPE_CHECKING:
    from collections.abc import Iterable

    from srbench.boards import content


@dataclass(frozen=True)
class Lookup:
    """The parts of a board by id."""

    board: content.Board
    tables: dict[str, content.Table]
    lines: dict[str, content.Line]
    methods: dict[str, content.Method]
    runs: dict[str, content.Run]
    machines: dict[str, content.Machine]
    protocols: dict[str, content.Protocol]
    datasets: dict[str, content.Dataset]
    images: dict[str, content.Image]
    charts: dict[str, content.Chart]
    marks: dict[str, Mark]
    """Of methods, by id."""
    labels: dict[str, str]
    """Of lines: each is another in its table."""

    def machine_of(self, run: str) -> content.Machine | None:
        """Return the machine of a run, where that is known."""
        return self.machines.get(self.runs[run].machine)


def lookup(board: content.Board) -> Lookup:
    """Return the parts of a board by id."""
    methods = {method.id: method for method in board.methods}
    return Lookup(
        board=board,
        tables={table.id: table for table in board.tables},
        lines={line.id: line for table in board.tables for line in table.lines},
        methods=methods,
        runs={run.id: run for run in board.runs},
        machines={machine.id: machine for machine in board.machines},
        protocols={protocol.id: protocol for protocol in board.protocols},
        datasets={dataset.id: dataset for dataset in board.datasets},
        images={image.id: image for image in board.images},
        charts={chart.id: chart for table in board.tables for chart in table.charts},
        marks=_marks(board.methods),
        labels={name: label for table in board.tables for name, label in _labels(table, methods).items()},
    )


def _marks(methods: Iterable[content.Method]) -> dict[str, Mark]:
    """Return what methods are drawn with, as in the report of a run; methods of one name say their specs."""
    methods = list(methods)
    names = Counter(method.name for method in methods)
    called = {each.id: each.name if names[each.name] == 1 else f"{each.name} ({each.spec})" for each in methods}
    return {each.id: mark(called[each.id], number) for number, each in enumerate(methods)}


def _labels(table: content.Table, methods: dict[str, content.Method]) -> dict[str, str]:
    """Return what the lines of a table are called: by method; by device, version and code, where these tell apart."""
    labels = {line.id: methods[line.method].name for line in table.lines}
    for more in (
        {line.id: f" on {line.device}" for line in table.lines},
        {line.id: " (older)" * (line.standing == "older") for line in table.lines},
        {line.id: f" {line.code[:HASH]}" for line in table.lines},
        {line.id: f" {line.id}" for line in table.lines},
    ):
        alike: dict[str, set[str]] = {}
        for name, label in labels.items():
            alike.setdefault(label, set()).add(more[name])
        labels = {name: label + more[name] * (len(alike[label]) > 1) for name, label in labels.items()}
    return labels
