"""Values of metrics beside scores: PSNR and SSIM are fields of score rows, all other metrics have rows of their own."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from srbench.metrics.classical import further
from srbench.specs import NAMED, listed
from srbench.store.rows import MetricRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from srbench.analysis.columns import Column, Metrics
    from srbench.store.rows import Row, ScoreRow

FACTS = ("status", "reason")
"""What tables say of each value that has a row of its own, as `lpips_status` and `lpips_reason`."""


_SIZE = r"(?<=^image) of \d+x\d+ pixels"
"""What differs between reasons that are otherwise the same."""


class Unmeasured(NamedTuple):
    """Images of which a metric has no value, for one reason."""

    metric: Column
    status: str
    reason: str
    methods: tuple[str, ...]
    """Whose images they are; empty where all methods are concerned."""
    images: tuple[str, ...]
    of: int
    """How many images these methods have scores of."""

    def __str__(self) -> str:
        """Return it as one line, such as `lpips: skipped on 5 of 5 images: needs its weights`."""
        images, few = f"{len(self.images)} of {self.of} images", len(self.images) <= NAMED < self.of
        which = f" ({listed(self.images)})" if few else ""
        whose = f" of {listed(self.methods)}" if self.methods else ""
        return f"{self.metric.name}: {self.status} on {images}{which}{whose}: {self.reason}"


def facts(metrics: Metrics) -> list[str]:
    """Return the columns of what tables say of the values of further metrics."""
    return [f"{name}_{fact}" for name in further(metrics) for fact in FACTS]


def frame(names: Sequence[str], scores: Sequence[ScoreRow], rows: Iterable[Row], metrics: Metrics) -> pd.DataFrame:
    """Return the columns `names` of `scores`: their fields, `facts`, and values of metrics, which are among `rows`.

    A value counts that was measured on the SR of today's score. Where there is none, it is NaN with an empty status.
    """
    found: dict[str, Any] = {}
    values = {row.cell: row for row in rows if isinstance(row, MetricRow)}
    for name in further(metrics):
        own = [values.get((name, *score.cell)) for score in scores]
        own = [row if row and row.score == score.key else None for row, score in zip(own, scores, strict=True)]
        found[name] = [row.value if row else math.nan for row in own]
        found |= {f"{name}_{fact}": [getattr(row, fact) if row else "" for row in own] for fact in FACTS}
    content = {name: found[name] if name in found else [getattr(row, name) for row in scores] for name in names}
    return pd.DataFrame(content if scores else None, columns=list(names))


def statuses(scores: pd.DataFrame) -> set[str]:
    """Return all statuses of scores and of the values of further metrics."""
    named = [name for name in scores if name == "status" or str(name).endswith("_status")]
    return {str(each) for name in named for each in scores[name].unique()} - {""}


def unmeasured(scores: pd.DataFrame, metrics: Metrics) -> Iterator[Unmeasured]:
    """Yield, by metric and reason, of which images of good scores a metric has no value."""
    good = scores[scores["status"] == "ok"]
    everyone = set(good["method"])
    for name in further(metrics):
        bad = good[~good[f"{name}_status"].isin(["ok", ""])]
        alike = bad[f"{name}_reason"].astype(str).str.replace(_SIZE, "", regex=True)
        for (status, short), group in bad.groupby([bad[f"{name}_status"], alike], sort=False):
            whole = group[f"{name}_reason"].unique()
            reason = short if len(whole) > 1 else whole[0]
            methods = list(dict.fromkeys(group["method"]))
            own = good[good["method"].isin(methods)]
            images = group.drop_duplicates(["dataset", "image"])["image"]
            yield Unmeasured(
                metrics[name],
                str(status),
                str(reason),
                () if set(methods) == everyone else tuple(methods),
                tuple(images),
                len(own.drop_duplicates(["dataset", "image"])),
            )
