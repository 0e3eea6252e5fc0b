"""What the cells of a text table hold, whatever its format: a line of the scoreboard, column by column."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from srbench.analysis.columns import NONE, TIMES, absent, leading, probability, scoreboard_columns
from srbench.analysis.settings import dataset_name
from srbench.reports.remarks import COMMON, FEWER, TRAINED_ON
from srbench.reports.scoreboard import reported

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from srbench.analysis.columns import Column, Metrics

_OPTIONAL = ("difference", "p", "reported", *TIMES, "parameters")


@dataclass(frozen=True)
class Cells:
    """The columns of a scoreboard of these metrics, and its cells as plain text; the first metric leads."""

    metrics: Metrics

    @cached_property
    def leading(self) -> Column:
        """Return the metric that methods are ranked by."""
        return leading(self.metrics)

    @cached_property
    def columns(self) -> dict[str, Column]:
        """Return all columns, by their names."""
        found = scoreboard_columns(self.metrics)
        if paper := reported(self.metrics):
            found["reported"] = found["reported"]._replace(unit=paper.unit, digits=paper.digits)
        return found

    @cached_property
    def sources(self) -> dict[str, str]:
        """Return the columns of the scoreboard that are shown under another name."""
        first, paper = self.leading.name, reported(self.metrics)
        found = {"difference": f"{first}_difference", "p": f"{first}_p_holm", "verdict": f"{first}_verdict"}
        return found | ({"reported": f"reported_{paper.name}"} if paper else {})

    def source(self, name: str) -> str:
        """Return what the scoreboard calls a column."""
        return self.sources.get(name, name)

    def has(self, board: pd.DataFrame, name: str) -> bool:
        """Tell whether a column of numbers has any."""
        return self.source(name) in board and bool(board[self.source(name)].notna().any())

    def shown(self, board: pd.DataFrame) -> list[str]:
        """Return the columns that have something to say about these lines of the scoreboard."""
        shown = [name for name in _OPTIONAL if self.has(board, name)]
        shown += ["verdict"] * bool((board[self.source("verdict")] != "").any())
        shown += ["images"] * partial(board)
        return [name for name in self.columns if name in {"method", "dataset", *self.metrics, *shown}]

    def text(self, line: pd.Series, name: str) -> str:
        """Return one cell."""
        if name in self.metrics:
            return self.mean(line, name)
        if name == "images":
            return coverage(line)
        if name == "dataset":
            return dataset_name(line)
        value = line[self.source(name)]
        if name == "difference":
            return " ".join([self.difference(line), *([f"({each})"] if (each := self.interval(line)) else [])])
        if name == "p":
            return probability(value)
        return (str(value) or NONE) if self.columns[name].words else self.columns[name].text(value)

    def difference(self, line: pd.Series) -> str:
        """Return the difference to the baseline."""
        return self.columns["difference"].text(line[self.source("difference")], sign=True)

    def interval(self, line: pd.Series) -> str:
        """Return the interval of the difference; empty where there is none."""
        first = self.leading.name
        low, high = (self.columns["difference"].text(line[f"{first}_{end}"], sign=True) for end in ("low", "high"))
        return "" if absent(line[f"{first}_low"]) else f"{low} to {high}"

    def mean(self, line: pd.Series, name: str) -> str:
        """Return a mean, or why there is none; that of the leading metric is marked where the method has seen images.

        A mean over fewer images than others of its line is marked, too.
        """
        first = name == self.leading.name
        if not line["images"]:
            return str(line["status"]) if first else NONE
        mark = TRAINED_ON if line["trained_on"] and first else ""
        return f"{mark}{FEWER if is_fewer(line, name) else ''}{self.metrics[name].text(line[name])}"

    def explained(self, board: pd.DataFrame, text: Callable[[str], str]) -> str:
        """Return what a table holds and its marks mean, in one line; `text` escapes names."""
        sets = board.sort_values("images", ascending=False, kind="stable").drop_duplicates("dataset").sort_index()
        images = ", ".join(f"{text(line['dataset'])} ({of_all(line)})" for _, line in sets.iterrows())
        trained = f" {text(TRAINED_ON)}: trained on some of the images." if board["trained_on"].any() else ""
        fewer = f" {text(FEWER)}: a mean over fewer images." if self.has_fewer(board) else ""
        some = f" {COMMON.capitalize()}." if partial(board) else ""
        return f"Means over the images of {images}. Best bold, second underlined.{some}{trained}{fewer}"

    def has_fewer(self, board: pd.DataFrame) -> bool:
        """Tell whether any mean is over fewer images than others of its line."""
        return any(is_fewer(line, name) for line in board.to_dict("records") for name in self.metrics)


def is_fewer(line: Any, name: str) -> bool:  # noqa: ANN401 - a line of the scoreboard
    """Tell whether a metric has a mean that is over fewer images than the method has scores of."""
    return bool(0 < line.get(f"{name}_images", 0) < line["images"])


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


def marked(line: pd.Series, name: str, marks: dict[int, str], words: str) -> str:
    """Return the text of a cell in the mark of its position: `marks` of the best (1) and the second (2)."""
    position = line.get(f"{name}_position", 0)
    return marks[position].format(words) if position in marks else words
