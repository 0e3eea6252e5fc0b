"""What a table of means does not show, in a few lines: quality against time, and the best and worst images."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from srbench.report import chart
from srbench.report.scoreboard import fair
from srbench.results.comparisons import PLACE, place_name
from srbench.results.fronts import pareto
from srbench.results.rows import DEVICES

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from srbench.report.findings import Findings

_POINTS = 3
"""Methods that make a chart."""


def charts(board: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Yield a title and a chart of PSNR against time for each place and device where three methods have both."""
    for key, place in board.groupby(PLACE, sort=False):
        for device in DEVICES:
            column = f"{device}_ms_per_mpx"
            timed = place[(place[column] > 0) & np.isfinite(place["psnr"]) & fair(place)]
            if len(timed) >= _POINTS:
                title = f"{place_name(key)}: PSNR (dB) against milliseconds per megapixel on {device}"
                yield title, _chart(timed, column)


def _chart(lines: pd.DataFrame, column: str) -> str:
    points = [(math.log(ms), float(psnr)) for ms, psnr in zip(lines[column], lines["psnr"], strict=True)]
    front = pareto(points)
    notes = ["" if best else " (another is as fast and as good, or better)" for best in front]
    names = [f"{name}{note}" for name, note in zip(lines["method"], notes, strict=True)]
    series = {name: [point] for name, point in zip(names, points, strict=True)}
    return chart.draw(series, lambda value: f"{math.exp(value):.3g}", lambda value: f"{value:.2f}")


def images(findings: Findings) -> Iterator[str]:
    """Yield for each place where the best method gains most and least over the baseline; of one image nothing."""
    summary = findings.tables.summary
    fair_ones = set(summary.loc[fair(summary), [*PLACE, "method"]].itertuples(index=False, name=None))
    for key, place in findings.tables.scores.groupby(PLACE, sort=False):
        table = place.pivot_table("psnr", "image", "method", sort=False)
        table = table.loc[np.isfinite(table.to_numpy(float)).all(axis=1)]
        able = [name for name in table if name != findings.baseline and (*key, name) in fair_ones]
        if not able or (*key, findings.baseline) not in fair_ones or len(table) <= 1:
            continue
        means = table.mean()[able]
        best = str(means.idxmax())
        gain = (table[best] - table[findings.baseline]).sort_values()
        most, least = (f"{gain.index[at]} ({gain.iloc[at]:+.2f} dB)" for at in (-1, 0))
        yield f"{place_name(key)}: gain of {best} over {findings.baseline}: highest on {most}, lowest on {least}"
