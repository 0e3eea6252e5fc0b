"""Highlights beyond the table of means: quality against time, and the images with the highest and lowest gain."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from srbench.analysis.columns import TIMES
from srbench.analysis.fronts import pareto
from srbench.analysis.places import best, by_image
from srbench.analysis.settings import SETTING, setting_name
from srbench.reports import chart
from srbench.reports.classical import COLUMNS, LEADING, METRICS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from srbench.reports.findings import Findings

_POINTS = 3
"""Methods that make a chart."""


def charts(board: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Yield a title and a chart of quality against time for each setting and device where three methods have both."""
    metric = METRICS[LEADING]
    for key, group in board[board["judged"]].groupby(SETTING, sort=False):
        for name, time in TIMES.items():
            timed = group[group[name] > 0]
            if len(timed) >= _POINTS:
                yield f"{setting_name(key)}: {metric.titled} against {time.hint} on {time.label}", _chart(timed, name)


def _chart(lines: pd.DataFrame, column: str) -> str:
    """Draw the methods; an infinite mean is on top, and says so."""
    metric = METRICS[LEADING]
    front = pareto(list(zip(lines[column], -lines[f"{LEADING}_order"], strict=True)))
    notes = ["" if best else " (another is at least as fast and as good)" for best in front]
    means = lines[LEADING].to_numpy(float)
    known = means[np.isfinite(means)]
    top = known.max() if len(known) else 0.0
    series = {
        f"{name}{'' if math.isfinite(mean) else f' ({metric.measure(mean)})'}{note}": [(math.log(ms), min(mean, top))]
        for name, mean, ms, note in zip(lines["method"], means, lines[column], notes, strict=True)
    }
    return chart.draw(series, lambda value: TIMES[column].text(math.exp(value)), metric.text)


def images(findings: Findings) -> Iterator[str]:
    """Yield for each setting where the best method gains most and least over the baseline; of one image nothing.

    Methods that tie share a line where they gain alike.
    """
    metric, baseline = METRICS[LEADING], findings.baseline
    placed = findings.places.groupby(SETTING, sort=False)
    for key, group in findings.judged.groupby(SETTING, sort=False):
        table = metric.sign * by_image(group, LEADING)
        others = placed.get_group(key)
        others = others[others["method"] != baseline]
        if others.empty or baseline not in table or len(table) <= 1:
            continue
        alike: dict[str, list[str]] = {}
        for name in best(others, METRICS):
            gains = (table[name] - table[baseline]).fillna(0.0)  # NaN: both are exact
            if gains.any():
                alike.setdefault(_ends(gains), []).append(name)
        for ends, names in alike.items():
            yield f"{setting_name(key)}: gain of {', '.join(names)} over {baseline}: {ends}"


def _ends(gains: pd.Series) -> str:
    """Say on which images gains are highest and lowest."""
    ordered = gains.sort_values(kind="stable")
    most, least = (
        f"{ordered.index[at]} ({COLUMNS['difference'].measure(ordered.iloc[at], sign=True)})" for at in (-1, 0)
    )
    return f"highest on {most}, lowest on {least}"
