"""Frame budgets: the verdict goes by the whole interval, and by nothing less."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from srbench.analysis.columns import metrics_of
from srbench.analysis.frame_budget import FITS, judged
from srbench.analysis.tables import Order, tables
from srbench.store.rows import TimingRow

if TYPE_CHECKING:
    from srbench.analysis.tables import Tables


def timed(*seconds: float, processes: int = 3) -> Tables:
    """Return the tables of one method whose calls in each process take these seconds."""
    common = {"method": "a", "factor": 3, "device": "cpu", "height": 9, "width": 16, "channels": 3, "dtype": "uint8"}
    rows = [
        TimingRow(**common, phase="call", process=process, round=number, seconds=each)  # type: ignore[arg-type]
        for process in range(processes)
        for number, each in enumerate(seconds * 5)
    ]
    return tables(rows, Order(("a",), {}, (3,), ("basicsr",), metrics_of({})))


@pytest.mark.parametrize(
    ("budget", "fit", "late"),
    [(0.1, "within", 0.0), (0.03, "within", 0.25), (0.015, "straddles", 0.5), (0.005, "over", 1.0)],
)
def test_the_whole_interval_decides(budget: float, fit: str, late: float) -> None:
    """A median below the budget is not enough, and neither is one above it; single calls count as late."""
    found = timed(0.01, 0.01, 0.02, 0.04)
    (line,) = judged(found.speeds, found.timings, budget).to_dict("records")
    assert (line["fit"], line["late"], line["budget"]) == (fit, late, budget)
    low, high = line["call_low"], line["call_high"]
    assert {"within": high <= budget, "over": low > budget, "straddles": low <= budget < high}[fit]
    assert set(FITS) >= {fit}


def test_too_few_processes_have_no_verdict() -> None:
    """Two fresh processes make no interval, however far the budget is."""
    found = timed(0.01, processes=2)
    assert judged(found.speeds, found.timings, 1.0)["fit"].tolist() == ["unsure"]


def test_no_time_has_no_verdict() -> None:
    """A method that failed is neither within nor over."""
    row = TimingRow(
        method="a", factor=3, device="cpu", phase="load", height=0, width=0, channels=0, status="failed", reason="no"
    )
    found = tables([row], Order(("a",), {}, (3,), ("basicsr",), metrics_of({})))
    (line,) = judged(found.speeds, found.timings, 1.0).to_dict("records")
    assert line["fit"] == ""
    assert pd.isna(line["late"])
