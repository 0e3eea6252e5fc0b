"""The terminal report of speeds: a table per size, what each method needs, and time against size."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from srbench.analysis.columns import NONE, SPEEDS, three_digits
from srbench.analysis.frame_rates import RATES
from srbench.analysis.speeds import CASE, SIZE, kind
from srbench.analysis.statistics import PROCESSES
from srbench.reports import chart
from srbench.reports.drawing import STYLE, Name, draw, say
from srbench.specs import counted
from srbench.store.rows import place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd
    from rich.console import Console

_STYLE = STYLE | {"padding": (0, 1, 0, 0)}
ESTIMATED = "~"
"""Marks a number that was not measured."""
_NAME = 12
"""Columns that a method's name has at least, if it is that long."""
_OVER = "       more than 100 %: the peak was measured under load, or the method gains from caches"
_LEAST = 3
"""Sizes that make a curve."""
_NEEDS = [name for name in SPEEDS if name not in {"call", "call_p95", "ratio", "fps"}]
"""What a method needs besides the time of a call."""
_SELDOM = ("start", "device_memory", *RATES)
"""What few methods have: no column where none does."""


def show(console: Console, speeds: pd.DataFrame) -> None:
    """Print the speeds of a run: for each factor and device its sizes, then what methods need, then the curve."""
    timed = speeds[speeds["call"].notna()]
    for _, group in timed.groupby(CASE, sort=False):
        what = case(group.iloc[0])
        for _, same in group.groupby(["channels", "dtype", "height", "width"], sort=False):
            draw(console, _times(same))
        for _, same in group.groupby(["channels", "dtype"], sort=False):
            first = same.iloc[0]
            largest = same[same["megapixels"] == same["megapixels"].max()].drop_duplicates("method")
            draw(console, _needs(what, largest))
            if same["megapixels"].nunique() >= _LEAST:
                inputs = kind(first["channels"], first["dtype"])
                say(console, f"{what}: milliseconds against megapixels of SR, {inputs}", "bold")
                say(console, _curve(same))
    for _, same in timed[timed["thread_limit"] > 0].groupby(["factor", "device", *SIZE], sort=False):
        if len(same["thread_limit"].unique()) > 1:
            draw(console, _scaling(same))
    for line in threads_said(speeds):
        say(console, line, "bold")
    if of := machine(speeds):
        say(console, of)
    for line in remarks(speeds):
        say(console, line, "yellow")


def _times(same: pd.DataFrame) -> Table:
    """Draw one size: every method's time and how it compares."""
    line = same.iloc[0]
    height, width, factor = int(line["height"]), int(line["width"]), int(line["factor"])
    sizes = f"{width}x{height} to {width * factor}x{height * factor}"
    title = f"{case(line)}, {sizes}, {kind(line['channels'], line['dtype'])}"
    table = Table("method", title=Text(title), **_STYLE)
    _name_column(table, same)
    call, late = SPEEDS["call"], SPEEDS["call_p95"]
    for heading in (call.folded, "99 %\ninterval", late.folded, f"times that of\n{line['baseline']}"):
        table.add_column(Text(heading), justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for _, each in same.iterrows():
        table.add_row(
            Name(each["method"], overflow="fold"),
            call.text(each["call"]),
            interval(each),
            late.text(each["call_p95"]),
            ratio(each),
            Text(each["verdict"], style="yellow" if each["verdict"] == "noisy" else "green"),
        )
    return table


def case(line: pd.Series) -> str:
    """Return the factor of a line, and where it computed."""
    return f"x{line['factor']} on {place(line['device'], line['thread_limit'])}"


def _scaling(same: pd.DataFrame) -> Table:
    """Draw how many times as fast each method is with more threads."""
    first, call = same.iloc[0], SPEEDS["call"]
    counts = sorted(same["thread_limit"].unique())
    size = f"{int(first['width'])}x{int(first['height'])}, {kind(first['channels'], first['dtype'])}"
    title = f"x{first['factor']} on {first['device']}, {size}: {call.heading}, and how many times as fast"
    table = Table("method", title=Text(title), **STYLE)
    _name_column(table, same)
    for count in counts:
        table.add_column(Text(counted(count, "thread")), justify="right", no_wrap=True)
    for method, lines in same.groupby("method", sort=False):
        times = lines.set_index("thread_limit")["call"].reindex(counts)
        fewest = times.dropna().iloc[0]
        texts = [call.text(each) + (f" ({three_digits(fewest / each)}x)" if each < math.inf else "") for each in times]
        table.add_row(Name(str(method), overflow="fold"), *texts)
    return table


def threads_said(speeds: pd.DataFrame) -> Iterator[str]:
    """Yield for each size that was timed with several numbers of threads which of them suits each method."""
    timed = speeds[speeds["call"].notna() & (speeds["thread_limit"] > 0)]
    for _, same in timed.groupby(["factor", "device", *SIZE], sort=False):
        said = [_suits(str(method), lines) for method, lines in same.groupby("method", sort=False)]
        if any(said):
            first = same.iloc[0]
            size = f"{int(first['width'])}x{int(first['height'])}"
            yield f"threads, x{first['factor']} on {first['device']}, {size}: {'; '.join(filter(None, said))}"


def _suits(method: str, lines: pd.DataFrame) -> str:
    """Return the fewest threads than which no other number is faster for certain; empty if only one was timed."""
    ordered = [line for _, line in lines.sort_values("thread_limit").iterrows()]
    if len(ordered) == 1:
        return ""
    best = ordered[0]
    for line in ordered[1:]:
        best = line if line["call_high"] < best["call_low"] else best
    more = [str(line["thread_limit"]) for line in ordered if line["thread_limit"] > best["thread_limit"]]
    fewer = [line for line in ordered if line["thread_limit"] < best["thread_limit"]]
    notes = [f"{' and '.join(more)} threads are not faster"] * bool(more)
    notes += [f"with {line['thread_limit']}: {SPEEDS['call'].measure(line['call'])}" for line in fewer]
    time = SPEEDS["call"].measure(best["call"])
    return f"{method}: {counted(best['thread_limit'], 'thread')}, {time} ({', '.join(notes)})"


def interval(line: pd.Series) -> str:
    """Return the 99 % interval of a time in ms, where there are processes enough for one."""
    if line["processes"] < PROCESSES:
        return NONE
    call = SPEEDS["call"]
    return f"{call.text(line['call_low'])} to {call.text(line['call_high'])}"


def ratio(line: pd.Series) -> str:
    """Return the ratio to the baseline, its interval, and what that proves."""
    if not line["ratio_verdict"]:
        return NONE
    value, low, high = (three_digits(line[name]) for name in ("ratio", "ratio_low", "ratio_high"))
    interval = "" if NONE in {low, high} else f" ({low} to {high})"
    return f"{value}{interval} {line['ratio_verdict']}"


def rate(line: pd.Series, name: str) -> str:
    """Return frames per second; an estimate is marked by `ESTIMATED`."""
    return (ESTIMATED if line[f"{name}_source"] == "estimated" else "") + SPEEDS[name].text(line[name])


def _needs(where: str, lines: pd.DataFrame) -> Table:
    """Draw what each method needs besides time, at the largest size."""
    first = lines.iloc[0]
    size = f"{int(first['width'])}x{int(first['height'])}"
    columns = [name for name in _NEEDS if name not in _SELDOM or lines[name].notna().any()]
    notes = ["; ".join(f"{SPEEDS[name].label}: {SPEEDS[name].hint}" for name in ("load", "first", "compute"))]
    notes += [f"{SPEEDS[name].label}: {SPEEDS[name].hint}" for name in ("start",) if name in columns]
    rated = any(name in columns for name in RATES)
    notes += [f"fps: frames per second at that size of SR; {ESTIMATED}: estimated from another size"] * rated
    notes += [f"MAC/pixel: {SPEEDS['multiply_adds'].hint}"]
    notes += ["limit: share of this machine's measured peak (sgemm, or memory copy) that is reached"]
    notes += [_OVER] * bool((lines["limit_share"] > 1).any())
    table = Table(
        "method",
        title=Text(f"{where}, {size}, {kind(first['channels'], first['dtype'])}"),
        caption="\n".join(notes),
        **_STYLE,
    )
    _name_column(table, lines)
    for name in columns:
        table.add_column(SPEEDS[name].folded, justify="right", no_wrap=True)
    for _, each in lines.iterrows():
        table.add_row(Name(each["method"], overflow="fold"), *(_need(each, name) for name in columns))
    return table


def _need(line: pd.Series, name: str) -> str:
    """Return a cell."""
    return rate(line, name) if name in RATES else SPEEDS[name].text(line[name])


def _name_column(table: Table, lines: pd.DataFrame) -> None:
    """Let names fold before numbers are cut, and keep some of them whatever the numbers take."""
    table.columns[0].overflow = "fold"
    table.columns[0].min_width = min(_NAME, int(lines["method"].str.len().max()))


def _curve(lines: pd.DataFrame) -> str:
    """Draw time against size, both logarithmic, and say by which power it grows."""
    series = {
        f"{method} ~ size^{group['exponent'].iloc[0]:.2f}": list(
            zip(group["megapixels"], group["call"] * 1e3, strict=True)
        )
        for method, group in lines.groupby("method", sort=False)
    }
    return chart.logarithmic(series)


def machine(speeds: pd.DataFrame) -> str:
    """Return what times come from, in a sentence: processor, cores and threads; empty where it is not known."""
    lines = speeds[speeds["call"].notna() & (speeds["processor"] != "")]
    pairs = lines[["processor", "threads"]].drop_duplicates().groupby("processor", sort=False)["threads"]
    found = [f"{processor} (threads: {'; '.join(filter(None, threads))})" for processor, threads in pairs]
    return f"Timed on {' and '.join(found)}." if found else ""


def remarks(speeds: pd.DataFrame) -> Iterable[str]:
    """Yield one line per reason, with the methods and sizes it holds for, and one per estimate that there is not."""
    said = speeds[speeds["reason"].fillna("") != ""]
    alike: dict[tuple[str, str], dict[str, list[str]]] = {}
    several = len(speeds["thread_limit"].unique()) > 1
    for _, line in said.iterrows():
        threads = f" with {counted(line['thread_limit'], 'thread')}" if several else ""
        size = f"{int(line['width'])}x{int(line['height'])}{threads}" if line["height"] else f"on {line['device']}"
        alike.setdefault((line["verdict"], line["reason"]), {}).setdefault(line["method"], []).append(size)
    for (verdict, reason), methods in alike.items():
        yield f"{_where(speeds, methods)}: {verdict}: {reason}"
    yield from starts(speeds)
    yield from _unknown_rates(speeds)


def starts(speeds: pd.DataFrame) -> Iterator[str]:
    """Yield one line per method that starts a program for each image: what that and files take, at the largest size."""
    timed = speeds[speeds["start"].notna() & speeds["call"].notna()]
    for (method, factor), lines in timed.groupby(["method", "factor"], sort=False):
        line = lines.sort_values("megapixels", kind="stable").iloc[-1]
        parts = (line["call"], line["start"], max(0.0, line["call"] - line["compute"]))  # medians of a noisy machine
        call, start, files = (three_digits(1e3 * each) for each in parts)
        size = f"{int(line['width'])}x{int(line['height'])}"
        parts_of_it = f"the program takes {start} ms to start, and writing LR and reading SR {files} ms"
        yield f"{method} x{factor} ({size}): of {call} ms, {parts_of_it}"


def _unknown_rates(speeds: pd.DataFrame) -> Iterator[str]:
    """Yield one line per reason for which frames per second of a frame are not known, where others have them."""
    alike: dict[str, dict[str, list[str]]] = {}
    for name in (each for each in RATES if speeds[each].notna().any()):
        for _, line in speeds[speeds[f"{name}_source"] == "none"].iterrows():
            what = f"{SPEEDS[name].label} {kind(line['channels'], line['dtype'])}"
            alike.setdefault(line[f"{name}_note"], {}).setdefault(line["method"], []).append(what)
    for note, methods in alike.items():
        yield f"{_where(speeds, methods)}: no frames per second: {note}"


def _where(speeds: pd.DataFrame, methods: dict[str, list[str]]) -> str:
    """Name methods, each with its sizes, or all of them at once."""
    cases = {", ".join(dict.fromkeys(sizes)) for sizes in methods.values()}
    if len(methods) == speeds["method"].nunique() > 1 and len(cases) == 1:
        return f"all methods ({cases.pop()})"
    return "; ".join(f"{method} ({', '.join(dict.fromkeys(sizes))})" for method, sizes in methods.items())
