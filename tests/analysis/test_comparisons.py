"""Comparisons: methods against a baseline on the same images; whatever scores there are."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from srbench.analysis import comparisons as module
from srbench.analysis.columns import metrics_of, of_metric
from srbench.analysis.common_images import counted, judged
from srbench.analysis.comparisons import columns
from srbench.analysis.settings import in_settings
from srbench.metrics.declaration import Metric

METRICS = metrics_of({})

IMAGES = 8


def scored(method: str, psnr: Any, *, status: str = "ok", **changes: Any) -> pd.DataFrame:  # noqa: ANN401 - of a table
    """Return rows of one method: PSNR of each image, and a hundredth of it as SSIM."""
    values = np.asarray(psnr, float)
    fixed: dict[str, Any] = {
        "method": method,
        "dataset": "set",
        "factor": 3,
        "protocol": "basicsr",
        "device": "cpu",
        "status": status,
    }
    fixed["trained_on"] = False
    images = [f"{number}.png" for number in range(len(values))]
    return pd.DataFrame({**fixed, "image": images, "psnr": values, "ssim": values / 100} | changes)


BASE = np.linspace(20, 30, IMAGES)


def comparisons(scores: pd.DataFrame, baseline: str) -> pd.DataFrame:
    """Return the comparisons of the scores that methods are judged by."""
    scores = scores.reset_index(drop=True)
    return module.comparisons(in_settings(scores, scores)[judged(scores, METRICS)], baseline, METRICS)


def compared(*methods: pd.DataFrame, baseline: str = "base") -> pd.DataFrame:
    """Return comparisons with the baseline, by method."""
    return comparisons(pd.concat([scored("base", BASE), *methods]), baseline).set_index("method")


def test_better_worse_equal() -> None:
    """Eight images with one sign: 2 / 256, of three methods thrice that; equal scores are equal."""
    found = compared(scored("good", BASE + 1), scored("bad", BASE - [2, 1] * 4), scored("twin", BASE))
    assert list(found["psnr_verdict"]) == ["better", "worse", "equal"]
    assert list(found["ssim_verdict"]) == ["better", "worse", "equal"]
    assert found.loc["good", "psnr_p"] == pytest.approx(2 / 256)
    assert found.loc["good", "psnr_p_holm"] == pytest.approx(3 * 2 / 256)
    assert found.loc["good", "smallest_p"] == pytest.approx(3 * 2 / 256)
    assert found.loc["bad", "psnr_difference"] == pytest.approx(-1.5)
    assert (found["pairs"] == IMAGES).all()
    assert "base" not in found.index


def test_undecided_and_too_few() -> None:
    """Differences of both signs decide nothing; four images never can, whatever they say."""
    undecided = compared(scored("mixed", BASE + [1, -1] * 4 + np.arange(IMAGES) / 100))
    assert undecided.loc["mixed", "psnr_verdict"] == "undecided"
    few = compared(scored("good", BASE[:4] + 1))
    assert list(few.loc["good", ["pairs", "psnr_verdict"]]) == [4, "too few images"]
    assert few.loc["good", "smallest_p"] == pytest.approx(0.125)


def test_one_image() -> None:
    """One image has a difference, no interval, and no verdict but that it is too few."""
    line = compared_with(BASE[:1], BASE[:1] + 1)
    assert (line["psnr_difference"], line["psnr_p"], line["psnr_verdict"]) == (1.0, 1.0, "too few images")
    assert pd.isna(line["psnr_low"])


def test_exact_for_both() -> None:
    """PSNR is infinite where SR equals HR: an image that all methods reproduce is no pair, for SSIM neither."""
    line = compared_with([*[math.inf] * 2, *BASE[2:]], [*[math.inf] * 2, *(BASE[2:] + 1)])
    assert line["pairs"] == IMAGES - 2
    assert [line["psnr_difference"], line["ssim_difference"]] == pytest.approx([1.0, 0.01])


def compared_with(base: Any, good: Any) -> pd.Series:  # noqa: ANN401 - PSNR of each image
    """Return the comparison of two methods."""
    return comparisons(pd.concat([scored("base", base), scored("good", good)]), "base").iloc[0]


@pytest.mark.parametrize("sign", [1, -1])
def test_exact_for_one(sign: int) -> None:
    """Infinite is better than any number, and one image decides as little as it would with a number."""
    exact, other = BASE.copy(), BASE + 1  # otherwise it is worse
    exact[0] = math.inf
    line = compared_with(*((other, exact) if sign > 0 else (exact, other)))
    assert line["psnr_difference"] == sign * math.inf
    assert pd.isna([line["psnr_low"], line["psnr_high"]]).all()
    assert line["psnr_verdict"] == "undecided"
    assert line["pairs"] == IMAGES


def test_exact_for_each_on_another_image() -> None:
    """Where either is exact once, the rest decides."""
    base, good = BASE.copy(), BASE + 1
    base[0], good[1] = math.inf, math.inf
    line = compared_with(base, good)
    assert line["psnr_difference"] == pytest.approx((BASE[1:] + 1).sum() / 8 - BASE[1:].sum() / 8, abs=4)
    assert math.isfinite(line["psnr_difference"])


def test_all_exact() -> None:
    """A method that is always exact is better than one that never is, and equal to another one that is."""
    found = compared(scored("exact", np.full(IMAGES, math.inf)), scored("good", BASE + 1))
    assert list(found.loc["exact", ["pairs", "psnr_difference", "psnr_verdict"]]) == [IMAGES, math.inf, "better"]
    assert found.loc["good", "smallest_p"] == pytest.approx(4 / 256)
    twins = compared_with(np.full(IMAGES, math.inf), np.full(IMAGES, math.inf))
    assert list(twins[["pairs", "psnr_difference", "psnr_verdict"]]) == [IMAGES, 0, "equal"]


def test_differences_that_cancel_are_not_equal() -> None:
    """Equal means the same score on every image; a mean of zero is no such thing."""
    line = compared_with(BASE, BASE + [1, -1] * 4)
    assert (line["psnr_difference"], line["psnr_verdict"]) == (0, "undecided")


def test_missing_images_and_failures() -> None:
    """Images count that both scored; NaN and rows that are not ok are no scores, and a method without any no line."""
    good = scored("good", BASE + 1)
    good.loc[0, "status"] = "failed"
    good.loc[1, "psnr"] = math.nan
    found = compared(good.drop(index=2), scored("none", BASE, status="skipped"))
    assert list(found.index) == ["good"]
    assert found.loc["good", "pairs"] == IMAGES - 3


def test_nothing_to_compare() -> None:
    """Without a baseline that was scored, or without scores at all, the table is empty and has its columns."""
    for found in (compared(baseline="absent"), comparisons(scored("base", []), "base")):
        assert found.empty
        assert set(columns(METRICS)) >= set(found.columns)


def test_settings_are_apart() -> None:
    """Another dataset, factor or protocol has lines and corrections of its own."""
    other = [scored(name, BASE + number, factor=2) for number, name in enumerate(("base", "good"))]
    found = compared(scored("good", BASE + 1), scored("fine", BASE + 2), *other)
    assert found[found["factor"] == 2]["psnr_p_holm"].to_list() == pytest.approx([2 / 256])
    assert found[found["factor"] == 3]["psnr_p_holm"].to_list() == pytest.approx([4 / 256] * 2)


def test_same_scores_same_lines() -> None:
    """The order of rows does not matter, and the numbers are the same each time."""
    rows = pd.concat([scored("base", BASE), scored("other", BASE + np.sin(np.arange(IMAGES)))])
    first = comparisons(rows, "base")
    shuffled = rows.sample(frac=1, random_state=1)
    assert first.drop(columns="device").to_dict() == comparisons(rows, "base").drop(columns="device").to_dict()
    again = comparisons(shuffled, "base").loc[0]
    assert again["psnr_difference"] == pytest.approx(first.loc[0, "psnr_difference"], abs=1e-12)
    assert again["psnr_verdict"] == first.loc[0, "psnr_verdict"]


def test_lower_is_better() -> None:
    """Of a metric that is better when lower, a method with lower values is better; its difference is negative."""
    metrics = METRICS | {"lpips": of_metric("lpips", Metric(label="LPIPS", better="lower", low=0))}
    rows = [scored("base", BASE), scored("good", BASE), scored("none", BASE)]
    good = np.linspace(0.1, 0.2, IMAGES)
    values = np.concatenate([np.full(IMAGES, 0.3), [math.nan], good[1:], np.full(IMAGES, math.nan)])
    scores = pd.concat(rows, ignore_index=True).assign(lpips=values)
    scores = scores.assign(judged=judged(scores, metrics), on_device="")
    found = module.comparisons(counted(scores, metrics), "base", metrics).set_index("method")
    assert list(found["lpips_verdict"]) == ["better", ""]
    assert found.loc["good", "lpips_difference"] == pytest.approx(good[1:].mean() - 0.3)
    assert found.loc["good", "lpips_p_holm"] == pytest.approx(2 / 2 ** (IMAGES - 1))  # one image and one method fewer
    assert found["psnr_verdict"].tolist() == ["equal", "equal"]
    led = module.comparisons(counted(scores, metrics), "base", {"lpips": metrics["lpips"], **metrics})
    assert (found["pairs"].tolist(), led["pairs"].tolist()) == ([IMAGES] * 2, [IMAGES - 1] * 2)
