"""What the cells of a text table hold, whatever its format: a line of the scoreboard, column by column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srbench.analysis.columns import NONE, TIMES, absent, probability
from srbench.analysis.settings import dataset_name
from srbench.reports.classical import COLUMNS, LEADING, METRICS
from srbench.reports.remarks import COMMON, TRAINED_ON

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
    shown += ["images"] * partial(board)
    return [name for name in COLUMNS if name in {"method", "dataset", *METRICS, *shown}]


def cell(line: pd.Series, name: str) -> str:
    """Return one cell as plain text."""
    if name in METRICS:
        return mean(line, name)
    if name == "images":
        return coverage(line)
    if name == "dataset":
        return dataset_name(line)
    value = line[_SOURCES.get(name, name)]
    if name == "difference":
        return " ".join([difference(line), *([f"({between})"] if (between := interval(line)) else [])])
    if name == "p":
        return probability(value)
    return (str(value) or NONE) if COLUMNS[name].words else COLUMNS[name].text(value)


def partial(board: pd.DataFrame) -> bool:
    """Tell whether any mean lacks images of its dataset, so that a table says over how many it is."""
    return bool(((board["images"] != board["of"]) & (board["images"] > 0)).any())


def coverage(line: pd.Series) -> str:
    """Return over how many images the mean is."""
    return f"{line['images']} of {line['of']}" if line["images"] else NONE


def of_all(line: pd.Series) -> str:
    """Return over how many images of how many the mean is; of all, their number."""
    return f"{line['images']} of {line['of']}" if line["images"] != line["of"] else str(line["of"])


def unclean(line: pd.Series) -> bool:
    """Tell whether the mean is over images that the method was trained on."""
    return bool(line["trained_on"]) and not line["judged"]


def explained(board: pd.DataFrame, text: Callable[[str], str]) -> str:
    """Return what a table holds and its marks mean, in one line; `text` escapes names."""
    sets = board.sort_values("images", ascending=False, kind="stable").drop_duplicates("dataset").sort_index()
    images = ", ".join(f"{text(line['dataset'])} ({of_all(line)})" for _, line in sets.iterrows())
    trained = f" {text(TRAINED_ON)}: trained on some of the images." if board["trained_on"].any() else ""
    some = f" {COMMON.capitalize()}." if partial(board) else ""
    return f"Means over the images of {images}. Best bold, second underlined.{some}{trained}"


def marked(line: pd.Series, name: str, marks: dict[int, str], words: str) -> str:
    """Return the text of a cell in the mark of its position: `marks` of the best (1) and the second (2)."""
    position = line.get(f"{name}_position", 0)
    return marks[position].format(words) if position in marks else words


def difference(line: pd.Series) -> str:
    """Return the difference to the baseline."""
    return COLUMNS["difference"].text(line[_SOURCES["difference"]], sign=True)


def interval(line: pd.Series) -> str:
    """Return the interval of the difference; empty where there is none."""
    low, high = (COLUMNS["difference"].text(line[f"{LEADING}_{end}"], sign=True) for end in ("low", "high"))
    return "" if absent(line[f"{LEADING}_low"]) else f"{low} to {high}"


def mean(line: pd.Series, name: str) -> str:
    """Return a mean, or why there is none; that of the leading metric is marked where the method has seen images."""
    if not line["images"]:
        return str(line["status"]) if name == LEADING else NONE
    return f"{TRAINED_ON if line['trained_on'] and name == LEADING else ''}{METRICS[name].text(line[name])}"
