"""The terminal report: what is printed of a run, readable at 80 columns and without colour."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from srbench.analysis.columns import NONE, PARAMETERS, TIMES, absent
from srbench.analysis.settings import SETTING, dataset_name
from srbench.reports import budget_table, claims, explanation, paper_rows, speeds
from srbench.reports.cells import of_all
from srbench.reports.drawing import STYLE, Name, draw, say
from srbench.reports.frame_budget import budgeted
from srbench.reports.given_lr import sentences
from srbench.reports.highlights import charts, images
from srbench.reports.labels import setting
from srbench.reports.remarks import (
    contamination,
    coverage,
    metadata,
    near_copies,
    nothing_scored,
    papers,
    reasons,
    timing,
    warnings,
)
from srbench.reports.standings import tables as standings
from srbench.reports.untimed import untimed

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from srbench.analysis.columns import Metrics
    from srbench.diagnosis.explanation import Explanation
    from srbench.reports.findings import Findings

_LINES = 10
"""How many warnings and how many reasons are printed; the run folder has all."""


def show_run(console: Console, findings: Findings) -> None:
    """Print scores as `srbench run` does; of a run that has none, speeds as `srbench time` does."""
    if findings.scored:
        show(console, findings)
    elif len(findings.tables.scores):
        _show_upscaled(console, findings)
    else:
        speeds.show(console, findings.tables.speeds)
    _say_each(console, list(untimed(findings.info, findings.folder)), "", style="bold yellow")
    if found := budgeted(findings):
        budget_table.show(console, found, findings.folder)


def _show_upscaled(console: Console, findings: Findings) -> None:
    """Print what a run without a metric has: on how many images methods ran, times and weights."""
    for _, lines in findings.scoreboard.groupby(SETTING, sort=False):
        first = lines.iloc[0]
        title = f"{dataset_name(first)} {setting(first['factor'], first['protocol'])}: no metric"
        times = [time for name, time in TIMES.items() if lines[name].notna().any()]
        table = Table("method", "images", title=Text(title), **STYLE)
        for column in (*times, PARAMETERS):
            table.add_column(Text(column.folded), justify="right", no_wrap=True)
        for _, line in lines.iterrows():
            numbers = [column.text(line[column.name]) for column in (*times, PARAMETERS)]
            table.add_row(Name(line["method"], overflow="fold"), of_all(line), *numbers)
        draw(console, table)
    _say_each(console, list(reasons(findings.tables.scores, {})), "scores.csv has all")
    _say_each(console, list(timing(findings.tables)), "", style="yellow")


def show(console: Console, findings: Findings) -> None:
    """Print the findings of a run: scores, quality against time, highest and lowest gains, and notes."""
    timed = bool(len(findings.tables.timings))
    tables, board = findings.tables, findings.scoreboard
    for _, group in board.groupby(["factor", "protocol"], sort=False):
        for table in standings(console, group, findings, timed=timed):
            draw(console, table)
    for title, drawing in charts(findings) if timed else ():
        say(console, title, "bold")
        say(console, drawing)
    complete = findings.info and (findings.folder / "scores.csv").is_file()
    where = "scores.csv has all" if complete else "--out DIR saves all"
    _say_each(console, list(images(findings)), where)
    reported = claims.remarks(findings.claims, findings.metrics)
    _say_each(console, [*coverage(tables, findings.metrics), *reported, *papers(findings.papers_protocols)], where)
    _say_each(console, list(paper_rows.remarks(findings)), where)
    copies = near_copies(findings.models, tables.scores)
    _say_each(console, list(sentences(findings.info)), "", style="yellow")
    doubts = [*contamination(tables.scores), *copies, *metadata(findings.models), *warnings(findings.decided)]
    _say_each(console, doubts, where, style="yellow")
    _say_each(console, list(reasons(tables.scores, findings.metrics)), where)
    _say_each(console, [*timing(tables), *speeds.starts(tables.speeds)], where, style="yellow")
    if (tables.scores["output"] != "").any():
        say(console, "the end of what they printed: column output of scores.csv in the run folder")
    _say_each(console, list(nothing_scored(tables.scores, findings.baseline)), "", style="bold yellow")
    if findings.explanation:
        say(console, "")
        show_explanation(console, findings.explanation)


def show_explanation(console: Console, found: Explanation) -> None:
    """Print which conventions give a number, and what would tell more."""
    _prose(console, explanation.headline(found), style="bold")
    _notes(console, explanation.before(found))
    say(console, "")
    _prose(console, explanation.explained(found), style="dim")
    for group in explanation.groups(found):
        say(console, "")
        named = f": {group.name}" if group.name else ""
        _prose(console, f"{group.number}. {group.scores}{named}", style="bold")
        if group.away:
            _prose(console, group.away, indent=3)
        for part in group.parts:
            _prose(console, f"{part.choices}{':' * bool(part.members)}", indent=3)
            for each in part.members:
                _prose(console, each.name, indent=5)
                _prose(console, each.source, indent=7, style="dim")
    _notes(console, explanation.after(found))


def _notes(console: Console, notes: list[explanation.Notes]) -> None:
    for heading, lines in notes:
        say(console, "")
        say(console, f"{heading}:", "bold")
        for line in lines:
            _prose(console, line, indent=3)


def _prose(console: Console, text: str, *, indent: int = 0, style: str = "") -> None:
    """Print a text whose lines end at words, indented."""
    space = " " * indent
    width = max(console.width - 1, indent + 20)
    lines = wrap(
        text, width, initial_indent=space, subsequent_indent=space, break_long_words=False, break_on_hyphens=False
    )
    for line in lines:
        say(console, line, style)


def show_images(console: Console, scores: pd.DataFrame, metrics: Metrics) -> None:
    """Print the scores of each image, to the six decimals that MATLAB scripts print."""
    for (method, factor, protocol), group in scores.groupby(["method", "factor", "protocol"], sort=False):
        title = Text(f"{method} {setting(factor, protocol)}")
        table = Table("image", title=title, **STYLE)
        for metric in metrics.values():
            table.add_column(metric.heading, justify="right")
        for _, line in group.iterrows():
            good = line["status"] == "ok"
            numbers = [_six(line[name]) for name in metrics] if good else [line["status"], *[""] * (len(metrics) - 1)]
            table.add_row(Name(line["image"]), *numbers, Name("" if good else line["reason"]))
        console.print(table)


def _six(value: float) -> str:
    return NONE if absent(value) else f"{value:.6f}"


def _say_each(console: Console, lines: list[str], where: str, style: str = "") -> None:
    """Print the first lines, how many there are beyond them, and where these are."""
    for line in lines[:_LINES]:
        say(console, line, style)
    if lines[_LINES:]:
        say(console, f"and {len(lines) - _LINES} more ({where})", style)
