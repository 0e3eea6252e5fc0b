"""Common images: which scores methods are judged by, whatever images which method lacks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from srbench.analysis.columns import metrics_of, of_metric
from srbench.analysis.common_images import best_of_image, counted, judged
from srbench.metrics.declaration import Metric

if TYPE_CHECKING:
    from collections.abc import Mapping

METRICS = metrics_of({})
LPIPS = {"lpips": of_metric("lpips", Metric(label="LPIPS", better="lower", low=0))}

MARKS = {
    "-": ("failed", math.nan, False),
    "t": ("ok", 40.0, True),
    "e": ("ok", math.inf, False),
    "1": ("ok", 30.0, False),
}
"""Of an image: failed, trained on, exact, scored."""


def images_of(methods: Mapping[str, str]) -> dict[str, str]:
    """Return the images that methods are judged on, by their positions; a letter of `methods` is an image's mark."""
    fixed = {"dataset": "set", "factor": 3, "protocol": "basicsr", "device": "cpu"}
    lines = [
        {**fixed, "method": name, "image": str(number), "status": status, "psnr": psnr, "trained_on": seen}
        for name, marks in methods.items()
        for number, (status, psnr, seen) in enumerate(map(MARKS.__getitem__, marks))
    ]
    scores = pd.DataFrame(lines)
    kept = scores[judged(scores, METRICS)]
    return {str(name): "".join(group["image"]) for name, group in kept.groupby("method", sort=False)}


@pytest.mark.parametrize(
    ("methods", "expected"),
    [
        ({"a": "11111", "b": "11111"}, {"a": "01234", "b": "01234"}),
        ({"a": "11111", "b": "1-111"}, {"a": "0234", "b": "0234"}),
        ({"a": "1-111", "b": "1-111"}, {"a": "0234", "b": "0234"}),
        ({"a": "11", "b": "1-"}, {"a": "0", "b": "0"}),
        ({"a": "11111", "b": "1t111"}, {"a": "0234", "b": "0234"}),
        ({"a": "11111", "b": "11111", "c": "1----"}, {"a": "01234", "b": "01234"}),
        ({"c": "1----", "d": "-1---", "a": "11111", "b": "11111"}, {"a": "01234", "b": "01234"}),
        ({"a": "11111", "b": "ttttt", "c": "-----"}, {"a": "01234"}),
        ({"a": "11111", "b": "e1111"}, {"a": "01234", "b": "01234"}),
        ({"a": "e1111", "b": "e1111"}, {"a": "1234", "b": "1234"}),
        ({"a": "e1-", "b": "e11"}, {"a": "1", "b": "1"}),
        ({"a": "eee", "b": "eee"}, {"a": "012", "b": "012"}),
        ({"a": "11--", "b": "--11"}, {}),
        ({"a": "1--", "b": "-1-", "c": "--1"}, {}),
        ({"a": "ttt"}, {}),
        ({"a": "1--"}, {"a": "0"}),
        ({"a": "1111--", "b": "--1111", "c": "11111-"}, {"a": "0123", "c": "0123"}),
    ],
    ids=lambda each: ",".join(each.values()) if isinstance(each, dict) else "",
)
def test_images(methods: dict[str, str], expected: dict[str, str]) -> None:
    """All that are judged have the same images; who has too few is left out, and takes none away from the others."""
    assert images_of(methods) == expected


@pytest.mark.slow
def test_the_same_images_for_all() -> None:
    """Whatever is missing: judged methods share their images, and these are half of all at least, or there are none."""
    random = np.random.default_rng(0)
    for _ in range(200):
        marks = random.choice(list(MARKS), (4, 6), p=[0.2, 0.1, 0.1, 0.6])
        found = images_of({name: "".join(each) for name, each in zip("abcd", marks, strict=True)})
        assert len(set(found.values())) <= 1
        usable = np.isin(marks, ["1", "e"])
        exact = (marks == "e")[["abcd".index(name) for name in found]].all(axis=0).sum() if found else 0
        if found:
            assert len(next(iter(found.values()))) + exact >= usable.any(axis=0).sum() / 2


def with_lpips(methods: Mapping[str, str]) -> pd.DataFrame:
    """Return scores of all images; a letter of `methods` tells whether there is LPIPS, and what: 1 is 0.1."""
    fixed = {
        "dataset": "set",
        "factor": 3,
        "protocol": "basicsr",
        "device": "cpu",
        "status": "ok",
        "psnr": 30.0,
        "ssim": 0.9,
    }
    lines = [
        {
            **fixed,
            "on_device": "",
            "method": name,
            "image": str(number),
            "lpips": math.nan if mark == "-" else int(mark) / 10,
        }
        for name, marks in methods.items()
        for number, mark in enumerate(marks)
    ]
    scores = pd.DataFrame(lines).assign(trained_on=False)
    return scores.assign(judged=judged(scores, METRICS))


@pytest.mark.parametrize(
    ("methods", "expected"),
    [
        ({"a": "1111", "b": "1111"}, {"a": "0123", "b": "0123"}),
        ({"a": "1111", "b": "1-11"}, {"a": "023", "b": "023"}),
        ({"a": "1-11", "b": "1-11"}, {"a": "023", "b": "023"}),
        ({"a": "1111", "b": "1111", "c": "----"}, {"a": "0123", "b": "0123"}),
        ({"a": "1111", "b": "1111", "c": "1---"}, {"a": "0123", "b": "0123"}),
        ({"a": "1---"}, {"a": "0"}),
        ({"a": "----", "b": "----"}, {}),
    ],
    ids=lambda each: ",".join(each.values()) if isinstance(each, dict) else "",
)
def test_values_that_count(methods: dict[str, str], expected: dict[str, str]) -> None:
    """A metric's means are over images of which all have a value; who has too few has none, and takes none away."""
    scores = with_lpips(methods)
    found = counted(scores, METRICS | LPIPS)
    assert found.drop(columns="lpips").equals(scores.drop(columns="lpips"))
    kept = found[found["lpips"].notna()]
    assert {str(name): "".join(group["image"]) for name, group in kept.groupby("method", sort=False)} == expected


def test_scores_that_nobody_is_judged_by_keep_their_values() -> None:
    """Beside others, a method that is not judged has what it has."""
    scores = with_lpips({"a": "11-1", "b": "1111"})
    apart = scores.assign(judged=scores["method"] == "a")
    assert counted(apart, METRICS | LPIPS)["lpips"].count() == 7


def test_judged_by_a_metric_that_is_better_when_lower() -> None:
    """If LPIPS leads, images without it do not count, and the lowest is the best of an image."""
    scores = with_lpips({"a": "12-1", "b": "2111"})
    scores["judged"] = judged(scores, LPIPS | METRICS)
    assert scores["judged"].tolist() == [True, True, False, True] * 2
    best = scores[best_of_image(scores, LPIPS | METRICS)]
    assert ["".join(best.loc[best["image"] == image, "method"]) for image in "0123"] == ["a", "b", "", "ab"]
