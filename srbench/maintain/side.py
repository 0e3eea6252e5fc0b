"""One of two runs that are compared, as far as it can be read."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from srbench.analysis.columns import metrics_of
from srbench.errors import RunFolderError
from srbench.maintain import verify
from srbench.methods import spelled_among
from srbench.plan import plugin_files
from srbench.store import journal_reader
from srbench.store.current import current
from srbench.store.journal import read_info
from srbench.store.plans import plan_of
from srbench.store.rows import MetricRow, ScoreRow, TimingRow, newest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from srbench.analysis.columns import Metrics


@dataclass(frozen=True)
class Side:
    """One of the two runs."""

    folder: Path
    info: dict[str, Any]
    """run.json; empty where it cannot be read."""
    scores: list[ScoreRow]
    values: list[MetricRow]
    """Of metrics other than PSNR and SSIM."""
    timings: list[TimingRow]
    problems: list[str]
    """What `results verify` finds wrong with run.json and the rows; tables and pictures are not read here."""

    @property
    def results(self) -> list[ScoreRow | MetricRow]:
        """Return scores, and the values of metrics that belong to them."""
        return [*self.scores, *self.values]

    @property
    def metrics(self) -> Metrics:
        """Return the metrics that it was asked for."""
        return metrics_of(self.info)

    @property
    def methods(self) -> list[str]:
        """Return the methods that it was asked for or has rows of."""
        planned = self.info.get("plan", {}).get("methods", [])
        timed = (row.method for row in self.timings if row.method)
        return list(dict.fromkeys([*planned, *(row.method for row in self.scores), *timed]))

    @property
    def labels(self) -> dict[str, str]:
        """Return what methods are shown as, by their specs, where that is not the spec itself."""
        found: dict[str, str] = self.info.get("labels", {})
        return found

    @property
    def shown(self) -> list[str]:
        """Return what its methods are shown as."""
        return [self.shown_as(spec) for spec in self.methods]

    def shown_as(self, spec: str) -> str:
        """Return what a method is shown as."""
        return self.labels.get(spec, spec)

    def spec(self, text: str) -> str:
        """Return the method that `text` means, a label or a spec in whatever spelling; nothing where there is none."""
        return spelled_among(self.methods, text, plugin_files(self.info), self.labels)

    def asked(self, method: str, dataset: str, factor: int, protocol: str) -> bool:
        """Tell whether the run was to score this; of a run whose plan is lost, everything."""
        plan = self.info.get("plan")
        if not plan:
            return True
        wanted = method in plan["methods"] and factor in plan["factors"] and protocol in plan["protocols"]
        return wanted and dataset in self.info.get("datasets", {dataset: {}})

    def renamed(self, names: Mapping[str, str]) -> Side:
        """Return the same with other names of methods; its run.json keeps the old ones."""
        scores = [replace(row, method=names.get(row.method, row.method)) for row in self.scores]
        values = [replace(row, method=names.get(row.method, row.method)) for row in self.values]
        timings = [replace(row, method=names.get(row.method, row.method)) for row in self.timings]
        return replace(self, scores=scores, values=values, timings=timings)


def read(folder: Path) -> Side:
    """Return the run in `folder`, damaged lines left out.

    Raises:
        RunFolderError: there is none.

    """
    content = journal_reader.read(folder / "rows.jsonl")
    checks = verify.checks(folder, content, files=False)
    problems = [f"{check.what}: {check.detail}" for check in checks if check.verdict == "wrong"]
    info: dict[str, Any] = {}
    with suppress(RunFolderError):  # a problem that is named already
        found = read_info(folder)
        plan_of(found)
        info = found
    rows = current(content.rows, info) if info else content.rows  # of a run whose run.json is lost, all that there is
    timings = [row for row in rows if isinstance(row, TimingRow)]
    values = [row for row in rows if isinstance(row, MetricRow)]
    return Side(folder, info, list(newest(rows).values()), values, timings, problems)
