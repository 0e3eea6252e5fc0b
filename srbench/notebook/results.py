"""The tables of a run as Python gets them: with the folder of the run, and shown in notebooks as reports show them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from srbench.analysis.tables import Tables
from srbench.notebook.views import Cell, Heading, Line, View, render
from srbench.reports import findings, frame_budget, latencies, speeds
from srbench.reports.labels import ARROWS, arrows, setting
from srbench.reports.remarks import coverage, reasons
from srbench.reports.timed import Timed
from srbench.specs import counted
from srbench.store.journal import read_info

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from srbench.reports.findings import Findings

_MARKS = {1: "best", 2: "second"}
_NOTES = 10


@dataclass(frozen=True, repr=False)
class Results(Tables):
    """The pandas tables of a run, and where it is."""

    folder: Path = Path()
    """The run folder."""

    @classmethod
    def of(cls, tables: Tables, folder: Path) -> Self:
        """Return the tables of the run in `folder`."""
        return cls(tables.scores, tables.timings, tables.summary, tables.speeds, tables.metrics, folder)

    def __repr__(self) -> str:
        """Say which run it is of, and how much there is."""
        methods = len(set(self.summary["method"]) | set(self.timings["method"]) - {""})
        ended = self.scores["status"].value_counts().drop("ok", errors="ignore")
        bad = [f"{number} {status}" for status, number in ended.items()]
        what = [counted(methods, "method"), counted(len(self.scores), "score"), *bad]
        what.append(counted(len(self.timings), "timing"))
        return f"<results of {self.folder}: {', '.join(what)}>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows: scores, or times where there are no scores."""
        found = findings.of(self, self.folder, read_info(self.folder))
        if not found.scored:
            return render(list(_speeds(found)), _some([*reasons(self.scores, {}), *speeds.remarks(self.speeds)]))
        groups = found.scoreboard.groupby(["factor", "protocol"], sort=False)
        notes = [*coverage(self, found.metrics), *reasons(self.scores, found.metrics)]
        return render([_scores(group, found) for _, group in groups], _some(notes))


class ShownTimes(Timed):
    """A run of times, shown in notebooks: a line for each method and size, and what is the best within a budget."""

    def __repr__(self) -> str:
        """Say which run it is of, and how much there is."""
        return f"<times of {self.folder}: {counted(self.speeds['method'].nunique(), 'method')}>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        notes = [sentence for answer in self.answers for sentence in answer.sentences]
        untimed = _some(list(speeds.remarks(self.findings.tables.speeds)))
        return render(list(_speeds(self.findings)), [*notes, *untimed])


def _some(notes: list[str]) -> list[str]:
    """Return the first notes, and how many there are beyond them."""
    more = [f"and {len(notes) - _NOTES} more (the table scores has all)"] if notes[_NOTES:] else []
    return notes[:_NOTES] + more


def _scores(board: pd.DataFrame, found: Findings) -> View:
    """Return the scores of one factor and protocol: the best bold, the second underlined, without a score dimmed."""
    first, columns = board.iloc[0], found.cells
    shown, pointing = columns.shown(board), arrows(found.metrics)
    heads = {"difference": f"vs {found.baseline} (95 %)", "p": "p (Holm)"}
    heads |= {name: each.heading + ARROWS.get(pointing[name], "") for name, each in found.metrics.items()}
    headings = [Heading(heads.get(name, columns.columns[name].heading), columns.columns[name].words) for name in shown]
    lines = [Line([_cell(line, name, found) for name in shown], dim=not line["images"]) for _, line in board.iterrows()]
    return View(setting(first["factor"], first["protocol"]), headings, lines, columns.explained(board, str))


def _cell(line: pd.Series, name: str, found: Findings) -> Cell:
    mark = _MARKS.get(line.get(f"{name}_position", 0), "") if name in found.metrics else ""
    return Cell(found.cells.text(line, name), mark, str(line["reason"]) if not line["images"] else "")


def _speeds(found: Findings) -> Iterator[View]:
    for table in latencies.tables(frame_budget.speeds(found)):
        heads = {"times baseline": f"times that of {table.baseline}"}
        headings = [Heading(heads.get(name, name), name in latencies.TEXTS) for name in table.columns]
        lines = [Line([Cell(text) for text in row]) for row in table.rows]
        note = " ".join(filter(None, [table.machine, latencies.NOTE]))
        yield View(f"x{table.factor} on {table.device}", headings, lines, note)
