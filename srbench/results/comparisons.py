"""Comparisons: what the scores of one run say about its methods, image by image, and how sure that is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from srbench.quality import significance

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACE = ["dataset", "factor", "protocol"]
"""What methods are compared within."""

METRICS = ("psnr", "ssim")

COLUMNS = (
    *("method", *PLACE, "device", "baseline", "pairs", "smallest_p"),
    *(f"{name}_{what}" for name in METRICS for what in ("difference", "low", "high", "p", "p_holm", "verdict")),
)

Verdict: TypeAlias = Literal["better", "worse", "undecided", "too few images", "equal", ""]
"""What a comparison comes to at `significance.LEVEL`; empty where there is nothing to compare."""


def place_name(key: Any) -> str:  # noqa: ANN401 - the key of a group by `PLACE`
    """Return what a place is called."""
    dataset, factor, protocol = key
    return f"{dataset} x{factor}, {protocol}"


def comparisons(scores: pd.DataFrame, baseline: str) -> pd.DataFrame:
    """Return one line per method, dataset, factor and protocol: how it differs from `baseline` on the same images.

    `*_difference` is the mean over the `pairs` of images that both have a finite PSNR of, method less baseline, with
    a 95 % interval (`*_low`, `*_high`), a p-value, and `*_p_holm`, corrected over the methods of the same place.
    `smallest_p` is the smallest corrected p-value that so many images and methods can give: where it is above the
    level, the verdict is `too few images`. The baseline has no line; nor has anything where it has no score.
    """
    lines = [line for _, place in _good(scores).groupby(PLACE, sort=False) for line in _lines(place, baseline)]
    return pd.DataFrame(lines, columns=list(COLUMNS)).astype({"pairs": int})


def ranks(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the mean rank by PSNR of each method over the images of each place, with the critical difference.

    Columns: dataset, factor, protocol, method, rank (1 the best), images, critical_difference (NaN where there are
    fewer than two methods or images), friedman_p. Images count that every method has a score of; where a method has
    none at all, it is left out. The best come first.
    """
    lines: list[dict[str, Any]] = []
    for key, place in _good(scores).groupby(PLACE, sort=False):
        table = place.pivot_table("psnr", "image", "method", sort=False, dropna=False).dropna()
        found = significance.ranks(table.to_numpy(float))
        fixed = dict(zip(PLACE, key, strict=True)) | {"images": len(table)}
        fixed |= {"critical_difference": found.critical_difference, "friedman_p": found.p}
        ordered = sorted(zip(table.columns, found.mean, strict=True), key=lambda each: each[1])
        lines += [fixed | {"method": method, "rank": rank} for method, rank in ordered]
    columns = [*PLACE, "method", "rank", "images", "critical_difference", "friedman_p"]
    return pd.DataFrame(lines, columns=columns)


def _good(scores: pd.DataFrame) -> pd.DataFrame:
    return scores[scores["status"] == "ok"]


def _lines(place: pd.DataFrame, baseline: str) -> Iterator[dict[str, Any]]:
    base = place[place["method"] == baseline].set_index("image")
    others = [(method, group) for method, group in place.groupby("method", sort=False) if method != baseline]
    lines = [_line(str(method), group.set_index("image"), base) for method, group in others] if len(base) else []
    tested = sum(bool(line["pairs"]) for line in lines)
    for name in METRICS:
        for line, p in zip(lines, significance.holm([line[f"{name}_p"] for line in lines]), strict=True):
            line["smallest_p"] = min(1.0, tested * significance.smallest_p(line["pairs"]))
            line[f"{name}_p_holm"] = p
            line[f"{name}_verdict"] = _verdict(line[f"{name}_difference"], p, line["smallest_p"])
    yield from lines


def _line(method: str, mine: pd.DataFrame, base: pd.DataFrame) -> dict[str, Any]:
    first = mine.iloc[0]
    line: dict[str, Any] = {name: first[name] for name in (*PLACE, "device")}
    scores = list(METRICS)
    differences = mine[scores].sub(base[scores], axis="index").dropna()  # NaN where an image is only in one
    finite = differences[np.isfinite(differences).all(axis=1)]  # infinite where one reproduces an image exactly
    line |= {"method": method, "baseline": base["method"].iloc[0], "pairs": len(finite)}
    for name in METRICS:
        found = significance.paired(finite[name].to_numpy(float))
        line |= {f"{name}_{what}": value for what, value in zip(("difference", *found._fields[1:]), found, strict=True)}
    return line


def _verdict(difference: float, p: float, smallest: float) -> Verdict:
    if math.isnan(p):
        return ""
    if difference == 0 and p == 1:
        return "equal"
    if p <= significance.LEVEL:
        return "better" if difference > 0 else "worse"
    return "too few images" if smallest > significance.LEVEL else "undecided"
