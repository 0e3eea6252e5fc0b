"""The report as Markdown that GitHub renders: a table per factor and protocol, then the remarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srbench.analysis.settings import dataset_name
from srbench.printable import printable
from srbench.reports import cells, claims, explanation, frame_budget, latencies, paper_rows, speeds
from srbench.reports.given_lr import sentences
from srbench.reports.labels import ARROWS, arrows, setting
from srbench.reports.remarks import (
    ADDING,
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

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

    from srbench.diagnosis.explanation import Explanation
    from srbench.reports.cells import Cells
    from srbench.reports.findings import Findings
    from srbench.reports.frame_budget import Budgeted

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
    if findings.scored:
        groups = findings.scoreboard.groupby(["factor", "protocol"], sort=False)
        blocks = ["\n".join(_table(group, findings)) for _, group in groups]
        blocks += ["\n".join(_claims(findings))] * bool(len(findings.claims))
    else:
        blocks = ["\n".join(_speeds(each)) for each in latencies.tables(frame_budget.speeds(findings))]
    if found := frame_budget.budgeted(findings):
        blocks.append("\n".join(_budget(found, findings.folder)))
    if remarks := _remarks(findings):
        blocks.append("\n".join(f"* {text(line.removeprefix('* '))}" for line in remarks))
    if findings.explanation:
        blocks.append("\n".join(_explanation(findings.explanation)))
    return "\n\n".join(blocks) + "\n"


def _budget(found: Budgeted, folder: Path) -> Iterator[str]:
    """Yield the answers to a frame budget."""
    if found.answers:
        yield f"### Budget of {text(found.asked)}"
        yield ""
    for answer in found.answers:
        yield f"* {text(answer.where)}: **{text(answer.headline)}**"
        yield from (f"  * {text(note)}" for note in answer.notes)
    yield from (f"* {text(line)}" for line in frame_budget.how_to_know(found, folder))


def _remarks(findings: Findings) -> list[str]:
    tables = findings.tables
    if not findings.scored:
        return [*metadata(findings.models), *reasons(tables.scores, {}), *speeds.remarks(tables.speeds)]
    copies = near_copies(findings.models, tables.scores)
    given = sentences(findings.info)
    known = [
        *nothing_scored(tables.scores, findings.baseline),
        *given,
        *coverage(tables, findings.metrics),
        *papers(findings.papers_protocols),
        *paper_rows.remarks(findings),
        *contamination(tables.scores),
        *copies,
        *metadata(findings.models),
        *warnings(findings.decided),
    ]
    own = [*known, *reasons(tables.scores, findings.metrics), *timing(tables), *speeds.starts(tables.speeds)]
    return [*filter(None, [speeds.machine(tables.speeds)]), *own]


def text(words: str) -> str:
    """Return text as Markdown that shows it."""
    return printable(words, keep="\n").translate(_ESCAPES)


def _table(group: pd.DataFrame, findings: Findings) -> Iterator[str]:
    found, baseline = findings.cells, findings.baseline
    first, metric = group.iloc[0], found.leading
    yield f"### {setting(first['factor'], first['protocol'], text)}"
    yield ""
    shown = found.shown(group)
    pointing = arrows(found.metrics)
    of_what = "" if metric.unit else f"{text(metric.label)} "
    heads = {"difference": f"{of_what}vs {text(baseline)} (95 %)", "p": "p (Holm)"}
    heads |= {name: text(each.heading) + ARROWS.get(pointing[name], "") for name, each in found.metrics.items()}
    yield f"| {' | '.join(heads.get(name, found.columns[name].heading) for name in shown)} |"
    yield f"|{'|'.join('---' if found.columns[name].words else '---:' for name in shown)}|"
    for _, lines in group.groupby(["dataset", "on_device"], sort=False):
        for _, line in lines.iterrows():
            yield f"| {' | '.join(_cell(line, name, found) for name in shown)} |"
        for _, row in paper_rows.of_section(findings.paper_rows, lines.iloc[0]).iterrows():
            yield f"| {' | '.join(_printed(row, name, lines.iloc[0]) for name in shown)} |"
    yield ""
    yield found.explained(group, text)
    if (group[found.source("verdict")] != "").any():
        yield f"{ADDING.capitalize()}, to {text(baseline)}; p: paired sign-flip test, Holm-corrected; "
        yield "better, worse: p <= 0.05; too few images: p cannot be that low; equal: the same score on every image."


def _explanation(found: Explanation) -> Iterator[str]:
    yield f"### {text(explanation.headline(found))}"
    yield from _notes(explanation.before(found))
    yield ""
    yield text(explanation.explained(found))
    yield ""
    for group in explanation.groups(found):
        yield f"* **{group.number}: {text(group.scores)}**{text(': ' + group.name) if group.name else ''}"
        if group.away:
            yield f"  * {text(group.away)}"
        for part in group.parts:
            yield f"  * {text(part.choices)}{':' * bool(part.members)}"
            yield from (f"    * {text(each.name)} ({text(each.source)})" for each in part.members)
    yield from _notes(explanation.after(found))


def _notes(notes: list[explanation.Notes]) -> Iterator[str]:
    for heading, lines in notes:
        yield from ("", f"**{text(heading)}**", "")
        yield from (f"* {text(line)}" for line in lines)


def _claims(findings: Findings) -> Iterator[str]:
    yield "### Reported and measured"
    yield ""
    yield f"| {' | '.join(claims.HEADS)} |"
    yield f"|{'|'.join('---:' if name in claims.NUMBERS else '---' for name in claims.HEADS)}|"
    for row in claims.rows(findings.claims, findings.metrics):
        yield f"| {' | '.join(map(text, row))} |"
    yield ""
    yield text(f"Means over all images. {'; '.join(claims.explained(findings.claims))}.")


def _speeds(table: latencies.Table) -> Iterator[str]:
    yield f"### x{table.factor} on {text(table.device)}"
    yield ""
    heads = {"times baseline": f"times that of {text(table.baseline)}"}
    yield f"| {' | '.join(heads.get(name, name) for name in table.columns)} |"
    yield f"|{'|'.join('---' if name in latencies.TEXTS else '---:' for name in table.columns)}|"
    for row in table.rows:
        yield f"| {' | '.join(map(text, row))} |"
    yield ""
    yield text(" ".join(filter(None, [table.machine, latencies.NOTE])))


def _printed(row: pd.Series, name: str, line: pd.Series) -> str:
    """Return a cell of a row that a paper reports, beside measured ones such as `line`."""
    own = {"method": paper_rows.named(row), "dataset": dataset_name(line), "parameters": paper_rows.parameters(row)}
    words = text(own.get(name, row.get(f"printed_{name}", "")))
    return f"*{words}*" if words else ""


def _cell(line: pd.Series, name: str, found: Cells) -> str:
    return cells.marked(line, name, _MARKS, text(found.text(line, name)))
