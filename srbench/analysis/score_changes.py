"""What changed between the scores of two runs: exact, image by image, and summed up by method and setting."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from srbench.analysis import metric_values
from srbench.analysis.settings import devices
from srbench.analysis.tables import ASKED
from srbench.store.rows import ScoreRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from srbench.analysis.columns import Column, Metrics
    from srbench.store.rows import Row

GROUP = [*ASKED, "on_device"]
"""A method in a setting. A run on another device is compared, too: the device is no reason for another score. Where a
run has scores of several devices, each is compared with its own (`settings.devices`)."""

CELL = [*GROUP, "image"]
"""What a score is about."""

FACTS = ("status", "reason", "code")

Change: TypeAlias = Literal["", "score", "lost", "gained", "status", "only in A", "only in B"]
"""How a cell changed; `lost` is a score in A that B was asked for and has not, `status` one bad status for another."""


def cells(
    a: Iterable[Row], b: Iterable[Row], asked: Callable[[str, str, int, str], bool], metrics: Metrics
) -> pd.DataFrame:
    """Return one line per cell of two runs: metrics and `FACTS` of A and B (`*_a`, `*_b`), `change`, and by how much.

    Of metrics other than PSNR and SSIM there are also `metric_values.facts`.

    `*_change` of each metric is B less A where both have a score, else NaN. `asked` tells whether B was to
    have scores of a method, dataset, factor and protocol: where it was not, a score only in A is not lost.
    """
    rows = pd.concat([_frame(a, metrics).assign(run="a"), _frame(b, metrics).assign(run="b")], ignore_index=True)
    rows = rows.merge(devices(rows, "run", ASKED), how="left", on=[*ASKED, "run", "device"])
    scored_first = rows["status"].ne("ok").sort_values(kind="stable").index
    rows = rows.loc[scored_first].drop_duplicates(["run", *CELL]).sort_index()
    one, two = (rows[rows["run"] == run].drop(columns=["run", "device"]) for run in "ab")
    both = one.merge(two, how="outer", on=CELL, suffixes=("_a", "_b"))
    for name in metrics:
        before, after = (both[f"{name}_{run}"].to_numpy(float) for run in "ab")
        with np.errstate(invalid="ignore"):  # inf - inf
            both[f"{name}_change"] = np.where(before == after, 0.0, after - before)
    both["change"] = [
        _change(line, asked(*(line[name] for name in ASKED)), metrics) for line in both.to_dict("records")
    ]
    return both


def settings(found: pd.DataFrame, metrics: Metrics) -> pd.DataFrame:
    """Return one line per method and setting that both runs have scores of.

    `images` have a score in both, `changed` of them another one. Of each metric, `*_a` and `*_b` are means over the
    `*_images` that are finite in both, `*_change` is the mean change of these, minus infinity where an image is no
    longer reproduced exactly. `worst` is the image that lost most by the leading metric (or the next, where that
    stays), `worst_*_a` and `worst_*_b` its scores, empty and NaN where nothing changed.
    """
    scored = found[found["change"].isin(["", "score"]) & (found["status_a"] == "ok")]
    groups = scored.groupby(GROUP, sort=False)
    lines = [_setting(dict(zip(GROUP, key, strict=True)), group, metrics) for key, group in groups]
    means = [f"{name}_{run}" for name in metrics for run in "ab"]
    counts = ["images", "changed", *(f"{name}_images" for name in metrics)]
    worst = [f"worst_{name}" for name in means]
    changes = [f"{name}_change" for name in metrics]
    return pd.DataFrame(lines, columns=[*GROUP, *counts, *means, *changes, "worst", *worst])


def _setting(line: dict[str, Any], group: pd.DataFrame, metrics: Metrics) -> dict[str, Any]:
    changed = group[group["change"] == "score"]
    line |= {"images": len(group), "changed": len(changed), "worst": ""}
    for metric in metrics.values():
        line |= _means(group, metric)
    if len(changed):
        worst = changed.iloc[np.lexsort([_gains(changed, each) for each in reversed(metrics.values())])[0]]
        line |= {f"worst_{name}_{run}": worst[f"{name}_{run}"] for name in metrics for run in "ab"}
        line["worst"] = worst["image"]
    return line


def _gains(group: pd.DataFrame, metric: Column) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the changes of each image, positive where it became better."""
    gains: np.ndarray[Any, np.dtype[np.float64]] = metric.sign * group[f"{metric.name}_change"].to_numpy(float)
    return gains


def _means(group: pd.DataFrame, metric: Column) -> dict[str, Any]:
    """Return means over the images finite in both; one reproduced exactly, and no more, outweighs the mean change."""
    name = metric.name
    finite = group[np.isfinite(group[[f"{name}_{run}" for run in "ab"]].to_numpy(float)).all(axis=1)]
    change = finite[f"{name}_change"].mean() if len(finite) else 0.0
    no_longer_exact = (_gains(group, metric) == -math.inf).any()
    return {
        f"{name}_images": len(finite),
        **{f"{name}_{run}": finite[f"{name}_{run}"].astype(float).mean() for run in "ab"},
        f"{name}_change": -math.inf * metric.sign if no_longer_exact else float(change),
    }


def _frame(rows: Iterable[Row], metrics: Metrics) -> pd.DataFrame:
    rows = list(rows)
    scores = [row for row in rows if isinstance(row, ScoreRow)]
    names = [*ASKED, "image", "device", *metrics, *FACTS, *metric_values.facts(metrics)]
    return metric_values.frame(names, scores, rows, metrics)


def _change(line: Mapping[Any, Any], asked: bool, metrics: Metrics) -> Change:
    before, after = line["status_a"], line["status_b"]
    if pd.isna(before):
        return "only in B"
    if before == "ok" and after != "ok":
        return "lost" if asked or isinstance(after, str) else "only in A"
    if pd.isna(after):
        return "only in A"
    if before != "ok":
        return "gained" if after == "ok" else "status" if before != after else ""
    same = all(_same(line[f"{name}_a"], line[f"{name}_b"]) for name in metrics)
    return "" if same else "score"


def _same(one: float, two: float) -> bool:
    return one == two or (math.isnan(one) and math.isnan(two))
