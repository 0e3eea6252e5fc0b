"""Tests of srbench.analysis.fronts."""

from __future__ import annotations

import math

from srbench.analysis.fronts import alike, pareto


def test_pareto() -> None:
    """On the front is what no other beats in both; equal points are, NaN is not."""
    points = [(1, 30.0), (2, 31.0), (2, 30.5), (3, 31.0), (0.5, 20.0), (1, 30.0), (math.nan, 40.0), (9, math.inf)]
    assert pareto(points) == [True, True, False, False, True, True, False, True]


def test_alike() -> None:
    """Only the longest runs are given; a difference as large as the critical one tells two apart."""
    assert alike([1, 2, 3, 4], 2.5) == [(0, 2), (1, 3)]
    assert alike([1, 2, 3, 4], 1) == []
    assert alike([1.0, 1.5, 5.0], 2) == [(0, 1)]
    assert alike([1.0, 1.0, 1.0], 3) == [(0, 2)]
