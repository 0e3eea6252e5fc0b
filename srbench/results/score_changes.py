"""What changed between the scores of two runs: exact, image by image, and summed up by method and place."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from srbench.results.comparisons import METRICS, PLACE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from srbench.results.rows import ScoreRow

GROUP = ["method", *PLACE]
CELL = [*GROUP, "image"]
"""What a score is about. Not the device: that it changed is no reason for another score."""

FACTS = ("psnr", "ssim", "status", "reason", "code")

Change: TypeAlias = Literal["", "score", "lost", "gained", "status", "only in A", "only in B"]
"""How a cell changed; `lost` is a score in A that B was asked for and has not, `status` one bad status for another."""


def cells(a: Iterable[ScoreRow], b: Iterable[ScoreRow], asked: Callable[[str, str, int, str], bool]) -> pd.DataFrame:
    """Return one line per cell of two runs: `FACTS` of A and B (`*_a`, `*_b`), `change`, and by how much.

    `psnr_change` (dB) and `ssim_change` are B less A where both have a score, else NaN. `asked` tells whether B was to
    have scores of a method, dataset, factor and protocol: where it was not, a score only in A is not lost.
    """
    both = _frame(a).merge(_frame(b), how="outer", on=CELL, suffixes=("_a", "_b"))
    for name in METRICS:
        one, two = both[f"{name}_a"].to_numpy(float), both[f"{name}_b"].to_numpy(float)
        with np.errstate(invalid="ignore"):  # inf - inf
            both[f"{name}_change"] = np.where(one == two, 0.0, two - one)
    both["change"] = [_change(line, asked(*(line[name] for name in GROUP))) for line in both.to_dict("records")]
    return both


def places(found: pd.DataFrame) -> pd.DataFrame:
    """Return one line per method, dataset, factor and protocol that both runs have scores of.

    `images` have a score in both, `changed` of them another one; `psnr_a` to `ssim_b` are means over those that are
    finite in both; `psnr_change` and `ssim_change` are means over the
    images, minus infinity where one is no longer reproduced exactly; `worst` is the image that lost most PSNR (or SSIM,
    where PSNR stays), `worst_psnr_a` to `worst_ssim_b` its scores, empty and NaN where nothing changed.
    """
    scored = found[found["change"].isin(["", "score"]) & (found["status_a"] == "ok")]
    lines = [_place(dict(zip(GROUP, key, strict=True)), group) for key, group in scored.groupby(GROUP, sort=False)]
    means = [f"{name}_{run}" for name in METRICS for run in "ab"]
    counts, worst = ["images", "changed"], [f"worst_{name}" for name in means]
    return pd.DataFrame(lines, columns=[*GROUP, *counts, *means, "psnr_change", "ssim_change", "worst", *worst])


def _place(line: dict[str, Any], group: pd.DataFrame) -> dict[str, Any]:
    changed = group[group["change"] == "score"]
    line |= {"images": len(group), "changed": len(changed), "worst": ""}
    finite = group[np.isfinite(group[["psnr_a", "psnr_b"]].to_numpy(float)).all(axis=1)]
    line |= {f"{name}_{run}": finite[f"{name}_{run}"].astype(float).mean() for name in METRICS for run in "ab"}
    line |= {f"{name}_change": _mean(group[f"{name}_change"].to_numpy(float)) for name in METRICS}
    if len(changed):
        worst = changed.sort_values(["psnr_change", "ssim_change"], kind="stable").iloc[0]
        line |= {f"worst_{name}_{run}": worst[f"{name}_{run}"] for name in METRICS for run in "ab"}
        line["worst"] = worst["image"]
    return line


def _mean(changes: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    """Return the mean of finite changes; an image that was reproduced exactly, and is no more, outweighs them all."""
    if (changes == -math.inf).any():
        return -math.inf
    finite = changes[np.isfinite(changes)]
    return float(finite.mean()) if len(finite) else 0.0


def _frame(rows: Iterable[ScoreRow]) -> pd.DataFrame:
    return pd.DataFrame([[getattr(row, name) for name in (*CELL, *FACTS)] for row in rows], columns=[*CELL, *FACTS])


def _change(line: Mapping[Any, Any], asked: bool) -> Change:
    before, after = line["status_a"], line["status_b"]
    if pd.isna(before):
        return "only in B"
    if before == "ok" and after != "ok":
        return "lost" if asked or isinstance(after, str) else "only in A"
    if pd.isna(after):
        return "only in A"
    if before != "ok":
        return "gained" if after == "ok" else "status" if before != after else ""
    same = all(_same(line[f"{name}_a"], line[f"{name}_b"]) for name in METRICS)
    return "" if same else "score"


def _same(one: float, two: float) -> bool:
    return one == two or (math.isnan(one) and math.isnan(two))
