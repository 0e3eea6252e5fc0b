"""Speeds: what timing samples come to, one line per method, factor, device and size of LR."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from srbench.speed import statistics
from srbench.speed.roofline import copy_rate, sgemm_rate

if TYPE_CHECKING:
    from collections.abc import Sequence

BASELINE = "bicubic"
"""The method that others are compared with, where there is it."""

CASE = ["factor", "device", "height", "width", "channels", "dtype"]
"""What is timed alike."""

OUTPUTS = {"fps_1080p": 1920 * 1080 / 1e6, "fps_4k": 3840 * 2160 / 1e6}
"""Megapixels of the outputs that frames per second are given for."""

COLUMNS = (
    *("method", *CASE, "megapixels", "processes", "samples", "load", "first", "call", "call_low", "call_high"),
    *("call_p95", "compute", "enqueued", "device_seconds", "ms_per_mpx", "exponent", *OUTPUTS),
    *("baseline", "ratio", "ratio_low", "ratio_high", "memory", "device_memory", "parameters", "multiply_adds"),
    *("limit", "limit_share", "threads", "clock", "verdict", "reason"),
)


def baseline_of(methods: Sequence[str]) -> str:
    """Return the method that the others are compared with: bicubic, else the first."""
    return BASELINE if BASELINE in methods or not methods else methods[0]


def speeds(timings: pd.DataFrame, methods: Sequence[str]) -> pd.DataFrame:
    """Return the table, in the order of `methods`, then of sizes.

    Seconds are medians; `*_low` and `*_high` are 99 % intervals; `ratio` is to `baseline`, in the same rounds. `limit`
    is the seconds that the machine needs at least (`_limit`), `limit_share` how much of the time that is.
    `verdict` is `steady`, `noisy` or, where there is no time, the status of the row that says why; `reason` says why.
    """
    baseline = baseline_of(methods)
    lines = []
    for case, group in timings[timings["method"] != ""].groupby(["factor", "device"], sort=False):
        machine = timings[(timings["method"] == "") & (timings["factor"] == case[0]) & (timings["device"] == case[1])]
        here = group[group["height"] > 0].groupby(CASE, sort=False)
        for key, same in here:
            lines += [
                _line(name, dict(zip(CASE, key, strict=True)), same, group, machine, baseline)
                for name in methods
                if (same["method"] == name).any()
            ]
        lines += _unloaded(group, methods)
    frame = pd.DataFrame(lines, columns=list(COLUMNS))
    order = frame["method"].map({name: number for number, name in enumerate(methods)})
    frame = frame.assign(order=order).sort_values(
        ["factor", "device", "channels", "dtype", "megapixels", "height", "order"], ignore_index=True
    )
    frame = _with_curves(frame.drop(columns="order"))
    return frame.astype({name: "Int64" for name in ("memory", "device_memory", "parameters")})


def _line(
    name: str, key: dict[str, Any], same: pd.DataFrame, group: pd.DataFrame, machine: pd.DataFrame, baseline: str
) -> dict[str, Any]:
    """Return the line of one method at one size; `same` holds all methods at this size, `group` all sizes."""
    rows = same[same["method"] == name]
    loads = group[(group["method"] == name) & (group["phase"] == "load")]
    megapixels = key["height"] * key["width"] * key["factor"] ** 2 / 1e6
    line: dict[str, Any] = {"method": name, **key, "megapixels": megapixels, "baseline": baseline}
    line |= {"load": loads["seconds"].median(), "parameters": loads["parameters"].max()}
    line |= {"multiply_adds": loads["multiply_adds"].max(), "first": _seconds(rows, "first").median()}
    bad = rows[rows["status"] != "ok"]
    calls = rows[(rows["phase"] == "call") & (rows["status"] == "ok")]
    if len(bad) or calls.empty:
        worst = bad.iloc[0] if len(bad) else None
        return line | {
            "verdict": "skipped" if worst is None else worst["status"],
            "reason": "no time was left for it" if worst is None else worst["reason"],
        }
    processes = [list(each["seconds"]) for _, each in calls.groupby("process")]
    call = statistics.median(processes)
    ratio = statistics.ratio(_visits(calls), _visits(_calls_of(same, baseline)))
    limit = _limit(line, machine)
    doubts = statistics.doubts(
        processes,
        calls["waited"].to_numpy(float),
        calls["mhz"].to_numpy(float),
        set(calls["throttled"]) - {""},
    )
    foreign = int(calls["foreign"].fillna(0).max())
    doubts += [f"{foreign} other processes on the GPU"] if foreign else []
    return line | {
        "processes": len(processes),
        "samples": len(calls),
        "call": call.value,
        "call_low": call.low,
        "call_high": call.high,
        "call_p95": calls["seconds"].quantile(0.95),
        "compute": _seconds(rows, "compute").median(),
        "enqueued": calls["enqueued"].median(),
        "device_seconds": calls["device_seconds"].median(),
        "ms_per_mpx": call.value * 1e3 / megapixels,
        "ratio": ratio.value,
        "ratio_low": ratio.low,
        "ratio_high": ratio.high,
        "memory": calls["memory"].max(),
        "device_memory": calls["device_memory"].max(),
        "limit": limit,
        "limit_share": limit / _least(call.value, _seconds(rows, "compute").median()),
        "threads": calls["threads"].iloc[0],
        "clock": calls["clock"].iloc[0],
        "verdict": "noisy" if doubts else "steady",
        "reason": "; ".join([*doubts, *sorted(set(calls["reason"]) - {""})]),
    }


def _unloaded(group: pd.DataFrame, methods: Sequence[str]) -> list[dict[str, Any]]:
    """Return a line for each method that was not timed at any size, with the reason."""
    timed = set(group.loc[group["height"] > 0, "method"])
    bad = group[(group["status"] != "ok") & ~group["method"].isin(timed)].drop_duplicates("method")
    bad = bad[bad["method"].isin(methods)]
    return [
        {name: row[name] for name in ("method", *CASE)} | {"verdict": row["status"], "reason": row["reason"]}
        for _, row in bad.iterrows()
    ]


def _calls_of(same: pd.DataFrame, name: str) -> pd.DataFrame:
    return same[(same["method"] == name) & (same["phase"] == "call") & (same["status"] == "ok")]


def _seconds(rows: pd.DataFrame, phase: str) -> pd.Series:
    return rows.loc[(rows["phase"] == phase) & (rows["status"] == "ok"), "seconds"]


def _visits(calls: pd.DataFrame) -> dict[tuple[int, int], float]:
    """Return the median of each visit, by process and round."""
    found: dict[tuple[int, int], float] = calls.groupby(["process", "round"])["seconds"].median().to_dict()
    return found


def _least(*seconds: float) -> float:
    return min(each for each in seconds if not math.isnan(each))


def _limit(line: dict[str, Any], machine: pd.DataFrame) -> float:
    """Return the seconds that the machine needs at least; NaN where it was not measured.

    That is the longer of two: for the method's multiply-adds, two operations each, at the rate of sgemm; for reading
    LR and writing SR once, at the rate of a copy.
    """
    rates = {
        probe: float(np.median([rate(*each) for each in rows[["seconds", "height", "width"]].itertuples(index=False)]))
        for probe, rate in (("sgemm", sgemm_rate), ("copy", copy_rate))
        if len(rows := machine[machine["phase"] == probe])
    }
    if not rates:
        return math.nan
    pixels = line["megapixels"] * 1e6
    size = line["channels"] * np.dtype(line["dtype"]).itemsize
    traffic = pixels * size * (1 + 1 / line["factor"] ** 2) / rates["copy"]
    work = 0.0 if math.isnan(line["multiply_adds"]) else 2 * line["multiply_adds"] * pixels / rates["sgemm"]
    return float(max(traffic, work))


def _with_curves(frame: pd.DataFrame) -> pd.DataFrame:
    """Fill in how time grows with size, and the frames per second at outputs that follow from it."""
    curve = ["method", "factor", "device", "channels", "dtype"]
    for _, lines in frame[frame["call"].notna()].groupby(curve, sort=False):
        megapixels, seconds = lines["megapixels"].to_numpy(), lines["call"].to_numpy(float)
        power = statistics.exponent(list(megapixels), list(seconds))
        frame.loc[lines.index, "exponent"] = power
        for column, wanted in OUTPUTS.items():
            nearest = int(np.argmin(np.abs(np.log(megapixels / wanted))))
            power_used = 1.0 if math.isnan(power) else power
            frame.loc[lines.index, column] = 1 / (seconds[nearest] * (wanted / megapixels[nearest]) ** power_used)
    return frame
