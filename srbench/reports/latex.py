r"""The report as LaTeX: a booktabs table per factor and protocol, in a document that pdflatex takes as it is."""

from __future__ import annotations

import unicodedata
from itertools import chain, pairwise
from typing import TYPE_CHECKING

from srbench.analysis.settings import dataset_name
from srbench.reports import cells, latencies
from srbench.reports.classical import COLUMNS, LEADING, METRICS

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

_HEADS = {"difference": "diff.", "published": "paper"}
"""Columns beside the metrics, where they have something to say."""

_SIGNS = {"better": "$^{+}$", "worse": "$^{-}$"}

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
    columns = {name: list(_columns(lines)) for name, lines in sections.items()}
    widths = list(map(len, columns.values()))
    yield r"\begin{table}[ht]\centering"
    yield rf"\caption{{{_caption(group, baseline)}}}"
    yield r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"
    yield rf"\begin{{tabular}}{{l{'r' * sum(widths)}}}"
    yield r"\toprule"
    heads = [text(name) + _some(lines) for name, lines in sections.items()]
    names = [rf"\multicolumn{{{width}}}{{c}}{{{head}}}" for head, width in zip(heads, widths, strict=True)]
    yield " & ".join(["", *names]) + r" \\"
    ends = [2 + sum(widths[:number]) for number in range(len(sections) + 1)]
    yield "".join(rf"\cmidrule(lr){{{start}-{end - 1}}}" for start, end in pairwise(ends))
    yield " & ".join(["method", *(_HEADS.get(each, COLUMNS[each].label) for each in chain(*columns.values()))]) + r" \\"
    yield r"\midrule"
    for method in group["method"].unique():
        found = {name: lines[lines["method"] == method] for name, lines in sections.items()}
        row = [each for name, line in found.items() for each in _cells(line, columns[name])]
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


def _columns(lines: pd.DataFrame) -> Iterator[str]:
    """Yield the columns of a dataset."""
    yield from METRICS
    yield from (name for name in _HEADS if name in cells.columns(lines))


def _some(lines: pd.DataFrame) -> str:
    """Return over how many images the means of a dataset are, where it is not all of them."""
    judged = lines[lines["judged"]]
    return f" ({cells.coverage(judged.iloc[0])} images)" if cells.partial(judged) else ""


def _cells(found: pd.DataFrame, columns: list[str]) -> Iterator[str]:
    """Yield the cells of a method in the columns of a dataset."""
    if found.empty:
        yield from ["--"] * len(columns)
        return
    line = found.iloc[0]
    for name in columns:
        words = text(cells.cell(line, name)) if name != "difference" else text(cells.difference(line))
        if name == LEADING:
            words += _SIGNS.get(line[_VERDICT], "") + _own(line)
        yield cells.marked(line, name, _MARKS, words)


def _own(line: pd.Series) -> str:
    """Return over how many images the mean of a method is that is not compared."""
    return f" ({cells.coverage(line)})" if not line["judged"] and 0 < line["images"] < line["of"] else ""


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
    if group[f"{LEADING}_difference"].notna().any():
        words += f" Diff.: to {text(baseline)}, of unrounded means."
    if group[_PUBLISHED].notna().any():
        words += f" paper: {METRICS[LEADING].label} as published."
    return words
