"""Tests of srbench.analysis.fronts."""

from __future__ import annotations

import math

from srbench.analysis.fronts import pareto


def test_pareto() -> None:
    """On the front is what no other beats in both; equal points are, NaN is not."""
    points = [(1, 30.0), (2, 31.0), (2, 30.5), (3, 31.0), (0.5, 20.0), (1, 30.0), (math.nan, 40.0), (9, math.inf)]
    assert pareto(points) == [True, True, False, False, True, True, False, True]
