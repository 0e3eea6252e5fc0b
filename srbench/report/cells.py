"""What the cells of a text table hold, whatever its format: a line of the scoreboard, column by column."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from srbench.report.drawing import NONE, absent, three_digits
from srbench.report.remarks import TRAINED_ON
from srbench.results.rows import DEVICES

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

HEADINGS = {
    "method": "method",
    "dataset": "dataset",
    "psnr": "PSNR dB",
    "ssim": "SSIM",
    "difference": "difference dB",
    "p": "p",
    "verdict": "verdict",
    "published": "published dB",
    **{f"{device}_ms_per_mpx": f"{device.upper()} ms/Mpx" for device in DEVICES},
    "parameters": "weights",
}
"""The columns and what is written above them."""

_NUMBERS = {"p": ("psnr_p_holm", ".2g"), "published": ("published_psnr", ".2f"), "parameters": ("parameters", ",")}
"""Columns of the scoreboard that are formatted alike everywhere."""

TEXTS = ("method", "dataset", "verdict")
"""Columns of words."""


def columns(board: pd.DataFrame) -> list[str]:
    """Return the columns that have something to say about these lines of the scoreboard."""
    needed = {
        "difference": "psnr_difference",
        "p": "psnr_p_holm",
        "published": "published_psnr",
        **{f"{device}_ms_per_mpx": f"{device}_ms_per_mpx" for device in DEVICES},
        "parameters": "parameters",
    }
    judged = (board["psnr_verdict"] != "").any()
    return [
        name
        for name in HEADINGS
        if (judged if name == "verdict" else name not in needed or board[needed[name]].notna().any())
    ]


def cell(line: pd.Series, name: str) -> str:
    """Return one cell as plain text."""
    if name in {"psnr", "ssim"}:
        return _mean(line, name)
    if name == "difference":
        return _difference(line)
    if name in _NUMBERS:
        column, layout = _NUMBERS[name]
        return NONE if absent(line[column]) else format(line[column], layout)
    if name.endswith("ms_per_mpx"):
        return three_digits(line[name])
    return str(line["psnr_verdict"] if name == "verdict" else line[name]) or NONE


def explained(board: pd.DataFrame, text: Callable[[str], str]) -> str:
    """Return what a table holds and its marks mean, in one line; `text` escapes names."""
    sets = board.drop_duplicates("dataset")
    images = ", ".join(f"{text(line['dataset'])} ({line['of']})" for _, line in sets.iterrows())
    trained = f" {text(TRAINED_ON)}: over training images." if board["trained_on"].any() else ""
    return f"Means over the images of {images}. Best bold, second underlined.{trained}"


def _difference(line: pd.Series) -> str:
    """Return the difference to the baseline with its interval; none of a mean over fewer images."""
    if line["images"] != line["of"] or math.isnan(line["psnr_difference"]):
        return NONE
    interval = "" if math.isnan(line["psnr_low"]) else f" ({line['psnr_low']:+.2f} to {line['psnr_high']:+.2f})"
    return f"{line['psnr_difference']:+.2f}{interval}"


def _mean(line: pd.Series, name: str) -> str:
    if not line["images"]:
        return str(line["status"]) if name == "psnr" else NONE
    number = f"{line[name]:.{2 if name == 'psnr' else 4}f}"
    partial = f" ({line['images']} of {line['of']})" if line["images"] != line["of"] and name == "psnr" else ""
    return f"{TRAINED_ON if line['trained_on'] and name == 'psnr' else ''}{number}{partial}"
