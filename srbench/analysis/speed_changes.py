"""What changed between the speeds of two runs, and whether that is significant."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import pandas as pd

from srbench.analysis import statistics
from srbench.analysis.speeds import CASE, SIZE, baseline_of, good, loads, visits
from srbench.analysis.statistics import MARGIN, Difference, Estimate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LEAST = MARGIN
"""By how much a time must have changed: two runs of one program, hours apart, differ by a few per cent."""

BEYOND_LOAD = 3.0
"""Load explains no change whose whole intervals lie beyond this: another program on each core about doubles a time."""

KEY = ["method", *CASE, *SIZE]

COLUMNS = (
    *(*KEY, "call_a", "call_b", "ratio", "ratio_low", "ratio_high", "yardstick"),
    *("relative", "relative_low", "relative_high", "change", "verdict", "reason", "status"),
)

Verdict: TypeAlias = Difference | Literal["lost"]
Visits: TypeAlias = "Mapping[str, dict[tuple[int, int], float]]"


def changes(a: pd.DataFrame, b: pd.DataFrame, speeds: Sequence[pd.DataFrame], *, across: bool) -> pd.DataFrame:
    """Return one line per method, factor, device, number of threads and size (LR's) that A has a time of.

    `a` and `b` are tables of timings, `speeds` those of the two runs. `ratio` is B's warm call over A's, with a 99 %
    interval from the processes of both; `relative` the same of times divided by those of `yardstick` in the same
    rounds: the baseline, and for the baseline another method. `across` machines only `relative` counts, and the
    baseline has no line; `change` is the one that counts. `verdict` is that of `_verdict`, or `lost` where B has no
    time, for the `reason` given; its `status` is then that of B's row, or `absent`.
    """
    first, second = (each[each["call"].notna()].set_index(KEY) for each in speeds)
    samples = [dict(list(good(each, "call").groupby([*CASE, *SIZE]))) for each in (a, b)]
    lines: list[dict[str, Any]] = []
    common = [key for key in first.index if key in second.index]
    for case in dict.fromkeys(key[1:] for key in common):
        names = [key[0] for key in common if key[1:] == case]
        base = baseline_of(names)
        calls = [{str(name): group for name, group in each[case].groupby("method")} for each in samples]
        seen = [{name: visits(group) for name, group in each.items()} for each in calls]
        for name in [each for each in names if not across or each != base]:
            pair = [each.loc[(name, *case)] for each in (first, second)]
            line = dict(zip(KEY, (name, *case), strict=True)) | {"call_a": pair[0]["call"], "call_b": pair[1]["call"]}
            line |= _estimates(seen[0], seen[1], name, names)
            noisy = [f"{run} is noisy: {each['reason']}" for run, each in zip("AB", pair, strict=True)]
            noisy = [why for why, each in zip(noisy, pair, strict=True) if each["verdict"] != "steady"]
            line["change"] = line["relative" if across else "ratio"]
            loaded = any(loads(each[name]).median() > statistics.LOAD for each in calls)
            verdict, reason = _verdict(line, noisy, loaded=loaded, across=across)
            lines.append(line | {"verdict": verdict, "reason": reason})
    return pd.DataFrame([*lines, *_lost(*speeds)], columns=list(COLUMNS))


def _lost(a: pd.DataFrame, b: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield each time that A has and B has not; `reason` is what B says of that size, else of that method."""
    timed = set(b.loc[b["call"].notna(), KEY].itertuples(index=False, name=None))
    for line in a[a["call"].notna()].to_dict("records"):
        if tuple(line[name] for name in KEY) in timed:
            continue
        same = b[(b[["method", *CASE]] == [line[name] for name in ("method", *CASE)]).all(axis=1) & b["call"].isna()]
        sized = same[(same[SIZE] == [line[name] for name in SIZE]).all(axis=1)]
        row = next(_first(sized, same), None)
        yield {
            **{name: line[name] for name in KEY},
            "call_a": line["call"],
            "yardstick": "",
            "verdict": "lost",
            "reason": f"{row['verdict']}: {row['reason']}" if row else "not timed",
            "status": row["verdict"] if row else "absent",
        }


def _first(*tables: pd.DataFrame) -> Iterator[dict[Any, Any]]:
    for table in tables:
        yield from table.head(1).to_dict("records")


def _estimates(a: Visits, b: Visits, name: str, names: Sequence[str]) -> dict[str, Any]:
    base = baseline_of(names)
    yardstick = base if name != base else next((each for each in names if each != base), "")
    ratio = statistics.change(_processes(a[name]), _processes(b[name]))
    relative = Estimate(*[math.nan] * 3)
    if yardstick:
        shares = [list(statistics.relative(each[name], each[yardstick]).values()) for each in (a, b)]
        relative = statistics.change(*shares)
    return {
        "yardstick": yardstick,
        **dict(zip(("ratio", "ratio_low", "ratio_high"), ratio, strict=True)),
        **dict(zip(("relative", "relative_low", "relative_high"), relative, strict=True)),
    }


def _processes(medians: Mapping[tuple[int, int], float]) -> list[float]:
    """Return one observation per process: the median over its rounds."""
    alone = dict.fromkeys(medians, 1.0)
    return list(statistics.relative(medians, alone).values())


def _verdict(line: dict[str, Any], noisy: Sequence[str], *, loaded: bool, across: bool) -> tuple[Verdict, str]:
    """Return the verdict on a line, and the reason where it is `unsure`.

    Two ratios are judged, that of the times and that of times relative to the yardstick: if the whole machine was
    slower for an hour, no method changed. A change is significant if both intervals exclude 1 on the same side and both
    numbers changed by `LEAST`; a time is the same if its own interval proves that; all else is `unsure`.
    Differences between processes widen the intervals, so a `noisy` run may still give a verdict; other load during most
    processes of a run (`loaded`) slows methods unequally, which no interval accounts for: the intervals must then lie
    beyond `BEYOND_LOAD`.
    """
    names = ["relative"] if across else ["ratio", "relative"]
    if not line["yardstick"]:
        return (
            "unsure",
            "no other method was timed in both runs, so drift of the machine cannot be excluded; add bicubic",
        )
    if any(math.isnan(line[f"{name}_low"]) for name in names):
        return "unsure", "an interval needs 2 processes in each run"
    ratios = [Estimate(line[name], line[f"{name}_low"], line[f"{name}_high"]) for name in names]
    if loaded and not _beyond_load(ratios):
        return "unsure", "; ".join(noisy)
    found = [_change(ratio) for ratio in ratios]
    if found[0] == "same" or (len(set(found)) == 1 and found[0] != "unsure"):
        return found[0], "; ".join(noisy)
    return "unsure", "; ".join([_doubt(line, found), *noisy])


def _beyond_load(ratios: Sequence[Estimate]) -> bool:
    """Tell whether all ratios changed by more than other load explains, in one direction."""
    slower = all(ratio.low > BEYOND_LOAD for ratio in ratios)
    return slower or all(ratio.high < 1 / BEYOND_LOAD for ratio in ratios)


def _change(ratio: Estimate) -> Difference:
    """Return what a ratio proves; a change by less than `LEAST` may be that of two runs of one program."""
    changed = ratio.value >= LEAST or ratio.value <= 1 / LEAST
    return ratio.difference if changed or ratio.difference == "same" else "unsure"


def _doubt(line: dict[str, Any], found: Sequence[Difference]) -> str:
    """Say why two ratios prove neither a change nor that there is none."""
    if "unsure" in found:
        return f"neither a change nor a difference within {LEAST - 1:.0%} is significant"
    return f"B / A and B / A relative to {line['yardstick']} disagree: the machine or {line['yardstick']} changed"
