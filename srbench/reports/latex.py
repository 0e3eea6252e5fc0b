r"""The report as LaTeX: a booktabs table per factor and protocol, in a document that pdflatex takes as it is."""

from __future__ import annotations

import unicodedata
from itertools import chain, pairwise
from typing import TYPE_CHECKING

from srbench.analysis.settings import dataset_name
from srbench.reports import cells, claims, latencies
from srbench.reports.labels import arrows
from srbench.reports.scoreboard import reported

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

    from srbench.reports.cells import Cells
    from srbench.reports.findings import Findings

_SPECIALS = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\char34{}",
    "\u00d7": r"$\times$",
    "`": r"\`{}",
    **{each: f"{each}{{}}" for each in "-'?!,"},
    **{each: f"{{{each}}}" for each in "[*"},
    **{each: f"\\{each}" for each in "_&%$#{}"},
}
"""What stands for characters that TeX would act on; hyphens and others would join to one,
and a bracket or star after the end of a row is an argument of it."""

_MARKS = {1: r"\textbf{{{}}}", 2: r"\underline{{{}}}"}

_HEADS = {"difference": "diff.", "reported": "reported"}
"""Columns beside the metrics, where they have something to say."""

_SIGNS = {"better": "$^{+}$", "worse": "$^{-}$"}

_ARROWS = {"up": r" $\uparrow$", "down": r" $\downarrow$"}

_BESIDE = 2
"""Metrics with which datasets still stand side by side."""

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
    if findings.scored:
        groups = findings.scoreboard.groupby(["factor", "protocol"], sort=False)
        tables = [_table(group, findings.cells, findings.baseline) for _, group in groups]
        tables += [_claims(findings)] * bool(len(findings.claims))
    else:
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


def _table(group: pd.DataFrame, found: Cells, baseline: str) -> Iterator[str]:
    """Yield the lines of one table, methods down; datasets stand side by side, those of many metrics in sections."""
    sections = {dataset_name(lines.iloc[0]): lines for _, lines in group.groupby(["dataset", "on_device"], sort=False)}
    yield r"\begin{table}[ht]\centering"
    yield rf"\caption{{{_caption(group, found, baseline)}}}"
    yield r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"
    yield from (_across if len(found.metrics) <= _BESIDE else _below)(group, sections, found)
    yield from (r"\bottomrule", r"\end{tabular}}", r"\end{table}")


def _across(group: pd.DataFrame, sections: dict[str, pd.DataFrame], found: Cells) -> Iterator[str]:
    """Yield the lines of a table with the datasets side by side."""
    columns = {name: list(_columns(lines, found)) for name, lines in sections.items()}
    widths = list(map(len, columns.values()))
    yield rf"\begin{{tabular}}{{l{'r' * sum(widths)}}}"
    yield r"\toprule"
    heads = [text(name) + _some(lines) for name, lines in sections.items()]
    names = [rf"\multicolumn{{{width}}}{{c}}{{{head}}}" for head, width in zip(heads, widths, strict=True)]
    yield " & ".join(["", *names]) + r" \\"
    ends = [2 + sum(widths[:number]) for number in range(len(sections) + 1)]
    yield "".join(rf"\cmidrule(lr){{{start}-{end - 1}}}" for start, end in pairwise(ends))
    yield " & ".join(["method", *_heads(chain(*columns.values()), found)]) + r" \\"
    yield r"\midrule"
    for method in group["method"].unique():
        lines = {name: each[each["method"] == method] for name, each in sections.items()}
        row = [each for name, line in lines.items() for each in _cells(line, columns[name], found)]
        yield " & ".join([text(str(method)), *row]) + r" \\"


def _below(group: pd.DataFrame, sections: dict[str, pd.DataFrame], found: Cells) -> Iterator[str]:
    """Yield the lines of a table with a section for each dataset."""
    columns = list(_columns(group, found))
    yield rf"\begin{{tabular}}{{l{'r' * len(columns)}}}"
    yield r"\toprule"
    yield " & ".join(["method", *_heads(columns, found)]) + r" \\"
    for name, lines in sections.items():
        yield r"\midrule"
        yield rf"\multicolumn{{{1 + len(columns)}}}{{l}}{{\textit{{{text(name)}}}{_some(lines)}}} \\"
        for method in lines["method"].unique():
            row = _cells(lines[lines["method"] == method], columns, found)
            yield " & ".join([text(str(method)), *row]) + r" \\"


def _claims(findings: Findings) -> Iterator[str]:
    """Yield the lines of a table of what is reported beside what was measured."""
    yield r"\begin{table}[ht]\centering"
    words = "; ".join(claims.explained(findings.claims))
    yield rf"\caption{{{text(f'Reported and measured means over all images. {words}.')}}}"
    yield r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"
    yield rf"\begin{{tabular}}{{{''.join('r' if name in claims.NUMBERS else 'l' for name in claims.HEADS)}}}"
    yield r"\toprule"
    yield " & ".join(claims.HEADS) + r" \\"
    yield r"\midrule"
    for row in claims.rows(findings.claims, findings.metrics):
        yield " & ".join(map(text, row)) + r" \\"
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


def _columns(lines: pd.DataFrame, found: Cells) -> Iterator[str]:
    """Yield the columns of a dataset."""
    yield from found.metrics
    yield from (name for name in _HEADS if name in found.shown(lines))


def _heads(columns: Iterable[str], found: Cells) -> Iterator[str]:
    """Yield what stands above columns; where any metric is better lower, arrows point to the better values."""
    pointing = arrows(found.metrics)
    for name in columns:
        yield _HEADS.get(name, text(found.columns[name].label)) + _ARROWS.get(pointing.get(name, ""), "")


def _some(lines: pd.DataFrame) -> str:
    """Return over how many images the means of a dataset are, where it is not all of them."""
    judged = lines[lines["judged"]]
    return f" ({cells.coverage(judged.iloc[0])} images)" if cells.partial(judged) else ""


def _cells(line_of: pd.DataFrame, columns: list[str], found: Cells) -> Iterator[str]:
    """Yield the cells of a method in the columns of a dataset."""
    if line_of.empty:
        yield from ["--"] * len(columns)
        return
    line = line_of.iloc[0]
    for name in columns:
        words = text(found.text(line, name) if name != "difference" else found.difference(line))
        if name == found.leading.name:
            words += _SIGNS.get(line[found.source("verdict")], "") + _own(line)
        yield cells.marked(line, name, _MARKS, words)


def _own(line: pd.Series) -> str:
    """Return over how many images the mean of a method is that is not compared."""
    return f" ({cells.coverage(line)})" if not line["judged"] and 0 < line["images"] < line["of"] else ""


def _caption(group: pd.DataFrame, found: Cells, baseline: str) -> str:
    first, label, verdict = group.iloc[0], text(found.leading.label), found.source("verdict")
    words = f"{_list([text(each.titled) for each in found.metrics.values()])} at factor {first['factor']}, "
    words += f"protocol {text(first['protocol'])}. {found.explained(group, text)}"
    if set(group[verdict]) & {"better", "worse"}:
        words += rf" $^{{+}}$, $^{{-}}$: {label} better, worse than {text(baseline)} ($p \leq 0.05$, Holm)."
    few = group.loc[group[verdict] == "too few images", "dataset"].drop_duplicates()
    if len(few):
        words += f" Too few images: {', '.join(map(text, few))}."
    if found.has(group, "difference"):
        of_what = "" if found.leading.unit else f" of {label}"
        words += f" Diff.{of_what}: to {text(baseline)}, of unrounded means."
    if found.has(group, "reported") and (paper := reported(found.metrics)):
        words += f" reported: {text(paper.label)} as a paper prints it."
    return words


def _list(words: list[str]) -> str:
    """Return words as a sentence lists them."""
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last
