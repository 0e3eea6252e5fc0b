"""Significance: golden values of the tests' sources, intervals that hold what they should, and awkward scores."""

from __future__ import annotations

import math
import subprocess
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
from scipy import stats

from srbench.analysis import significance
from srbench.analysis.significance import RESAMPLES, holm, intervals, ranks, smallest_p

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class Numbers(NamedTuple):
    """What one column of differences comes to."""

    mean: float
    low: float
    high: float
    p: float


def paired(differences: Sequence[float] | NDArray[Any]) -> Numbers:
    """Return what one column of differences comes to."""
    found = significance.paired(np.asarray(differences, float).reshape(-1, 1))
    return Numbers(*(float(each[0]) for each in found))


SAMPLES = {
    "normal": lambda random, shape: random.normal(0.1, 1, shape),
    "skewed": lambda random, shape: random.exponential(size=shape) - 0.8,
    "coarse": lambda random, shape: np.round(random.normal(0.2, 1, shape), 1),
}
"""Kinds of differences."""


@pytest.mark.parametrize("images", [3, 5, 13, 19])
def test_intervals_of_few_are_students(images: int) -> None:
    """The ends are those of scipy's Student's t: the bootstrap's of so few have the mean too rarely."""
    values = np.random.default_rng(images).normal(0.1, 1, (images, 3))
    low, high = stats.t.interval(0.95, images - 1, values.mean(axis=0), stats.sem(values))
    found = intervals(values)
    assert [*found.low, *found.high] == pytest.approx([*low, *high], abs=1e-5)


@pytest.mark.parametrize("images", [20, 100, 300])
@pytest.mark.parametrize("kind", SAMPLES)
def test_intervals_are_those_of_scipy(images: int, kind: str) -> None:
    """The ends are those of scipy's BCa bootstrap, to a tenth of the interval where that resamples otherwise."""
    values = SAMPLES[kind](np.random.default_rng(images), (images, 3))
    found = intervals(values)
    for column in range(3):
        drawn = {"n_resamples": RESAMPLES, "method": "BCa", "rng": np.random.default_rng(1)}
        expected = stats.bootstrap((values[:, column],), np.mean, **drawn).confidence_interval
        within = 0.1 * (expected.high - expected.low)
        assert found.mean[column] == pytest.approx(values[:, column].mean())
        assert [found.low[column], found.high[column]] == pytest.approx(list(expected), abs=within)


@pytest.mark.parametrize("images", [2, 3, 8, 13])
@pytest.mark.parametrize("kind", SAMPLES)
def test_exact_flips_are_those_of_scipy(images: int, kind: str) -> None:
    """Where all flips are counted, p is scipy's to the last digit, ties included."""
    values = SAMPLES[kind](np.random.default_rng(images), (images, 4))
    for column, p in zip(values.T, significance.paired(values).p, strict=True):
        how = {"permutation_type": "samples", "vectorized": True, "n_resamples": math.inf}
        assert p == pytest.approx(stats.permutation_test((column,), np.mean, **how).pvalue, abs=1e-12)


@pytest.mark.sampled
@pytest.mark.parametrize("images", [14, 60, 300])
def test_drawn_flips_are_near_those_of_scipy(images: int) -> None:
    """Where flips are drawn, p differs from scipy's by what 9999 of them allow: four of their standard errors."""
    values = np.random.default_rng(images).normal(0.15, 1, (images, 3))
    for column, p in zip(values.T, significance.paired(values).p, strict=True):
        how = {"permutation_type": "samples", "vectorized": True, "n_resamples": RESAMPLES}
        expected = stats.permutation_test((column,), np.mean, rng=np.random.default_rng(1), **how).pvalue
        assert p == pytest.approx(expected, abs=4 * math.sqrt(2 * 2 * expected / RESAMPLES))


def test_columns_are_apart() -> None:
    """A column has the same numbers alone and beside others, whatever images the others lack; NaN does not count."""
    values = np.random.default_rng(2).normal(0.2, 1, (20, 5))
    values[3, 1] = values[[0, 19], 2] = values[:, 3] = math.nan
    values[5:, 4] = math.nan
    found = significance.paired(values)
    for number, column in enumerate(values.T):
        alone = paired(column[~np.isnan(column)])
        assert [each[number] for each in found] == pytest.approx(list(alone), nan_ok=True, abs=1e-12)


def test_no_columns() -> None:
    """Nothing to compare gives nothing."""
    assert all(len(each) == 0 for each in significance.paired(np.zeros((3, 0))))
    assert all(np.isnan(each).all() for each in significance.paired(np.zeros((0, 2))))


def test_ranks_with_ties_are_those_of_scipy() -> None:
    """Mean ranks are scipy's, ties and all."""
    scores = np.round(np.random.default_rng(4).normal(size=(30, 5)) + np.arange(5) / 5, 1)
    assert ranks(scores) == pytest.approx(stats.rankdata(-scores, axis=1).mean(axis=0))


@pytest.mark.slow
@pytest.mark.parametrize(("images", "imported"), [([5, 40, 300], "scipy"), ([400], "scipy.stats")])
def test_scipy_is_not_imported(images: list[int], imported: str) -> None:
    """Up to 300 images need no scipy, which takes a quarter of a second; more of them do without its statistics."""
    program = f"""
import sys
import numpy as np
from srbench.analysis import significance
for images in {images}:
    values = np.random.default_rng(0).normal(size=(images, 4))
    significance.paired(values), significance.ranks(values)
sys.exit({imported!r} in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize(("number", "expected"), [(1, 1.0), (2, 0.5), (5, 0.0625), (10, 2 / 1024), (13, 2 / 8192)])
def test_p_of_signs_all_alike(number: int, expected: float) -> None:
    """All flips are counted where they are few: of n differences with one sign, 2 of 2**n are as extreme."""
    assert paired([*range(1, number + 1)]).p == pytest.approx(expected)
    assert paired([0.5] * number).p == pytest.approx(expected)
    assert smallest_p(number) == pytest.approx(expected)


def test_p_by_hand() -> None:
    """Of the 8 sums of +-1 +-2 +-4, two are at least 5: two-sided, p is 2 * 2 / 8."""
    assert paired([-1.0, 2.0, 4.0]).p == pytest.approx(0.5)


def test_fishers_darwin_data() -> None:
    """R. A. Fisher, "The design of experiments", 1935, section 21: Darwin's maize, 1726 of 32768 flips: p = 0.0527."""
    darwin = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]
    found = paired(darwin)
    assert found.mean == pytest.approx(20.933, abs=1e-3)
    assert found.p == pytest.approx(0.0527, abs=0.008)  # 9999 of the flips are drawn


def test_same_differences_same_numbers() -> None:
    """Nothing depends on chance or on what was computed before."""
    values = np.random.default_rng(3).normal(0.1, 1, 40)
    first = paired(values)
    paired(values[:10])
    assert paired(values) == first
    assert paired(-values).mean == -first.mean


def test_interval_holds_the_mean() -> None:
    """Of 30 intervals at 95 %, over 20 skewed differences each, few miss the true mean."""
    random = np.random.default_rng(7)
    found = [paired(random.exponential(size=20) - 1) for _ in range(30)]
    assert 26 <= sum(each.low <= 0 <= each.high for each in found) < 30


def test_many_differences_are_students() -> None:
    """Of 500 differences the interval is the mean and 1.965 standard errors either way."""
    values = np.random.default_rng(1).normal(0.2, 1, 500)
    found = paired(values)
    error = values.std(ddof=1) / math.sqrt(500)
    assert (found.high - found.low) / error == pytest.approx(2 * 1.9647, abs=1e-3)
    assert found.p < 1e-3


@pytest.mark.parametrize("number", [2, 5, 400])
def test_equal_methods(number: int) -> None:
    """Differences of zero are no difference, p = 1; the interval needs three of them."""
    found = paired([0.0] * number)
    assert (found.mean, found.p) == (0.0, 1.0)
    assert math.isnan(found.low) == (number < 3)


@pytest.mark.parametrize("number", [5, 400])
def test_differences_alike_but_for_rounding(number: int) -> None:
    """A constant offset, its last bits apart, has an interval of its own value and no warning."""
    found = paired([0.1 + 1e-17, *[0.30000000000000004 - 0.2] * (number - 1)])
    assert found.low == found.high == pytest.approx(0.1)


@pytest.mark.parametrize("values", [[0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 0.0, -2.0]])
def test_awkward_differences(values: list[float]) -> None:
    """Mostly zeros: the interval is a number on both sides of the mean."""
    found = paired(values)
    assert found.low <= found.mean <= found.high
    assert 0 < found.p <= 1


def test_nothing_to_compare() -> None:
    """No differences are no numbers, and one has no interval."""
    assert all(map(math.isnan, paired([])))
    assert math.isnan(smallest_p(0))
    one = paired([0.4])
    assert (one.mean, one.p) == (0.4, 1.0)
    assert math.isnan(one.low)


def test_holm() -> None:
    """By hand: 4 * .005, 3 * .01, 2 * .03, and .04 no less than the one before; NaN stays, and does not count."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    found = holm([0.6, math.nan, 0.5])
    assert (found[0], found[2]) == (1.0, 1.0)
    assert math.isnan(found[1])
    assert holm([]) == []


def test_ranks_of_few_and_of_equal() -> None:
    """Fewer than two methods or images have no ranks; methods that always tie share them, also at infinite scores."""
    assert np.isnan(ranks(np.ones((1, 3)))).all()
    assert np.isnan(ranks(np.ones((3, 1)))).all()
    assert len(ranks(np.zeros((0, 0)))) == 0
    assert ranks(np.full((4, 3), math.inf)).tolist() == [2.0, 2.0, 2.0]
    assert ranks(np.array([[3.0, 2.0, 1.0], [math.inf, 2.0, 1.0]])).tolist() == [1.0, 2.0, 3.0]


def test_ranks_without_a_score() -> None:
    """A method that lacks a score of any image has no rank, and those of the others are as if it were not there."""
    scores = np.array([[1.0, math.nan, 2.0], [1.0, 5.0, 2.0]])
    assert ranks(scores) == pytest.approx([2.0, math.nan, 1.0], nan_ok=True)
    assert np.isnan(ranks(np.full((2, 2), math.nan))).all()
