"""A run folder as a part of a larger one: the rows of it that count, and what they come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from srbench.errors import RunFolderError
from srbench.store.coverage import sizes
from srbench.store.journal import read_info, rows_of
from srbench.store.lock import holder
from srbench.store.plans import plan_of
from srbench.store.rows import GIVEN, MetricRow, ScoreRow, TimingRow

if TYPE_CHECKING:
    from pathlib import Path

    from srbench.plan import Plan


@dataclass(frozen=True)
class Shard:
    """One of the runs that are joined."""

    folder: Path
    info: dict[str, Any]
    plan: Plan
    sizes: dict[str, int]
    """How many images each dataset has, by the name that rows carry."""
    scores: list[ScoreRow]
    """The current ones."""
    values: list[MetricRow]
    timings: list[TimingRow]

    @property
    def specs(self) -> dict[str, str]:
        """Return the spec of each dataset, by the name that rows carry."""
        return dict(zip(self.sizes, self.plan.datasets, strict=False))  # a run of times has no sizes

    @property
    def finished(self) -> bool:
        """Tell whether it has all that it was asked for."""
        return bool(self.info["status"] == "finished")

    @property
    def given(self) -> bool:
        """Tell whether all its SR images existed, as in a folder of `srbench score`."""
        return not self.plan.computed

    @property
    def computed(self) -> list[ScoreRow]:
        """Return the scores of SR that was computed."""
        return [row for row in self.scores if row.device != GIVEN]

    @property
    def read(self) -> list[ScoreRow]:
        """Return the scores of SR images that existed."""
        return [row for row in self.scores if row.device == GIVEN]

    @property
    def settings(self) -> list[tuple[str, int, str]]:
        """Return the datasets, factors and protocols that it has scores of."""
        return list(dict.fromkeys((row.dataset, row.factor, row.protocol) for row in self.scores))


def read(folder: Path) -> Shard:
    """Return the run in `folder`, which may be interrupted.

    Raises:
        RunFolderError: there is none, it is damaged, being written, or has not described its methods yet.

    """
    info = read_info(folder)
    pid = holder(folder)
    if pid:
        raise RunFolderError(f"{folder} is in use by process {pid}; wait for it")
    if not {"datasets", "protocols", "methods"} <= info.keys():
        raise RunFolderError(f"{folder} contains a run without scores; leave it out, or continue it first")
    rows = rows_of(folder)
    timings = [row for row in rows if isinstance(row, TimingRow)]
    scores = [row for row in rows if isinstance(row, ScoreRow)]
    values = [row for row in rows if isinstance(row, MetricRow)]
    return Shard(folder, info, plan_of(info), sizes(info), scores, values, timings)
