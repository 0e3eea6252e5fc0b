"""Whether a difference holds: paired statistics over the images of one dataset."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LEVEL = 0.05
"""Of significance: how often chance alone is taken for a difference, over all methods of a table."""

RESAMPLES = 9999
"""Bootstrap samples, and sign flips where there are more of them than that."""

_FEWEST = 3
"""Differences that an interval needs."""

_MANY = 300
"""Differences beyond which resampling gives what Student's t gives, and takes seconds."""


class Paired(NamedTuple):
    """The mean of paired differences, its 95 % interval, and how often chance alone gives one as large."""

    mean: float
    low: float
    high: float
    p: float


def paired(differences: Sequence[float] | NDArray[np.float64]) -> Paired:
    """Return what paired differences, one for each image, come to; the same differences give the same numbers.

    The interval is the bias-corrected and accelerated bootstrap's (B. Efron, "Better bootstrap confidence intervals",
    1987), NaN for fewer than three differences. `p` is two-sided, from flipping signs: were there no difference, each
    sign would be as likely as the other (R. A. Fisher, "The design of experiments", 1935); all flips are counted up to
    `RESAMPLES` of them, beyond that so many are drawn. Of more than 300 differences both are Student's. Of no
    differences everything is NaN.
    """
    from scipy import stats  # noqa: PLC0415 - half a second, which commands without comparisons save

    values = np.asarray(differences, float)
    if not len(values):
        return Paired(math.nan, math.nan, math.nan, math.nan)
    mean = float(values.mean())
    if np.ptp(values) <= 1e-12 * np.abs(values).max():  # alike: there is nothing to resample
        interval = (mean, mean) if len(values) >= _FEWEST else (math.nan, math.nan)
        return Paired(mean, *interval, smallest_p(len(values)) if values.any() else 1.0)
    if len(values) > _MANY:
        found = stats.ttest_1samp(values, 0)
        low, high = found.confidence_interval(0.95)
        return Paired(mean, float(low), float(high), float(found.pvalue))
    return Paired(mean, *_interval(values), _flipped(values))


def smallest_p(images: int) -> float:
    """Return the smallest p-value that so many images can give: that of all signs alike."""
    return max(2.0 ** (1 - images), 2 / (RESAMPLES + 1)) if images else math.nan


def holm(p: Sequence[float]) -> list[float]:
    """Return p-values corrected for being several (S. Holm, "A simple sequentially rejective procedure", 1979).

    NaN stays, and does not count.
    """
    order = sorted((index for index, value in enumerate(p) if not math.isnan(value)), key=lambda index: p[index])
    corrected, worst = list(p), 0.0
    for place, index in enumerate(order):
        worst = max(worst, min(1.0, (len(order) - place) * p[index]))
        corrected[index] = worst
    return corrected


class Ranks(NamedTuple):
    """The mean rank of each method, 1 the best, and by how much two must differ to be told apart."""

    mean: list[float]
    critical_difference: float
    p: float
    """Of all methods being alike (Friedman); NaN for fewer than three methods."""


def ranks(scores: NDArray[np.float64]) -> Ranks:
    """Return ranks from `scores`, (images, methods), higher the better; equal scores share their ranks.

    Source: J. Demsar, "Statistical comparisons of classifiers over multiple data sets", JMLR 2006: the critical
    difference is Nemenyi's, at `LEVEL`. NaN for fewer than two methods or images.
    """
    from scipy import stats  # noqa: PLC0415 - see `paired`

    images, methods = scores.shape
    if min(images, methods) < 2:  # noqa: PLR2004 - nothing to compare
        return Ranks([math.nan] * methods, math.nan, math.nan)
    placed = stats.rankdata(-scores, axis=1)
    spread = float(stats.studentized_range.ppf(1 - LEVEL, methods, np.inf)) / math.sqrt(2)
    difference = spread * math.sqrt(methods * (methods + 1) / (6 * images))
    several = methods > 2 and bool(np.ptp(placed, axis=1).any())  # noqa: PLR2004 - the test's least
    p = float(stats.friedmanchisquare(*scores.T).pvalue) if several else math.nan
    return Ranks([float(each) for each in placed.mean(axis=0)], difference, p)


def _interval(values: NDArray[np.float64]) -> tuple[float, float]:
    from scipy import stats  # noqa: PLC0415 - see `paired`

    if len(values) < _FEWEST:
        return math.nan, math.nan
    found = stats.bootstrap((values,), np.mean, n_resamples=RESAMPLES, method="BCa", rng=np.random.default_rng(0))
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def _flipped(values: NDArray[np.float64]) -> float:
    """Return the two-sided p-value of the mean under sign flips."""
    from scipy import stats  # noqa: PLC0415 - see `paired`

    found = stats.permutation_test(
        (values,),
        np.mean,
        permutation_type="samples",
        vectorized=True,
        n_resamples=RESAMPLES,
        rng=np.random.default_rng(0),
    )
    return float(found.pvalue)
