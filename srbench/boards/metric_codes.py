"""Metrics by their code: values of one name that other code computed stand in a table of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from srbench.boards.content import Metric
from srbench.boards.names import DIGITS
from srbench.metrics.classical import further
from srbench.specs import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from srbench.analysis.columns import Column, Metrics
    from srbench.boards.pools import Pool
    from srbench.boards.submissions import Submission


class Code(NamedTuple):
    """What computed the values of a metric."""

    version: str
    code: str
    """sha256; empty for PSNR and SSIM."""

    @property
    def words(self) -> str:
        """Return it as it is told from others."""
        return f"version {self.version}" + (f", code {self.code[:DIGITS]}" if self.code else "")


@dataclass(frozen=True)
class Part:
    """Scores of a pool with metrics of one code each: what becomes a table."""

    pool: Pool
    scores: pd.DataFrame
    metrics: Metrics
    """The leading one first."""
    codes: dict[str, Code]
    tags: tuple[str, ...]
    refusals: tuple[str, ...]

    @property
    def content(self) -> tuple[Metric, ...]:
        """Return the metrics as content."""
        return tuple(described(column, self.codes[name]) for name, column in self.metrics.items())


def described(column: Column, code: Code) -> Metric:
    """Return a metric as content."""
    named = (column.name, column.label, column.unit, column.digits, column.better, column.hint)
    return Metric(*named, code.version, code.code)


def code_of(submission: Submission, metric: str) -> Code:
    """Return what a run says of the code of a metric; runs from before there were others have PSNR and SSIM alone."""
    facts = submission.info.get("metrics", {}).get(metric, {})
    return Code(str(facts.get("version", "1")), str(facts.get("code", "")))


def parts(pool: Pool) -> Iterator[Part]:
    """Yield the scores with the newest code of each metric, then the values of each metric by other code."""
    columns = {name: column for each in pool.submissions for name, column in each.metrics.items()}
    kinds = {name: _kinds(pool, name) for name in columns}
    sentences = tuple(_refusal(pool, columns[name], found) for name, found in kinds.items() if len(found) > 1)
    scores = pool.scores.copy()
    for name, found in kinds.items():
        if name in scores:
            scores.loc[~scores["run"].isin(_ids(found[0][1])), name] = float("nan")
    ordered = _ordered(scores, columns, pool.submissions[-1].metrics)
    codes = {name: found[0][0] for name, found in kinds.items()}
    yield Part(pool, scores, ordered, codes, pool.tags, (*pool.refusals, *sentences))
    for name, found in kinds.items():
        for code, having in found[1:]:
            own = pool.scores[pool.scores["run"].isin(_ids(having))].reset_index(drop=True)
            tag = f"{columns[name].label} {code.words}"
            yield Part(pool, own, {name: columns[name]}, {name: code}, (*pool.tags, tag), sentences)


def _kinds(pool: Pool, metric: str) -> list[tuple[Code, list[Submission]]]:
    """Return the codes of a metric with the runs that have them, the newest first."""
    found: dict[Code, list[Submission]] = {}
    for each in reversed(pool.submissions):
        if metric in each.metrics:
            found.setdefault(code_of(each, metric), []).append(each)
    return list(found.items())


def _ids(submissions: list[Submission]) -> list[str]:
    return [each.id for each in submissions]


def _ordered(scores: pd.DataFrame, columns: Metrics, newest: Metrics) -> Metrics:
    """Return the metrics, first those that most methods have values of: by it methods are ranked.

    Of several the order is that of the newest run, then PSNR and SSIM come before others.
    """
    preferred = [*newest, *(name for name in columns if name not in further(columns)), *columns]
    having = {name: scores.loc[scores[name].notna(), "method"].nunique() if name in scores else 0 for name in columns}
    names = sorted(
        (name for name in columns if name in scores), key=lambda name: (-having[name], preferred.index(name))
    )
    return {name: columns[name] for name in names}


def _refusal(pool: Pool, column: Column, found: list[tuple[Code, list[Submission]]]) -> str:
    """Say which runs have which code of a metric."""
    every = "; ".join(f"{listed(_names(having), most=5)}: {code.words}" for code, having in found)
    return f"{pool.title}: {column.label} is not one metric in all runs ({every}): each is a table of its own."


def _names(submissions: list[Submission]) -> list[str]:
    return [each.name for each in submissions]
