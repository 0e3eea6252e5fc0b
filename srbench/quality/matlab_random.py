"""MATLAB's old generator of normal numbers, which tables of noisy images depend on.

Source: C. Moler, "Random thoughts", MATLAB News & Notes, 1995: `randn('seed', s)` is the multiplicative congruential
generator mcg16807 (S. Park and K. Miller, "Random number generators: good ones are hard to find", 1988) with
Marsaglia's polar method, of which only the first number of each pair is kept.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_MODULUS = 2**31 - 1
_MULTIPLIER = 16807
_SEED_0 = 1144108930
"""The state that `randn('seed', 0)` sets."""
_BLOCK = 2**16
"""Numbers drawn at once."""


def randn(count: int) -> NDArray[np.float64]:
    """Return the first `count` numbers of MATLAB's `randn` after `randn('seed', 0)`."""
    found: list[NDArray[np.float64]] = [np.empty(0)]
    blocks = _uniform()
    while sum(map(len, found)) < count:
        x, y = (2 * next(blocks) - 1).reshape(-1, 2).T
        square = x * x + y * y
        inside = square < 1
        x, square = x[inside], square[inside]
        found.append(x * np.sqrt(-2 * np.log(square) / square))
    return np.concatenate(found)[:count]


def _uniform() -> Iterator[NDArray[np.float64]]:
    """Yield blocks of numbers in 0..1."""
    state = np.uint64(_SEED_0)
    while True:
        states = state * _powers() % np.uint64(_MODULUS)  # products have less than 62 bits
        state = states[-1]
        yield states / _MODULUS


@cache
def _powers() -> NDArray[np.uint64]:
    """Return the multiplier to the power of 1, 2, ..., by which a state is taken so many steps on."""
    powers = np.array([_MULTIPLIER], np.uint64)
    while len(powers) < _BLOCK:
        powers = np.concatenate([powers, powers * powers[-1] % np.uint64(_MODULUS)])
    return powers
