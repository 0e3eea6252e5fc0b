"""The report as Markdown that GitHub renders: a table per factor and protocol, then the remarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srbench.printable import printable
from srbench.reports import cells, latencies, speeds
from srbench.reports.classical import COLUMNS, LEADING
from srbench.reports.labels import setting
from srbench.reports.remarks import ADDING, contamination, coverage, metadata, near_copies, noise, reasons

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from srbench.reports.findings import Findings

_ESCAPES = {ord(character): f"\\{character}" for character in "\\`*_[]|~"} | {
    ord("<"): "&lt;",
    ord(">"): "&gt;",
    ord("&"): "&amp;",
    ord("\n"): " ",
}
"""What stands for text that Markdown or HTML would take for markup."""

_MARKS = {1: "**{}**", 2: "<u>{}</u>"}


def render(findings: Findings) -> str:
    """Return tables, best bold and second underlined, and the remarks on them; of a run without scores its speeds."""
    board = findings.scoreboard
    blocks = [
        "\n".join(_table(group, findings.baseline)) for _, group in board.groupby(["factor", "protocol"], sort=False)
    ]
    blocks += [] if len(findings.tables.scores) else _timed(findings)
    if remarks := _remarks(findings):
        blocks.append("\n".join(f"* {text(line.removeprefix('* '))}" for line in remarks))
    return "\n\n".join(blocks) + "\n"


def _timed(findings: Findings) -> list[str]:
    return ["\n".join(_speeds(each)) for each in latencies.tables(findings.tables.speeds)]


def _remarks(findings: Findings) -> list[str]:
    tables = findings.tables
    if not len(tables.scores):
        return [*metadata(findings.models), *speeds.remarks(tables.speeds)]
    copies = near_copies(findings.models, tables.scores)
    known = [*coverage(tables), *contamination(tables.scores), *copies, *metadata(findings.models)]
    own = [*known, *reasons(tables.scores), *noise(tables)]
    return [*filter(None, [speeds.machine(tables.speeds)]), *own]


def text(words: str) -> str:
    """Return text as Markdown that shows it."""
    return printable(words, keep="\n").translate(_ESCAPES)


def _table(group: pd.DataFrame, baseline: str) -> Iterator[str]:
    first = group.iloc[0]
    yield f"### {setting(first['factor'], first['protocol'], text)}"
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
        yield f"{ADDING.capitalize()}, to {text(baseline)}; p: paired sign-flip test, Holm-corrected; "
        yield "better, worse: p <= 0.05; too few images: p cannot be that low; equal: the same score on every image."


def _speeds(table: latencies.Table) -> Iterator[str]:
    yield f"### x{table.factor} on {text(table.device)}"
    yield ""
    heads = {"times baseline": f"times that of {text(table.baseline)}"}
    yield f"| {' | '.join(heads.get(name, name) for name in latencies.COLUMNS)} |"
    yield f"|{'|'.join('---' if name in latencies.TEXTS else '---:' for name in latencies.COLUMNS)}|"
    for row in table.rows:
        yield f"| {' | '.join(map(text, row))} |"
    yield ""
    yield text(" ".join(filter(None, [table.machine, latencies.NOTE])))


def _cell(line: pd.Series, name: str) -> str:
    return cells.marked(line, name, _MARKS, text(cells.cell(line, name)))
