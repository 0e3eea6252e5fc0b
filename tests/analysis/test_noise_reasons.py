"""Reasons for which times are noisy, those alike told once."""

from __future__ import annotations

from srbench.analysis import noise_reasons


def test_summary() -> None:
    """Of reasons that differ in their numbers, the strongest stands for all."""
    reasons = ["other load: 9% of all cores' time", "other load: 94% of all cores' time; processes differ by 41%"]
    assert noise_reasons.summary(reasons) == "other load: 94% of all cores' time at most; processes differ by 41%"
    assert noise_reasons.summary([""]) == ""
