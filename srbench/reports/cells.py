"""What the cells of a text table hold, whatever its format: a line of the scoreboard, column by column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srbench.analysis.columns import COLUMNS, LEADING, METRICS, NONE, TIMES, absent
from srbench.analysis.settings import dataset_name
from srbench.reports.remarks import TRAINED_ON

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

_SOURCES = {
    "difference": f"{LEADING}_difference",
    "p": f"{LEADING}_p_holm",
    "verdict": f"{LEADING}_verdict",
    "published": f"published_{LEADING}",
}
"""The columns of the scoreboard that are shown under another name: those of the leading metric."""

_OPTIONAL = ("difference", "p", "published", *TIMES, "parameters")


def columns(board: pd.DataFrame) -> list[str]:
    """Return the columns that have something to say about these lines of the scoreboard."""
    shown = [name for name in _OPTIONAL if board[_SOURCES.get(name, name)].notna().any()]
    shown += ["verdict"] * bool((board[_SOURCES["verdict"]] != "").any())
    return [name for name in COLUMNS if name in {"method", "dataset", *METRICS, *shown}]


def cell(line: pd.Series, name: str) -> str:
    """Return one cell as plain text."""
    if name in METRICS:
        return _mean(line, name)
    if name == "dataset":
        return dataset_name(line)
    value = line[_SOURCES.get(name, name)]
    if name == "difference":
        return _difference(line)
    if name == "p":
        return NONE if absent(value) else f"{value:.2g}"
    return (str(value) or NONE) if COLUMNS[name].words else COLUMNS[name].text(value)


def explained(board: pd.DataFrame, text: Callable[[str], str]) -> str:
    """Return what a table holds and its marks mean, in one line; `text` escapes names."""
    sets = board.drop_duplicates("dataset")
    images = ", ".join(f"{text(line['dataset'])} ({line['of']})" for _, line in sets.iterrows())
    trained = f" {text(TRAINED_ON)}: over training images." if board["trained_on"].any() else ""
    return f"Means over the images of {images}. Best bold, second underlined.{trained}"


def marked(line: pd.Series, name: str, marks: dict[int, str], words: str) -> str:
    """Return the text of a cell in the mark of its position: `marks` of the best (1) and the second (2)."""
    position = line.get(f"{name}_position", 0)
    return marks[position].format(words) if position in marks else words


def _difference(line: pd.Series) -> str:
    """Return the difference to the baseline with its interval."""
    low, high = (COLUMNS["difference"].text(line[f"{LEADING}_{end}"], sign=True) for end in ("low", "high"))
    interval = "" if absent(line[f"{LEADING}_low"]) else f" ({low} to {high})"
    return COLUMNS["difference"].text(line[_SOURCES["difference"]], sign=True) + interval


def _mean(line: pd.Series, name: str) -> str:
    if not line["images"]:
        return str(line["status"]) if name == LEADING else NONE
    partial = f" ({line['images']} of {line['of']})" if line["images"] != line["of"] and name == LEADING else ""
    return f"{TRAINED_ON if line['trained_on'] and name == LEADING else ''}{METRICS[name].text(line[name])}{partial}"
