"""Rankings: a table of the board, its lines best first, each with where it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srbench.boards.pages import links
from srbench.boards.pages.sheets import (
    EMPTY,
    Row,
    Sheet,
    count,
    measures,
    reported,
    sign,
    standing,
    text,
    value,
    weights,
)
from srbench.reports.html.tabling import Cell, Column

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srbench.boards.content import Line, Table
    from srbench.boards.pages.lookup import Lookup

STYLES = {1: "best", 2: "second"}
COMMIT = 9
"""Digits of a commit."""

SOURCE = [
    Column("Weights", hint="first digits of the sha256 of the method's file"),
    Column("Parameters", number=True, hint="trained parameters"),
    Column("Machine"),
    Column("Run", hint="the newest with these scores, and the commit of srbench; + marks a changed checkout"),
]
"""The columns of where a line comes from."""


def ranking(found: Lookup, table: Table) -> Sheet:
    """Return a table of the board."""
    columns = [
        Column("Rank", number=True, better="lower", hint="by the first metric; means that are printed alike share it"),
        *measures(table.metrics),
        Column("Against the next", hint=f"difference to the next worse line in {table.metrics[0].label}"),
        Column("Reported", hint="what a paper prints, and whether the measured value agrees with it"),
        Column("Images", number=True, hint="that the means are over, where these are not all"),
        *SOURCE,
    ]
    rows = [_row(found, table, line) for line in table.lines]
    return Sheet(
        f"table-{table.id}-lines", f"Methods on {table.name}, best first", "Method", columns, rows
    ).without_empty()


def _row(found: Lookup, table: Table, line: Line) -> Row:
    first = line.values[table.metrics[0].name]
    cells = [
        _rank(line, first.position),
        *_values(table, line),
        standing(table.metrics[0], first),
        reported(line.values.values()),
        EMPTY if first.images == line.of else Cell(f"{first.images} of {line.of}", float(first.images)),
        *source(found, line, ""),
    ]
    head = Cell(found.labels[line.id], note="; ".join(notes(line)), link=links.method(line.method))
    return Row(head, cells, line.method, "" if line.judged and line.standing == "current" else "aside")


def _rank(line: Line, position: int) -> Cell:
    if line.standing == "older":
        return EMPTY._replace(text="older")
    return Cell(str(position), float(position)) if position else EMPTY


def _values(table: Table, line: Line) -> Iterator[Cell]:
    """Yield the means; below those of further metrics stands how they differ from the next."""
    for place, metric in enumerate(table.metrics):
        mean = line.values[metric.name]
        note = sign(mean.below) if place else ""
        yield value(metric, mean.mean, style=STYLES.get(mean.position, ""), note=note)


def notes(line: Line) -> list[str]:
    """Return what to know of a line."""
    seen = [f"trained on {line.trained_on} of the images"] if line.trained_on else []
    return [*seen, *line.remarks, *line.failures]


def source(found: Lookup, line: Line, root: str) -> list[Cell]:
    """Return where a line comes from; `root` leads from the page to the index."""
    run, machine = found.runs[line.run], found.machine_of(line.run)
    version = f"commit {commit(run.commit)}" if run.commit else f"srbench {run.srbench}" if run.srbench else ""
    others = f"and {len(line.runs) - 1} more" if line.runs[1:] else ""
    return [
        weights(line.weights),
        count(line.parameters),
        text(machine.name, link=f"{root}{links.machine(machine.id)}")._replace(style="words") if machine else EMPTY,
        text(run.folder, ", ".join(filter(None, [version, others])), f"{root}{links.run(run.id)}"),
    ]


def commit(name: str) -> str:
    """Return the first digits of a commit; + marks a checkout that was changed."""
    return name[:COMMIT] + "+" * (name.endswith("+") and len(name) > COMMIT)
