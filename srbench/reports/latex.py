r"""The report as LaTeX: a booktabs table per factor and protocol, in a document that pdflatex takes as it is."""

from __future__ import annotations

import unicodedata
from itertools import pairwise
from typing import TYPE_CHECKING

from srbench.analysis.columns import LEADING, METRICS
from srbench.analysis.settings import dataset_name
from srbench.reports import cells, latencies

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from srbench.reports.findings import Findings

_SPECIALS = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\char34{}",
    "`": r"\`{}",
    **{each: f"{each}{{}}" for each in "-'?!,"},
    **{each: f"{{{each}}}" for each in "[*"},
    **{each: f"\\{each}" for each in "_&%$#{}"},
}
"""What stands for characters that TeX would act on; hyphens and others would join to one,
and a bracket or star after the end of a row is an argument of it."""

_MARKS = {1: r"\textbf{{{}}}", 2: r"\underline{{{}}}"}

_VERDICT, _PUBLISHED = f"{LEADING}_verdict", f"published_{LEADING}"

_DOCUMENT = r"""\documentclass{article}
\usepackage{booktabs}
\usepackage{graphicx}
\begin{document}
%s
\end{document}
"""


def render(findings: Findings) -> str:
    r"""Return a document with the tables, each from \begin{table} to \end{table}: best bold, second underlined.

    Of a run without scores they are its speeds.
    """
    groups = findings.scoreboard.groupby(["factor", "protocol"], sort=False)
    tables = [_table(group, findings.baseline) for _, group in groups]
    if not len(findings.tables.scores):
        tables = [_speeds(each) for each in latencies.tables(findings.tables.speeds)]
    return _DOCUMENT % "\n\n".join("\n".join(each) for each in tables)


def text(words: str) -> str:
    """Return text as TeX that shows it: nothing in it is a command, and letters that the font lacks are spelt."""
    return "".join(map(_shown, unicodedata.normalize("NFC", words)))


def _shown(character: str) -> str:
    if character in _SPECIALS:
        return _SPECIALS[character]
    if character.isascii():
        return character if character.isprintable() else " "
    plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return "".join(_SPECIALS.get(each, each) for each in plain) or f"{{[}}U+{ord(character):04X}]"


def _table(group: pd.DataFrame, baseline: str) -> Iterator[str]:
    """Yield the lines of one table: methods down, for each dataset its metrics across."""
    sections = {dataset_name(lines.iloc[0]): lines for _, lines in group.groupby(["dataset", "on_device"], sort=False)}
    published = [name for name, lines in sections.items() if lines[_PUBLISHED].notna().any()]
    widths = [len(METRICS) + (name in published) for name in sections]
    yield r"\begin{table}[ht]\centering"
    yield rf"\caption{{{_caption(group, baseline)}}}"
    yield r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"
    yield rf"\begin{{tabular}}{{l{'r' * sum(widths)}}}"
    yield r"\toprule"
    names = [rf"\multicolumn{{{width}}}{{c}}{{{text(name)}}}" for name, width in zip(sections, widths, strict=True)]
    yield " & ".join(["", *names]) + r" \\"
    ends = [2 + sum(widths[:number]) for number in range(len(sections) + 1)]
    yield "".join(rf"\cmidrule(lr){{{start}-{end - 1}}}" for start, end in pairwise(ends))
    heads = [[metric.label for metric in METRICS.values()] + ["paper"] * (name in published) for name in sections]
    yield " & ".join(["method", *(head for each in heads for head in each)]) + r" \\"
    yield r"\midrule"
    for method in group["method"].unique():
        found = {name: lines[lines["method"] == method] for name, lines in sections.items()}
        row = [each for name, line in found.items() for each in _cells(line, paper=name in published)]
        yield " & ".join([text(str(method)), *row]) + r" \\"
    yield from (r"\bottomrule", r"\end{tabular}}", r"\end{table}")


def _speeds(table: latencies.Table) -> Iterator[str]:
    """Yield the lines of a table of times."""
    yield r"\begin{table}[ht]\centering"
    words = " ".join(
        filter(None, [f"Times at factor {table.factor} on {table.device}.", table.machine, latencies.NOTE])
    )
    yield rf"\caption{{{text(words)}}}"
    yield r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"
    yield rf"\begin{{tabular}}{{{''.join('l' if name in latencies.TEXTS else 'r' for name in latencies.COLUMNS)}}}"
    yield r"\toprule"
    heads = {"times baseline": f"times that of {table.baseline}"}
    yield " & ".join(text(heads.get(name, name)) for name in latencies.COLUMNS) + r" \\"
    yield r"\midrule"
    for row in table.rows:
        yield " & ".join(map(text, row)) + r" \\"
    yield from (r"\bottomrule", r"\end{tabular}}", r"\end{table}")


def _cells(lines: pd.DataFrame, *, paper: bool) -> Iterator[str]:
    if lines.empty:
        yield from ["--"] * (len(METRICS) + paper)
        return
    line = lines.iloc[0]
    for name in METRICS:
        words = text(cells.cell(line, name))
        if name == LEADING and line[_VERDICT] in {"better", "worse"}:
            words += r"$^{" + ("+" if line[_VERDICT] == "better" else "-") + "}$"
        yield cells.marked(line, name, _MARKS, words)
    if paper:
        yield text(cells.cell(line, "published"))


def _caption(group: pd.DataFrame, baseline: str) -> str:
    first = group.iloc[0]
    metrics = " and ".join(each.titled for each in METRICS.values())
    words = f"{metrics} at factor {first['factor']}, protocol {text(first['protocol'])}. "
    words += cells.explained(group, text)
    if set(group[_VERDICT]) & {"better", "worse"}:
        words += (
            rf" $^{{+}}$, $^{{-}}$: {METRICS[LEADING].label} better, worse than {text(baseline)} ($p \leq 0.05$, Holm)."
        )
    few = group.loc[group[_VERDICT] == "too few images", "dataset"].drop_duplicates()
    if len(few):
        words += f" Too few images: {', '.join(map(text, few))}."
    if group[_PUBLISHED].notna().any():
        words += f" paper: {METRICS[LEADING].label} as published."
    return words
