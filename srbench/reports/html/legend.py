"""The legend: what stands for a method, and for a setting, in all tables and charts of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from srbench.analysis.settings import SETTING, setting_name
from srbench.reports.marks import look

if TYPE_CHECKING:
    from srbench.reports.findings import Findings


class Mark(NamedTuple):
    """What a method is drawn with."""

    name: str
    colour: int
    shape: str


class Setting(NamedTuple):
    """What methods are compared within."""

    dataset: str
    factor: int
    protocol: str
    on_device: str
    """Empty, where methods are compared whatever they run on."""

    @property
    def label(self) -> str:
        """Return the setting in words, without the protocol."""
        return f"{self.dataset} x{self.factor}{f', on {self.on_device}' if self.on_device else ''}"

    @property
    def name(self) -> str:
        """Return the setting in words."""
        return setting_name(self)


class Legend(NamedTuple):
    """Marks of methods by name, and numbers of settings."""

    marks: dict[str, Mark]
    settings: dict[Setting, int]


def setting_of(line: Any) -> Setting:  # noqa: ANN401 - a line of a table
    """Return the setting of a line."""
    return Setting(str(line["dataset"]), int(line["factor"]), str(line["protocol"]), str(line["on_device"]))


def mark(name: str, number: int) -> Mark:
    """Return the mark of the method of this number, from 0."""
    found = look(number)
    return Mark(name, found.number, found.outline)


def legend(findings: Findings) -> Legend:
    """Return the legend of a run, both in its order."""
    marks = {name: mark(name, number) for number, name in enumerate(findings.methods)}
    lines = findings.scoreboard[SETTING].drop_duplicates().to_dict("records")
    return Legend(marks, {setting_of(line): number for number, line in enumerate(lines)})
