"""What `srbench.time` returns: the tables of a run of times, and what they say to a frame budget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from srbench.reports.frame_budget import budgeted, speeds

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from srbench.reports.findings import Findings
    from srbench.reports.frame_budget import Answer, Budgeted


@dataclass(frozen=True)
class Timed:
    """A run of times, in its folder."""

    findings: Findings

    @property
    def folder(self) -> Path:
        """Return the run folder: report.html and all samples are there."""
        return self.findings.folder

    @property
    def timings(self) -> pd.DataFrame:
        """Return all samples."""
        return self.findings.tables.timings

    @property
    def speeds(self) -> pd.DataFrame:
        """Return the statistics of each method and size; with a budget also `budget`, `late` and `fit`."""
        return speeds(self.findings)

    @property
    def answers(self) -> list[Answer]:
        """Return what is the best within the budget, at each size; none where there is no budget."""
        return self.budgeted.answers if self.budgeted else []

    @property
    def best(self) -> str:
        """Return the method that is the best within the budget in all answers; empty where there is none such."""
        names = {answer.best for answer in self.answers}
        return names.pop() if len(names) == 1 else ""

    @property
    def budgeted(self) -> Budgeted | None:
        """Return all that is known of the budget; None where neither a budget nor scores were given."""
        return budgeted(self.findings)
