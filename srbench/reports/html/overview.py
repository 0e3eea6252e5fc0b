"""The summary of a run of many settings: which method has the best mean in how many of them, and by how much."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from srbench.analysis.places import alike
from srbench.analysis.settings import SETTING
from srbench.reports.html.tabling import number
from srbench.reports.labels import amount

if TYPE_CHECKING:
    from srbench.reports.findings import Findings

_SAYS = {
    "better": "significant in {}",
    "worse": "significantly worse in {}",
    "undecided": "not significant in {}",
    "too few images": "too few images to tell in {}",
    "equal": "equal in {}",
}
NONE = "No fair winner: each method lacks images, or was trained on some"


class Leader(NamedTuple):
    """A method, empty for none, and what the page says of it."""

    method: str
    sentence: str


def leaders(findings: Findings) -> list[Leader]:
    """Return the methods that have the best leading mean in any setting, the most frequent first."""
    groups = [group for _, group in findings.scoreboard.groupby(SETTING, sort=False)]
    found = [(name, group) for group in groups for name in alike(group, findings.metrics) or [""]]
    lines = {
        method: [group[group["method"] == method] for name, group in found if name == method]
        for method in dict.fromkeys(name for name, _ in found)
    }
    ordered = sorted(lines.items(), key=lambda item: (item[0] == "", -len(item[1])))
    return [Leader(method, _sentence(findings, method, own, len(groups))) for method, own in ordered]


def _sentence(findings: Findings, method: str, lines: list[pd.DataFrame], settings: int) -> str:
    where = f"in all {settings} settings" if len(lines) == settings else f"in {len(lines)} of {settings} settings"
    if not method:
        return f"{NONE}, {where}"
    board, leading = pd.concat(lines), findings.cells.leading
    if len(findings.methods) == 1:
        return f"{leading.label} {_span(findings, board[leading.name])} {where}"
    return f"best mean {leading.label} {where}{_over(findings, board)}"


def _over(findings: Findings, board: pd.DataFrame) -> str:
    """Return by how much the method is over the baseline; empty for the baseline itself."""
    found = findings.cells
    differences = board[found.source("difference")].dropna()
    if differences.empty:
        return ""
    verdicts = board[found.source("verdict")].value_counts()
    says = ", ".join(text.format(verdicts[name]) for name, text in _SAYS.items() if name in verdicts)
    against = "against" if found.leading.better == "lower" else "over"
    return f", {_span(findings, differences, 'difference')} {against} {findings.baseline}" + f" ({says})" * bool(says)


def _span(findings: Findings, values: pd.Series, name: str = "") -> str:
    """Return the least and the largest of values with their unit; one, where they look the same."""
    column = findings.cells.columns[name] if name else findings.cells.leading
    low, high = (number(column, each, sign=bool(name)).text for each in (values.min(), values.max()))
    return amount(findings.cells.leading, low if low == high else f"{low} to {high}")
