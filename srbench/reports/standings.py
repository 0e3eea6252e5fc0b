"""The terminal's table of scores: a section for each dataset, readable at 80 columns and without colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from srbench.analysis.columns import TIMES, absent, probability
from srbench.analysis.settings import dataset_name
from srbench.reports import cells
from srbench.reports.classical import COLUMNS, LEADING, METRICS
from srbench.reports.drawing import STYLE, Name
from srbench.reports.remarks import ADDING, COMMON
from srbench.specs import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

WIDE = 120
"""Columns from which there is room for intervals."""

_VERDICT, _PUBLISHED = f"{LEADING}_verdict", f"published_{LEADING}"

_SIGNIFICANT = {"": "", "better": "yes", "worse": "yes", "undecided": "no", "equal": "equal", "too few images": "few"}


class Standings:
    """The table of one factor and protocol: `board` is its part of the scoreboard."""

    def __init__(self, board: pd.DataFrame, baseline: str, *, timed: bool, width: int) -> None:
        """Choose the columns: those that have something to say."""
        self.board = board
        self.baseline = baseline
        self.timed = timed
        self.times = [name for name in TIMES if timed and board[name].notna().any()]
        self.judged = bool((board["pairs"] > 1).any())  # one image decides nothing, and needs no column to say so
        self.intervals = self.judged and width >= WIDE
        self.partial = cells.partial(board)
        self.compared = bool(board[f"{LEADING}_difference"].notna().any())
        self.published = bool(board[_PUBLISHED].notna().any())

    def table(self) -> Table:
        """Draw it; where there are several datasets, each has a section under its name."""
        first = self.board.iloc[0]
        groups = self.board.groupby(["dataset", "on_device"], sort=False)
        sections = {dataset_name(section.iloc[0]): section for _, section in groups}
        alone = len(sections) == 1
        where = f"x{first['factor']}, protocol {first['protocol']}"
        title = f"{next(iter(sections))} {where}" if alone else where
        table = Table(title=Text(title), caption=Text("\n".join(self._notes(alone=alone))), **STYLE)
        indent = 0 if alone else 2
        longest = self.board["method"].str.len().max() + indent
        table.add_column("method", overflow="fold", min_width=min(20, longest))
        for heading in self._headings():  # names alone fold: every number still fits into 80 columns
            table.add_column(Text(heading), justify="right", no_wrap=True)
        for dataset, section in sections.items():
            if not alone:
                table.add_row(Name(f"{dataset}, {_images(section)}", style="italic"))
            for _, line in section.iterrows():
                table.add_row(Name(" " * indent + line["method"], overflow="fold"), *self._cells(line))
        return table

    def _headings(self) -> Iterator[str]:
        yield from (each.folded for each in METRICS.values())
        yield from ["images"] * self.partial
        yield f"vs\n{_short(self.baseline)}"
        yield from ["95 %\ninterval"] * self.intervals
        yield from ["sig."] * self.judged
        yield from [f"paper\n{COLUMNS['published'].unit}"] * self.published
        yield from (TIMES[name].folded for name in self.times)
        yield COLUMNS["parameters"].folded

    def _cells(self, line: pd.Series) -> Iterator[Text]:
        yield from self._quality(line)
        if self.intervals:
            yield Text(cells.interval(line))
        if self.judged:
            yield Text(_SIGNIFICANT[line[_VERDICT]], style="dim")
        if self.published:
            yield Text("" if absent(line[_PUBLISHED]) else COLUMNS["published"].text(line[_PUBLISHED]))
        yield from self._speed(line)
        yield Text(COLUMNS["parameters"].text(line["parameters"]))

    def _quality(self, line: pd.Series) -> Iterator[Text]:
        """Yield the metrics, over how many images they are, and the difference to the baseline in the leading one."""
        for name in METRICS:
            yield Text(cells.mean(line, name), style=_style(line, name))
        if self.partial:
            yield Text(cells.coverage(line), style="" if line["judged"] else "yellow")
        yield Text(cells.difference(line))

    def _speed(self, line: pd.Series) -> Iterator[Text]:
        for name in self.times:
            value, note = line[name], line[_note(name)]
            yield Text(note if isinstance(note, str) and absent(value) else TIMES[name].text(value))

    def _notes(self, *, alone: bool) -> Iterator[str]:
        if alone:
            yield _images(self.board)
        if self.judged:
            yield from _explained(self.board)
        if self.compared:
            yield ADDING
        if self.partial:
            yield COMMON
        if self.published:
            yield f"paper: {METRICS[LEADING].label} as published, of the first paper that has it"
        if self.times:
            yield "ms/Mpx: milliseconds per output megapixel, warm"
        if self.timed:
            yield from _shared_notes(self.board, self.times)


def _explained(board: pd.DataFrame) -> Iterator[str]:
    """Yield what the column `sig.` says."""
    yield "sig.: significant (paired sign-flip test, Holm, p <= 0.05)"
    for images, group in board[board[_VERDICT] == "too few images"].groupby("pairs", sort=True):
        yield f"few: too few images; with {images:.0f}, p cannot be below {probability(group['smallest_p'].min())}"
    if (board[_VERDICT] == "equal").any():
        yield "equal: the same score on every image"


def _style(line: pd.Series, name: str) -> str:
    """Return how a mean is printed: the best bold, and what is not judged in other colours."""
    if not line["images"]:
        return "" if name != LEADING else "dim" if line["status"] == "skipped" else "red"
    return "yellow" if cells.unclean(line) else "bold" if line[f"{name}_position"] == 1 else ""


def _short(name: str) -> str:
    """Return a name that fits a heading."""
    return name if len(name) <= len("baseline") else "baseline"


def _images(group: pd.DataFrame) -> str:
    return counted(group["of"].max(), "image")


def _note(time: str) -> str:
    """Return the column that says why there is no time in another one."""
    return time.replace("ms_per_mpx", "note")


def _shared_notes(board: pd.DataFrame, times: list[str]) -> Iterator[str]:
    """Yield why a device has no time at all, so that it needs no column."""
    for name, column in TIMES.items():
        notes = sorted({str(note) for note in board[_note(name)].dropna()})
        if notes and name not in times:
            yield f"{column.label}: {'; '.join(notes)}"
