"""The report as Markdown that GitHub renders: a table per factor and protocol, then the remarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srbench.report import cells
from srbench.report.remarks import contamination, noise, reasons
from srbench.results.columns import COLUMNS, LEADING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from srbench.report.findings import Findings

_ESCAPES = {ord(character): f"\\{character}" for character in "\\`*_[]|~"} | {
    ord("<"): "&lt;",
    ord(">"): "&gt;",
    ord("&"): "&amp;",
    ord("\n"): " ",
}
"""What stands for text that Markdown or HTML would take for markup."""

_MARKS = {1: "**{}**", 2: "<u>{}</u>"}


def render(findings: Findings) -> str:
    """Return tables, best bold and second underlined, and below them what to keep in mind."""
    board = findings.scoreboard
    blocks = [
        "\n".join(_table(group, findings.baseline)) for _, group in board.groupby(["factor", "protocol"], sort=False)
    ]
    tables = findings.tables
    remarks = [*contamination(tables.scores), *reasons(tables.scores), *noise(tables.speeds)]
    blocks += ["\n".join(f"* {text(line.removeprefix('* '))}" for line in remarks)] if remarks else []
    return "\n\n".join(blocks) + "\n"


def text(words: str) -> str:
    """Return text as Markdown that shows it."""
    return words.translate(_ESCAPES)


def _table(group: pd.DataFrame, baseline: str) -> Iterator[str]:
    first = group.iloc[0]
    yield f"### x{first['factor']}, protocol {text(first['protocol'])}"
    yield ""
    columns = cells.columns(group)
    heads = {"difference": f"vs {text(baseline)} (95 %)", "p": "p (Holm)"}
    names = [heads.get(name, COLUMNS[name].heading) for name in columns]
    yield f"| {' | '.join(names)} |"
    yield f"|{'|'.join('---' if COLUMNS[name].words else '---:' for name in columns)}|"
    for _, line in group.iterrows():
        yield f"| {' | '.join(_cell(line, name) for name in columns)} |"
    yield ""
    yield cells.explained(group, text)
    if (group[f"{LEADING}_verdict"] != "").any():
        yield f"Differences to {text(baseline)} are means over images; p: paired sign flips, Holm-corrected; "
        yield "better, worse: p <= 0.05; too few images: so few cannot reach that."


def _cell(line: pd.Series, name: str) -> str:
    return cells.marked(line, name, _MARKS, text(cells.cell(line, name)))
