"""The literature's tables (`results/published.csv`), and how far measured means are from them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from srbench.folders import folder

if TYPE_CHECKING:
    from collections.abc import Collection

PSNR_TOLERANCE = 0.01
"""dB; papers print two decimals, and old and new MATLAB differ by less than this."""

SSIM_TOLERANCE = 0.001

_CELL = ["spec", "dataset", "factor", "protocol"]


def published(specs: Collection[str]) -> pd.DataFrame:
    """Return the published cells of the methods `specs`, one line each.

    Columns: method (as the paper calls it), spec (ours), dataset, factor, psnr (dB), ssim, params, protocol, source.
    """
    cells = pd.read_csv(folder("results") / "published.csv", keep_default_na=False, na_values={"psnr": "", "ssim": ""})
    return cells[cells["spec"].isin(specs)].reset_index(drop=True)


def beside(cells: pd.DataFrame, summary: pd.DataFrame, fixed: Collection[str]) -> pd.DataFrame:
    """Return `cells` with `measured_psnr`, `measured_ssim`, both differences, a `verdict` and a `reason`.

    The verdict is `agrees` or `off` for the methods `fixed`, whose numbers leave no choice. A trained network is not
    the paper's, so its verdict is `trained`. A cell that was not measured, or not on all images, is `not measured`,
    for the `reason` given; nothing is compared there.
    """
    columns = {"method": "spec", "psnr": "measured_psnr", "ssim": "measured_ssim"}
    measured = summary.rename(columns=columns)[[*_CELL, "measured_psnr", "measured_ssim", "images", "of", "reason"]]
    table = cells.merge(measured, how="left", on=_CELL)
    whole = table["images"].notna() & (table["images"] == table["of"])
    table["reason"] = table["reason"].fillna("no score of this cell").mask(whole, "")
    table = table.drop(columns=["images", "of"])
    table.loc[~whole, ["measured_psnr", "measured_ssim"]] = math.nan
    for name in ("psnr", "ssim"):
        table[f"{name}_difference"] = table[f"measured_{name}"] - table[name]
    off = (table["psnr_difference"].abs() > PSNR_TOLERANCE) | (table["ssim_difference"].abs() > SSIM_TOLERANCE)
    verdict = off.map({True: "off", False: "agrees"})
    table["verdict"] = verdict.where(table["spec"].isin(fixed), "trained").where(whole, "not measured")
    return table
