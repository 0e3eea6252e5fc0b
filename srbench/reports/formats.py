"""The report as text: one function for each format of `srbench report` that is neither printed in colour nor a page."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console

from srbench.reports import delimited, latex, markdown, terminal

if TYPE_CHECKING:
    from srbench.reports.findings import Findings


def plain(findings: Findings) -> str:
    """Return what is printed, without colour, 100 columns wide."""
    text = io.StringIO()
    terminal.show_run(Console(file=text, width=100, color_system=None, emoji=False), findings)
    return text.getvalue()


_RENDERERS = {
    "rich": plain,
    "markdown": markdown.render,
    "latex": latex.render,
    "csv": delimited.csv,
    "json": delimited.json,
}


def render(name: str, findings: Findings) -> str:
    """Return the report in the format `name`: rich, markdown, latex, csv or json."""
    return _RENDERERS[name](findings)
