"""The scoreboard: one line per method and setting, with all that a table of any format shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srbench.analysis.reported import TOLERANCES
from srbench.analysis.settings import SETTING
from srbench.analysis.tables import ASKED

if TYPE_CHECKING:
    import pandas as pd

    from srbench.analysis.columns import Column, Metrics

_CELL = ["method", *SETTING]
_SHARED = ["images", "device"]
"""What the summary has, too, of each line."""


def reported(metrics: Metrics) -> Column | None:
    """Return the first of the metrics that papers report; None where they report none of them."""
    return next((metric for name, metric in metrics.items() if name in TOLERANCES), None)


def scoreboard(
    summary: pd.DataFrame, compared: pd.DataFrame, placed: pd.DataFrame, claims: pd.DataFrame, metrics: Metrics
) -> pd.DataFrame:
    """Return the summary (in settings), line by line, with comparisons, places and reported values.

    Besides the columns of the summary (docs/results.md) there are those of `analysis.comparisons` (NaN or "" for the
    baseline), of `analysis.places` (`rank`, `*_position` and others) and `reported_*` for each metric that papers
    report with `reported_source` (of the first paper that has the cell; NaN and "" where none has, or where the mean
    is not over all images). Orders and positions are 0, and all others NaN or "", where the method is not judged.
    """
    board = summary
    for table in (compared, placed):
        board = board.merge(table.drop(columns=_SHARED, errors="ignore"), how="left", on=_CELL)
    added = [str(name) for name in board if name not in summary]
    board[added] = board[added].where(board["judged"])  # the line of a device may be judged, another not
    first = claims.drop_duplicates(ASKED)[[*ASKED, "name", "source"]]
    for name in (each for each in metrics if each in TOLERANCES):
        own = first.merge(claims[claims["metric"] == name]).drop_duplicates(ASKED)
        board = board.merge(own[[*ASKED, "reported"]].rename(columns={"reported": f"reported_{name}"}), "left", ASKED)
    board = board.merge(first[[*ASKED, "source"]].rename(columns={"source": "reported_source"}), "left", ASKED)
    columns = [str(name) for name in board if str(name).startswith("reported_")]
    board[columns] = board[columns].where(board["images"] == board["of"])
    texts = ["baseline", "reported_source", *(f"{name}_verdict" for name in metrics)]
    board[texts] = board[texts].fillna("")
    orders = [f"{name}_{what}" for name in metrics for what in ("order", "position")]
    board[orders] = board[orders].fillna(0).astype(int)
    return board
