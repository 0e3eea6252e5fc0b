"""The report as text: one function for each format of `srbench report` that is neither printed in colour nor a page."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console

from srbench.reports import delimited, display_names, latex, markdown, paper_rows, terminal
from srbench.specs import told_without_engine

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from srbench.reports.findings import Findings


def plain(findings: Findings) -> str:
    """Return what is printed, without colour, 100 columns wide."""
    text = io.StringIO()
    terminal.show_run(Console(file=text, width=100, color_system=None, emoji=False), findings)
    return text.getvalue()


_RENDERERS = {
    "rich": plain,
    "markdown": markdown.render,
    "csv": delimited.csv,
    "json": delimited.json,
}


NAMES = ("rich", "markdown", "latex", "csv", "json")
"""The formats."""


def render(name: str, findings: Findings, names: Iterable[str] = ()) -> str:
    """Return the report in the format `name`: rich, markdown, latex, csv or json.

    `names` are comma lists of NAME=SHOWN: what datasets and methods are called in LaTeX, and for that alone.

    Raises:
        UsageError: `names` cannot be read, or name what the run has not.

    """
    if name == "latex":
        return latex.render(findings, _display_names(list(names), findings))
    return _RENDERERS[name](findings)


def _display_names(texts: Sequence[str], findings: Findings) -> dict[str, str]:
    """Return what methods and datasets are to be called; methods by label or spec."""
    summary = findings.tables.summary
    papers = list(findings.paper_rows["method"])
    short = told_without_engine(findings.methods)
    every = [*findings.methods, *short, *findings.labels, *summary["dataset"], *papers, *map(paper_rows.title, papers)]
    found = display_names.parse(texts, map(str, every)) if texts else {}
    return {{**short, **findings.labels}.get(name, name): shown for name, shown in found.items()}
