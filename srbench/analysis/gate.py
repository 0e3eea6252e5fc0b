"""The gate of `srbench compare --fail-on`: which changes exceed a threshold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from srbench.analysis.columns import METRICS
from srbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from srbench.analysis.columns import Column

_EXAMPLES = "--fail-on psnr:-0.01 (dB), ssim:-0.001 or time:+10%"


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
        return f"{self.where}: {self.what}: {self.before} -> {self.after} (limit {self.limit})"


def parse(text: str) -> Limit:
    """Return the limit that `METRIC:THRESHOLD` spells.

    Raises:
        UsageError: it spells none.

    """
    quality = re.fullmatch(rf"({'|'.join(METRICS)}):([+-]?\d*\.?\d+|[+-]?\d+\.)", text.strip())
    time = re.fullmatch(r"time:\+?(\d*\.?\d+)%", text.strip())
    if quality and float(quality[2]) * METRICS[quality[1]].sign <= 0:
        return Limit(quality[1], float(quality[2]), text.strip())
    if time:
        return Limit("time", 1 + float(time[1]) / 100, text.strip())
    raise UsageError(f"--fail-on is {text!r}, expected a metric and by how much it may get worse: {_EXAMPLES}")


def offenders(limit: Limit, cells: pd.DataFrame, settings: pd.DataFrame, speeds: pd.DataFrame) -> list[Offender]:
    """Return what exceeds one threshold: mean changes and lost scores, or times that rose or were lost."""
    found = _slower(limit, speeds) if limit.metric == "time" else _worse(limit, cells, settings)
    return list(found)


def _worse(limit: Limit, cells: pd.DataFrame, settings: pd.DataFrame) -> Iterator[Offender]:
    metric = METRICS[limit.metric]
    for line in settings.to_dict("records"):
        change = line[f"{metric.name}_change"]
        if metric.sign * change < metric.sign * limit.threshold:
            what = f"mean {metric.label} {_with_unit(metric, f'{change:+.4g}')} over {line['images']} images"
            before, after = (_with_unit(metric, f"{line[f'{metric.name}_{run}']:.6g}") for run in "ab")
            yield Offender(what, setting_of(line), before, after, limit.text)
    for line in cells[cells["change"] == "lost"].to_dict("records"):
        before, status = _with_unit(metric, f"{line[f'{metric.name}_a']:.6g}"), line["status_b"]
        after = f"{status} ({line['reason_b']})" if isinstance(status, str) else "no row"
        yield Offender(metric.label, f"{setting_of(line)}, {line['image']}", before, after, limit.text)


def _with_unit(metric: Column, number: str) -> str:
    return f"{number} {metric.unit}".rstrip()


def _slower(limit: Limit, speeds: pd.DataFrame) -> Iterator[Offender]:
    for line in speeds.to_dict("records"):
        if line["verdict"] == "slower" and line["change"] > limit.threshold:
            before, after = (f"{line[f'call_{run}'] * 1e3:.4g} ms" for run in "ab")
            yield Offender(f"time {line['change'] - 1:+.1%}", timed_of(line), before, after, limit.text)
        if line["verdict"] == "lost":
            yield Offender("time", timed_of(line), f"{line['call_a'] * 1e3:.4g} ms", line["reason"], limit.text)


def setting_of(line: Mapping[Any, Any]) -> str:
    """Name a method and its setting."""
    device = f", on {line['on_device']}" if line["on_device"] else ""
    return f"{line['method']} x{line['factor']} on {line['dataset']}, {line['protocol']}{device}"


def timed_of(line: Mapping[Any, Any]) -> str:
    """Name a method and the LR that it was timed on."""
    kind = f"{line['width']}x{line['height']}x{line['channels']} {line['dtype']}"
    return f"{line['method']} x{line['factor']} on {line['device']}, {kind}"
