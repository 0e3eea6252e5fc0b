r"""The report as LaTeX: a booktabs table per protocol, as papers print it, in a document that pdflatex takes."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING

from srbench.reports import cells, claims, display_names, frame_budget, latencies, paper_rows
from srbench.reports.labels import arrows
from srbench.reports.remarks import near_copies
from srbench.specs import told_without_engine, without_engine

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    import pandas as pd

    from srbench.reports.cells import Cells
    from srbench.reports.findings import Findings
    from srbench.reports.frame_budget import Budgeted

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

_SIGNS = {"better": r"\rlap{$^{+}$}", "worse": r"\rlap{$^{-}$}"}
"""They take no room, so that digits stay below each other."""

_ARROWS = {"up": r" $\uparrow$", "down": r" $\downarrow$"}

_DAGGER = r"$^\dagger$"
"""Marks what a paper reports."""

_BESIDE = 2
"""Metrics with which datasets still stand side by side."""

_DOCUMENT = r"""\documentclass{article}
\usepackage{booktabs}
\usepackage{graphicx}
\usepackage{longtable}
\usepackage{xcolor}
\begin{document}
%s
\end{document}
"""

_NAMES: Mapping[str, str] = MappingProxyType({})


def render(findings: Findings, names: Mapping[str, str] = _NAMES) -> str:
    r"""Return a document with the tables, each from \begin{table} to \end{table}: best bold, second underlined.

    One for each protocol, with the factors below each other, as papers print them. `names` are what datasets and
    methods are to be called (`display_names`). Of a run without scores they are its speeds.
    """
    named = _Names(names, findings.methods)
    if findings.scored:
        groups = findings.scoreboard.groupby("protocol", sort=False)
        tables = [_Table(findings, group, named).lines() for _, group in groups]
        tables += [_claims(findings, named)] * bool(len(findings.claims))
    else:
        tables = [_speeds(each, named) for each in latencies.tables(frame_budget.speeds(findings))]
    if (found := frame_budget.budgeted(findings)) and found.answers:
        tables.append(_budget(found))
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


@dataclass(frozen=True)
class _Names:
    """Names as they are printed: `given` are those asked for, `measured` the methods of the run."""

    given: Mapping[str, str]
    measured: Collection[str]

    def __call__(self, name: str) -> str:
        """Return the name of a dataset or method in TeX."""
        return text(self.plain(name))

    def plain(self, name: str) -> str:
        """Return the name of a dataset or method."""
        short = without_engine(name)
        is_told = told_without_engine(self.measured).get(short) == name
        return self.given.get(name, display_names.known().get(short if is_told else name, name))

    def reported(self, method: str) -> str:
        """Return the name of a method that a paper reports, in TeX: not that of a measured method of the same name."""
        shared = {} if method in self.measured else self.given
        return text(self.given.get(paper_rows.title(method), shared.get(method, method)))


@dataclass(frozen=True)
class _Table:
    """The table of one protocol: `board` is its part of the scoreboard."""

    findings: Findings
    board: pd.DataFrame
    named: _Names

    @property
    def cells(self) -> Cells:
        return self.findings.cells

    @cached_property
    def metrics(self) -> list[str]:
        return list(self.cells.metrics)

    @cached_property
    def factors(self) -> dict[int, pd.DataFrame]:
        """Return the lines of each factor that has any number."""
        known = self.board[_counted(self.board)]
        return {int(str(factor)): lines for factor, lines in known.groupby("factor", sort=True)}

    @cached_property
    def sections(self) -> dict[str, pd.DataFrame]:
        """Return the lines of each dataset, by its name in TeX."""
        groups = self.board.groupby(["dataset", "on_device"], sort=False)
        return {self._dataset(lines.iloc[0]): lines for _, lines in groups}

    @cached_property
    def papers(self) -> pd.DataFrame:
        """Return the rows that papers report."""
        rows = self.findings.paper_rows
        found: pd.DataFrame = rows[rows["protocol"] == self.board["protocol"].iloc[0]]
        return found

    @cached_property
    def scaled(self) -> bool:
        """Tell whether there are several factors, so that a column says which."""
        return len(self.factors) > 1

    def lines(self) -> Iterator[str]:
        """Return the lines of the table; datasets stand side by side, those of many metrics in sections."""
        return _floating(self._caption(), self._across() if len(self.metrics) <= _BESIDE else self._below())

    def _across(self) -> Iterator[str]:
        """Yield the lines of a table with the datasets side by side, and the factors below each other."""
        width, first = len(self.metrics), 2 + self.scaled
        yield rf"\begin{{tabular}}{{l{'c' * self.scaled}{'r' * width * len(self.sections)}}}"
        yield r"\toprule"
        heads = [rf"\multicolumn{{{width}}}{{c}}{{{name}{_some(lines)}}}" for name, lines in self.sections.items()]
        yield " & ".join([*[""] * (first - 1), *heads]) + r" \\"
        starts = range(first, first + width * len(self.sections), width)
        yield "".join(rf"\cmidrule(lr){{{start}-{start + width - 1}}}" for start in starts)
        yield " & ".join([*self._first_heads(), *self._heads() * len(self.sections)]) + r" \\"
        for factor in self.factors:
            yield r"\midrule"
            yield from self._rows(factor, list(self.sections))

    def _below(self) -> Iterator[str]:
        """Yield the lines of a table with a section for each dataset and factor."""
        yield rf"\begin{{tabular}}{{l{'c' * self.scaled}{'r' * len(self.metrics)}}}"
        yield r"\toprule"
        yield " & ".join([*self._first_heads(), *self._heads()]) + r" \\"
        for name, lines in self.sections.items():
            yield r"\midrule"
            span = 1 + self.scaled + len(self.metrics)
            yield rf"\multicolumn{{{span}}}{{l}}{{\textit{{{name}}}{_some(lines)}}} \\"
            for factor in self.factors:
                yield from self._rows(factor, [name])

    def _first_heads(self) -> list[str]:
        return ["Method", *["Scale"] * self.scaled]

    def _heads(self) -> list[str]:
        """Return what stands above metrics; where any is better lower, arrows point to the better values."""
        found, pointing = self.cells.metrics, arrows(self.cells.metrics)
        return [text(column.label) + _ARROWS.get(pointing[name], "") for name, column in found.items()]

    def _rows(self, factor: int, sections: list[str]) -> Iterator[str]:
        """Yield the rows of a factor in some sections: measured ones with any number, then those that papers report."""
        lines = {name: self._of_factor(self.sections[name], factor) for name in sections}
        scale = [rf"$\times${factor}"] * self.scaled
        for method in dict.fromkeys(method for each in lines.values() for method in each[_counted(each)]["method"]):
            own = chain(*(self._cells(each[each["method"] == method]) for each in lines.values()))
            yield " & ".join([self.named(str(method)), *scale, *own]) + r" \\"
        papers = {name: self._reported(each, factor) for name, each in self.sections.items() if name in sections}
        for method, source in dict.fromkeys(key for each in papers.values() for key in each):
            numbers = chain(*(papers[name].get((method, source), ["--"] * len(self.metrics)) for name in sections))
            words = [f"{self.named.reported(method)}{_DAGGER}", *scale, *numbers]
            yield " & ".join(rf"\textcolor{{gray}}{{{each}}}" for each in words) + r" \\"

    def _of_factor(self, lines: pd.DataFrame, factor: int) -> pd.DataFrame:
        return lines[lines["factor"] == factor]

    def _reported(self, lines: pd.DataFrame, factor: int) -> dict[tuple[str, str], list[str]]:
        """Return the numbers of papers in a section, by method and source."""
        rows = self._of_factor(paper_rows.of_metrics(self.papers, self.metrics), factor)
        own = rows[rows["dataset"] == lines["dataset"].iloc[0]]
        return {
            (row["method"], row["source"]): [row[f"printed_{name}"] or "--" for name in self.metrics]
            for _, row in own.iterrows()
        }

    def _cells(self, line_of: pd.DataFrame) -> Iterator[str]:
        """Yield the cells of a method in a section."""
        if line_of.empty or (line_of["status"].iloc[0] == "skipped" and not line_of["images"].iloc[0]):
            yield from ["--"] * len(self.metrics)
            return
        line, found = line_of.iloc[0], self.cells
        for name in self.metrics:
            words = text(found.text(line, name))
            if name == found.leading.name:
                words += _SIGNS.get(line[found.source("verdict")], "") + _own(line)
            yield cells.marked(line, name, _MARKS, words)

    def _dataset(self, line: pd.Series) -> str:
        on = f", on {line['on_device']}" if line["on_device"] else ""
        return self.named(str(line["dataset"])) + text(on)

    def _caption(self) -> str:
        found, board = self.cells, self.board
        label, verdict = text(found.leading.label), found.source("verdict")
        baseline = self.named(self.findings.baseline)
        at = "" if self.scaled else f" at factor {board['factor'].iloc[0]}"
        words = f"{_list([text(each.titled) for each in found.metrics.values()])}{at}, "
        words += f"protocol {text(board['protocol'].iloc[0])}. {found.explained(board, self.named)}"
        if set(board[verdict]) & {"better", "worse"}:
            words += rf" $^{{+}}$, $^{{-}}$: {label} better, worse than {baseline} ($p \leq 0.05$, Holm)."
        few = board.loc[board[verdict] == "too few images", "dataset"].drop_duplicates()
        if len(few):
            has = "has" if len(few) == 1 else "have"
            words += f" {_list([*map(self.named, few)])} {has} too few images for a test of significance."
        if any(_own(line) for _, line in board.iterrows()):
            words += " In brackets: on how many of the images a mean is that is not compared with others."
        scores = self.findings.tables.scores
        copies = near_copies(
            self.findings.models,
            scores[scores["protocol"] == board["protocol"].iloc[0]],
            self.named.plain,
            whence=False,
        )
        words += "".join(f" {text(each)}." for each in copies)
        return words + self._sources() * bool(len(self.papers))

    def _sources(self) -> str:
        """Return which rows are from which paper."""
        groups = paper_rows.by_source(self.papers)
        rows = [f"{_list([*map(self.named.reported, own)])}: {text(source)}" for source, own in groups.items()]
        return f" {_DAGGER}: reported, not measured here. {'; '.join(rows)}."


def _claims(findings: Findings, named: _Names) -> Iterator[str]:
    """Yield the lines of a table of what is reported beside what was measured, as long as it takes."""
    words = "; ".join(claims.explained(findings.claims))
    heads = ("Dataset", "Metric", "Reported", "Measured", "Difference", "Verdict")
    yield r"\begin{longtable}{llrrrl}"
    yield rf"\caption{{{text(f'Reported and measured means over all images. {words}.')}}} \\"
    yield r"\toprule"
    yield " & ".join(heads) + r" \\"
    yield r"\endhead"
    for _, group in findings.claims.groupby(["method", "name", "protocol", "source"], sort=False):
        first = group.iloc[0]
        name = f"reported as {first['name']}" if first["name"] else ""
        whose = text(", ".join(filter(None, [f"protocol {first['protocol']}", name, first["source"]])))
        yield r"\midrule"
        head = rf"\textit{{{named(first['method'])}}}, {whose}"
        yield rf"\multicolumn{{{len(heads)}}}{{p{{0.9\linewidth}}}}{{{head}}} \\*"
        for _, line in group.iterrows():
            where = rf"{named(line['dataset'])} $\times${line['factor']}"
            cells_of = claims.of_metric(line["metric"], findings.metrics), *claims.numbers(line), line["verdict"]
            yield " & ".join([where, *map(text, cells_of)]) + r" \\"
    yield from (r"\bottomrule", r"\end{longtable}")


def _floating(caption: str, tabular: Iterator[str]) -> Iterator[str]:
    """Yield the lines of a table that floats, no wider than the text; `tabular` has no end yet."""
    yield r"\begin{table}[ht]\centering"
    yield rf"\caption{{{caption}}}"
    yield r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"
    yield from tabular
    yield from (r"\bottomrule", r"\end{tabular}}", r"\end{table}")


def _speeds(table: latencies.Table, named: _Names) -> Iterator[str]:
    """Return the lines of a table of times."""
    about = [f"Times at factor {table.factor} on {table.device}.", table.machine, latencies.NOTE]
    return _floating(text(" ".join(filter(None, about))), _times(table, named))


def _times(table: latencies.Table, named: _Names) -> Iterator[str]:
    yield rf"\begin{{tabular}}{{{''.join('l' if name in latencies.TEXTS else 'r' for name in table.columns)}}}"
    yield r"\toprule"
    heads = {"times baseline": f"times that of {named(table.baseline)}"}
    yield " & ".join(heads.get(name, text(name)) for name in table.columns) + r" \\"
    yield r"\midrule"
    for method, *row in table.rows:
        yield " & ".join([named(method), *map(text, row)]) + r" \\"


def _budget(found: Budgeted) -> Iterator[str]:
    """Yield the answers to a frame budget."""
    yield rf"\subsection*{{Budget of {text(found.asked)}}}"
    yield r"\begin{itemize}"
    for answer in found.answers:
        notes = " ".join(note if note.endswith(":") else f"{note}." for note in answer.notes)
        yield rf"\item {text(answer.where)}: \textbf{{{text(answer.headline)}}}. {text(notes)}"
    yield r"\end{itemize}"


def _counted(lines: pd.DataFrame) -> pd.Series:
    """Tell which lines have any number."""
    return lines["images"] > 0


def _some(lines: pd.DataFrame) -> str:
    """Return over how many images the means of a dataset are, where it is not all of them at each factor."""
    every = lines[lines["judged"]].drop_duplicates("factor")
    partial = every[every["images"] != every["of"]]
    alike = len(partial) == len(every) and len(set(partial["images"])) == 1
    found = [f"{cells.coverage(line)} images{'' if alike else f' at x{line.factor}'}" for _, line in partial.iterrows()]
    return f" ({', '.join(dict.fromkeys(found))})" if found else ""


def _own(line: pd.Series) -> str:
    """Return over how many images the mean of a method is that is not compared."""
    return f" ({cells.coverage(line)})" if not line["judged"] and 0 < line["images"] < line["of"] else ""


def _list(words: list[str]) -> str:
    """Return words as a sentence lists them."""
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last
