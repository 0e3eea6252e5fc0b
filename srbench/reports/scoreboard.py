"""The scoreboard: one line per method and setting, with all that a table of any format shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srbench.analysis.columns import METRICS
from srbench.analysis.comparisons import STATISTICS
from srbench.analysis.published import TOLERANCES
from srbench.analysis.settings import SETTING, rankable

if TYPE_CHECKING:
    import pandas as pd

_CELL = ["method", *SETTING]
_PUBLISHED = ["spec", "dataset", "factor", "protocol"]


def scoreboard(
    summary: pd.DataFrame, comparisons: pd.DataFrame, ranks: pd.DataFrame, published: pd.DataFrame
) -> pd.DataFrame:
    """Return the summary (in settings), line by line, with comparisons, published values, ranks and positions.

    Besides the columns of the summary (docs/results.md) and of `comparisons` (NaN or "" for the baseline, and for
    means that are not `rankable`) there are `published_*` for each metric that papers report and `published_source` (of
    the first paper that has the cell; NaN and "" where none has), `rank` (by the leading metric, over images), and
    `*_position` for each metric: 1 for the best mean of the setting, 2 for the second, as printed; 0 for others, and
    for those that are not `rankable`.
    """
    board = summary.merge(comparisons.drop(columns="device"), how="left", on=_CELL)
    board = board.merge(ranks[[*_CELL, "rank"]], how="left", on=_CELL)
    names = {name: f"published_{name}" for name in (*TOLERANCES, "source")}
    cells = published.drop_duplicates(_PUBLISHED)[[*_PUBLISHED, *names]].rename(columns={"spec": "method"} | names)
    board = board.merge(cells, how="left", on=["method", *_PUBLISHED[1:]])
    counts = rankable(board)  # a method that is ranked on one device may have a line of another, that is not
    board["rank"] = board["rank"].where(counts)
    texts = ["baseline", "published_source", *(f"{name}_verdict" for name in METRICS)]
    board[texts] = board[texts].fillna("")
    for name in METRICS:
        for what in STATISTICS:
            column = f"{name}_{what}"
            board[column] = board[column].where(counts, "" if what == "verdict" else float("nan"))
        board[f"{name}_position"] = _positions(board, name)
    return board


def _positions(board: pd.DataFrame, name: str) -> pd.Series:
    metric = METRICS[name]
    printed = metric.sign * board[name].round(metric.digits or 0).where(rankable(board))
    position = printed.groupby([board[each] for each in SETTING]).rank(method="dense", ascending=False)
    return position.where(position <= 2, 0).fillna(0).astype(int)  # noqa: PLR2004 - the best and the second
