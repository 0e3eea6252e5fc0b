"""Significance: golden values of the tests' sources, intervals that hold what they should, and awkward scores."""

from __future__ import annotations

import math

import numpy as np
import pytest

from srbench.quality.significance import holm, paired, ranks, smallest_p


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


@pytest.mark.parametrize(("methods", "q"), [(2, 1.960), (3, 2.343), (4, 2.569), (5, 2.728), (7, 2.949), (10, 3.164)])
def test_critical_difference(methods: int, q: float) -> None:
    """Demsar 2006, table 5a: the critical difference is q * sqrt(k (k + 1) / 6 N)."""
    scores = np.random.default_rng(0).normal(size=(20, methods))
    expected = q * math.sqrt(methods * (methods + 1) / (6 * 20))
    assert ranks(scores).critical_difference == pytest.approx(expected, rel=3e-4)


def test_demsars_example() -> None:
    """Demsar 2006, section 3.2.3: four methods on fourteen sets are told apart at 1.25 of mean rank."""
    scores = np.random.default_rng(0).normal(size=(14, 4))
    assert ranks(scores).critical_difference == pytest.approx(1.25, abs=5e-3)


def test_friedman_by_hand() -> None:
    """Three methods in one order on four images: chi square is 12 / 48 * (16 + 64 + 144) - 48 = 8, p = exp(-4)."""
    found = ranks(np.array([[3.0, 2.0, 1.0], [30.0, 20.0, 10.0], [3.0, 1.0, 0.0], [math.inf, 2.0, 1.0]]))
    assert found.mean == [1.0, 2.0, 3.0]
    assert found.p == pytest.approx(math.exp(-4))


def test_ranks_of_few_and_of_equal() -> None:
    """Fewer than two methods or images have no ranks; methods that always tie share them, also at infinite scores."""
    assert math.isnan(ranks(np.ones((1, 3))).mean[0])
    assert math.isnan(ranks(np.ones((3, 1))).critical_difference)
    assert ranks(np.zeros((0, 0))).mean == []
    alike = ranks(np.full((4, 3), math.inf))
    assert alike.mean == [2.0, 2.0, 2.0]
    assert math.isnan(alike.p)
