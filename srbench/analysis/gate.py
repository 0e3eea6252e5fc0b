"""The gate of `srbench compare --fail-on`: which changes exceed a threshold."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from srbench.analysis.metric_values import FACTS
from srbench.analysis.score_changes import GROUP
from srbench.errors import RunFolderError, UsageError
from srbench.specs import counted, listed, spelled, split
from srbench.store.rows import BAD, place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pandas as pd

    from srbench.analysis.columns import Column, Metrics

_EXAMPLES = "--fail-on psnr:-0.01 (dB), ssim:-0.001, lpips:+0.005 or time:+10%"

_NOT_IN_B = "not in B"

_NO_RESULT = "no result"

_NOT_IN_RUN = "not in the run"

ABSENT = (_NOT_IN_B, _NO_RESULT, _NOT_IN_RUN)
"""What an offender says after, where `--allow-missing` would accept it."""


class Limit(NamedTuple):
    """How far a metric may fall, or time rise."""

    metric: str
    """A metric, or `time`."""
    threshold: float
    """By how much the mean of a metric may become worse, in its unit: the least change, at most 0, where higher is
    better, else the largest, at least 0. Of time the largest ratio, at least 1."""
    text: str
    """As it was typed."""


class Offender(NamedTuple):
    """A change that exceeds a threshold, as text."""

    what: str
    where: str
    before: str
    after: str
    limit: str

    def __str__(self) -> str:
        """Return it as one line."""
        arrow = ", " if self.after == _NOT_IN_B else " -> "
        return f"{self.where}: {self.what}: {self.before}{arrow}{self.after} (limit {self.limit})"


class Outcome(NamedTuple):
    """What a gate found: each of its limits is exceeded, kept or not evaluated."""

    failures: list[Offender]
    passed: list[str]
    """The limits that are kept, as far as it can be told: of times with how many are inconclusive."""
    unevaluated: list[str]
    """Why others cannot be evaluated, a sentence each."""
    allowed: list[str]
    """Likewise, where all that the limit is about is missing, and may be."""

    @property
    def remarks(self) -> list[str]:
        """Return all sentences on limits that are not evaluated."""
        return [*self.unevaluated, *self.allowed]

    def check(self) -> None:
        """Refuse a gate that neither fails nor passes: it may not be taken for one that passes.

        Raises:
            RunFolderError: a limit cannot be evaluated, or none is.

        """
        if not self.failures and (self.unevaluated or (self.allowed and not self.passed)):
            raise RunFolderError("; ".join(self.remarks))


def limits(texts: Iterable[str]) -> list[Limit]:
    """Return the limits of comma lists of `METRIC:THRESHOLD`.

    Raises:
        UsageError: one spells none, or a list is empty.

    """
    return [parse(each) for text in texts for each in split(text, ",") or [text]]


def parse(text: str) -> Limit:
    """Return the limit that `METRIC:THRESHOLD` spells.

    Raises:
        UsageError: it spells none.

    """
    time = re.fullmatch(r"time:\+?(\d*\.?\d+)%", text.strip())
    if time:
        return Limit("time", 1 + float(time[1]) / 100, text.strip())
    quality = re.fullmatch(r"(?!time:)(.+):([+-]?\d*\.?\d+|[+-]?\d+\.)", text.strip())  # a spec has colons, too
    if quality:
        return Limit(spelled(quality[1]), float(quality[2]), text.strip())
    raise UsageError(f"--fail-on is {text!r}, expected a metric and by how much it may get worse: {_EXAMPLES}")


def check(limits: Iterable[Limit], metrics: Metrics) -> None:
    """Refuse limits of none of the `metrics`, and those that would let a metric become better only.

    Raises:
        UsageError: one is such.

    """
    for limit in limits:
        if limit.metric == "time":
            continue
        metric = metrics.get(limit.metric)
        if metric is None:
            raise UsageError(f"--fail-on {limit.text}: neither run has {limit.metric}, but {', '.join(metrics)}")
        if metric.sign * limit.threshold > 0:
            raise UsageError(
                f"--fail-on {limit.text}: {metric.label} is better when {metric.better}; give by how much it may get "
                f"worse: {metric.name}:{-limit.threshold:+g}"
            )


def evaluate(  # noqa: PLR0913 - the tables of a comparison
    limits: Iterable[Limit],
    cells: pd.DataFrame,
    settings: pd.DataFrame,
    speeds: pd.DataFrame,
    metrics: Metrics,
    refused: str = "",
    *,
    lost: Metrics | None = None,
    allow_missing: bool = False,
) -> Outcome:
    """Return what a gate finds; see `offenders`.

    `metrics` are those of both runs, `lost` those of A alone; `refused` is why times are not compared.
    """
    outcome = Outcome([], [], [], [])
    for limit in limits:
        if limit.metric not in {"time", *metrics}:
            _unshared(limit, lost or {}, outcome, allow_missing=allow_missing)
            continue
        found = offenders(limit, cells, settings, speeds, metrics, allow_missing=allow_missing)
        before, both = _values(limit, cells, speeds)
        outcome.failures.extend(found)
        if both and not found:
            outcome.passed.append(limit.text + _doubt(limit, speeds))
        elif not found:
            sentences = outcome.allowed if before and allow_missing else outcome.unevaluated
            sentences.append(f"cannot evaluate --fail-on {limit.text}: {_absent(limit, refused, metrics)}")
    return outcome


def _unshared(limit: Limit, lost: Metrics, outcome: Outcome, *, allow_missing: bool) -> None:
    """Add to the outcome what is found of a metric that one run was not asked for."""
    if limit.metric in lost and not allow_missing:
        label = lost[limit.metric].label
        outcome.failures.append(Offender(label, "all methods", "measured in A", _NOT_IN_B, limit.text))
    else:
        run, sentences = ("A", outcome.allowed) if limit.metric in lost else ("B", outcome.unevaluated)
        sentences.append(f"cannot evaluate --fail-on {limit.text}: only run {run} has {limit.metric}")


def _values(limit: Limit, cells: pd.DataFrame, speeds: pd.DataFrame) -> tuple[int, int]:
    """Return of how much that a limit is about A has a value, and of how much both have."""
    if limit.metric == "time":
        return len(speeds), int((speeds["verdict"] != "lost").sum())
    before, after = (cells[f"{limit.metric}_{run}"].notna() for run in "ab")
    return int(before.sum()), int((before & after).sum())


def _doubt(limit: Limit, speeds: pd.DataFrame) -> str:
    """Say of how many times it cannot be told whether they are beyond a limit."""
    unsure = int((speeds["verdict"] == "unsure").sum()) if limit.metric == "time" else 0
    return f" ({unsure} of {len(speeds)} timings inconclusive)" if unsure else ""


def _absent(limit: Limit, refused: str, metrics: Metrics) -> str:
    if limit.metric == "time":
        return refused or "the runs have no times in common"
    return f"the runs have no {metrics[limit.metric].label} in common"


def offenders(  # noqa: PLR0913 - the tables of a comparison
    limit: Limit,
    cells: pd.DataFrame,
    settings: pd.DataFrame,
    speeds: pd.DataFrame,
    metrics: Metrics,
    *,
    allow_missing: bool = False,
) -> list[Offender]:
    """Return what exceeds one limit: a mean that became worse, a time that rose, and what A has and B has not.

    With `allow_missing` B may lack what it has no result of, or skipped; what failed there, crashed or took too long
    exceeds every limit.
    """
    if limit.metric == "time":
        return [*_slower(limit, speeds), *_untimed(limit, speeds, allow_missing=allow_missing)]
    metric = metrics[limit.metric]
    return [*_worse(limit, metric, settings), *_missing(limit, metric, cells, allow_missing=allow_missing)]


def _worse(limit: Limit, metric: Column, settings: pd.DataFrame) -> Iterator[Offender]:
    for line in settings.to_dict("records"):
        change = line[f"{metric.name}_change"]
        if math.isinf(change) and change * metric.sign < 0:
            where = f"{setting_of(line)}, {line['worst']}"
            before, after = (_with_unit(metric, f"{line[f'worst_{metric.name}_{run}']:.6g}") for run in "ab")
            yield Offender(f"{metric.label}, no longer exact", where, before, after, limit.text)
        elif metric.sign * change < metric.sign * limit.threshold:
            what = f"mean {metric.label} {_with_unit(metric, f'{change:+.4g}')} over {_averaged(line, metric)}"
            before, after = (_with_unit(metric, f"{line[f'{metric.name}_{run}']:.6g}") for run in "ab")
            yield Offender(what, setting_of(line), before, after, limit.text)


def _missing(limit: Limit, metric: Column, cells: pd.DataFrame, *, allow_missing: bool) -> Iterator[Offender]:
    """Yield the scores that A has and B has not, by method, setting and reason."""
    before, after = (f"{metric.name}_{run}" for run in "ab")
    gone = cells[cells["status_a"].eq("ok") & cells[before].notna()]
    gone = gone[gone["status_b"].ne("ok") | gone[after].isna()]
    states = [_state(line, metric) for line in gone.to_dict("records")]
    gone = gone.assign(status=[status for status, _ in states], state=[state for _, state in states])
    if allow_missing:
        gone = gone[gone["status"].isin(BAD)]
    for _, group in gone.groupby([*GROUP, "state"], sort=False):
        line = group.to_dict("records")[0]
        one = len(group) == 1
        what = (
            metric.label if one else f"mean {metric.label} of {counted(len(group), 'image')} ({listed(group['image'])})"
        )
        where = f"{setting_of(line)}, {line['image']}" if one else setting_of(line)
        yield Offender(what, where, _with_unit(metric, f"{group[before].mean():.6g}"), line["state"], limit.text)


def _state(line: Mapping[Any, Any], metric: Column) -> tuple[str, str]:
    """Return the status of what B has instead of a value, if any, and say what it is."""
    if not isinstance(line["status_b"], str):
        return "", _NO_RESULT if line["change"] == "lost" else _NOT_IN_RUN
    status, reason = line["status_b"], line["reason_b"]
    if status == "ok":  # then it is the metric that has none
        status, reason = (line.get(f"{metric.name}_{fact}_b", "") for fact in FACTS)
    return status, f"{status} ({reason})" if reason else status or f"no {metric.label}"


def _averaged(line: Mapping[Any, Any], metric: Column) -> str:
    """Say how many images a mean is over."""
    count, every = line[f"{metric.name}_images"], counted(line["images"], "image")
    return every if count == line["images"] else f"{count} of {every}, those finite in both runs"


def _with_unit(metric: Column, number: str) -> str:
    return f"{number} {metric.unit}".rstrip()


def _slower(limit: Limit, speeds: pd.DataFrame) -> Iterator[Offender]:
    for line in speeds[speeds["verdict"] == "slower"].to_dict("records"):
        if line["change"] > limit.threshold:
            before, after = (_milliseconds(line[f"call_{run}"]) for run in "ab")
            yield Offender(f"time {line['change'] - 1:+.1%}", timed_of(line), before, after, limit.text)


def _untimed(limit: Limit, speeds: pd.DataFrame, *, allow_missing: bool) -> Iterator[Offender]:
    """Yield the times that A has and B has not."""
    for line in speeds[speeds["verdict"] == "lost"].to_dict("records"):
        if not allow_missing or line["status"] in BAD:
            yield Offender("time", timed_of(line), _milliseconds(line["call_a"]), line["reason"], limit.text)


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:.4g} ms"


def setting_of(line: Mapping[Any, Any]) -> str:
    """Name a method and its setting."""
    device = f", on {line['on_device']}" if line["on_device"] else ""
    return f"{line['method']} x{line['factor']} on {line['dataset']}, {line['protocol']}{device}"


def timed_of(line: Mapping[Any, Any]) -> str:
    """Name a method and the LR that it was timed on."""
    kind = f"{line['width']}x{line['height']}x{line['channels']} {line['dtype']}"
    return f"{line['method']} x{line['factor']} on {place(line['device'], line['thread_limit'])}, {kind}"
