"""Charts of a run: quality against time, scores image by image, ranks, time against size, training."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from srbench import weights_metadata
from srbench.analysis.columns import SPEEDS, TIMES
from srbench.analysis.fronts import pareto
from srbench.analysis.settings import SETTING, setting_name
from srbench.analysis.speeds import kind
from srbench.errors import UsageError
from srbench.reports.figures.drawing import figure, folded, plain, styles
from srbench.reports.labels import directed
from srbench.store.rows import GIVEN

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from srbench.analysis.columns import Column
    from srbench.reports.findings import Findings

_WIDTH, _HEIGHT = 4.6, 3.0
"""Inches of a panel."""
_TITLE_HEIGHT = 0.75
"""Inches of a title of three lines."""
_LEGEND, _TITLE = 36, 34
"""Letters of a line of a legend, and of a title."""
_INSIDE = 9
"""Lines of a legend that has room among the points."""
_BESIDE: Any = {"loc": "upper left", "bbox_to_anchor": (1, 1)}


def _panels(number: int, height: float = _HEIGHT, width: float = _WIDTH) -> tuple[Figure, list[Axes]]:
    drawn = figure(width, height * number)
    return drawn, list(drawn.subplots(number, squeeze=False)[:, 0])


def _row(findings: Findings) -> float:
    """Return the inches that a method's line has, where its name stands beside it."""
    return max([0.3, *(0.16 * (1 + folded(name).count("\n")) for name in findings.methods)])


def _folded(title: str) -> str:
    """Return a title in lines that fit above a panel."""
    return "\n".join(textwrap.wrap(title, _TITLE, break_on_hyphens=False))


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
    names = "\n".join(folded(name, _LEGEND) for name in findings.methods).count("\n") + 1
    beside = names > _INSIDE
    drawn, axes = _panels(len(found), max(_HEIGHT, _TITLE_HEIGHT + 0.15 * names), _WIDTH + 2 * beside)
    for each, (title, lines, time) in zip(axes, found, strict=True):
        _front(each, lines, time.name, metric, styles(findings.methods))
        each.set(xscale="log", xlabel=time.hint, ylabel=directed(metric), title=_folded(title))
        each.legend(fontsize=7, frameon=False, **(_BESIDE if beside else {"loc": "best"}))
        plain(each.xaxis)
        each.margins(0.14, 0.12)
        each.yaxis.set_inverted(metric.better == "lower")
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
        axes.plot(*point, linestyle="", label=folded(name, _LEGEND), markerfacecolor=face, **look)


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
    drawn, axes = _panels(len(settings), 0.6 + _row(findings) * len(findings.methods))
    random = np.random.default_rng(0)
    for each, (key, group) in zip(axes, settings, strict=True):
        names = list(dict.fromkeys(group["method"]))
        board = findings.scoreboard
        exact = "" if np.isfinite(group[metric.name]).all() else "; triangles at the edge: infinite"
        for row, name in enumerate(names):
            own = group[group["method"] == name]
            _strip(each, row, own, metric, _beyond(group[metric.name]), looks[name], random)
            here = (board[SETTING] == list(key)).all(axis=1) & (board["method"] == name)
            for mean in board.loc[here & np.isfinite(board[metric.name]), metric.name]:
                each.plot([mean] * 2, [row - 0.35, row + 0.35], color="black", linewidth=1.5)
        each.set_yticks(range(len(names)), [folded(name) for name in names])
        each.set(xlabel=directed(metric) + exact, ylim=(len(names) - 0.4, -0.6), title=_folded(setting_name(key)))
    return drawn


def _strip(  # noqa: PLR0913 - what is drawn, and how
    axes: Axes,
    row: int,
    own: pd.DataFrame,
    metric: Column,
    edge: float,
    look: dict[str, Any],
    random: np.random.Generator,
) -> None:
    """Draw the scores of a method."""
    values = own[metric.name].to_numpy(float)
    heights = row + random.uniform(-0.2, 0.2, len(values))
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
    drawn, axes = _panels(len(settings), 0.9 + _row(findings) * len(findings.methods))
    for each, (key, group) in zip(axes, settings, strict=True):
        names = list(group["method"])
        for row, (name, rank) in enumerate(zip(names, group["rank"], strict=True)):
            each.plot(rank, row, linestyle="", **looks[name])
            words = verdicts.get((name, *key), "baseline" if name == findings.baseline else "")
            each.annotate(words, (rank, row), (7, -3), textcoords="offset points", fontsize=7, color="#666666")
        each.set_yticks(range(len(names)), [folded(name) for name in names])
        each.set(xlim=(0.8, len(names) + 0.8), ylim=(len(names) - 0.5, -0.8), title=_folded(setting_name(key)))
        each.set_xlabel(f"mean rank, {group['images'].iloc[0]} images; verdicts: against {findings.baseline}")
    return drawn


def curves(findings: Findings) -> Figure:
    """Return the training curves of trained methods, and time against size where several sizes were timed."""
    trained = [(f"{spec} {factor}", facts) for (spec, factor), facts in findings.models.items() if facts.get("history")]
    speeds = findings.tables.speeds.dropna(subset=["exponent"])
    timed = list(speeds.groupby(["factor", "device", "channels", "dtype"], sort=False))
    if not trained and not timed:
        raise UsageError("the run has no trained method whose weights hold a history, and no times of several sizes")
    drawn, axes = _panels(len(trained) + len(timed))
    for each, (title, facts) in zip(axes, trained, strict=False):
        _history(each, title, facts)
    for each, (key, lines) in zip(axes[len(trained) :], timed, strict=True):
        for method, group in lines.groupby("method", sort=False):
            each.plot(
                group["megapixels"],
                group["call"] * SPEEDS["call"].scale,
                label=folded(str(method), _LEGEND),
                **styles(findings.methods)[str(method)],
            )
        title = f"x{key[0]} on {key[1]}, {kind(lines['channels'].iloc[0], lines['dtype'].iloc[0])}"
        each.set(xscale="log", yscale="log", xlabel="output megapixels", ylabel="milliseconds", title=title)
        for axis in (each.xaxis, each.yaxis):
            plain(axis)
        each.legend(fontsize=7, frameon=False)
    return drawn


def _history(axes: Axes, title: str, facts: dict[str, Any]) -> None:
    """Draw loss, and PSNR of images held out beside bicubic's, over steps."""
    steps, losses, psnrs = (np.array(column, float) for column in zip(*facts["history"], strict=True))
    bicubic = weights_metadata.bicubic(facts)
    losses[~(losses > 0)] = np.nan  # a logarithmic axis has no place for them
    axes.plot(steps, losses, color="#d55e00")
    axes.set(title=title, xlabel="steps")
    if np.isfinite(losses).any():
        axes.set_yscale("log")
        plain(axes.yaxis)
    axes.set_ylabel("training loss", color="#d55e00")
    if np.isfinite(psnrs).any():
        right = axes.twinx()
        right.plot(steps, psnrs, color="#0072b2")
        if np.isfinite(bicubic):
            right.axhline(bicubic, color="#0072b2", linestyle="--", linewidth=1)
            right.text(steps[0], bicubic, "bicubic (MATLAB)", color="#0072b2", fontsize=7, va="bottom")
        right.set_ylabel("PSNR of held-out images, dB", color="#0072b2")
        right.spines["right"].set_visible(True)
