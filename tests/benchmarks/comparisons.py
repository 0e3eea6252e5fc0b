"""How long the statistics of a large run take, beside scipy's own bootstrap and permutation test, interleaved.

python tests/benchmarks/comparisons.py
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

from srbench.analysis.columns import metrics_of
from srbench.analysis.significance import RESAMPLES
from srbench.analysis.tables import Order, tables
from srbench.reports import findings
from srbench.store.rows import ScoreRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from srbench.analysis.tables import Tables

METRICS = metrics_of({})

IMAGES, FACTORS = 300, (2, 3, 4)
METHODS = [f"method {number}" for number in range(10)]
ROUNDS = 3
SHARE = 9
"""Of the comparisons, one in so many is made by scipy, whose time is multiplied: all would take a minute a round."""


def run() -> Tables:
    """Return the tables of a run of 300 images, 10 methods and 3 factors."""
    random = np.random.default_rng(0)
    fixed: dict[str, Any] = {"dataset": "set", "protocol": "basicsr", "device": "cpu", "channels": 3, "dtype": "uint8"}
    rows = [
        ScoreRow(method=method, image=f"{image}.png", factor=factor, psnr=psnr, ssim=psnr / 50, **fixed)
        for factor in FACTORS
        for number, method in enumerate(METHODS)
        for image, psnr in enumerate(random.normal(30 + number / 20, 1, IMAGES).tolist())
    ]
    return tables(rows, Order(METHODS, {"set": IMAGES}, FACTORS, ["basicsr"], METRICS))


def ours(found: Tables) -> None:
    """Compute all comparisons and ranks of a run, as its reports do, once."""
    run = findings.of(found, Path(), {}, METHODS[0])
    assert len(run.comparisons) == len(FACTORS) * (len(METHODS) - 1)
    assert len(run.places) == len(FACTORS) * len(METHODS)


def scipys(found: Tables) -> None:
    """Compute one in `SHARE` of the intervals and p-values of a run with scipy, one after the other."""
    for factor in FACTORS:
        scores = found.scores[found.scores["factor"] == factor]
        for name in METRICS:
            table = scores.pivot_table(name, "image", "method", sort=False)
            differences = table[METHODS[1:]].sub(table[METHODS[0]], axis="index").to_numpy(float)
            for column in differences.T[::SHARE]:
                how = {"n_resamples": RESAMPLES, "rng": np.random.default_rng(0)}
                stats.bootstrap((column,), np.mean, method="BCa", **how)
                stats.permutation_test((column,), np.mean, permutation_type="samples", vectorized=True, **how)


def measure() -> dict[str, float]:
    """Return the median seconds of both, of `ROUNDS` in turn."""
    found = run()
    ours(found)  # imports
    pairs = [(_seconds(ours, found), _seconds(scipys, found) * SHARE) for _ in range(ROUNDS)]
    return dict(zip(("srbench", "scipy"), (float(np.median(each)) for each in zip(*pairs, strict=True)), strict=True))


def _seconds(compute: Callable[[Tables], None], found: Tables) -> float:
    start = time.perf_counter()
    compute(found)
    return time.perf_counter() - start


if __name__ == "__main__":
    for name, seconds in measure().items():
        print(f"{name}: {seconds:.2f} s")
