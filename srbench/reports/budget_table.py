"""The terminal report of a frame budget: a table for each size, and what is the best within it."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from srbench.analysis.columns import NONE, SPEEDS, absent
from srbench.analysis.frame_budget import FITS
from srbench.reports.drawing import STYLE, Name, draw, fits, say
from srbench.reports.frame_budget import how_to_know, sizes, values, where
from srbench.reports.speeds import interval

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from rich.console import Console

    from srbench.reports.frame_budget import Answer, Budgeted

_STYLES = {"within": "green", "straddles": "yellow", "unsure": "yellow", "over": "red"}
_STYLE = STYLE | {"padding": (0, 1, 0, 0)}
_SETTINGS = 2
"""How many settings have a column of scores."""


def show(console: Console, found: Budgeted, folder: Path) -> None:
    """Print a table for each size with the verdict on each method, then the answer."""
    answers: dict[str, list[Answer]] = {}
    for each in found.answers:
        answers.setdefault(each.where, []).append(each)
    for group in sizes(found.lines):
        say(console, "")
        table = _table(group, found)
        draw(console, table if fits(console, table) else _table(group, found, whole=False))
        for answer in answers.get(where(group.iloc[0]), ()):
            _say(console, answer.headline, "bold")
            for note in answer.notes:
                _say(console, note, indent=2)
    for line in how_to_know(found, folder):
        _say(console, line, "yellow")


def _table(group: pd.DataFrame, found: Budgeted, *, whole: bool = True) -> Table:
    """Draw one size; unless names stay whole, those that are specs go on below with each option."""
    scores = list(values(group, found.quality))[:_SETTINGS]
    call, metric = SPEEDS["call"], found.quality.metric
    budget = f"budget {found.asked}" if found.seconds else "quality and time"
    notes = [f"{fit}: {what}" for fit, what in FITS.items() if (group["fit"] == fit).any()] if found.seconds else []
    title = Text(f"{budget}: {where(group.iloc[0])}")
    table = Table("method", title=title, caption=Text("\n".join(notes)), **_STYLE)
    table.columns[0].overflow, table.columns[0].no_wrap = "fold", whole
    for heading in (call.folded, "99 %\ninterval", *["calls\nover"] * bool(found.seconds)):
        table.add_column(Text(heading), justify="right", no_wrap=True)
    for setting, _ in scores:
        table.add_column(Text(f"{metric.heading}\n{setting.partition(', ')[0]}"), justify="right")
    if found.seconds:
        table.add_column("budget", no_wrap=True)
    for _, line in group.iterrows():
        late = NONE if absent(line["late"]) else f"{line['late']:.1%}"
        fit = line["fit"] or line["verdict"]
        noisy = " (noisy)" if line["verdict"] == "noisy" else ""
        numbers = [metric.text(each.get(line["method"])) for _, each in scores]
        times = call.text(line["call"]), interval(line) if line["fit"] else NONE, *[late] * bool(found.seconds)
        verdict = [Text(f"{fit}{noisy}", style=_STYLES.get(fit, ""))] * bool(found.seconds)
        table.add_row(Name(line["method"] if whole else line["method"].replace(":", "\n:")), *times, *numbers, *verdict)
    return table


def _say(console: Console, text: str, style: str = "", indent: int = 0) -> None:
    """Print a text whose lines end at words."""
    space = " " * indent
    width = max(40, console.width - 1)
    whole: dict[str, Any] = {"break_on_hyphens": False, "break_long_words": False}  # commands can be copied
    for line in wrap(text, width, initial_indent=space, subsequent_indent=space + "  ", **whole):
        say(console, line, style)
