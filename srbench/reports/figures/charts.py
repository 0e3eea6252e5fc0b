"""Charts of a run: quality against time, scores image by image, and ranks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from srbench.analysis.columns import TIMES
from srbench.analysis.fronts import pareto
from srbench.analysis.settings import SETTING, setting_name
from srbench.errors import UsageError
from srbench.reports.figures.drawing import folded, plain, styles
from srbench.reports.figures.grid import HEIGHT, LEGEND, grid, label, legend, row
from srbench.reports.labels import directed
from srbench.store.rows import GIVEN

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from srbench.analysis.columns import Column
    from srbench.reports.findings import Findings

_TITLE_HEIGHT = 0.75
"""Inches of a title of three lines."""
_INSIDE = 9
"""Lines of a legend that has room among the points."""


def front(findings: Findings) -> Figure:
    """Return quality against milliseconds per megapixel, with the Pareto front, for each setting and device.

    Better is always up: the axis of a metric that is better lower is inverted.

    Raises:
        UsageError: the run has no times, or no metric.

    """
    metric, board = _leading(findings), findings.scoreboard
    found = [
        (f"{setting_name(key)}, time on {time.label}", lines, time)
        for key, group in board[board[metric.name].notna()].groupby(SETTING, sort=False)
        for time in TIMES.values()
        if len(lines := group[group[time.name] > 0])
    ]
    if not found:
        raise UsageError(_unpaired(findings))
    names = "\n".join(folded(name, LEGEND) for name in findings.methods).count("\n") + 1
    inside = names <= _INSIDE
    alone = len(found) == 1
    drawn, axes = grid(len(found), max(HEIGHT, alone * (_TITLE_HEIGHT + 0.15 * names)), aside=2 * (not inside))
    for each, (title, lines, time) in zip(axes, found, strict=True):
        _front(each, lines, time.name, metric, styles(findings.methods))
        each.set_xscale("log")
        label(each, title, time.hint, directed(metric))
        plain(each.xaxis)
        each.margins(0.14, 0.12)
        each.yaxis.set_inverted(metric.better == "lower")
    legend(drawn, axes, inside)
    return drawn


def _leading(findings: Findings) -> Column:
    """Return the metric to draw.

    Raises:
        UsageError: the run has none.

    """
    if not findings.metrics:
        raise UsageError("the run has no metric, so no scores to draw; srbench run --metrics names some")
    return findings.cells.leading


def _unpaired(findings: Findings) -> str:
    """Say what a run lacks for a chart of quality against time, and how to get it."""
    scores = findings.tables.scores
    if not len(scores):
        return "the run has times but no scores to draw them against; srbench run takes both"
    if set(scores["device"]) == {GIVEN}:
        return (
            "the run has no times, and cannot have any: its SR images were made elsewhere; --kind scores draws scores"
        )
    return "the run has no times to draw scores against; srbench run without --no-timing takes them"


def _front(axes: Axes, lines: pd.DataFrame, column: str, metric: Column, looks: dict[str, dict[str, Any]]) -> None:
    """Draw the methods; those that are not judged are hollow and on no front, infinite means are beyond all others."""
    values = lines[metric.name]
    heights = values.where(np.isfinite(values), _beyond(values))
    points = list(zip(lines[column], heights, strict=True))
    gains = -lines[f"{metric.name}_order"].where(lines["judged"])
    fronts = pareto(list(zip(lines[column], gains, strict=True)))
    best = sorted(point for point, on_front in zip(points, fronts, strict=True) if on_front)
    if best:
        axes.step(*zip(*best, strict=True), where="post", color="#999999", linewidth=1, zorder=1)
    for (_, line), point in zip(lines.iterrows(), points, strict=True):
        look = looks[line["method"]]
        name = line["method"] if np.isfinite(line[metric.name]) else f"{line['method']} ({metric.text(np.inf)})"
        face = look["color"] if line["judged"] else "none"
        axes.plot(*point, linestyle="", label=folded(name, LEGEND), markerfacecolor=face, **look)


def _beyond(values: pd.Series) -> float:
    """Return where an infinite value is drawn: beyond all others."""
    known = values[np.isfinite(values)]
    return float(known.max() + max(1.0, 0.1 * np.ptp(known))) if len(known) else 0.0


def scores(findings: Findings) -> Figure:
    """Return the score of every image as a strip for each method, with the mean, for each setting.

    Images that are not judged are hollow, and in no mean; infinite scores are triangles at the edge.
    """
    metric = _leading(findings)
    settings = list(findings.scores[findings.scores[metric.name].notna()].groupby(SETTING, sort=False))
    if not settings:
        raise UsageError("the run has no scores to draw")
    looks = styles(findings.methods)
    drawn, axes = grid(len(settings), 0.7 + row(findings.methods, len(settings)) * len(findings.methods))
    random = np.random.default_rng(0)
    for each, (key, group) in zip(axes, settings, strict=True):
        names = list(dict.fromkeys(group["method"]))
        board = findings.scoreboard
        exact = "" if np.isfinite(group[metric.name]).all() else "; triangles at the edge: infinite"
        for line, name in enumerate(names):
            own = group[group["method"] == name]
            _strip(each, line, own, metric, _beyond(group[metric.name]), looks[name], random)
            here = (board[SETTING] == list(key)).all(axis=1) & (board["method"] == name)
            for mean in board.loc[here & np.isfinite(board[metric.name]), metric.name]:
                each.plot([mean] * 2, [line - 0.35, line + 0.35], color="black", linewidth=1.5)
        each.set_yticks(range(len(names)), [folded(name) for name in names])
        each.set_ylim(len(names) - 0.4, -0.6)
        label(each, setting_name(key), directed(metric) + exact)
    return drawn


def _strip(  # noqa: PLR0913 - what is drawn, and how
    axes: Axes,
    line: int,
    own: pd.DataFrame,
    metric: Column,
    edge: float,
    look: dict[str, Any],
    random: np.random.Generator,
) -> None:
    """Draw the scores of a method."""
    values = own[metric.name].to_numpy(float)
    heights = line + random.uniform(-0.2, 0.2, len(values))
    exact, judged = np.isinf(values), own["judged"].to_numpy(bool)
    for which, changes in (
        (~exact & judged, {}),
        (~exact & ~judged, {"markerfacecolor": "none"}),
        (exact, {"marker": ">"}),
    ):
        at = np.where(exact, edge, values)[which]
        axes.plot(at, heights[which], linestyle="", markersize=3, alpha=0.6, **(look | changes))


def ranks(findings: Findings) -> Figure:
    """Return the mean rank of each method, for each setting, with its verdict against the baseline."""
    settings = list(findings.places[findings.places["rank"].notna()].groupby(SETTING, sort=False))
    if not settings:
        raise UsageError(
            "ranks need at least two methods, with scores of the same images (two or more), not trained on them"
        )
    looks = styles(findings.methods)
    metric = _leading(findings)
    verdicts = findings.comparisons.set_index(["method", *SETTING])[f"{metric.name}_verdict"]
    drawn, axes = grid(len(settings), 0.9 + row(findings.methods, len(settings)) * len(findings.methods))
    for each, (key, group) in zip(axes, settings, strict=True):
        names = list(group["method"])
        for line, (name, rank) in enumerate(zip(names, group["rank"], strict=True)):
            each.plot(rank, line, linestyle="", **looks[name])
            words = verdicts.get((name, *key), "baseline" if name == findings.baseline else "")
            _beside(each, words, (rank, line), left=rank > (len(names) + 1) / 2)
        each.set_yticks(range(len(names)), [folded(name) for name in names])
        each.set(xlim=(0.8, len(names) + 0.2), ylim=(len(names) - 0.5, -0.5))
        each.locator_params(axis="x", integer=True)
        ranked = f"mean rank, {group['images'].iloc[0]} images\nverdicts: against {findings.baseline}"
        label(each, setting_name(key), ranked)
    return drawn


def _beside(axes: Axes, words: str, point: tuple[float, float], *, left: bool) -> None:
    """Write words left or right of a point."""
    offset, side = ((-7, -3), "right") if left else ((7, -3), "left")
    axes.annotate(words, point, offset, textcoords="offset points", fontsize=7, color="#666666", ha=side)
