"""What the charts of the page draw, ready for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from srbench.analysis.columns import LEADING, METRICS, TIMES
from srbench.analysis.fronts import pareto
from srbench.analysis.settings import SETTING, rankable
from srbench.analysis.significance import intervals
from srbench.analysis.speeds import kind
from srbench.reports.html.boards import with_differences
from srbench.reports.html.legend import setting_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from srbench.reports.findings import Findings
    from srbench.reports.html.legend import Legend

POINTS = 500
"""Points of a strip: beyond that, evenly by rank, extremes kept."""

SAMPLES = 200
"""The same of timing samples."""


def latencies(board: pd.DataFrame, legend: Legend) -> list[dict[str, Any]]:
    """Return quality and latency of each method and setting that has both: metrics, and milliseconds per megapixel.

    `front` tells which no other beats in both; means that are not `rankable` are on none.
    """
    found = []
    for _, group in board[np.isfinite(board[LEADING])].groupby(SETTING, sort=False):
        for name, time in TIMES.items():
            lines = group[group[name] > 0]
            counts = rankable(lines)
            gains = METRICS[LEADING].sign * lines[LEADING].where(counts)
            front = pareto(list(zip(lines[name], gains, strict=True)))
            found += [
                {"setting": legend.settings[setting_of(line)], "method": line["method"], "device": time.label}
                | {"ms": line[name], **line[list(METRICS)], "rankable": counts[index], "front": best}
                for (index, line), best in zip(lines.iterrows(), front, strict=True)
            ]
    return found


def strips(findings: Findings, legend: Legend) -> list[dict[str, Any]]:
    """Return the scores of each image: a strip per setting, method and measure (each metric, and `difference`).

    `points` are (image, value) pairs in the order of values, `POINTS` of the `of` at most; `mean` is over all, with its
    95 % interval `low` to `high`. What is not finite is left out.
    """
    scores = with_differences(findings)
    found = []
    for _, group in scores[scores["status"] == "ok"].groupby(SETTING, sort=False):
        measured = [(name, *_table(group, name)) for name in (*METRICS, "difference")]
        values = np.concatenate([table for _, table, _ in measured], axis=1)
        ends = np.stack(intervals(values), axis=1).tolist()
        setting, methods = legend.settings[setting_of(group.iloc[0])], list(group["method"].unique())
        columns = [(name, method, names) for name, _, names in measured for method in methods]
        strips = [
            {"setting": setting, "method": method, "measure": name} | _strip(names, column, *each)
            for (name, method, names), column, each in zip(columns, values.T, ends, strict=True)
            if not np.isnan(column).all()
        ]
        found += sorted(strips, key=lambda strip: methods.index(strip["method"]))
    return found


def _table(group: pd.DataFrame, name: str) -> tuple[NDArray[np.float64], NDArray[np.object_]]:
    """Return finite scores (images, methods), NaN elsewhere, and the names of the images."""
    table = group.pivot_table(name, "image", "method", sort=False, dropna=False)
    table = table.reindex(columns=group["method"].unique(), index=group["image"].unique())
    values = table.to_numpy(float)
    return np.where(np.isfinite(values), values, np.nan), table.index.to_numpy(object)


def _strip(images: NDArray[np.object_], column: NDArray[np.float64], *ends: float) -> dict[str, Any]:
    there = ~np.isnan(column)
    names, values = images[there], column[there]
    points = [[str(names[each]), round(float(values[each]), 6)] for each in spread(values, POINTS)]
    return {"of": len(values), "points": points} | dict(zip(("mean", "low", "high"), ends, strict=True))


def spread(values: Sequence[float] | NDArray[np.float64], most: int) -> list[int]:
    """Return the positions of at most `most` of `values`, the lowest value first: evenly by rank, extremes kept."""
    order = np.argsort(np.asarray(values, float), kind="stable")
    positions = np.linspace(0, len(order) - 1, min(most, len(order))).round().astype(int)
    return [int(each) for each in order[positions]]


def ranks(findings: Findings, legend: Legend) -> list[dict[str, Any]]:
    """Return mean ranks by setting, with the critical difference; settings without one are left out."""
    found = findings.ranks[findings.ranks["critical_difference"].notna()]
    return [
        {"setting": legend.settings[setting_of(group.iloc[0])], "images": int(group["images"].iloc[0])}
        | {"difference": group["critical_difference"].iloc[0]}
        | {"methods": [[line.method, line.rank] for line in group[["method", "rank"]].itertuples(index=False)]}
        for _, group in found.groupby(SETTING, sort=False)
    ]


def samples(findings: Findings) -> list[dict[str, Any]]:
    """Return the timing of each method and size: samples of warm calls, the median and its 99 % interval, in ms."""
    calls = findings.tables.timings
    calls = calls[(calls["phase"] == "call") & (calls["status"] == "ok")]
    names = ["factor", "device", "height", "width", "channels", "dtype", "method"]
    groups = dict(iter(calls.groupby(names, sort=False)))
    speeds = findings.tables.speeds
    return list(_timed(speeds[speeds["call"].notna()], groups, names))


def _timed(speeds: pd.DataFrame, groups: dict[Any, pd.DataFrame], names: list[str]) -> Iterator[dict[str, Any]]:
    for _, line in speeds.iterrows():
        group = groups.get(tuple(line[names]))
        if group is None:
            continue
        ms = (group["seconds"] / group["calls"]).to_numpy(float) * 1e3
        process = group["process"].to_numpy()
        points = [[f"process {process[each] + 1}", round(float(ms[each]), 6)] for each in spread(ms, SAMPLES)]
        yield {
            "size": f"x{line['factor']} on {line['device']}: {int(line['width'])}×{int(line['height'])} "  # noqa: RUF001
            f"{kind(line['channels'], line['dtype'])}",
            "method": line["method"],
            "of": len(ms),
            "points": points,
            "mean": line["call"] * 1e3,
            "low": line["call_low"] * 1e3,
            "high": line["call_high"] * 1e3,
        }
