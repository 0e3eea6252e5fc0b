"""Times: what was timed, by which version of a method, on which machine and under which conditions."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from srbench.analysis import noise_reasons
from srbench.analysis.settings import lines_of
from srbench.analysis.speeds import kind
from srbench.analysis.statistics import PROCESSES
from srbench.analysis.tables import per_megapixel
from srbench.errors import UsageError
from srbench.specs import parse_method

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

    from srbench.boards.content import Machine
    from srbench.boards.machines import Machines
    from srbench.boards.submissions import Submission

_CASE = ["method", "factor", "channels", "dtype"]


@dataclass(frozen=True)
class Conditions:
    """What times must have in common to stand on one axis, beside the machine."""

    device: str
    threads: str
    precision: str
    inputs: str
    """What LR is."""
    sizes: tuple[str, ...]
    """Of LR, as width x height."""

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """Return them as names and values."""
        return (
            ("device", self.device),
            ("threads", self.threads),
            ("precision", self.precision),
            ("lr", self.inputs),
            ("sizes", ", ".join(self.sizes)),
        )


@dataclass(frozen=True)
class Time:
    """The time of one method at one factor in one run, over all sizes of one kind of LR."""

    submission: Submission
    method: str
    factor: int
    channels: int
    dtype: str
    machine: Machine
    conditions: Conditions
    ms_per_mpx: float
    low: float
    high: float
    """Ends of the 99 % interval, of several sizes their medians; NaN where there are too few processes."""
    doubt: str
    """Why it is noisy; empty where it is steady at all sizes."""
    multiply_adds: float

    @property
    def steady(self) -> bool:
        """Tell whether it is reliable at all sizes."""
        return not self.doubt


def times(submissions: Iterable[Submission], machines: Machines) -> list[Time]:
    """Return all times, the newest run's first."""
    return [time for each in reversed(list(submissions)) for time in _times(each, machines)]


def _times(submission: Submission, machines: Machines) -> Iterator[Time]:
    """Yield the times of one run: those of its own report."""
    for (device, limit), timings in submission.tables.timings.groupby(["device", "thread_limit"], sort=False):
        speeds = submission.tables.speeds
        timed = speeds[(speeds["device"] == device) & (speeds["thread_limit"] == limit) & speeds["call"].notna()]
        found = per_megapixel(timings[timings["method"] != ""], "ms")
        for line in lines_of(found):
            own = timed[(timed[_CASE] == [line.method, line.factor, line.channels, line.dtype]).all(axis=1)]
            samples = timings[(timings[_CASE[:2]] == [line.method, line.factor]).all(axis=1)]
            processor = next(filter(None, own["processor"]), "")
            machine = machines.timed(submission, "/".join(sorted(set(samples["machine"]) - {""})), processor)
            inputs = kind(int(line.channels), str(line.dtype))
            threads = _threads(submission, samples["threads"], int(str(limit)))
            conditions = Conditions(str(device), threads, _precision(line.method), inputs, _sizes(own))
            yield Time(
                submission,
                line.method,
                int(line.factor),
                int(line.channels),
                str(line.dtype),
                machine,
                conditions,
                float(line.ms),
                *_interval(own),
                _doubt(own),
                float(own["multiply_adds"].max()),
            )


def _sizes(speeds: pd.DataFrame) -> tuple[str, ...]:
    """Return the sizes that a method was timed at, from small to large."""
    sizes = speeds[["height", "width"]].drop_duplicates().astype(int)
    return tuple(f"{width}x{height}" for height, width in sorted(sizes.itertuples(index=False, name=None)))


def _interval(lines: pd.DataFrame) -> tuple[float, float]:
    """Return the medians over sizes of the ends of intervals, as the time is one; NaN where processes are too few."""
    if (lines["processes"] < PROCESSES).any():
        return math.nan, math.nan
    low, high = (float((lines[end] * 1e3 / lines["megapixels"]).median()) for end in ("call_low", "call_high"))
    return low, high


def _doubt(speeds: pd.DataFrame) -> str:
    """Return why times are noisy; empty where they are steady at all sizes."""
    noisy = speeds[speeds["verdict"] != "steady"]
    return noise_reasons.summary(noisy["reason"]) or "noisy" * bool(len(noisy))


def _threads(submission: Submission, samples: Iterable[str], limit: int) -> str:
    """Return how many threads libraries had, as they said while they were timed, else as the run was told (`limit`).

    Where some had another number, that depends on variables of the environment, too.
    """
    counts = sorted({int(count) for each in set(samples) for count in re.findall(r"=(\d+)", each)})
    found = [" and ".join(map(str, counts))] if counts else _asked(submission, limit)
    variables = submission.environment.get("threads") or {}
    named = () if len(counts) == 1 else (f"{name}={value}" for name, value in sorted(variables.items()))
    return ", ".join([*found, *named])


def _asked(submission: Submission, limit: int) -> list[str]:
    told = submission.info.get("plan", {}).get("threads", 0)  # rows of earlier versions do not say
    asked = [limit] if limit else told if isinstance(told, list) else [told]
    return [" and ".join(str(each) for each in asked if each) or "the libraries' default"]


def _precision(method: str) -> str:
    try:
        return parse_method(method).options.get("precision", "float32")
    except UsageError:
        return "float32"
