"""What the charts of the page draw, ready for JSON."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from srbench.analysis.columns import TIMES
from srbench.analysis.fronts import pareto
from srbench.analysis.settings import SETTING
from srbench.analysis.speeds import CASE, SIZE, kind
from srbench.analysis.statistics import PROCESSES
from srbench.reports.html.boards import with_differences
from srbench.reports.html.legend import setting_of
from srbench.store.rows import place

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


def latencies(findings: Findings, legend: Legend) -> list[dict[str, Any]]:
    """Return quality and latency of each method and setting that has both: metrics, and milliseconds per megapixel.

    `front` tells by each metric which no other beats in both; means that are not `judged` are on none.
    """
    found, metrics, board = [], findings.metrics, findings.scoreboard
    for _, group in board[board[list(metrics)].notna().any(axis=1)].groupby(SETTING, sort=False):
        for name, time in TIMES.items():
            lines = group[group[name] > 0]
            fronts = {metric: _front(lines, name, metric) for metric in metrics}
            found += [
                {"setting": legend.settings[setting_of(line)], "method": line["method"], "device": time.label}
                | {"ms": line[name], **line[list(metrics)], "judged": line["judged"]}
                | {"front": {metric: front[number] for metric, front in fronts.items()}}
                for number, (_, line) in enumerate(lines.iterrows())
            ]
    return found


def _front(lines: pd.DataFrame, time: str, metric: str) -> list[bool]:
    """Tell which methods are on the front of a time and a metric; one without a mean is on none."""
    orders = lines[f"{metric}_order"]
    return pareto(list(zip(lines[time], -orders.where(lines["judged"] & (orders > 0)), strict=True)))


def _ends(findings: Findings) -> dict[str, tuple[str, str, str]]:
    """Return the columns of the scoreboard with the mean of each measure and its interval."""
    first = findings.cells.leading.name
    ends = {name: (name, f"{name}_mean_low", f"{name}_mean_high") for name in findings.metrics}
    return ends | {"difference": (f"{first}_difference", f"{first}_low", f"{first}_high")}


def strips(findings: Findings, legend: Legend) -> list[dict[str, Any]]:
    """Return the scores of each image: a strip per setting, method and measure (each metric, and `difference`).

    `points` are (image, value, judged) in the order of values, `POINTS` of the `of` at most: those that are not judged
    are in no mean. `mean`, with its 95 % interval `low` to `high`, is that of the scoreboard.
    """
    scores = with_differences(findings)
    scores = scores[scores["status"] == "ok"]
    groups = dict(iter(scores.groupby(["method", *SETTING, "device"], sort=False)))
    found, measures = [], _ends(findings)
    for _, line in findings.scoreboard.iterrows():
        group = groups.get((line["method"], *line[SETTING], line["device"]))
        for name, ends in measures.items():
            known = scores[:0] if group is None else group[group[name].notna()]
            if len(known):
                about = {"setting": legend.settings[setting_of(line)], "method": line["method"], "measure": name}
                found.append(
                    about | _strip(known, name) | dict(zip(("mean", "low", "high"), line[[*ends]], strict=True))
                )
    return found


def _strip(scores: pd.DataFrame, name: str) -> dict[str, Any]:
    values = scores[name].to_numpy(float)
    images, judged = scores["image"].to_numpy(), scores["judged"].to_numpy(bool)
    points = [[str(images[each]), round(float(values[each]), 6), bool(judged[each])] for each in spread(values, POINTS)]
    return {"of": len(values), "points": points}


def spread(values: Sequence[float] | NDArray[np.float64], most: int) -> list[int]:
    """Return the positions of at most `most` of `values`, the lowest value first: evenly by rank, extremes kept."""
    order = np.argsort(np.asarray(values, float), kind="stable")
    positions = np.linspace(0, len(order) - 1, min(most, len(order))).round().astype(int)
    return [int(each) for each in order[positions]]


def ranks(findings: Findings, legend: Legend) -> list[dict[str, Any]]:
    """Return mean ranks by setting, each with its verdict against the baseline; settings without any are left out."""
    placed = findings.places[findings.places["rank"].notna()]
    verdicts = findings.comparisons.set_index(["method", *SETTING])[findings.cells.source("verdict")]
    return [
        {"setting": legend.settings[setting_of(group.iloc[0])], "images": int(group["images"].iloc[0])}
        | {
            "methods": [
                [line["method"], line["rank"], verdicts.get(tuple(line[["method", *SETTING]]), "")]
                for _, line in group.iterrows()
            ]
        }
        for _, group in placed.groupby(SETTING, sort=False)
    ]


def samples(findings: Findings) -> list[dict[str, Any]]:
    """Return the timing of each method and size: samples of warm calls, the median and its 99 % interval, in ms."""
    calls = findings.tables.timings
    calls = calls[(calls["phase"] == "call") & (calls["status"] == "ok")]
    names = [*CASE, *SIZE, "method"]
    groups = dict(iter(calls.groupby(names, sort=False)))
    speeds = findings.tables.speeds
    return list(_timed(speeds[speeds["call"].notna()], groups, names))


def timed(line: pd.Series) -> str:
    """Return what was timed, but for the method: factor, device, threads and LR."""
    size = f"{int(line['width'])}×{int(line['height'])}"  # noqa: RUF001 - times
    where = place(line["device"], line["thread_limit"])
    return f"x{line['factor']} on {where}: {size} {kind(line['channels'], line['dtype'])}"


def _timed(speeds: pd.DataFrame, groups: dict[Any, pd.DataFrame], names: list[str]) -> Iterator[dict[str, Any]]:
    for _, line in speeds.iterrows():
        group = groups.get(tuple(line[names]))
        if group is None:
            continue
        ms = (group["seconds"] / group["calls"]).to_numpy(float) * 1e3
        process = group["process"].to_numpy()
        points = [[f"process {process[each] + 1}", round(float(ms[each]), 6)] for each in spread(ms, SAMPLES)]
        low, high = bounds(line)
        yield {
            "size": timed(line),
            "method": line["method"],
            "of": len(ms),
            "points": points,
            "mean": line["call"] * 1e3,
            "low": low,
            "high": high,
        }


def bounds(line: pd.Series) -> tuple[float, float]:
    """Return the interval of a time, ms; NaN where there were too few processes for one to mean anything."""
    known = line["processes"] >= PROCESSES
    return (line["call_low"] * 1e3, line["call_high"] * 1e3) if known else (math.nan, math.nan)
