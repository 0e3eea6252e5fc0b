"""A comparison of two runs as Python gets it, shown in notebooks: what changed, and by how much."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

from srbench.analysis.columns import NONE, SPEEDS, three_digits
from srbench.analysis.gate import setting_of
from srbench.analysis.score_changes import GROUP
from srbench.analysis.settings import SETTING, setting_name
from srbench.maintain.compare import Comparison
from srbench.notebook.views import Cell, Heading, Line, View, render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srbench.analysis.columns import Column

_NAMED = 5
_LOST = ("lost", "gained", "status")
_ONLY = ("only in A", "only in B")


@dataclass(frozen=True, repr=False)
class Compared(Comparison):
    """What changed from run A to run B."""

    @classmethod
    def of(cls, found: Comparison) -> Self:
        """Return a comparison as notebooks show it."""
        return cls(**{each.name: getattr(found, each.name) for each in fields(found)})

    def __repr__(self) -> str:
        """Say which runs it is of, and whether anything changed."""
        changed = int((self.cells["change"] != "").sum())
        return f"<comparison of {self.a.folder} and {self.b.folder}: {changed} of {len(self.cells)} scores changed>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows: means of A and B with their change, times, and what is in one run alone."""
        views = [_scores(self)] * bool(len(self.settings)) + [_times(self)] * bool(len(self.speeds))
        return render(views, list(_notes(self)))


def _scores(found: Comparison) -> View:
    headings = [Heading("method", words=True), Heading("setting", words=True), Heading("images changed")]
    for metric in found.metrics.values():
        headings += [Heading(f"{metric.label} A"), Heading("B"), Heading(f"B - A{metric.unit and f', {metric.unit}'}")]
    lines = [_changes(line, found) for line in found.settings.to_dict("records")]
    note = "Bold: B is better than A. Dimmed: no score changed."
    return View(f"scores: A is {found.a.folder}, B is {found.b.folder}", headings, lines, note)


def _changes(line: Any, found: Comparison) -> Line:  # noqa: ANN401 - a line of a table
    about = [Cell(str(line["method"])), Cell(setting_name(line[name] for name in SETTING))]
    cells = [*about, Cell(f"{line['changed']} of {line['images']}", title=_worst(line))]
    for metric in found.metrics.values():
        cells += [Cell(metric.text(line[f"{metric.name}_{run}"])) for run in "ab"]
        cells.append(_change(metric, line[f"{metric.name}_change"]))
    return Line(cells, dim=not line["changed"])


def _worst(line: Any) -> str:  # noqa: ANN401 - as above
    return f"lost most: {line['worst']}" if line["worst"] else ""


def _change(metric: Column, value: float) -> Cell:
    """Return a change of a mean, with two digits more than means have, or a plain 0; bold where it became better."""
    if value == 0:
        return Cell("0")
    finer = metric._replace(digits=(metric.digits or 0) + 2)
    return Cell(finer.text(value, sign=True), "best" if metric.sign * value > 0 else "")


def _times(found: Comparison) -> View:
    names = ("A, ms", "B, ms", "B / A", "99 % interval")
    headings = [Heading("method", words=True), Heading("LR", words=True), *map(Heading, names)]
    headings.append(Heading("verdict", words=True))
    note = "B / A below 1: B is faster, bold where it is sure."
    return View("times", headings, [_time(line) for line in found.speeds.to_dict("records")], note)


def _time(line: Any) -> Line:  # noqa: ANN401 - as above
    what = f"{line['width']}x{line['height']} x{line['factor']} {line['device']}"
    calls = [Cell(SPEEDS["call"].text(line[f"call_{run}"])) for run in "ab"]
    ends = [three_digits(line[f"ratio_{end}"]) for end in ("low", "high")]
    interval = NONE if NONE in ends else " to ".join(ends)
    verdict = Cell(str(line["verdict"]), "best" if line["verdict"] == "faster" else "", str(line["reason"]))
    cells = [Cell(str(line["method"])), Cell(what), *calls, Cell(three_digits(line["change"])), Cell(interval), verdict]
    return Line(cells, dim=line["verdict"] == "same")


def _notes(found: Comparison) -> Iterator[str]:
    """Yield what the tables do not show: limits that are exceeded, and what only one of the runs has."""
    yield from (f"FAIL {each}" for each in found.failures)
    if found.outcome.passed and not found.failures:
        yield f"passed: {', '.join(found.outcome.passed)}"
    yield from filter(None, [*found.outcome.remarks, *found.other_metrics, found.refused])
    for change in _LOST:
        lines = found.cells[found.cells["change"] == change].to_dict("records")
        yield from (f"{change}: {setting_of(line)}, {line['image']}" for line in lines[:_NAMED])
        if lines[_NAMED:]:
            yield f"{change}: {len(lines) - _NAMED} more"
    for change in _ONLY:
        only = found.cells.loc[found.cells["change"] == change, GROUP].drop_duplicates()
        yield from (f"{change}: {setting_of(line)}" for line in only.to_dict("records"))
