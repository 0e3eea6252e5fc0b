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
from srbench.reports.labels import amount

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from srbench.analysis.columns import Column
    from srbench.reports.cells import Cells
    from srbench.reports.findings import Findings

_POINTS = 3
"""Methods that make a chart."""


def charts(findings: Findings) -> Iterator[tuple[str, str]]:
    """Yield a title and a chart of quality against time for each setting and device where three methods have both."""
    metric, board = findings.cells.leading, findings.scoreboard
    inverted = " (axis inverted: lower is better)" if metric.better == "lower" else ""
    for key, group in board[board["judged"]].groupby(SETTING, sort=False):
        for name, time in TIMES.items():
            timed = group[group[name] > 0]
            if len(timed) >= _POINTS:
                title = f"{setting_name(key)}: {metric.titled} against {time.hint} on {time.label}{inverted}"
                yield title, _chart(timed, name, metric)


def _chart(lines: pd.DataFrame, column: str, metric: Column) -> str:
    """Draw the methods, the better ones higher; an infinite mean is on top, and says so."""
    front = pareto(list(zip(lines[column], -lines[f"{metric.name}_order"], strict=True)))
    notes = ["" if best else " (another is at least as fast and as good)" for best in front]
    means = lines[metric.name].to_numpy(float)
    gains = metric.sign * means
    known = gains[np.isfinite(gains)]
    top = known.max() if len(known) else 0.0
    series = {
        f"{name}{'' if math.isfinite(mean) else f' ({metric.measure(mean)})'}{note}": [(math.log(ms), min(gain, top))]
        for name, mean, gain, ms, note in zip(lines["method"], means, gains, lines[column], notes, strict=True)
    }
    return chart.draw(series, lambda value: TIMES[column].text(math.exp(value)), lambda y: metric.text(metric.sign * y))


def images(findings: Findings) -> Iterator[str]:
    """Yield for each setting where the best method gains most and least over the baseline; of one image nothing.

    Methods that tie share a line where they gain alike. A loss is not called a gain.
    """
    metric, baseline = findings.cells.leading, findings.baseline
    placed = findings.places.groupby(SETTING, sort=False)
    for key, group in findings.judged.groupby(SETTING, sort=False):
        table = metric.sign * by_image(group, metric.name)
        others = placed.get_group(key)
        others = others[others["method"] != baseline]
        if others.empty or baseline not in table or len(table) <= 1:
            continue
        alike: dict[tuple[bool, str], list[str]] = {}
        for name in best(others, findings.metrics):
            gains = (table[name] - table[baseline]).fillna(0.0)  # NaN: both are exact
            if gains.any():
                gained = metric.better != "lower" and bool((gains >= 0).all())
                alike.setdefault((gained, _ends(gains, findings.cells)), []).append(name)
        for (gained, ends), names in alike.items():
            who = ", ".join(names)
            what = f"gain of {who} over {baseline}" if gained else f"{metric.label} of {who} minus {baseline}'s"
            yield f"{setting_name(key)}: {what}: {ends}"


def _ends(gains: pd.Series, cells: Cells) -> str:
    """Say on which images differences are highest and lowest, the better ones first, and how large they are."""
    ordered = gains.sort_values(kind="stable")
    metric, difference = cells.leading, cells.columns["difference"]
    texts = [difference.text(metric.sign * gain, sign=True) for gain in ordered]
    most, least = (f"{ordered.index[at]} ({amount(metric, texts[at])})" for at in (-1, 0))
    first, last = ("lowest", "highest") if metric.better == "lower" else ("highest", "lowest")
    return f"{first} on {most}, {last} on {least}"
