"""Statistics of timing samples: medians and ratios with intervals, and whether a measurement is reliable."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

CONFIDENCE = 0.99
"""The confidence level of intervals."""

RESAMPLES = 1000

LOAD = 0.05
"""Share of all cores' time that others may take."""

CLOCKS = 1.05
"""By how much the clock may change: the 95th percentile over the 5th."""

APART = 1.10
"""By how much the medians of processes may differ: the largest over the smallest."""

SPAN = 2.0
"""How much larger the largest size must be than the smallest for a curve."""

FEWEST = 15
"""Samples that a median needs."""

PROCESSES = 3
"""Processes that an interval needs."""

MARGIN = 1.05
"""Two times are the same if the whole interval of their ratio lies between 1 / `MARGIN` and `MARGIN`."""

Difference: TypeAlias = Literal["slower", "faster", "same", "unsure"]


class Estimate(NamedTuple):
    """A number and its interval."""

    value: float
    low: float
    high: float

    @property
    def difference(self) -> Difference:
        """Return what a ratio of two times says about the first: `same` only if the interval proves it.

        An interval that holds 1 and reaches beyond `MARGIN` is `unsure`, and so is none.
        """
        if self.low >= 1 / MARGIN and self.high <= MARGIN:
            return "same"
        return "slower" if self.low > 1 else "faster" if self.high < 1 else "unsure"


def median(processes: Sequence[Sequence[float]]) -> Estimate:
    """Return the median over the samples of several processes, with the wider of two intervals.

    One is the bootstrap over samples of each process (B. Efron and R. Tibshirani, "An Introduction to the Bootstrap",
    1993). The other takes the median of each process as one observation (Student's t of the logarithms): where
    processes differ, many samples of few of them say little. The same samples give the same interval.
    """
    groups = [np.asarray(each, float) for each in processes]
    value = float(np.median(np.concatenate(groups)))
    random = np.random.default_rng(0)
    drawn = np.hstack([each[random.integers(0, len(each), (RESAMPLES, len(each)))] for each in groups])
    low, high = np.quantile(np.median(drawn, axis=1), [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    between = _student(np.log([np.median(each) for each in groups]))
    return Estimate(value, min(float(low), between.low), max(float(high), between.high))


def ratio(mine: Mapping[tuple[int, int], float], theirs: Mapping[tuple[int, int], float]) -> Estimate:
    """Return how many times as long one takes as another: medians of visits, by (process, round).

    Both were visited in the same rounds, so drift of the machine cancels: of each process the median over its rounds
    of the logarithm of the ratio counts, and Student's t over the processes gives the interval, which is NaN where
    there is one process.
    """
    observed = list(relative(mine, theirs).values())
    if not observed:
        return Estimate(math.nan, math.nan, math.nan)
    if len(observed) == 1:
        return Estimate(observed[0], math.nan, math.nan)
    return _student(np.log(observed))


def relative(mine: Mapping[tuple[int, int], float], theirs: Mapping[tuple[int, int], float]) -> dict[int, float]:
    """Return the ratio of medians by (process, round) in each process: the median over its rounds, in logarithms."""
    of: dict[int, list[float]] = {}
    for key in mine.keys() & theirs.keys():
        of.setdefault(key[0], []).append(math.log(mine[key] / theirs[key]))
    return {process: math.exp(np.median(logs)) for process, logs in of.items()}


def change(before: Sequence[float] | NDArray[np.float64], after: Sequence[float] | NDArray[np.float64]) -> Estimate:
    """Return how many times as large `after` is as `before`, each an observation of every process of one run.

    Welch's t of the logarithms (B. L. Welch, "The generalization of Student's problem", 1947): the processes of one run
    may scatter more than those of the other. The interval is NaN where either run has one process, everything where it
    has none. It accounts for differences between processes, not for those between two hours of one machine.
    """
    groups = [np.log(each) for each in (before, after)]
    if not all(map(len, groups)):
        return Estimate(math.nan, math.nan, math.nan)
    centre = float(groups[1].mean() - groups[0].mean())
    if min(map(len, groups)) == 1:
        return Estimate(math.exp(centre), math.nan, math.nan)
    parts = [float(each.var(ddof=1)) / len(each) for each in groups]
    if not sum(parts):
        return Estimate(*[math.exp(centre)] * 3)
    freedom = sum(parts) ** 2 / sum(part**2 / (len(each) - 1) for part, each in zip(parts, groups, strict=True))
    width = _quantile(freedom) * math.sqrt(sum(parts))
    return Estimate(*(float(np.exp(each)) for each in (centre, centre - width, centre + width)))


def _quantile(freedom: float) -> float:
    """Return how many standard errors an interval of `CONFIDENCE` reaches to each side, by Student's t."""
    from scipy.special import stdtrit  # noqa: PLC0415 - a tenth of what a command imports, mostly without intervals

    return float(stdtrit(freedom, (1 + CONFIDENCE) / 2))


def _student(logs: NDArray[np.float64]) -> Estimate:
    """Return the geometric mean of observations whose logarithms are given, with its interval; of one, that alone."""
    centre = float(logs.mean())
    if len(logs) == 1:
        return Estimate(*[math.exp(centre)] * 3)
    width = _quantile(len(logs) - 1) * float(logs.std(ddof=1)) / math.sqrt(len(logs))
    return Estimate(math.exp(centre), math.exp(centre - width), math.exp(centre + width))


def exponent(megapixels: Sequence[float], seconds: Sequence[float]) -> float:
    """Return by which power of the image's size time grows, the slope of the logarithms.

    NaN where the largest is less than `SPAN` times the smallest: noise would decide it.
    """
    if max(megapixels) < SPAN * min(megapixels):
        return math.nan
    slope, _ = np.polyfit(np.log(megapixels), np.log(seconds), 1)
    return float(slope)


def doubts(
    processes: Sequence[Sequence[float]], load: float, mhz: NDArray[np.float64], throttled: set[str]
) -> list[str]:
    """Return why a measurement is not reliable, the strongest reason first; nothing if it is steady."""
    found = [f"throttled: {', '.join(sorted(throttled))}"] if throttled else []
    if load > LOAD:  # NaN is not
        found.append(f"other load: {load:.0%} of all cores' time")
    medians = [float(np.median(each)) for each in processes]
    if max(medians) > APART * min(medians):
        found.append(f"processes differ by {max(medians) / min(medians) - 1:.0%}")
    clocks = mhz[np.isfinite(mhz)]
    low, high = np.quantile(clocks, [0.05, 0.95]) if len(clocks) else (1.0, 1.0)
    if high > CLOCKS * low:
        found.append(f"clock changed from {low:.0f} to {high:.0f} MHz")
    samples = sum(map(len, processes))
    if samples < FEWEST:
        found.append(f"too few samples: {samples}, expected {FEWEST}")
    if len(processes) < PROCESSES:
        found.append(
            f"processes: {len(processes)}, expected {PROCESSES} (srbench time --processes, or a longer --limit)"
        )
    return found
