"""The machine's own limits: the probes compute what they say, and rates follow from their shapes."""

from __future__ import annotations

import numpy as np

from srbench.speed import roofline


def test_rates() -> None:
    """Two operations for each multiply-add; a copy reads and writes."""
    assert roofline.sgemm_rate(2.0, 10, 20) == 2 * 10 * 20 * 10 / 2.0
    assert roofline.copy_rate(0.5, 10, 20) == 2 * 4 * 10 * 20 / 0.5


def test_probes_work() -> None:
    """Each takes time, on arrays of the shapes that rows tell."""
    probes = roofline.probes()
    assert set(probes) == set(roofline.SHAPES)
    _, product = probes["sgemm"].sample()
    assert isinstance(product, np.ndarray)
    assert product.shape == roofline.SHAPES["sgemm"]
    assert all(timed.sample()[0].seconds > 0 for timed in probes.values())
