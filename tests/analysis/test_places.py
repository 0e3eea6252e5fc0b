"""Places: orders of means and of ranks; infinite scores count as better than any number."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from srbench.analysis.columns import metrics_of, of_metric
from srbench.analysis.places import alike, best, places
from srbench.metrics.declaration import Metric

if TYPE_CHECKING:
    from collections.abc import Sequence

METRICS = metrics_of({})
LPIPS = {"lpips": of_metric("lpips", Metric(label="LPIPS", better="lower", low=0))}


def placed(**methods: Sequence[float]) -> pd.DataFrame:
    """Return the places of methods that have these PSNR; SSIM is the same for all."""
    fixed: dict[str, Any] = {"dataset": "set", "factor": 3, "protocol": "basicsr", "on_device": "", "ssim": 0.5}
    lines = [
        {**fixed, "method": name, "image": str(number), "psnr": psnr}
        for name, values in methods.items()
        for number, psnr in enumerate(values)
    ]
    return places(pd.DataFrame(lines, columns=["method", "image", "psnr", *fixed]), METRICS).set_index("method")


@pytest.mark.parametrize(
    ("methods", "order"),
    [
        ({"a": [30, 31], "b": [32, 33], "c": [10, 10]}, "bac"),
        ({"noise": [5, 9], "bicubic": [math.inf, 34]}, ["bicubic", "noise"]),
        ({"a": [math.inf, 6, 6], "b": [math.inf, 28, 28], "c": [60, 29, 29]}, "bac"),
        ({"a": [math.inf, math.inf, 1], "b": [math.inf, 60, 60]}, "ab"),
        ({"a": [math.inf] * 2, "b": [math.inf, 99]}, "ab"),
    ],
)
def test_order(methods: dict[str, list[float]], order: Sequence[str]) -> None:
    """More exact images come first, then the better rest; noise is never the best."""
    found = placed(**methods)
    assert found.sort_values("psnr_order").index.tolist() == list(order)
    assert found["psnr_order"].sort_values().tolist() == list(range(1, len(methods) + 1))
    assert best(found.reset_index(), METRICS) == [order[0]]


def test_ties() -> None:
    """Means that are printed alike share a position; equal ones share their order, too, and all are best."""
    found = placed(a=[30.001, 30], b=[30.002, 30], c=[30.002, 30], d=[20, 20], e=[10, 10])
    assert found["psnr_position"].to_dict() == {"a": 1, "b": 1, "c": 1, "d": 2, "e": 3}
    assert found["psnr_order"].to_dict() == {"b": 1, "c": 1, "a": 2, "d": 3, "e": 4}
    assert (found["ssim_position"] == 1).all()
    assert best(found.reset_index(), METRICS) == ["b", "c"]
    assert best(found.reset_index()[3:], METRICS) == ["d"]
    assert best(found.reset_index().assign(psnr_order=0), METRICS) == []


def test_intervals() -> None:
    """A mean has an interval from three images on, an infinite one none."""
    found = placed(a=[30, 31, 33], b=[math.inf, 31, 33])
    assert found["psnr_mean_low"].iloc[1] < 31.33 < found["psnr_mean_high"].iloc[1]
    assert found.loc["b", ["psnr_mean_low", "psnr_mean_high"]].isna().all()
    assert placed(a=[30, 31], b=[1, 2])["psnr_mean_low"].isna().all()


def test_ranks() -> None:
    """The best come first; equal scores share a rank, infinite ones are the best; one image ranks nothing."""
    values = np.arange(8.0).tolist()
    found = placed(worst=[each - 1 for each in values], base=values, best=[math.inf, *values[1:]])
    assert found["rank"].to_dict() == pytest.approx({"best": (1 + 1.5 * 7) / 8, "base": (2 + 1.5 * 7) / 8, "worst": 3})
    assert list(found.index) == ["best", "base", "worst"]
    assert (found["images"] == 8).all()
    assert placed(a=[1.0], b=[2.0])["rank"].isna().all()
    assert placed().empty


def with_lpips(**methods: Sequence[float]) -> pd.DataFrame:
    """Return scores of methods that have these LPIPS; PSNR is the same for all."""
    fixed: dict[str, Any] = {"dataset": "set", "factor": 3, "protocol": "basicsr", "on_device": "", "psnr": 30.0}
    lines = [
        {**fixed, "method": name, "image": str(number), "lpips": lpips, "ssim": 0.9}
        for name, values in methods.items()
        for number, lpips in enumerate(values)
    ]
    return pd.DataFrame(lines)


def test_lower_is_better() -> None:
    """The lowest mean of LPIPS is the first, also where it leads: then ranks are by it."""
    scores = with_lpips(a=[0.3, 0.2, 0.1], b=[0.1, 0.1, 0.1], c=[0.2, 0.3, 0.4])
    found = places(scores, METRICS | LPIPS).set_index("method")
    assert found["lpips_order"].to_dict() == {"a": 2, "b": 1, "c": 3}
    assert best(found.reset_index(), METRICS | LPIPS) == ["a", "b", "c"]  # PSNR is the same
    led = places(scores, LPIPS | METRICS)
    assert led["method"].tolist() == ["b", "a", "c"]
    assert led["rank"].tolist() == pytest.approx([3.5 / 3, 6.5 / 3, 8 / 3])
    assert best(led, LPIPS | METRICS) == ["b"]


def test_methods_without_values_have_no_place() -> None:
    """Who has no value of a metric has no order and no rank by it; nor has anyone where nobody has a value."""
    scores = with_lpips(none=[math.nan] * 3, a=[0.3, 0.2, 0.1], b=[0.1, 0.1, 0.1])
    found = places(scores, LPIPS | METRICS)
    assert found["method"].tolist() == ["b", "a", "none"]
    assert found["lpips_order"].tolist() == [1, 2, 0]
    assert found["rank"].round(2).tolist()[:2] == [1.17, 1.83]
    assert found["rank"].isna().tolist() == [False, False, True]
    nobody = places(with_lpips(a=[math.nan], b=[math.nan]), METRICS | LPIPS)
    assert nobody["lpips_order"].tolist() == nobody["lpips_position"].tolist() == [0, 0]
    assert nobody["psnr_order"].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("psnr", "expected"),
    [
        ([30.00001, 30.0, 29.99999, 20.0], ["a", "b", "c"]),
        ([30.0, 29.999, 20.0, 20.0], ["a"]),  # 30.00 as well, but a real difference
        ([math.inf, 30.0, 30.0, 30.0], ["a"]),
    ],
)
def test_equal_in_print_share_the_lead(psnr: list[float], expected: list[str]) -> None:
    """Methods whose means print the same and differ by less than 0.0005 dB share the lead; ranks stay."""
    board = pd.DataFrame({"method": list("abcd"), "psnr": psnr, "psnr_order": [1, 2, 3, 4]})
    assert alike(board, METRICS) == expected
    assert best(board, METRICS) == ["a"]
