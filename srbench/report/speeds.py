"""The terminal report of speeds: a table per size, what each method needs, and time against size."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from srbench.report import chart
from srbench.report.drawing import NONE, STYLE, absent, draw, say, three_digits
from srbench.results.speeds import OUTPUTS
from srbench.speed.statistics import PROCESSES

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from rich.console import Console

_KINDS = {1: "one channel", 3: "RGB"}
_STYLE = STYLE | {"padding": (0, 1, 0, 0)}
_NAME = 16
"""Columns that a method's name has at least, if it is that long."""
_LEAST = 3
"""Sizes that make a curve."""


def show(console: Console, speeds: pd.DataFrame) -> None:
    """Print the speeds of a run: for each factor and device its sizes, then what methods need, then the curve."""
    timed = speeds[speeds["call"].notna()]
    for (factor, device), group in timed.groupby(["factor", "device"], sort=False):
        for _, same in group.groupby(["channels", "dtype", "height", "width"], sort=False):
            draw(console, _times(same))
        for _, kind in group.groupby(["channels", "dtype"], sort=False):
            largest = kind[kind["megapixels"] == kind["megapixels"].max()].drop_duplicates("method")
            draw(console, _needs(f"x{factor} on {device}", largest))
            if kind["megapixels"].nunique() >= _LEAST:
                title = f"x{factor} on {device}: milliseconds against megapixels of SR, {_kind(kind.iloc[0])}"
                say(console, title, "bold")
                say(console, _curve(kind))
    for line in remarks(speeds):
        say(console, line, "yellow")


def _times(same: pd.DataFrame) -> Table:
    """Draw one size: every method's time and how it compares."""
    line = same.iloc[0]
    height, width, factor = int(line["height"]), int(line["width"]), int(line["factor"])
    title = f"x{factor} on {line['device']}, {width}x{height} to {width * factor}x{height * factor}, {_kind(line)}"
    table = Table("method", title=Text(title), **_STYLE)
    _name_column(table, same)
    for heading in ("ms", "99 %\ninterval", "95th\npct.", f"times that of\n{line['baseline']}"):
        table.add_column(Text(heading), justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for _, each in same.iterrows():
        table.add_row(
            Text(each["method"], overflow="fold"),
            _ms(each["call"]),
            interval(each),
            _ms(each["call_p95"]),
            ratio(each),
            Text(each["verdict"], style="yellow" if each["verdict"] == "noisy" else "green"),
        )
    return table


def interval(line: pd.Series) -> str:
    """Return the 99 % interval of a time in ms, where there are processes enough for one."""
    if line["processes"] < PROCESSES:
        return NONE
    return f"{_ms(line['call_low'])} - {_ms(line['call_high'])}"


def ratio(line: pd.Series) -> str:
    """Return the ratio to the baseline; an interval that holds 1 is no difference."""
    if line["method"] == line["baseline"] or math.isnan(line["ratio"]):
        return NONE
    if math.isnan(line["ratio_low"]):
        return f"{three_digits(line['ratio'])}"
    same = line["ratio_low"] <= 1 <= line["ratio_high"]
    interval = f"({three_digits(line['ratio_low'])} - {three_digits(line['ratio_high'])})"
    return f"{'same' if same else three_digits(line['ratio'])} {interval}"


def _needs(where: str, lines: pd.DataFrame) -> Table:
    """Draw what each method needs besides time, at the largest size."""
    first = lines.iloc[0]
    size = f"{int(first['width'])}x{int(first['height'])}"
    notes = ["load: until ready; first: first call; compute: the network alone"]
    notes += ["fps: frames per second at that output, ~: by the curve or in proportion"]
    notes += ["MAC/pixel: multiply-adds per pixel of SR, of convolutions and linear layers"]
    notes += ["of limit: least time for multiply-adds (sgemm) or traffic (copy) / its time;"]
    notes += ["          over 100 %: it does better than what was measured"]
    table = Table("method", title=Text(f"{where}, {size}, {_kind(first)}"), caption="\n".join(notes), **_STYLE)
    _name_column(table, lines)
    headings = (
        "load\ns",
        "first\nms",
        "compute\nms",
        "ms/\nMpx",
        "fps\n1080p",
        "fps\n4K",
        "memory\nMB",
        "MAC/\npixel",
        "of\nlimit",
    )
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    if lines["device_memory"].notna().any():
        table.add_column("device\nMB", justify="right", no_wrap=True)
    for _, each in lines.iterrows():
        numbers = [
            three_digits(each["load"]),
            _ms(each["first"]),
            _ms(each["compute"]),
            three_digits(each["ms_per_mpx"]),
            _fps(each, "fps_1080p"),
            _fps(each, "fps_4k"),
            _megabytes(each["memory"]),
            _whole(each["multiply_adds"]),
            NONE if math.isnan(each["limit_share"]) else f"{each['limit_share']:.0%}",
        ]
        numbers += [_megabytes(each["device_memory"])] if len(table.columns) > len(numbers) + 1 else []
        table.add_row(Text(each["method"], overflow="fold"), *numbers)
    return table


def _name_column(table: Table, lines: pd.DataFrame) -> None:
    """Let names fold before numbers are cut, and keep some of them whatever the numbers take."""
    table.columns[0].overflow = "fold"
    table.columns[0].min_width = min(_NAME, int(lines["method"].str.len().max()))


def _fps(line: pd.Series, column: str) -> str:
    """Return frames per second; by the curve, and so marked, where another size was timed."""
    measured = math.isclose(line["megapixels"], OUTPUTS[column], rel_tol=0.01)
    return ("" if measured else "~") + three_digits(line[column])


def _curve(lines: pd.DataFrame) -> str:
    """Draw time against size, both logarithmic, and say by which power it grows."""
    series = {
        f"{method} ~ size^{group['exponent'].iloc[0]:.2f}": list(
            zip(group["megapixels"], group["call"] * 1e3, strict=True)
        )
        for method, group in lines.groupby("method", sort=False)
    }
    return chart.logarithmic(series)


def remarks(speeds: pd.DataFrame) -> Iterable[str]:
    """Yield one line per reason, with the methods and sizes it holds for."""
    said = speeds[speeds["reason"].fillna("") != ""]
    alike: dict[tuple[str, str], dict[str, list[str]]] = {}
    for _, line in said.iterrows():
        size = f"{int(line['width'])}x{int(line['height'])}" if line["height"] else f"on {line['device']}"
        alike.setdefault((line["verdict"], line["reason"]), {}).setdefault(line["method"], []).append(size)
    for (verdict, reason), methods in alike.items():
        places = {", ".join(dict.fromkeys(sizes)) for sizes in methods.values()}
        where = "; ".join(f"{method} ({', '.join(dict.fromkeys(sizes))})" for method, sizes in methods.items())
        everywhere = len(methods) == speeds["method"].nunique() > 1 and len(places) == 1
        yield f"{f'all methods ({places.pop()})' if everywhere else where}: {verdict}: {reason}"


def _kind(line: pd.Series) -> str:
    return f"{_KINDS.get(line['channels'], line['channels'])} {line['dtype']}"


def _ms(seconds: float) -> str:
    return three_digits(seconds * 1e3)


def _megabytes(size: Any) -> str:  # noqa: ANN401 - pandas gives NA or an integer
    return NONE if absent(size) else f"{size / 1e6:.0f}"


def _whole(number: Any) -> str:  # noqa: ANN401 - pandas gives NA, NaN or a number
    return NONE if absent(number) else f"{number:,.0f}"
