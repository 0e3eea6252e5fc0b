"""Which scores and values of metrics a run's plan asks for and its rows lack."""

from __future__ import annotations

from itertools import product
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from srbench.errors import RunFolderError
from srbench.metrics.classical import further
from srbench.specs import counted
from srbench.store.rows import MetricRow, ScoreRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from srbench.plan import Plan
    from srbench.store.rows import Row


class Gap(NamedTuple):
    """Scores, or values of a metric, without a row: of how many images, for one method, factor and protocol."""

    method: str
    factor: int
    dataset: str
    protocol: str
    images: int
    named: tuple[str, ...]
    """Those of them whose names are known, as other methods have rows for them."""
    metric: str = ""
    """That has no value, where there is a score."""

    def __str__(self) -> str:
        """Return it as text."""
        names = f" ({', '.join(self.named[:3])}{', ...' if self.named[3:] else ''})" if self.named else ""
        images = counted(self.images, "image")
        what = f"{self.metric} of {images}" if self.metric else images
        return f"{self.method} x{self.factor} lacks {what} of {self.dataset}{names}, protocol {self.protocol}"


def sizes(info: dict[str, Any]) -> dict[str, int]:
    """Return how many images each dataset of a run has; none where the run had not begun to score.

    Raises:
        RunFolderError: run.json holds something else.

    """
    try:
        return {name: int(facts["images"]) for name, facts in info.get("datasets", {}).items()}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise RunFolderError(f"run.json holds datasets that this version cannot read: {error!r}") from error


def missing(
    plan: Plan, sizes: Mapping[str, int], rows: Iterable[Row], labels: Mapping[str, str] = MappingProxyType({})
) -> list[Gap]:
    """Return what `plan` asks for, with datasets of these sizes, and has no row; good rows and bad ones count alike.

    Where the score is bad, there is nothing to measure: no metric is missing. Methods have their `labels`, by spec.
    """
    rows = list(rows)
    gaps = [*_scores(plan, sizes, rows), *_values(plan, rows)]
    return [each._replace(method=labels.get(each.method, each.method)) for each in gaps]


def _scores(plan: Plan, sizes: Mapping[str, int], rows: Iterable[Row]) -> Iterator[Gap]:
    every: dict[str, dict[str, None]] = {}
    there: dict[tuple[str, int, str, str], set[str]] = {}
    for row in rows:
        if isinstance(row, ScoreRow):
            every.setdefault(row.dataset, {})[row.image] = None
            there.setdefault((row.method, row.factor, row.dataset, row.protocol), set()).add(row.image)
    wanted = product(sizes, plan.protocols, plan.factors, plan.methods) if plan.scoring else ()
    for dataset, protocol, factor, method in wanted:
        found = there.get((method, factor, dataset, protocol), set())
        if len(found) < sizes[dataset]:
            named = tuple(image for image in every.get(dataset, ()) if image not in found)
            yield Gap(method, factor, dataset, protocol, sizes[dataset] - len(found), named)


def _values(plan: Plan, rows: Iterable[Row]) -> Iterator[Gap]:
    there = {row.cell for row in rows if isinstance(row, MetricRow)}
    good = [row for row in rows if isinstance(row, ScoreRow) and row.status == "ok" and plan.scoring]
    gaps: dict[tuple[str, int, str, str, str], list[str]] = {}
    for metric, row in product(further(plan.metrics), good):
        if (metric, *row.cell) not in there:
            gaps.setdefault((row.method, row.factor, row.dataset, row.protocol, metric), []).append(row.image)
    for (method, factor, dataset, protocol, metric), images in gaps.items():
        yield Gap(method, factor, dataset, protocol, len(images), tuple(images), metric)
