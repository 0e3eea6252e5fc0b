"""The speeds of a run as a table of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srbench.analysis.columns import SPEEDS, absent
from srbench.analysis.frame_budget import FITS
from srbench.analysis.frame_rates import RATES
from srbench.analysis.speeds import kind
from srbench.analysis.statistics import PROCESSES
from srbench.reports.frame_budget import milliseconds
from srbench.reports.html.tabling import NONE, Cell, Column, Line, Table, number
from srbench.reports.speeds import ESTIMATED
from srbench.store.rows import place

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from srbench.reports.findings import Findings
    from srbench.reports.frame_budget import Budgeted

_NUMBERS = ("call", "call_p95", "ms_per_mpx", "fps", "ratio", *RATES, "memory")
_BUDGET = 1
"""Where the verdict on a budget stands: beside the time."""
_VERDICT = Column("Verdict", hint="whether the times are reliable")


def speeds(findings: Findings, found: Budgeted | None) -> Table:
    """Return the table of speeds by case, with what was not timed and why, against the budget if there is one."""
    frame = found.lines if found is not None and found.seconds else findings.tables.speeds
    there = frame["device"].isin(frame.loc[frame["call"].notna(), "device"])
    kept = frame[there | (frame["verdict"] != "skipped")]  # a note says why a device has no times
    frame = kept if len(kept) else frame
    names = [name for name in _NUMBERS if name not in RATES or not frame[name].equals(frame["fps"])]  # said once
    columns = [*(Column.of(SPEEDS[name]) for name in names), _VERDICT]
    cells = [_cells(line, names) for _, line in frame.iterrows()]
    if found is not None and found.seconds:
        hint = "; ".join(f"{name}: {what}" for name, what in FITS.items())
        columns.insert(_BUDGET, Column(f"Budget {milliseconds(found.seconds)}", hint=hint))
        for each, (_, line) in zip(cells, frame.iterrows(), strict=True):
            each.insert(_BUDGET, _fit(line))
    cases = [_case(line) for _, line in frame.iterrows()]
    lines = [Line(method, -1, each, case) for method, each, case in zip(frame["method"], cells, cases, strict=True)]
    return Table("speeds", "Speed of every method and size", columns, lines).without_empty(
        [Column.of(SPEEDS[name]).title for name in ("memory", *RATES)]
    )


def _fit(line: pd.Series) -> Cell:
    """Return how a time lies to the budget."""
    if not line["fit"]:
        return Cell(NONE, style="none")
    late = f"{line['late']:.1%} of calls over" if line["late"] > 0 else ""
    return Cell(line["fit"], style="" if line["fit"] == "within" else "warn", note=late)


def _case(line: pd.Series) -> str:
    """Return what methods were timed on: factor, device, threads, and the LR image."""
    height, width = int(line["height"]), int(line["width"])
    image = f", LR {width}×{height} {kind(line['channels'], line['dtype'])}" if height else ""  # noqa: RUF001 - times
    return f"x{line['factor']} on {place(line['device'], line['thread_limit'])}{image}"


def _cells(line: pd.Series, names: Sequence[str]) -> list[Cell]:
    return [
        *(_number(line, name) for name in names),
        Cell(line["verdict"], style="" if line["verdict"] == "steady" else "warn", note=str(line["reason"] or "")),
    ]


def _number(line: pd.Series, name: str) -> Cell:
    """Return a number, below it its interval and what that proves, or how it was estimated."""
    notes = [_interval(line, name), str(line["ratio_verdict"] if name == "ratio" else "")]
    if name in RATES:
        notes = [str(line[f"{name}_note"]) if line[f"{name}_source"] == "estimated" else ""]
    cell = number(SPEEDS[name], line[name], note=", ".join(filter(None, notes)))
    estimated = name in RATES and line[f"{name}_source"] == "estimated"
    return cell._replace(text=f"{ESTIMATED}{cell.text}") if estimated else cell


def _interval(line: pd.Series, name: str) -> str:
    """Return the interval of a number, where it has one and there were processes enough to rely on it."""
    low, high = (line.get(f"{name}_{end}") for end in ("low", "high"))
    enough = not absent(line["processes"]) and line["processes"] >= PROCESSES
    return f"{SPEEDS[name].text(low)} to {SPEEDS[name].text(high)}" if enough and not absent(low) else ""
