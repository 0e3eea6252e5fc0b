"""Curves of a run: training, and time against size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from srbench import weights_metadata
from srbench.analysis.columns import SPEEDS
from srbench.analysis.speeds import kind
from srbench.errors import UsageError
from srbench.reports.figures.drawing import folded, plain, styles
from srbench.reports.figures.grid import LEGEND, grid, label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from srbench.reports.findings import Findings


def curves(findings: Findings) -> Figure:
    """Return the training curves of trained methods, and time against size where several sizes were timed."""
    here = {f"x{factor}" for frame in (findings.tables.summary, findings.tables.timings) for factor in frame["factor"]}
    models = [(spec, factor, facts) for (spec, factor), facts in findings.models.items() if factor in here]
    trained = [(f"{spec} {factor}", facts) for spec, factor, facts in models if facts.get("history")]
    speeds = findings.tables.speeds.dropna(subset=["exponent"])
    timed = list(speeds.groupby(["factor", "device", "channels", "dtype"], sort=False))
    if not trained and not timed:
        raise UsageError("the run has no trained method whose weights hold a history, and no times of several sizes")
    drawn, axes = grid(len(trained) + len(timed))
    for each, (title, facts) in zip(axes, trained, strict=False):
        _history(each, title, facts)
    for each, (key, lines) in zip(axes[len(trained) :], timed, strict=True):
        for method, group in lines.groupby("method", sort=False):
            each.plot(
                group["megapixels"],
                group["call"] * SPEEDS["call"].scale,
                label=folded(str(method), LEGEND),
                **styles(findings.methods)[str(method)],
            )
        title = f"x{key[0]} on {key[1]}, {kind(lines['channels'].iloc[0], lines['dtype'].iloc[0])}"
        each.set(xscale="log", yscale="log")
        label(each, title, "output megapixels", "milliseconds")
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
    label(axes, title, "steps; dashed: PSNR of bicubic (MATLAB)" if np.isfinite(bicubic) else "steps")
    if np.isfinite(losses).any():
        axes.set_yscale("log")
        plain(axes.yaxis)
    axes.set_ylabel("training loss", color="#d55e00")
    if np.isfinite(psnrs).any():
        right = axes.twinx()
        right.plot(steps, psnrs, color="#0072b2")
        if np.isfinite(bicubic):
            right.axhline(bicubic, color="#0072b2", linestyle="--", linewidth=1)
        right.set_ylabel("PSNR of held-out images, dB", color="#0072b2", fontsize=axes.yaxis.label.get_fontsize())
        right.tick_params(labelsize=axes.get_xticklabels()[0].get_fontsize())
        right.spines["right"].set_visible(True)
