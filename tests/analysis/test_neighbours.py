"""Neighbours: each method of a setting against the next worse one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from srbench.analysis.columns import metrics_of, of_metric
from srbench.analysis.neighbours import neighbours
from srbench.metrics.declaration import Metric

PSNR = metrics_of({})["psnr"]
BASE = np.linspace(20, 30, 8)


def scored(**methods: Any) -> pd.DataFrame:  # noqa: ANN401 - values of each image
    """Return the scores of methods on the same images."""
    frames = [pd.DataFrame({"method": name, "image": range(len(v)), "psnr": v}) for name, v in methods.items()]
    return pd.concat(frames, ignore_index=True)


def test_next_worse() -> None:
    """Lines stand best first; p of eight images with one sign is 2 / 256, corrected over both pairs."""
    found = neighbours(scored(low=BASE - 2, high=BASE + 1, middle=BASE), PSNR)
    assert list(zip(found["method"], found["other"], strict=True)) == [("high", "middle"), ("middle", "low")]
    assert list(found["difference"]) == pytest.approx([1, 2])
    assert list(found["p_holm"]) == pytest.approx([2 * 2 / 256] * 2)
    assert list(found["smallest_p"]) == pytest.approx([2 * 2 / 256] * 2)
    assert list(found["verdict"]) == ["better", "better"]
    assert list(found["pairs"]) == [8, 8]


def test_lower_is_better() -> None:
    """Of a metric that is better where lower, the lowest mean stands first, and its difference is negative."""
    metric = of_metric("psnr", Metric(label="E", better="lower"))
    (line,) = neighbours(scored(a=BASE, b=BASE - 1), metric).to_dict("records")
    assert (line["method"], line["other"], line["difference"], line["verdict"]) == ("b", "a", -1.0, "better")


def test_equal_and_infinite() -> None:
    """Equal methods stay in their order; one that is exact on an image is above all others."""
    exact = BASE.copy()
    exact[0] = math.inf
    found = neighbours(scored(a=BASE, b=BASE, c=exact), PSNR)
    assert list(found["method"]) == ["c", "a"]
    assert list(found["verdict"]) == ["undecided", "equal"]
    assert found["difference"][0] == math.inf


@pytest.mark.parametrize("methods", [{}, {"a": BASE}, {"a": BASE, "b": BASE * math.nan}])
def test_alone(methods: Any) -> None:  # noqa: ANN401 - values of each image
    """One method, or none, has no neighbour; neither has one without values."""
    scores = scored(**methods) if methods else scored(a=BASE)[:0]
    assert neighbours(scores, PSNR).empty
