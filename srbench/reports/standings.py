"""The terminal's table of scores: a section for each dataset, readable at 80 columns and without colour."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from srbench.analysis.columns import TIMES, absent, bound
from srbench.analysis.settings import dataset_name
from srbench.reports import cells, paper_rows
from srbench.reports.drawing import STYLE, Name, fits
from srbench.reports.labels import lower, setting
from srbench.reports.remarks import ADDING, COMMON, FEWER
from srbench.reports.scoreboard import reported
from srbench.specs import counted
from srbench.store.rows import GIVEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import pandas as pd
    from rich.console import Console

    from srbench.reports.cells import Cells
    from srbench.reports.findings import Findings


WIDE = 120
"""Columns from which there is room for intervals."""

_BESIDE = 2
"""Metrics that stand beside all other columns in any case."""

_SIGNIFICANT = {"": "", "better": "yes", "worse": "yes", "undecided": "no", "equal": "equal", "too few images": "few"}


def tables(console: Console, board: pd.DataFrame, findings: Findings, *, timed: bool) -> Iterator[Table]:
    """Yield the table of one factor and protocol, then tables of the metrics that it has no room for.

    `board` is its part of the scoreboard.
    """
    found = findings.cells
    drawn = Standings(board, found, findings.baseline, timed, console.width, findings.paper_rows)
    names = list(found.metrics)
    first = _most(console, names, drawn.table, _BESIDE)
    yield drawn.table(names[:first])
    names = names[first:]
    while names:
        some = _most(console, names, drawn.others, 1)
        yield drawn.others(names[:some])
        names = names[some:]


def _most(console: Console, names: Sequence[str], drawn: Callable[[Sequence[str]], Table], least: int) -> int:
    """Return how many of the metrics `names` fit into a table, `least` in any case."""
    return next((count for count in range(len(names), least, -1) if fits(console, drawn(names[:count]))), least)


@dataclass(frozen=True)
class Standings:
    """The tables of one factor and protocol: `board` is its part of the scoreboard."""

    board: pd.DataFrame
    cells: Cells
    baseline: str
    timed: bool
    width: int
    papers: pd.DataFrame
    """The rows that papers report (`analysis.paper_rows`)."""

    @cached_property
    def times(self) -> list[str]:
        """Return the times that there are."""
        return [name for name in TIMES if self.timed and self.board[name].notna().any()]

    @cached_property
    def judged(self) -> bool:
        """Tell whether anything may be decided: one image decides nothing, and needs no column to say so."""
        return bool((self.board["pairs"] > 1).any())

    @cached_property
    def intervals(self) -> bool:
        """Tell whether differences have intervals, and room for them."""
        return self.judged and self.width >= WIDE

    @cached_property
    def partial(self) -> bool:
        """Tell whether means lack images."""
        return cells.partial(self.board)

    @cached_property
    def several(self) -> bool:
        """Tell whether there are several methods."""
        return len(set(self.board["method"])) > 1

    @cached_property
    def compared(self) -> bool:
        """Tell whether methods are compared with the baseline: one alone is not."""
        return self.several or self.cells.has(self.board, "difference")

    @cached_property
    def weighted(self) -> bool:
        """Tell whether weights are counted: of one method without any there is nothing to count."""
        return self.several or self.cells.has(self.board, "parameters")

    @cached_property
    def reported(self) -> bool:
        """Tell whether a paper has any of these cells."""
        return self.cells.has(self.board, "reported")

    @cached_property
    def sections(self) -> dict[str, pd.DataFrame]:
        """Return the lines of each dataset, by its name."""
        groups = self.board.groupby(["dataset", "on_device"], sort=False)
        return {dataset_name(section.iloc[0]): section for _, section in groups}

    def table(self, metrics: Sequence[str]) -> Table:
        """Draw the table that begins with `metrics`, with all other columns that have something to say."""
        return self._drawn(metrics, whole=True)

    def others(self, metrics: Sequence[str]) -> Table:
        """Draw the table of `metrics` alone."""
        return self._drawn(metrics, whole=False)

    def _drawn(self, metrics: Sequence[str], *, whole: bool) -> Table:
        """Draw a table; where there are several datasets, each has a section under its name."""
        first = self.board.iloc[0]
        alone = len(self.sections) == 1
        where = setting(first["factor"], first["protocol"])
        title = f"{next(iter(self.sections))} {where}" if alone else where
        notes = "\n".join(self._notes()) if whole else ""
        table = Table(title=Text(title if whole else f"{title}: other metrics"), caption=Text(notes), **STYLE)
        indent = 0 if alone else 2
        longest = self.board["method"].str.len().max() + indent
        table.add_column("method", overflow="fold", min_width=min(20, longest))
        for heading in [*self._folded(metrics), *(self._headings() if whole else ())]:
            table.add_column(
                Text(heading), justify="right", no_wrap=True
            )  # names fold: all numbers fit into 80 columns
        printed = paper_rows.of_metrics(self.papers, metrics)
        for dataset, section in self.sections.items():
            if not alone:
                table.add_row(Name(f"{dataset}, {_images(section)}", style="italic"))
            for _, line in section.iterrows():
                beside = self._beside(line) if whole else ()
                table.add_row(_name(line["method"], indent), *self._means(line, metrics), *beside)
            for _, row in paper_rows.of_section(printed, section.iloc[0]).iterrows():
                beside = self._beside_printed(row) if whole else ()
                cells = map(Text, paper_rows.printed(row, metrics))
                table.add_row(_name(paper_rows.named(row), indent), *cells, *beside, style="dim")
        return table

    def _folded(self, metrics: Iterable[str]) -> Iterator[str]:
        """Yield the headings of metrics; one with options has these in a line of their own."""
        yield from (self.cells.metrics[name].folded.replace(" ", "\n", 1) for name in metrics)

    def _headings(self) -> Iterator[str]:
        metric = self.cells.leading
        yield from ["images"] * self.partial
        yield from [f"{'' if metric.unit else f'{metric.label} '}vs\n{_short(self.baseline)}"] * self.compared
        yield from ["95 %\ninterval"] * self.intervals
        yield from ["sig."] * self.judged
        yield from [f"reported\n{self.cells.columns['reported'].unit}"] * self.reported
        yield from (TIMES[name].folded for name in self.times)
        yield from [self.cells.columns["parameters"].folded] * self.weighted

    def _means(self, line: pd.Series, metrics: Iterable[str]) -> Iterator[Text]:
        for name in metrics:
            yield Text(self.cells.mean(line, name), style=self._style(line, name))

    def _beside(self, line: pd.Series) -> Iterator[Text]:
        """Yield over how many images the means are, the difference in the leading metric, and all else."""
        if self.partial:
            yield Text(cells.coverage(line), style="" if line["judged"] else "yellow")
        if self.compared:
            yield Text(self.cells.difference(line))
        if self.intervals:
            yield Text(self.cells.interval(line))
        if self.judged:
            yield Text(_SIGNIFICANT[line[self.cells.source("verdict")]], style="dim")
        if self.reported:
            value = line[self.cells.source("reported")]
            yield Text("" if absent(value) else self.cells.columns["reported"].text(value))
        for name in self.times:
            yield Text(TIMES[name].text(line[name]))
        if self.weighted:
            yield Text(self.cells.text(line, "parameters"))

    def _beside_printed(self, row: pd.Series) -> Iterator[Text]:
        """Yield what stands beside the numbers of a paper: nothing but how many weights the method has."""
        yield from [Text("")] * (len(list(self._headings())) - self.weighted)
        yield from [Text(paper_rows.parameters(row))] * self.weighted

    def _style(self, line: pd.Series, name: str) -> str:
        """Return how a mean is printed: the best bold, and what is not judged in other colours."""
        if not line["images"]:
            return "" if name != self.cells.leading.name else "dim" if line["status"] == "skipped" else "red"
        return "yellow" if cells.unclean(line) else "bold" if line[f"{name}_position"] == 1 else ""

    def _notes(self) -> Iterator[str]:
        if len(self.sections) == 1:
            yield _images(self.board)
        if directions := lower(self.cells.metrics.values()):
            yield directions
        yield from [f"baseline: {self.baseline}"] * (self.compared and _short(self.baseline) != self.baseline)
        if self.judged:
            yield from _explained(self.board, self.cells.source("verdict"))
        if self.cells.has(self.board, "difference"):
            yield ADDING
        if self.partial:
            yield COMMON
        if self.cells.has_fewer(self.board):
            yield f"{FEWER}: a mean over fewer images"
        if self.reported and (paper := reported(self.cells.metrics)):
            yield f"reported: {paper.label} as printed in the first paper that has it"
        if self.times:
            yield "ms/Mpx: milliseconds per output megapixel, warm"
        if self.timed:
            yield from _shared_notes(self.board, self.times)


def _explained(board: pd.DataFrame, verdict: str) -> Iterator[str]:
    """Yield what the column `sig.` says."""
    yield "sig.: significant (paired sign-flip test, Holm, p <= 0.05)"
    for images, group in board[board[verdict] == "too few images"].groupby("pairs", sort=True):
        least = bound(group["smallest_p"].min())
        yield f"few: too few images to tell: with {images:.0f}, p cannot be below {least}"
    if (board[verdict] == "equal").any():
        yield "equal: the same score on every image"


def _name(name: str, indent: int) -> Name:
    return Name(" " * indent + name, overflow="fold")


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
    scored = board[(board["status"] == "ok") & (board["device"] != GIVEN)]
    for name, column in TIMES.items():
        notes = sorted({str(note) for note in scored[_note(name)].dropna()})
        if notes and name not in times:
            yield f"{column.label}: {'; '.join(notes)}"
