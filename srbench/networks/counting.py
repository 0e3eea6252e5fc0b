"""Multiply-adds of a network per SR pixel, counted at three sizes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from srbench.takes import Takes


def per_sr_pixel(count: Callable[[int, int], float], factor: int, takes: Takes) -> float:
    """Return the multiply-adds per SR pixel inside a large image: what is computed for the border is left out.

    `count` returns those for an LR of a height and a width. The second difference of a quadratic in the side is twice
    its leading term.
    """
    step = math.lcm(32, takes.multiple)
    first = -(-takes.minimum // step) * step
    counts = [count(side, side) for side in (first, first + step, first + 2 * step)]
    return (counts[0] - 2 * counts[1] + counts[2]) / (2 * step**2) / factor**2
