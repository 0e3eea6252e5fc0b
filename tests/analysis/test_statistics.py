"""Medians, ratios and doubts: intervals that hold what they should, as often as they say."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from scipy.special import stdtrit

from srbench.analysis import statistics
from srbench.analysis.statistics import Estimate, change, doubts, exponent, median, ratio

Visits = dict[tuple[int, int], float]
NOTHING = np.array([])


def visits(random: np.random.Generator, scale: float = 1.0, between: float = 0.01, processes: int = 5) -> Visits:
    """Return medians of 10 visits in each process: a drift that all share, and noise of processes and of visits."""
    found = {}
    for process in range(processes):
        own = random.normal(0, between)
        for number in range(10):
            drift = 0.5 * process + 0.05 * number
            found[process, number] = scale * math.exp(drift + own + random.normal(0, 0.01))
    return found


def test_median_and_interval() -> None:
    """The median is that of all samples; the interval holds it, and the same samples give the same."""
    found = median([[1.0, 2.0, 3.0], [2.0, 2.0, 9.0]])
    assert found.value == 2.0
    assert found.low <= 2.0 <= found.high
    assert found == median([[1.0, 2.0, 3.0], [2.0, 2.0, 9.0]])
    assert median([[4.0]]) == (4.0, 4.0, 4.0)


def test_what_differs_between_processes_widens_the_interval() -> None:
    """Sixty samples of one process say less than twenty of each of three that differ."""
    random = np.random.default_rng(1)
    alike = [list(1 + 0.01 * random.random(20)) for _ in range(3)]
    apart = [[each * factor for each in samples] for samples, factor in zip(alike, (1.0, 1.2, 1.4), strict=True)]
    narrow, wide = median(alike), median(apart)
    assert wide.high - wide.low > 10 * (narrow.high - narrow.low)


@pytest.mark.slow
@pytest.mark.parametrize("processes", [3, 5])
@pytest.mark.parametrize("between", [0.0, 0.2])
def test_median_interval_holds_the_truth(processes: int, between: float) -> None:
    """Of 200 measurements whose true median is 1, nearly all intervals hold it, also where processes differ."""
    random = np.random.default_rng(2)
    found = []
    for _ in range(200):
        centres = random.normal(0, between, processes) if between else np.zeros(processes)
        found.append(median([list(random.lognormal(centre, 0.05, 30)) for centre in centres]))
    assert sum(each.low <= 1 <= each.high for each in found) >= 194


def test_drift_cancels_in_a_ratio() -> None:
    """Times that double over the run do not hide that one takes 3 % longer in each round."""
    base = {(process, number): 2.0**process * (1 + number / 9) for process, number in product(range(4), range(10))}
    found = ratio({key: 1.03 * value for key, value in base.items()}, base)
    assert found == pytest.approx((1.03, 1.03, 1.03))


@pytest.mark.slow
def test_equal_methods_differ_in_one_of_a_hundred() -> None:
    """A/A: 99 % intervals hold 1 in about 99 % of 1000 measurements of two equal methods."""
    random = np.random.default_rng(3)
    found = [ratio(visits(random), visits(random)) for _ in range(1000)]
    assert 980 <= sum(each.low <= 1 <= each.high for each in found) < 1000


def test_ten_percent_are_found() -> None:
    """A method that takes 10 % longer is told from 1 in nearly all of 200 measurements."""
    random = np.random.default_rng(4)
    found = [ratio(visits(random, 1.1), visits(random)) for _ in range(200)]
    assert sum(each.low > 1 for each in found) >= 190
    assert np.mean([each.value for each in found]) == pytest.approx(1.1, abs=0.005)


def test_ratio_over_common_rounds_only() -> None:
    """A round that one of them missed does not count; nothing in common is no ratio, one process no interval."""
    base = {(0, 1): 1.0, (0, 2): 100.0, (1, 1): 1.0}
    assert ratio({(0, 1): 2.0, (1, 1): 2.0, (2, 1): 50.0}, base) == pytest.approx((2, 2, 2))
    one = ratio({(0, 1): 2.0}, base)
    assert one.value == pytest.approx(2.0)
    assert math.isnan(one.low)
    assert math.isnan(one.high)
    assert math.isnan(ratio({}, base).value)


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        ((0.614, 218.0, 77224.0), "unsure"),  # it holds 1, and everything else
        ((0.97, 1.0, 1.03), "same"),
        ((0.9524, 1.0, 1.05), "same"),
        ((0.97, 1.01, 1.051), "unsure"),
        ((0.951, 1.0, 1.03), "unsure"),
        ((1.01, 1.02, 1.03), "same"),  # a difference, but none that matters
        ((1.01, 1.04, 1.07), "slower"),
        ((1.2, 1.3, 1.4), "slower"),
        ((0.5, 0.6, 0.99), "faster"),
        ((math.nan, 1.0, math.nan), "unsure"),  # of one process
    ],
)
def test_difference(interval: tuple[float, float, float], expected: str) -> None:
    """A ratio is `same` only where its whole interval lies within 5 %; one that just holds 1 proves nothing."""
    low, value, high = interval
    assert Estimate(value, low, high).difference == expected


def test_exponent() -> None:
    """Time in proportion to pixels has exponent 1; sizes that lie together have none."""
    assert exponent([0.5, 1, 2, 8], [5, 10, 20, 80]) == pytest.approx(1.0)
    assert exponent([1, 2, 4], [1, 4, 16]) == pytest.approx(2.0)
    assert math.isnan(exponent([2, 2], [1, 3]))
    assert math.isnan(exponent([2, 3], [1, 3]))  # too near: noise would decide


STEADY = [[1.0, 1.01, 0.99, 1.0, 1.0]] * 3


def test_no_doubts() -> None:
    """Fifteen samples in three processes that agree, with hardly any other load and one clock, are steady."""
    assert doubts(STEADY, 0.01, np.full(15, 2600.0), set()) == []
    assert doubts(STEADY, math.nan, np.full(15, math.nan), set()) == []


@pytest.mark.parametrize(
    ("processes", "load", "mhz", "throttled", "doubt"),
    [
        (STEADY, 0.0, NOTHING, {"power cap"}, "throttled: power cap"),
        (STEADY, 0.3, NOTHING, set(), "other load: 30% of all cores' time"),
        ([[1.0] * 5, [1.0] * 5, [1.3] * 5], 0.0, NOTHING, set(), "processes differ by 30%"),
        (STEADY, 0.0, np.array([2000.0] * 8 + [3000.0] * 7), set(), "clock changed from 2000 to 3000 MHz"),
        ([[1.0] * 4] * 3, 0.0, NOTHING, set(), "too few samples: 12, expected 15"),
        ([[1.0] * 50], 0.0, NOTHING, set(), "processes: 1, expected 3 (srbench time --processes, or a longer --limit)"),
    ],
)
def test_doubts(
    processes: list[list[float]],
    load: float,
    mhz: np.ndarray[tuple[int], np.dtype[np.float64]],
    throttled: set[str],
    doubt: str,
) -> None:
    """Each thing that speaks against a measurement is said with its number."""
    assert doubts(processes, load, mhz, throttled) == [doubt]


def test_confidence() -> None:
    """Intervals are those of 99 %: docs and tables say so."""
    assert statistics.CONFIDENCE == 0.99


def test_change_is_welchs() -> None:
    """By hand, in logarithms: 0, 1, 2 and 4, 6 differ by 4, error sqrt(1/3 + 1), 1.77 degrees of freedom (t 12.06)."""
    found = change(np.exp([0.0, 1.0, 2.0]), np.exp([4.0, 6.0]))
    freedom = (1 / 3 + 1) ** 2 / ((1 / 3) ** 2 / 2 + 1)
    assert math.log(found.value) == pytest.approx(4)
    width = float(stdtrit(freedom, 0.995)) * math.sqrt(4 / 3)
    assert [math.log(found.low), math.log(found.high)] == pytest.approx([4 - width, 4 + width])


def test_change_of_few_processes() -> None:
    """One process in either run has no interval, none has no number, and processes alike an interval of no width."""
    assert change([1.0], [2.0, 2.1])[0] == pytest.approx(2.05, rel=1e-3)
    assert all(map(math.isnan, change([1.0], [2.0, 2.1])[1:]))
    assert all(map(math.isnan, change([], [1.0])))
    assert change([1.0, 1.0], [2.0, 2.0]) == pytest.approx((2.0, 2.0, 2.0))


def test_change_holds_what_it_says() -> None:
    """Of 200 pairs of runs that are alike, at 99 % few seem to have changed, also where one scatters more."""
    random = np.random.default_rng(3)
    found = [change(np.exp(random.normal(0, 0.01, 5)), np.exp(random.normal(0, 0.05, 4))) for _ in range(200)]
    assert sum(each.low <= 1 <= each.high for each in found) >= 194
