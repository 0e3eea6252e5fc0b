"""The legend: what stands for a method, and for a setting, in all tables and charts of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from srbench.analysis.settings import SETTING, setting_name

if TYPE_CHECKING:
    from srbench.reports.findings import Findings

COLOURS = 8
"""How many colours `report.css` has for methods (`.m0` and on); methods beyond them differ by shape."""

SHAPES = (
    "M0-5A5 5 0 1 1 0 5A5 5 0 1 1 0-5Z",  # circle
    "M-4.5-4.5H4.5V4.5H-4.5Z",  # square
    "M0-6L5.6 4.4H-5.6Z",  # triangle
    "M0-6.2L6.2 0L0 6.2L-6.2 0Z",  # diamond
    "M0 6L5.6-4.4H-5.6Z",  # triangle, on its tip
    "M-2-5.5H2V-2H5.5V2H2V5.5H-2V2H-5.5V-2H-2Z",  # plus
    "M0-6L1.7-2.3L5.7-1.9L2.7.9L3.5 4.9L0 2.8L-3.5 4.9L-2.7.9L-5.7-1.9L-1.7-2.3Z",  # star
    "M-3-5.2H3L6 0L3 5.2H-3L-6 0Z",  # hexagon
    "M-3.5-5.5L0-2L3.5-5.5L5.5-3.5L2 0L5.5 3.5L3.5 5.5L0 2L-3.5 5.5L-5.5 3.5L-2 0L-5.5-3.5Z",  # cross
)
"""Outlines, SVG paths about the origin; one more than there are colours, so that 72 methods have marks of their own."""


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


def legend(findings: Findings) -> Legend:
    """Return the legend of a run, both in its order."""
    marks = {
        name: Mark(name, number % COLOURS, SHAPES[number % len(SHAPES)]) for number, name in enumerate(findings.methods)
    }
    lines = findings.scoreboard[SETTING].drop_duplicates().to_dict("records")
    return Legend(marks, {setting_of(line): number for number, line in enumerate(lines)})
