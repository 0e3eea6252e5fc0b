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

    For the interval see `interval`. `p` is two-sided, from flipping signs: were there no difference, each sign would be
    as likely as the other (R. A. Fisher, "The design of experiments", 1935); all flips are counted up to `RESAMPLES` of
    them, beyond that so many are drawn. Of more than 300 differences it is Student's, of none NaN.
    """
    values = np.asarray(differences, float)
    return Paired(*interval(values), _p(values))


def interval(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return a mean with the 95 % interval of the bias-corrected and accelerated bootstrap.

    Source: B. Efron, "Better bootstrap confidence intervals", 1987. The interval is NaN for fewer than three values, of
    more than 300 it is Student's; of no values the mean is NaN too.
    """
    if not len(values):
        return math.nan, math.nan, math.nan
    mean = float(values.mean())
    if len(values) < _FEWEST:
        return mean, math.nan, math.nan
    if _alike(values):
        return mean, mean, mean
    from scipy import stats  # noqa: PLC0415 - half a second, which commands without comparisons save

    if len(values) > _MANY:
        low, high = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    else:
        random = np.random.default_rng(0)
        found = stats.bootstrap((values,), np.mean, n_resamples=RESAMPLES, method="BCa", rng=random)
        low, high = found.confidence_interval
    return mean, float(low), float(high)


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
    from scipy import stats  # noqa: PLC0415 - see `interval`

    images, methods = scores.shape
    if min(images, methods) < 2:  # noqa: PLR2004 - nothing to compare
        return Ranks([math.nan] * methods, math.nan, math.nan)
    placed = stats.rankdata(-scores, axis=1)
    spread = float(stats.studentized_range.ppf(1 - LEVEL, methods, np.inf)) / math.sqrt(2)
    difference = spread * math.sqrt(methods * (methods + 1) / (6 * images))
    several = methods > 2 and bool(np.ptp(placed, axis=1).any())  # noqa: PLR2004 - the test's least
    p = float(stats.friedmanchisquare(*scores.T).pvalue) if several else math.nan
    return Ranks([float(each) for each in placed.mean(axis=0)], difference, p)


def _alike(values: NDArray[np.float64]) -> bool:
    """Tell whether there is nothing to resample."""
    return bool(np.ptp(values) <= 1e-12 * np.abs(values).max())


def _p(values: NDArray[np.float64]) -> float:
    if not len(values):
        return math.nan
    if _alike(values):
        return smallest_p(len(values)) if values.any() else 1.0
    from scipy import stats  # noqa: PLC0415 - see `interval`

    if len(values) > _MANY:
        return float(stats.ttest_1samp(values, 0).pvalue)
    found = stats.permutation_test(
        (values,),
        np.mean,
        permutation_type="samples",
        vectorized=True,
        n_resamples=RESAMPLES,
        rng=np.random.default_rng(0),
    )
    return float(found.pvalue)
