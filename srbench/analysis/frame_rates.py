"""Frames per second at the output sizes of videos: measured, or estimated from the time of a size that is close."""

from __future__ import annotations

import math
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from srbench.analysis import statistics
from srbench.speed.frames import STANDARD, lr_size

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

RATES = tuple(f"fps_{frame}" for frame in STANDARD)
"""The columns of frames per second."""

COLUMNS = tuple(f"{name}{end}" for name in RATES for end in ("", "_source", "_note"))

EXPONENTS = (0.9, 1.1)
"""An estimate needs times that grow with a power of the size between these."""

FARTHEST = 4.0
"""How many times the pixels of a size that was timed an estimate may be for, or as small a part of them."""


class Rate(NamedTuple):
    """Frames per second, whether they were `measured`, `estimated` or neither (`none`), and how, or why not."""

    fps: float
    source: str
    note: str


def fill_in(speeds: pd.DataFrame, case: Sequence[str]) -> None:
    """Fill in the columns `exponent`, `fps` and `COLUMNS` of a table of speeds, where there are times.

    Lines that share `case` are sizes of one method: time grows with the power `exponent` of the size.
    """
    speeds["fps"] = 1 / speeds["call"].astype(float)
    speeds["exponent"] = math.nan
    for name in RATES:
        speeds[[name, f"{name}_source", f"{name}_note"]] = math.nan, "", ""
    for _, lines in speeds[speeds["height"] > 0].groupby(list(case), sort=False):
        timed = lines[lines["call"].notna()]
        if timed.empty:
            continue
        power = statistics.exponent(list(timed["megapixels"]), list(timed["call"]))
        speeds.loc[timed.index, "exponent"] = power
        for frame, name in zip(STANDARD, RATES, strict=True):
            rate = _rate(frame, lines, power)
            speeds.loc[timed.index, name] = rate.fps
            speeds.loc[timed.index, f"{name}_source"] = rate.source
            speeds.loc[timed.index, f"{name}_note"] = rate.note


def _rate(frame: str, lines: pd.DataFrame, power: float) -> Rate:
    """Return the rate of one method: what was measured, also if that is only why there is no time."""
    height, width = lr_size(frame, int(lines["factor"].iloc[0]))
    for _, line in lines[(lines["height"] == height) & (lines["width"] == width)].iterrows():
        if math.isnan(line["call"]):
            return Rate(math.nan, "none", f"{line['verdict']}: {line['reason']}")
        return Rate(1 / line["call"], "measured", "")
    timed = lines[lines["call"].notna()]
    growths = height * width / (timed["height"] * timed["width"]).to_numpy(float)
    nearest = int(np.argmin(np.abs(np.log(growths))))
    line, growth = timed.iloc[nearest], float(growths[nearest])
    size = f"{int(line['width'])}x{int(line['height'])}"
    if why := _obstacle(power, growth, size):
        return Rate(math.nan, "none", f"not timed; no estimate: {why}")
    return Rate(1 / (line["call"] * growth**power), "estimated", f"from LR {size}, by size^{power:.2f}")


def _obstacle(power: float, growth: float, size: str) -> str:
    """Return why no time follows from that of `size`, which has `growth` times as few pixels; empty if one does."""
    far = max(growth, 1 / growth)
    if far > FARTHEST:
        times = f"{_outside(far, 1, FARTHEST).removesuffix('.00')} times {'larger' if growth > 1 else 'smaller'}"
        return f"it is {times} than LR {size}, {FARTHEST:g} times at most is allowed"
    if math.isnan(power):
        return f"sizes that span a factor of {statistics.SPAN:g} are needed"
    low, high = EXPONENTS
    return (
        ""
        if low <= power <= high
        else f"time grows with size^{_outside(power, low, high)}, {low:g} to {high:g} is needed"
    )


def _outside(value: float, low: float, high: float) -> str:
    """Return a number beyond limits, with as many digits as it takes to see that it is."""
    texts = (f"{value:.{digits}f}" for digits in count(2))
    return next(text for text in texts if not low <= float(text) <= high)
