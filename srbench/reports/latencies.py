"""The speeds of a run as rows of text, for Markdown and LaTeX: what `srbench time` measured, column by column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from srbench.analysis.columns import SPEEDS
from srbench.analysis.frame_rates import RATES
from srbench.analysis.speeds import CASE, kind
from srbench.analysis.statistics import MARGIN
from srbench.reports.frame_budget import milliseconds
from srbench.reports.speeds import ESTIMATED, interval, machine, rate, ratio
from srbench.store.rows import place

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

COLUMNS = (
    *(
        "method",
        "LR",
        "ms",
        "99 % interval",
        "95th pct. ms",
        "ms/Mpx",
        "fps",
        *(f"{SPEEDS[name].label} fps" for name in RATES),
    ),
    *("times baseline", "verdict"),
)
TEXTS = ("method", "LR", "verdict")
"""Columns of words."""
_BUDGET = COLUMNS.index("99 % interval") + 1
"""Where the verdict on a budget stands."""

NOTE = (
    "Medians of warm calls with their 99 % intervals over processes; ms/Mpx: milliseconds per output megapixel; "
    f"fps: frames per second; {ESTIMATED}: not measured, but estimated from another size; same: the whole interval of "
    f"the ratio lies within {MARGIN - 1:.0%}; unsure: it proves neither that nor a difference."
)


class Table(NamedTuple):
    """What was timed at one factor on one device."""

    factor: Any
    """Always an integer."""
    device: str
    """And the number of threads, if one was asked for."""
    baseline: str
    machine: str
    """What computed, in a sentence; empty where the run does not say."""
    columns: list[str]
    """`COLUMNS`, and that of the budget if there is one."""
    rows: list[list[str]]
    """A cell for each of `columns`."""


def tables(speeds: pd.DataFrame) -> Iterator[Table]:
    """Yield a table for each factor, device and number of threads that has times.

    `speeds` may have the verdicts on a budget (`reports.frame_budget.speeds`).
    """
    columns = [*COLUMNS]
    if "fit" in speeds:
        columns.insert(_BUDGET, f"budget {milliseconds(speeds['budget'].iloc[0])}")
    timed = speeds[speeds["call"].notna()]
    for (factor, device, threads), group in timed.groupby(CASE, sort=False):
        where = place(str(device), int(str(threads)))
        baseline = str(group["baseline"].iloc[0])
        yield Table(factor, where, baseline, machine(group), columns, [_row(line) for _, line in group.iterrows()])


def _row(line: pd.Series) -> list[str]:
    size = f"{int(line['width'])}x{int(line['height'])} {kind(line['channels'], line['dtype'])}"
    call, late, speed, fps = (SPEEDS[name].text(line[name]) for name in ("call", "call_p95", "ms_per_mpx", "fps"))
    rates = [rate(line, name) for name in RATES]
    fit = [str(line["fit"])] if "fit" in line else []
    own = [str(line["method"]), size, call, interval(line), *fit, late, speed, fps]
    return [*own, *rates, ratio(line), str(line["verdict"])]
