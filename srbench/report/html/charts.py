"""What the charts of the page draw, ready for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from srbench.quality.significance import interval
from srbench.report.drawing import kind
from srbench.report.html.boards import place_of, with_differences
from srbench.report.scoreboard import fair
from srbench.results.comparisons import METRICS, PLACE
from srbench.results.fronts import pareto
from srbench.results.rows import DEVICES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from srbench.report.findings import Findings
    from srbench.report.html.legend import Legend

POINTS = 500
"""Points of a strip: beyond that, evenly by rank, extremes kept."""

SAMPLES = 200
"""The same of timing samples."""


def latencies(board: pd.DataFrame, legend: Legend) -> list[dict[str, Any]]:
    """Return quality and latency of each method and place that has both: PSNR in dB, milliseconds per megapixel.

    `front` tells which no other beats in both; means that are not `fair` are on none.
    """
    found = []
    for _, place in board.groupby(PLACE, sort=False):
        for name in DEVICES:
            column = f"{name}_ms_per_mpx"
            lines = place[np.isfinite(place["psnr"]) & (place[column] > 0)]
            counts = fair(lines)
            front = pareto(list(zip(lines[column], lines["psnr"].where(counts), strict=True)))
            found += [
                {"place": legend.places[place_of(line)], "method": line["method"], "device": name, "ms": line[column]}
                | {"psnr": line["psnr"], "ssim": line["ssim"], "fair": counts[index], "front": best}
                for (index, line), best in zip(lines.iterrows(), front, strict=True)
            ]
    return found


def strips(findings: Findings, legend: Legend) -> list[dict[str, Any]]:
    """Return the scores of each image: a strip per place, method and measure (psnr, ssim, difference).

    `points` are (image, value) pairs in the order of values, `POINTS` of the `of` at most; `mean` is over all, with its
    95 % interval `low` to `high`. What is not finite is left out.
    """
    scores = with_differences(findings)
    found = []
    for _, group in scores[scores["status"] == "ok"].groupby([*PLACE, "method"], sort=False):
        line = group.iloc[0]
        fixed = {"place": legend.places[place_of(line)], "method": line["method"]}
        images = group["image"].to_numpy(object)
        for name in (*METRICS, "difference"):
            values = group[name].to_numpy(float)
            finite = np.isfinite(values)
            if finite.any():
                found.append(fixed | {"measure": name} | _strip(images[finite], values[finite]))
    return found


def _strip(images: NDArray[np.object_], values: NDArray[np.float64]) -> dict[str, Any]:
    mean, low, high = interval(values)
    chosen = spread(values, POINTS)
    points = [[str(images[each]), round(float(values[each]), 6)] for each in chosen]
    return {"of": len(values), "points": points, "mean": mean, "low": low, "high": high}


def spread(values: Sequence[float] | NDArray[np.float64], most: int) -> list[int]:
    """Return the positions of at most `most` of `values`, the lowest value first: evenly by rank, extremes kept."""
    order = np.argsort(np.asarray(values, float), kind="stable")
    places = np.linspace(0, len(order) - 1, min(most, len(order))).round().astype(int)
    return [int(each) for each in order[places]]


def ranks(findings: Findings, legend: Legend) -> list[dict[str, Any]]:
    """Return mean ranks by place, with the critical difference; places where nothing can be told are left out."""
    found = findings.ranks[findings.ranks["critical_difference"].notna()]
    return [
        {"place": legend.places[place_of(group.iloc[0])], "images": int(group["images"].iloc[0])}
        | {"difference": group["critical_difference"].iloc[0]}
        | {"methods": [[line.method, line.rank] for line in group[["method", "rank"]].itertuples(index=False)]}
        for _, group in found.groupby(PLACE, sort=False)
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
