"""Speeds: statistics of timing samples, one line per method, factor, device, number of threads and size of LR."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from srbench.analysis import frame_rates, statistics
from srbench.extras import INSTALL
from srbench.speed.roofline import copy_rate, sgemm_rate

if TYPE_CHECKING:
    from collections.abc import Sequence

BASELINE = "bicubic"
"""The method that others are compared with, if it was timed."""

CASE = ["factor", "device", "thread_limit"]
SIZE = ["height", "width", "channels", "dtype"]
"""What is timed alike."""

LIMITED = "the time limit was reached before its turn (--limit)"
"""Why a method has no time at a size that others have one of."""

COLUMNS = (
    *("method", *CASE, *SIZE, "megapixels", "processes", "samples", "load", "first", "call", "call_low", "call_high"),
    *("call_p95", "compute", "start", "enqueued", "device_seconds", "ms_per_mpx", "exponent", "fps"),
    *frame_rates.COLUMNS,
    *("baseline", "ratio", "ratio_low", "ratio_high", "ratio_verdict", "memory", "device_memory", "parameters"),
    *("multiply_adds", "limit", "limit_share", "processor", "threads", "clock", "verdict", "reason"),
)


def baseline_of(methods: Sequence[str]) -> str:
    """Return the method that the others are compared with: bicubic, else the first."""
    return BASELINE if BASELINE in methods or not methods else methods[0]


def kind(channels: int, dtype: str) -> str:
    """Return what an image is, in two words."""
    return f"{'RGB' if channels == 3 else 'luma'} {dtype}"  # noqa: PLR2004 - channels


def speeds(timings: pd.DataFrame, methods: Sequence[str]) -> pd.DataFrame:
    """Return the table of statistics of `timings`, by factor, device, threads and size, in the order of `methods`.

    Seconds are medians; `*_low` and `*_high` are 99 % intervals; `ratio` is to `baseline`, in the same rounds,
    and `ratio_verdict` says what it proves (`statistics.Estimate.difference`). `limit` is the seconds that the machine
    needs at least, `limit_share` its share of the time (`_limits`). `frame_rates` gives frames per second.
    `verdict` is `steady`, `noisy` or, where there is no time, the status of the row that says why; `reason` says why.
    """
    positions = {name: number for number, name in enumerate(methods)}
    lines = []
    for case, group in timings.groupby(CASE, sort=False):
        fixed = dict(zip(CASE, case, strict=True))
        rates = _rates(group[group["method"] == ""])
        sized = group[(group["height"] > 0) & (group["method"] != "")]
        timed = list(sized["method"].unique())
        for size, same in sized.groupby(SIZE, sort=False):
            baseline = baseline_of([name for name in methods if len(good(same[same["method"] == name], "call"))])
            base = visits(good(same[same["method"] == baseline], "call"))
            for name in timed:
                loads = group[(group["method"] == name) & (group["phase"] == "load")]
                line = {"method": name, **fixed, **dict(zip(SIZE, size, strict=True)), "baseline": baseline}
                lines.append(_line(line, same[same["method"] == name], loads, base, rates))
        unsized = group[(group["status"] != "ok") & ~group["method"].isin(timed)]
        lines += [
            {"method": row["method"], **fixed, **row[SIZE], "verdict": row["status"], "reason": row["reason"]}
            | {"ratio_verdict": "", "processor": row["processor"]}
            for _, row in unsized.drop_duplicates("method").iterrows()
        ]
    frame = pd.DataFrame(lines, columns=list(COLUMNS))
    frame = frame.assign(position=frame["method"].map(positions), unsized=frame["height"] == 0)
    order = [*CASE, "unsized", "channels", "dtype", "megapixels", "height", "position"]
    frame = frame.sort_values(order, ignore_index=True)[list(COLUMNS)]
    frame_rates.fill_in(frame, ["method", *CASE, "channels", "dtype"])
    return frame.astype(dict.fromkeys(("processes", "samples", "memory", "device_memory", "parameters"), "Int64"))


def _line(
    line: dict[str, Any],
    rows: pd.DataFrame,
    loads: pd.DataFrame,
    base: dict[tuple[int, int], float],
    rates: dict[str, float],
) -> dict[str, Any]:
    """Return the line of one method at one size, of its `rows` there and those of its loading."""
    line |= {
        "megapixels": line["height"] * line["width"] * line["factor"] ** 2 / 1e6,
        "load": loads["seconds"].median(),
        "first": good(rows, "first")["seconds"].median(),
        "compute": good(rows, "compute")["seconds"].median(),
        "start": good(rows, "start")["seconds"].median(),
        "parameters": loads["parameters"].max(),
        "multiply_adds": rows["multiply_adds"].max(),
        "processor": next(filter(None, loads["processor"]), ""),
        "ratio_verdict": "",
    }
    calls = good(rows, "call")
    bad = pd.concat([each[each["status"] != "ok"] for each in (rows, loads)])
    if len(bad):
        return line | {"verdict": bad["status"].iloc[0], "reason": bad["reason"].iloc[0]}
    if calls.empty:
        return line | {"verdict": "skipped", "reason": LIMITED}
    processes = [list(each["seconds"]) for _, each in calls.groupby("process")]
    call = statistics.median(processes)
    ratio = statistics.ratio(visits(calls), base)
    compute = call.value if math.isnan(line["compute"]) else line["compute"]
    work, traffic = _limits(line, rates)
    doubts = _doubts(calls, processes)
    return line | {
        "processes": len(processes),
        "samples": len(calls),
        "call": call.value,
        "call_low": call.low,
        "call_high": call.high,
        "call_p95": calls["seconds"].quantile(0.95),
        "enqueued": calls["enqueued"].median(),
        "device_seconds": calls["device_seconds"].median(),
        "ms_per_mpx": call.value * 1e3 / line["megapixels"],
        "ratio": ratio.value,
        "ratio_low": ratio.low,
        "ratio_high": ratio.high,
        "ratio_verdict": "" if line["method"] == line["baseline"] or math.isnan(ratio.value) else ratio.difference,
        "memory": calls["memory"].max(),
        "device_memory": calls["device_memory"].max(),
        "limit": max(work, traffic),
        "limit_share": max(work / compute, traffic / call.value),
        "threads": calls["threads"].iloc[0],
        "clock": calls["clock"].iloc[0],
        "verdict": "noisy" if doubts else "steady",
        "reason": "; ".join([*doubts, *sorted(set(calls["reason"]) - {""})]),
    }


def _doubts(calls: pd.DataFrame, processes: Sequence[Sequence[float]]) -> list[str]:
    """Return why the samples of one method at one size are not reliable; empty if they are."""
    found = statistics.doubts(
        processes, loads(calls).max(), calls["mhz"].to_numpy(float), set(calls["throttled"]) - {""}
    )
    foreign = int(calls["foreign"].fillna(0).max())
    found += [f"{foreign} other processes on the GPU"] if foreign else []
    blind = (calls["device"] == "cuda").any() and calls["temperature"].isna().all()
    return found + ([f"the GPU's clocks are unknown: {INSTALL['gpu']}"] if blind else [])


def loads(calls: pd.DataFrame) -> pd.Series[float]:
    """Return the other load of each process: it is since the rounds began, so the last says most."""
    return calls.groupby("process")["other_load"].last()


def good(rows: pd.DataFrame, phase: str) -> pd.DataFrame:
    """Return the samples of one phase that went well."""
    return rows[(rows["phase"] == phase) & (rows["status"] == "ok")]


def visits(calls: pd.DataFrame) -> dict[tuple[int, int], float]:
    """Return the median of each visit, by process and round."""
    medians = calls.groupby(["process", "round"], as_index=False)["seconds"].median()
    rows = medians.itertuples(index=False, name=None)
    return {(process, number): seconds for process, number, seconds in rows}


def _rates(machine: pd.DataFrame) -> dict[str, float]:
    """Return what the machine was measured to do: operations per second in sgemm, bytes per second in a copy."""
    found = {}
    for probe, rate in (("sgemm", sgemm_rate), ("copy", copy_rate)):
        rows = machine[machine["phase"] == probe]
        if len(rows):
            found[probe] = rate(float(rows["seconds"].median()), *map(int, rows[["height", "width"]].iloc[0]))
    return found


def _limits(line: dict[str, Any], rates: dict[str, float]) -> tuple[float, float]:
    """Return the seconds that the machine needs at least for the work and for the traffic; NaN if not measured.

    The work is the method's multiply-adds, two operations each, at the rate of sgemm; the traffic is LR that is read
    and SR that is written, once, at the rate of a copy.
    """
    if not rates:
        return math.nan, math.nan
    pixels = line["megapixels"] * 1e6
    size = line["channels"] * np.dtype(line["dtype"]).itemsize
    work = 0.0 if math.isnan(line["multiply_adds"]) else 2 * line["multiply_adds"] * pixels / rates["sgemm"]
    return work, pixels * size * (1 + 1 / line["factor"] ** 2) / rates["copy"]
