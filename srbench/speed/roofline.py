"""The limits of the machine, measured: how fast it multiplies matrices, and how fast it copies memory.

S. Williams et al., "Roofline: An Insightful Visual Performance Model for Multicore Architectures", CACM 2009.
"""

from __future__ import annotations

import numpy as np

from srbench.speed.timing import Timed

SIDE = 1024
"""Rows and columns of the square float32 matrices that are multiplied: far more work than memory traffic."""

COPIED = (4096, 4096)
"""Shape of the float32 array that is copied: 64 MiB, more than caches hold."""


def probes() -> dict[str, Timed]:
    """Return what measures the machine: `sgemm` (BLAS of NumPy, all its threads) and `copy` (one thread)."""
    random = np.random.default_rng(0)
    left, right = (random.random((SIDE, SIDE), dtype=np.float32) for _ in range(2))
    product = np.empty_like(left)
    source, target = np.ones(COPIED, np.float32), np.ones(COPIED, np.float32)
    return {
        "sgemm": Timed(lambda: np.matmul(left, right, out=product)),
        "copy": Timed(lambda: np.copyto(target, source)),
    }


SHAPES = {"sgemm": (SIDE, SIDE), "copy": COPIED}
"""The arrays of each probe."""


def sgemm_rate(seconds: float, height: int, width: int) -> float:
    """Return floating-point operations per second of a product of (height, width) and (width, height) matrices."""
    return 2.0 * height * height * width / seconds


def copy_rate(seconds: float, height: int, width: int) -> float:
    """Return bytes per second, read and written, of a copy of a float32 array."""
    return 2.0 * 4 * height * width / seconds
