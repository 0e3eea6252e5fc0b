"""Frame budgets: which methods upscale an image in the time that there is for it, and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from srbench.analysis.speeds import CASE, SIZE, good
from srbench.analysis.statistics import PROCESSES

if TYPE_CHECKING:
    import pandas as pd

Fit: TypeAlias = Literal["within", "straddles", "over", "unsure", ""]

FITS: dict[Fit, str] = {
    "within": "the whole 99 % interval of the median is within the budget",
    "straddles": "the budget lies inside the interval",
    "over": "the whole interval is above the budget",
    "unsure": f"no interval: fewer than {PROCESSES} processes",
}
"""What each verdict says; a method without a time has none."""

COLUMNS = ("budget", "late", "fit")


def judged(speeds: pd.DataFrame, timings: pd.DataFrame, seconds: float) -> pd.DataFrame:
    """Return the table of speeds with `budget` (seconds), `late` and `fit` for each method and size.

    `late` is the share of warm calls that took longer than the budget, `fit` one of `FITS`.
    """
    what = ["method", *CASE, *SIZE]
    calls = good(timings, "call")
    late = calls.assign(late=(calls["seconds"] > seconds).astype(float)).groupby(what, as_index=False)["late"].mean()
    found = speeds.merge(late, how="left", on=what).assign(budget=seconds)
    found["late"] = found["late"].where(found["call"].notna())
    few = ~(found["processes"].astype(float) >= PROCESSES)
    cases = [found["call"].isna(), few, found["call_high"] <= seconds, found["call_low"] > seconds]
    return found.assign(fit=np.select(cases, ["", "unsure", "within", "over"], "straddles"))
