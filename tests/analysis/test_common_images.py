"""Common images: which scores methods are judged by, whatever images which method lacks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from srbench.analysis.columns import metrics_of
from srbench.analysis.common_images import judged

if TYPE_CHECKING:
    from collections.abc import Mapping

METRICS = metrics_of({})

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
