"""The curve of a training: loss and validation PSNR over the epochs, beside the PSNR of bicubic."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from srbench.training.plan import Moment


_DECADE = 10
"""How many times the smallest loss the largest is where the axis is logarithmic: within less it has hardly a label."""

_FEW = 10
"""Moments up to which each is a large dot, and the axis begins at the start of the training."""


def draw(history: Sequence[Moment], title: str = "", start: float = math.nan) -> dict[str, bytes]:
    """Return the curve as `curve.svg` and `curve.png`; nothing where matplotlib is not installed.

    `start` is the PSNR in dB of the weights that a training started from, on the images of the history.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        return {}
    epochs = [each.epoch for each in history]
    with mpl.rc_context({"svg.hashsalt": "srbench", "font.size": 10}):
        figure = Figure((7, 3.6), layout="constrained")
        left = figure.subplots()
        left.set(xlabel="epoch", ylabel="training loss", title=title)
        losses = [each.loss for each in history]
        if max(losses) > _DECADE * min(losses) > 0:
            left.set_yscale("log")
        style: dict[str, Any] = {"marker": "o" if len(history) <= _FEW else "."}
        left.plot(epochs, losses, color="tab:orange", label="training loss", **style)
        if any(each.psnr == each.psnr for each in history):
            right = left.twinx()
            right.set_ylabel("PSNR of held-out images, dB")
            psnr = [each.psnr for each in history]
            if math.isfinite(start):  # the weights before the first step
                right.plot(
                    [0, *epochs], [start, *psnr], color="tab:blue", label="PSNR, from the starting weights", **style
                )
            else:
                right.plot(epochs, psnr, color="tab:blue", label="PSNR", **style)
            if math.isfinite(bicubic := history[-1].bicubic):
                right.axhline(bicubic, color="tab:gray", linestyle="--", label=f"PSNR of bicubic, {bicubic:.2f} dB")
        if len(history) <= _FEW:
            left.set_xlim(0, 1.05 * epochs[-1])
        figure.legend(loc="outside lower center", ncols=3, frameon=False)
        files = {}
        for name, metadata in (("curve.svg", {"Date": None}), ("curve.png", {"Software": None})):
            content = io.BytesIO()
            figure.savefig(content, format=name[-3:], metadata=metadata, dpi=150)
            files[name] = content.getvalue()
    return files
