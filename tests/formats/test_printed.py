"""Numbers as they are printed."""

from __future__ import annotations

import pytest

from srbench.formats.printed import unit


@pytest.mark.parametrize(
    ("printed", "expected"), [("33.66", 0.01), (".8161", 1e-4), ("34", 1), ("34.", 1), ("7.0", 0.1)]
)
def test_unit_of_the_last_digit(printed: str, expected: float) -> None:
    """Digits behind the point decide, whatever they are."""
    assert unit(printed) == pytest.approx(expected)
