"""Whether a difference is significant: paired statistics over the images of one dataset, for all methods at once."""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

LEVEL = 0.05
"""The level of significance: the probability of a false positive, over all methods of a table."""

RESAMPLES = 9999
"""Bootstrap samples, and sign flips where there are more of them than that."""

_FEWEST = 3
"""Differences that an interval needs."""

_MANY = 300
"""Number of differences beyond which Student's t replaces resampling, which gives the same and takes long."""

_T = (
    4.302653,
    3.182446,
    2.776445,
    2.570582,
    2.446912,
    2.364624,
    2.306004,
    2.262157,
    2.228139,
    2.200985,
    2.178813,
    2.160369,
    2.144787,
    2.131450,
    2.119905,
    2.109816,
    2.100922,
)
"""Student's t beyond which 2.5 % lie, for 2 and more degrees of freedom.

An interval of so few values, 3 to 19, is Student's: of 5 normal ones the bootstrap's has the mean in 82 % of cases,
of 20 in 92 %; Student's in 94 %. From 20 on, the bootstrap also sees that values lie to one side.
"""

_ROUNDING = 1e-12
"""Sums that are this close, relative to the sum of sizes, are equal."""

_NORMAL = NormalDist()
"""Its functions take microseconds; to import those of scipy takes a quarter of a second, which most runs never need."""

_TAILS = np.array([(1 - 0.95) / 2, (1 + 0.95) / 2])
"""Where a 95 % interval begins and ends."""


class Interval(NamedTuple):
    """Means of columns, with their 95 % intervals."""

    mean: Array
    low: Array
    high: Array


class Paired(NamedTuple):
    """Means of paired differences, their 95 % intervals, and p-values."""

    mean: Array
    low: Array
    high: Array
    p: Array


def paired(differences: Array) -> Paired:
    """Return statistics of paired differences (images, columns), column by column; images with NaN do not count.

    For the interval see `intervals`. `p` is two-sided, from flipping signs: were there no difference, each sign would
    be as likely as the other (R. A. Fisher, "The design of experiments", 1935); all flips are counted up to `RESAMPLES`
    of them, beyond that so many are drawn. Of more than 300 differences it is Student's, of none NaN. The same
    differences give the same numbers.
    """
    return Paired(*intervals(differences), _by_images(differences, _p)[0])


def intervals(values: Array) -> Interval:
    """Return the means of `values` (images, columns) with intervals of the bias-corrected and accelerated bootstrap.

    Source: B. Efron, "Better bootstrap confidence intervals", 1987. NaN is an image that does not count. The interval
    is NaN for fewer than three values, of fewer than 20 or more than 300 it is Student's; of no values the mean is NaN.
    """
    return Interval(*_by_images(values, _intervals))


def smallest_p(images: int) -> float:
    """Return the smallest p-value that so many images can give: that of all signs alike."""
    return max(2.0 ** (1 - images), 2 / (RESAMPLES + 1)) if images else math.nan


def holm(p: Sequence[float]) -> list[float]:
    """Return p-values corrected for being several (S. Holm, "A simple sequentially rejective procedure", 1979).

    NaN stays, and does not count.
    """
    order = sorted((index for index, value in enumerate(p) if not math.isnan(value)), key=lambda index: p[index])
    corrected, worst = list(p), 0.0
    for number, index in enumerate(order):
        worst = max(worst, min(1.0, (len(order) - number) * p[index]))
        corrected[index] = worst
    return corrected


def ranks(scores: Array) -> Array:
    """Return the mean rank of each method, 1 the best, from `scores`, (images, methods), higher the better.

    Equal scores share their ranks. NaN for a method that lacks a score, which has no part in the ranks of the others,
    and for fewer than two methods or images. Ranks only describe: whether two methods
    differ, `paired` tells, which does not depend on what others are beside them (A. Benavoli, G. Corani, F. Mangili,
    "Should we really use post-hoc tests based on mean-ranks?", JMLR 2016).
    """
    placed = np.full(scores.shape[1], math.nan)
    whole = ~np.isnan(scores).any(axis=0)
    found = scores[:, whole]
    if min(found.shape) < 2:  # noqa: PLR2004 - nothing to compare
        return placed
    above = np.stack([(found > column[:, None]).sum(axis=1) for column in found.T], axis=1)
    alike = np.stack([(found == column[:, None]).sum(axis=1) for column in found.T], axis=1)
    placed[whole] = (1 + above + (alike - 1) / 2).mean(axis=0)
    return placed


def _by_images(values: Array, compute: Callable[[Array], Array]) -> Array:
    """Return what `compute` makes of the columns, those together that have values of the same images."""
    there = ~np.isnan(values)
    kinds = {column.tobytes(): number for number, column in reversed(list(enumerate(there.T)))}
    first = np.array([kinds[column.tobytes()] for column in there.T], int)
    parts = {number: compute(values[there[:, number]][:, first == number]) for number in kinds.values()}
    found = np.empty((len(next(iter(parts.values()), [])), values.shape[1]))
    for number, part in parts.items():
        found[:, first == number] = part
    return found if parts else compute(values)


def _intervals(values: Array) -> Array:
    """Return means, lower and upper ends (3, columns) of values without NaN."""
    found = np.full((3, values.shape[1]), math.nan)
    if not len(values):
        return found
    found[0] = values.mean(axis=0)
    if len(values) >= _FEWEST:
        found[1:] = found[0]
        different = ~_alike(values)
        few, many = len(values) < _FEWEST + len(_T), len(values) > _MANY
        ends = _student if few or many else _bootstrap
        found[1:, different] = ends(values[:, different])
    return found


def _bootstrap(values: Array) -> Array:
    """Return both ends (2, columns): the percentiles of resampled means that bias and acceleration lead to."""
    means = _resamples(len(values)) @ values / len(values)
    mean, rounding = values.mean(axis=0), _ROUNDING * np.abs(values).mean(axis=0)
    below = ((means < mean - rounding).mean(axis=0) + (means <= mean + rounding).mean(axis=0)) / 2
    apart = values - mean
    acceleration = (apart**3).sum(axis=0) / (apart**2).sum(axis=0) ** 1.5 / 6
    bias = _quantile(below)
    shifted = bias + _quantile(_TAILS)[:, None]
    shares = _share(bias + shifted / (1 - acceleration * shifted))
    ends = [np.quantile(column, share) for column, share in zip(means.T, shares.T, strict=True)]
    return np.array(ends).reshape(-1, 2).T


def _quantile(shares: Array) -> Array:
    """Return what so large shares of a standard normal distribution are below."""
    return np.array([_NORMAL.inv_cdf(share) for share in shares])


def _share(values: Array) -> Array:
    """Return how much of a standard normal distribution is below each of the values."""
    return np.array([_NORMAL.cdf(value) for value in values.flat]).reshape(values.shape)


@lru_cache(maxsize=1)
def _resamples(images: int) -> Array:
    """Return how often each bootstrap sample has each image: (RESAMPLES, images)."""
    drawn = np.random.default_rng(0).integers(0, images, (RESAMPLES, images))
    drawn += images * np.arange(RESAMPLES)[:, None]
    return np.bincount(drawn.ravel(), minlength=drawn.size).reshape(drawn.shape).astype(float)


def _student(values: Array) -> Array:
    width = _quantile_of_student(len(values) - 1) * _error(values)
    ends: Array = values.mean(axis=0) + np.stack([-width, width])
    return ends


def _quantile_of_student(freedom: int) -> float:
    if freedom < 2 + len(_T):
        return _T[freedom - 2]
    from scipy.special import stdtrit  # noqa: PLC0415 - see `_NORMAL`

    return float(stdtrit(freedom, _TAILS[1]))


def _p(values: Array) -> Array:
    """Return p-values (1, columns) of differences without NaN."""
    if not len(values):
        return np.full((1, values.shape[1]), math.nan)
    found = np.where(values.any(axis=0), smallest_p(len(values)), 1.0)[None]
    different = ~_alike(values)
    test = _student_p if len(values) > _MANY else _flipped
    found[:, different] = test(values[:, different])
    return found


def _flipped(values: Array) -> Array:
    """Return p-values: among all flips of signs, or those drawn and the one that was observed."""
    signs = _signs(len(values))
    sums = signs @ values
    observed, rounding = values.sum(axis=0), _ROUNDING * np.abs(values).sum(axis=0)
    less = (sums <= observed + rounding).sum(axis=0)
    greater = (sums >= observed - rounding).sum(axis=0)
    drawn = len(signs) == RESAMPLES
    p: Array = np.minimum(1.0, 2 * (np.minimum(less, greater) + drawn) / (len(signs) + drawn))
    return p


@lru_cache(maxsize=1)
def _signs(images: int) -> Array:
    """Return all flips of the signs of so many differences, or, where there are more, `RESAMPLES` that are drawn."""
    if 2**images <= RESAMPLES:
        flips = np.arange(2**images)[:, None] >> np.arange(images) & 1
    else:
        flips = np.random.default_rng(0).integers(0, 2, (RESAMPLES, images))
    return 2 * flips.astype(float) - 1


def _student_p(values: Array) -> Array:
    from scipy.special import stdtr  # noqa: PLC0415 - see `_NORMAL`

    p: Array = 2 * stdtr(len(values) - 1, -np.abs(values.mean(axis=0)) / _error(values))
    return p


def _error(values: Array) -> Array:
    """Return the standard errors of means."""
    error: Array = values.std(axis=0, ddof=1) / math.sqrt(len(values))
    return error


def _alike(values: Array) -> NDArray[np.bool_]:
    """Tell in which columns there is nothing to resample."""
    alike: NDArray[np.bool_] = np.ptp(values, axis=0) <= _ROUNDING * np.abs(values).max(axis=0)
    return alike
