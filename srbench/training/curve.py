"""The curve of a training: loss and validation PSNR over the epochs, beside the PSNR of bicubic."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from srbench.training.plan import Moment


def draw(history: Sequence[Moment], title: str = "") -> dict[str, bytes]:
    """Return the curve as `curve.svg` and `curve.png`; nothing where matplotlib is not installed."""
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        return {}
    epochs = [each.epoch for each in history]
    with mpl.rc_context({"svg.hashsalt": "srbench", "font.size": 10}):
        figure = Figure((7, 3.6), layout="constrained")
        left = figure.subplots()
        left.set(xlabel="epoch", ylabel="training loss", yscale="log", title=title)
        left.plot(epochs, [each.loss for each in history], color="tab:orange", marker=".", label="training loss")
        if any(each.psnr == each.psnr for each in history):
            right = left.twinx()
            right.set_ylabel("PSNR of held-out images, dB")
            right.plot(epochs, [each.psnr for each in history], color="tab:blue", marker=".", label="PSNR")
            if math.isfinite(bicubic := history[-1].bicubic):
                right.axhline(bicubic, color="tab:gray", linestyle="--", label=f"PSNR of bicubic, {bicubic:.2f} dB")
        figure.legend(loc="outside lower center", ncols=3, frameon=False)
        files = {}
        for name, metadata in (("curve.svg", {"Date": None}), ("curve.png", {"Software": None})):
            content = io.BytesIO()
            figure.savefig(content, format=name[-3:], metadata=metadata, dpi=150)
            files[name] = content.getvalue()
    return files
