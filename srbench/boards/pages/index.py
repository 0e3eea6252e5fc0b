"""The index: what the board is, its tables, quality against time, what was refused, runs, methods and images."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from srbench.boards.pages import links
from srbench.boards.pages.charts import clocks, drawn
from srbench.boards.pages.ranking import commit, ranking
from srbench.boards.pages.sheets import Row, Sheet, all_metrics, images, text
from srbench.reports.html.tabling import Cell, Column

if TYPE_CHECKING:
    from srbench.boards.content import Image, Table
    from srbench.boards.pages.lookup import Lookup
    from srbench.boards.pages.pictures import Shown


class Ranking(NamedTuple):
    """A table with what stands around it."""

    table: Table
    sheet: Sheet
    facts: str
    protocol: str
    link: str
    """Leads to the protocol."""


class Album(NamedTuple):
    """The images of a dataset, each with its link and its thumbnail, if there is one."""

    name: str
    images: list[tuple[Image, str, str]]


def content(found: Lookup, shown: Shown) -> dict[str, Any]:
    """Return what the template of the index writes."""
    board = found.board
    return {
        "facts": _facts(found),
        "metrics": all_metrics(board.tables),
        "rankings": [_ranking(found, table) for table in board.tables],
        "clocks": clocks(found),
        "runs": _runs(found),
        "methods": [(each, links.method(each.id), len(each.lines)) for each in board.methods],
        "albums": _albums(found, shown),
        "data": drawn(found),
    }


def _facts(found: Lookup) -> list[tuple[str, str]]:
    board = found.board
    ended = [run.ended for run in board.runs if run.ended]
    counts = {
        "Runs": len(board.runs),
        "Methods": len(board.methods),
        "Tables": len(board.tables),
        "Images": len(board.images),
        "Machines": len(board.machines),
    }
    return [*((name, f"{number:,}") for name, number in counts.items()), ("Newest run", max(ended, default="")[:10])]


def _ranking(found: Lookup, table: Table) -> Ranking:
    dataset, protocol = found.datasets[table.dataset], found.protocols[table.protocol]
    judged = images(table.judged) if table.judged == dataset.images else f"{table.judged} of {images(dataset.images)}"
    return Ranking(
        table,
        ranking(found, table),
        f"compared on {judged}",
        f"{protocol.name}, fingerprint {protocol.fingerprint}",
        links.protocol(protocol.id),
    )


def _runs(found: Lookup) -> Sheet:
    """Return the runs, newest first."""
    columns = [
        Column("Ended"),
        Column("Status"),
        Column("Machine"),
        Column("srbench"),
        Column("Commit"),
        Column("Methods", number=True),
    ]
    rows = []
    for run in found.board.runs:
        machine = found.machine_of(run.id)
        cells = [
            text(when(run.ended)),
            text(run.status),
            text(machine.name, link=links.machine(machine.id)) if machine else text(""),
            text(run.srbench),
            text(commit(run.commit)),
            Cell(str(len(run.methods)), len(run.methods)),
        ]
        rows.append(Row(Cell(run.folder, note=" ".join(run.remarks), link=links.run(run.id)), cells))
    return Sheet("runs-list", "Runs on this board", "Run", columns, rows).without_empty()


def when(moment: str) -> str:
    """Return a moment of ISO 8601 to the minute."""
    return moment[:16].replace("T", " ")


def _albums(found: Lookup, shown: Shown) -> list[Album]:
    def dataset(image: Image) -> str:
        return image.dataset

    ordered = sorted(found.board.images, key=dataset)
    return [
        Album(
            found.datasets[name].name,
            [(image, links.image(image.id), shown.thumbnail(image)) for image in group],
        )
        for name, group in groupby(ordered, dataset)
    ]
