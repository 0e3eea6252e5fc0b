"""The gate of `srbench compare --fail-on`: which changes are too much."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from srbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

_EXAMPLES = "--fail-on psnr:-0.01 (dB), ssim:-0.001 or time:+10%"


class Limit(NamedTuple):
    """How far a metric may fall, or time rise."""

    metric: str
    """`psnr`, `ssim` or `time`."""
    threshold: float
    """The least mean change of psnr (dB) or ssim, at most 0; of time the largest ratio, at least 1."""
    text: str
    """As it was typed."""


class Offender(NamedTuple):
    """What is beyond a limit; all of it as text."""

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
    quality = re.fullmatch(r"(psnr|ssim):(-?\d*\.?\d+|-?\d+\.)", text.strip())
    time = re.fullmatch(r"time:\+?(\d*\.?\d+)%", text.strip())
    if quality and float(quality[2]) <= 0:
        return Limit(quality[1], float(quality[2]), text.strip())
    if time:
        return Limit("time", 1 + float(time[1]) / 100, text.strip())
    raise UsageError(f"--fail-on is {text!r}, expected a metric and by how much it may get worse: {_EXAMPLES}")


def offenders(limit: Limit, cells: pd.DataFrame, places: pd.DataFrame, speeds: pd.DataFrame) -> list[Offender]:
    """Return what is beyond one limit: mean changes and lost scores, or times that surely rose."""
    found = _slower(limit, speeds) if limit.metric == "time" else _worse(limit, cells, places)
    return list(found)


def _worse(limit: Limit, cells: pd.DataFrame, places: pd.DataFrame) -> Iterator[Offender]:
    name, unit = limit.metric, " dB" if limit.metric == "psnr" else ""
    for line in places.to_dict("records"):
        change = line[f"{name}_change"]
        if change < limit.threshold:
            what = f"mean {name.upper()} {change:+.4g}{unit} over {line['images']} images"
            before, after = (f"{line[f'{name}_{run}']:.6g}{unit}" for run in "ab")
            yield Offender(what, place_of(line), before, after, limit.text)
    for line in cells[cells["change"] == "lost"].to_dict("records"):
        before, status = f"{line[f'{name}_a']:.6g}{unit}", line["status_b"]
        after = f"{status} ({line['reason_b']})" if isinstance(status, str) else "no row"
        yield Offender(name.upper(), f"{place_of(line)}, {line['image']}", before, after, limit.text)


def _slower(limit: Limit, speeds: pd.DataFrame) -> Iterator[Offender]:
    for line in speeds.to_dict("records"):
        if line["verdict"] == "slower" and line["change"] > limit.threshold:
            before, after = (f"{line[f'call_{run}'] * 1e3:.4g} ms" for run in "ab")
            yield Offender(f"time {line['change'] - 1:+.1%}", timed_of(line), before, after, limit.text)
        if line["verdict"] == "lost":
            yield Offender("time", timed_of(line), f"{line['call_a'] * 1e3:.4g} ms", line["reason"], limit.text)


def place_of(line: Mapping[Any, Any]) -> str:
    """Name a method and place."""
    return f"{line['method']} x{line['factor']} on {line['dataset']}, {line['protocol']}"


def timed_of(line: Mapping[Any, Any]) -> str:
    """Name a method and the LR that it was timed on."""
    kind = f"{line['width']}x{line['height']}x{line['channels']} {line['dtype']}"
    return f"{line['method']} x{line['factor']} on {line['device']}, {kind}"
