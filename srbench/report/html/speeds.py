"""The speeds of a run as a table of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from srbench.report.drawing import absent, kind
from srbench.report.html.tabling import NONE, Cell, Column, Line, Table, fixed, short
from srbench.speed.statistics import PROCESSES

if TYPE_CHECKING:
    import pandas as pd

    from srbench.report.findings import Findings

_COLUMNS = [
    Column("Case", hint="factor and device"),
    Column("LR, px", number=True, hint="size of the image that is upscaled"),
    Column("ms", number=True, hint="median of warm calls, with its 99 % interval below"),
    Column("95th pct. ms", number=True, hint="19 of 20 calls are faster"),
    Column("ms/Mpx", number=True, hint="milliseconds per megapixel of output"),
    Column("Times the baseline", number=True, hint="in the same rounds, with its 99 % interval below"),
    Column("1080p, fps", number=True, hint="frames per second at 1920x1080 output, by how time grows with size"),
    Column("Memory, MB", number=True, hint="of its process, at most"),
    Column("Verdict", hint="whether the times can be relied on"),
]


def speeds(findings: Findings) -> Table:
    """Return the table of speeds, with what was not timed and why."""
    lines = [Line(line["method"], -1, _cells(line)) for _, line in findings.tables.speeds.iterrows()]
    return Table("speeds", "Speed of every method and size", _COLUMNS, lines).without_empty(["Memory, MB"])


def _cells(line: pd.Series) -> list[Cell]:
    height, width = int(line["height"]), int(line["width"])
    sure = line["processes"] >= PROCESSES if not absent(line["processes"]) else False
    return [
        Cell(f"x{line['factor']}, {line['device']}"),
        Cell(f"{width}×{height}", width * height, note=kind(line["channels"], line["dtype"]))  # noqa: RUF001 - times
        if height
        else Cell(NONE, 0, "none"),
        short(line["call"] * 1e3, _interval(line["call_low"] * 1e3, line["call_high"] * 1e3) if sure else ""),
        short(line["call_p95"] * 1e3),
        short(line["ms_per_mpx"]),
        short(line["ratio"], _interval(line["ratio_low"], line["ratio_high"]) if sure else ""),
        short(line["fps_1080p"]),
        fixed(line["memory"] if absent(line["memory"]) else line["memory"] / 1e6, 0),
        Cell(line["verdict"], style="" if line["verdict"] == "steady" else "warn", note=str(line["reason"] or "")),
    ]


def _interval(low: Any, high: Any) -> str:  # noqa: ANN401 - NaN, NA or a number
    return "" if absent(low) or absent(high) else f"{short(low).text} to {short(high).text}"
