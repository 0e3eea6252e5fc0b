"""MATLAB's old generator gives MATLAB's numbers."""

from __future__ import annotations

import numpy as np

from srbench.quality.matlab_random import randn


def test_first_numbers_are_matlabs() -> None:
    """`randn('seed', 0); randn(1, 3)` prints 1.1650 0.6268 0.0751 in MATLAB's documentation of old releases."""
    assert [f"{value:.4f}" for value in randn(3)] == ["1.1650", "0.6268", "0.0751"]


def test_more_numbers_begin_with_the_same() -> None:
    """Numbers are drawn in blocks of 65536 uniform ones; where a block ends does not show."""
    many = randn(120_000)
    assert np.array_equal(many[:100], randn(100))
    assert np.array_equal(many[:60_000], randn(60_000))
    assert abs(many.mean()) < 0.01
    assert abs(many.std() - 1) < 0.01
    assert len(np.unique(many)) == len(many)
