"""The scoreboard: one line per method and place, with all that a table of any format shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srbench.results.comparisons import METRICS, PLACE

if TYPE_CHECKING:
    import pandas as pd

    from srbench.report.findings import Findings

CELL = ["method", *PLACE]


def scoreboard(findings: Findings) -> pd.DataFrame:
    """Return the summary, line by line, with comparisons, published values, ranks and places.

    Besides the columns of the summary (docs/results.md) and of `comparisons` (NaN or "" for the baseline, and for
    means that are not `fair`, which are not judged), there are
    `published_psnr`, `published_ssim` and `published_source` (of the first paper that has the cell; NaN and "" where
    none has), `rank` (by PSNR, over images), and `psnr_place` and `ssim_place`: 1 for the best mean of the place, 2 for
    the second, as printed (two and four decimals); 0 for others, for partial means and for means over training images.
    """
    board = findings.tables.summary.copy()
    differences = findings.comparisons.drop(columns=["device"])
    board = board.merge(differences, how="left", on=CELL)
    ranks = findings.ranks[[*CELL, "rank"]]
    board = board.merge(ranks, how="left", on=CELL)
    cells = findings.published.drop_duplicates(["spec", *PLACE]).rename(
        columns={"psnr": "published_psnr", "ssim": "published_ssim", "source": "published_source"}
    )
    cells = cells.drop(columns="method").rename(columns={"spec": "method"})
    board = board.merge(cells[[*CELL, "published_psnr", "published_ssim", "published_source"]], how="left", on=CELL)
    texts = ["baseline", "psnr_verdict", "ssim_verdict", "published_source"]
    board[texts] = board[texts].fillna("")
    for name, digits in zip(METRICS, (2, 4), strict=True):
        for what in ("difference", "low", "high", "p", "p_holm"):
            board[f"{name}_{what}"] = board[f"{name}_{what}"].where(fair(board))
        board[f"{name}_verdict"] = board[f"{name}_verdict"].where(fair(board), "")
        board[f"{name}_place"] = _places(board, name, digits)
    return board


def fair(board: pd.DataFrame) -> pd.Series:
    """Tell which means may be called the best: over all images, and none of them trained on."""
    return (board["images"] == board["of"]) & (board["trained_on"] == 0)


def _places(board: pd.DataFrame, name: str, digits: int) -> pd.Series:
    printed = board[name].round(digits).where(fair(board))
    place = printed.groupby([board[each] for each in PLACE]).rank(method="dense", ascending=False)
    return place.where(place <= 2, 0).fillna(0).astype(int)  # noqa: PLR2004 - the best and the second
