"""Fronts: which methods no other beats in both quality and time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def pareto(points: Sequence[tuple[float, float]]) -> list[bool]:
    """Tell which points (cost, gain) are on the Pareto front: none other has as much gain for as little cost.

    Of equal points all are. A NaN is on no front.
    """
    return [
        cost == cost and gain == gain and not any(_beats(other, (cost, gain)) for other in points)  # noqa: PLR0124 - NaN
        for cost, gain in points
    ]


def _beats(other: tuple[float, float], one: tuple[float, float]) -> bool:
    return other != one and other[0] <= one[0] and other[1] >= one[1]
