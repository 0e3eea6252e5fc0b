"""Places: how the methods of a setting stand to each other, by their means and their ranks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from srbench.analysis import significance
from srbench.analysis.columns import leading
from srbench.analysis.settings import SETTING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from srbench.analysis.columns import Column, Metrics

    Array = NDArray[np.float64]

OF_METRIC = ("mean_low", "mean_high", "order", "position")
"""What there is of each metric."""

_DIGITS = 9
"""Means that are equal to so many decimals are equal; sums differ in their last bits."""


def places(scores: pd.DataFrame, metrics: Metrics) -> pd.DataFrame:
    """Return one line per method and setting: its places among the methods that are judged there; best ranks first.

    `scores` are those that methods are judged by, in settings. `rank` is the mean rank by the leading metric over the
    `images` (1 the best; NaN for fewer than two methods or images). Of each metric there are the 95 % interval of the
    mean (`*_mean_low`, `*_mean_high`; NaN for fewer than three images, or infinite ones), `*_order`, 1 for the best
    mean, and `*_position`, which counts means alike that are printed alike.

    An infinite score counts as one above any sum of the others, so of infinite means that with more exact images is
    the better one, then that with the better mean over the rest.
    """
    lines = [line for _, group in scores.groupby(SETTING, sort=False) for line in _lines(group, metrics)]
    of_metrics = [f"{name}_{what}" for name in metrics for what in OF_METRIC]
    return pd.DataFrame(lines, columns=["method", *SETTING, "images", "rank", *of_metrics])


def by_image(group: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return the scores of a setting: a line per image and a column per method, in the order of the run.

    Images that no method has a value of are left out.
    """
    (rows, images), (columns, methods) = (pd.factorize(group[name]) for name in ("image", "method"))
    values = np.full((len(images), len(methods)), math.nan)
    values[rows, columns] = group[metric].to_numpy(float)
    table = pd.DataFrame(values, pd.Index(images, name="image"), pd.Index(methods, name="method"))
    return table.dropna(how="all")


def finite(values: Array) -> Array:
    """Return scores with a number in place of infinity that is larger than any sum of the others."""
    infinite = np.isinf(values)
    above = 1 + 2 * float(np.nansum(np.abs(values[~infinite])))
    return np.where(infinite, np.copysign(above, values), values)


def _lines(group: pd.DataFrame, metrics: Metrics) -> list[dict[str, Any]]:
    tables, first = {name: by_image(group, name) for name in metrics}, leading(metrics)
    ranked = tables[first.name]
    found: dict[str, Any] = {"rank": significance.ranks(first.sign * ranked.to_numpy())}
    for name, metric in metrics.items():
        values = tables[name].to_numpy()
        of_metric = (*_ends(values), *_orders(values, metric))
        found |= {f"{name}_{what}": each for what, each in zip(OF_METRIC, of_metric, strict=True)}
    fixed: dict[str, Any] = {name: group[name].iloc[0] for name in SETTING} | {"images": len(ranked)}
    lines = [
        fixed | {"method": method} | {name: each[number] for name, each in found.items()}
        for number, method in enumerate(ranked)
    ]
    return sorted(lines, key=lambda line: (math.isnan(line["rank"]), line["rank"]))


def _ends(values: Array) -> list[Array]:
    """Return the ends of the intervals of means."""
    _, *ends = significance.intervals(finite(values))
    return [np.where(np.isinf(values).any(axis=0), math.nan, each) for each in ends]


def _orders(values: Array, metric: Column) -> tuple[list[int], list[int]]:
    """Return the order of means, 1 the best, and that of means as printed."""
    means = metric.sign * finite(values).mean(axis=0) if len(values) else np.full(values.shape[1], math.nan)
    return _dense(means.round(_DIGITS)), _dense(means.round(metric.digits if metric.digits is not None else _DIGITS))


def _dense(means: Array) -> list[int]:
    """Return 1 for the highest, 2 for the next, and so on; 0 for NaN."""
    different = np.unique(-means[~np.isnan(means)])
    return [0 if math.isnan(each) else 1 + int(np.searchsorted(different, -each)) for each in means]


def best(board: pd.DataFrame, metrics: Metrics) -> list[str]:
    """Return the methods of a setting with the best leading mean: all that tie; none if none is judged."""
    orders = board[f"{leading(metrics).name}_order"]
    judged = orders > 0
    return [str(each) for each in board.loc[judged & (orders == orders[judged].min()), "method"]]


def alike(board: pd.DataFrame, metrics: Metrics) -> list[str]:
    """Return the methods of a setting that share the lead: those with the best mean, and those that print the same.

    The same weights by another engine differ in the fifth digit: less than a tenth of half the last that is printed
    (0.0005 dB) is no lead. Ranks know the difference.
    """
    metric, first = leading(metrics), best(board, metrics)
    if not first or metric.digits is None:
        return first
    values = board[metric.name]
    top = values[board["method"] == first[0]].iloc[0]
    close = (values - top).abs() < _SHARE * 10.0**-metric.digits
    same = close & (values.map(metric.text) == metric.text(top)) & (board[f"{metric.name}_order"] > 0)
    return [str(each) for each in board.loc[same | board["method"].isin(first), "method"]]


_SHARE = 0.05
