"""Highlights beyond the table of means: quality against time, and the images with the highest and lowest gain."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from srbench.analysis.columns import LEADING, METRICS, TIMES
from srbench.analysis.fronts import pareto
from srbench.analysis.settings import SETTING, rankable, setting_name
from srbench.reports import chart

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from srbench.reports.findings import Findings

_POINTS = 3
"""Methods that make a chart."""


def charts(board: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Yield a title and a chart of quality against time for each setting and device where three methods have both."""
    metric = METRICS[LEADING]
    for key, group in board[rankable(board) & np.isfinite(board[LEADING])].groupby(SETTING, sort=False):
        for name, time in TIMES.items():
            timed = group[group[name] > 0]
            if len(timed) >= _POINTS:
                yield f"{setting_name(key)}: {metric.titled} against {time.hint} on {time.label}", _chart(timed, name)


def _chart(lines: pd.DataFrame, column: str) -> str:
    metric = METRICS[LEADING]
    points = [(math.log(ms), float(score)) for ms, score in zip(lines[column], lines[LEADING], strict=True)]
    front = pareto([(cost, metric.sign * score) for cost, score in points])
    notes = ["" if best else " (another is at least as fast and as good)" for best in front]
    names = [f"{name}{note}" for name, note in zip(lines["method"], notes, strict=True)]
    series = {name: [point] for name, point in zip(names, points, strict=True)}
    return chart.draw(series, lambda value: TIMES[column].text(math.exp(value)), metric.text)


def images(findings: Findings) -> Iterator[str]:
    """Yield for each setting where the best method gains most and least over the baseline; of one image nothing."""
    metric, baseline = METRICS[LEADING], findings.baseline
    for key, group in findings.judged.groupby(SETTING, sort=False):
        table = metric.sign * group.pivot_table(LEADING, "image", "method", sort=False)
        table = table.loc[np.isfinite(table.to_numpy(float)).all(axis=1)]
        others = [name for name in table if name != baseline]
        if not others or baseline not in table or len(table) <= 1:
            continue
        best = str(table[others].mean().idxmax())
        gain = (table[best] - table[baseline]).sort_values()
        most, least = (f"{gain.index[at]} ({metric.measure(gain.iloc[at], sign=True)})" for at in (-1, 0))
        yield f"{setting_name(key)}: gain of {best} over {baseline}: highest on {most}, lowest on {least}"
