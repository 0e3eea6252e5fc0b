"""The literature's tables (`results/published.csv`), and how far measured means are from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from srbench.folders import folder

if TYPE_CHECKING:
    from collections.abc import Collection

PSNR_TOLERANCE = 0.01
"""dB; papers print two decimals, and old and new MATLAB differ by less than this."""

SSIM_TOLERANCE = 0.001


def published(specs: Collection[str]) -> pd.DataFrame:
    """Return the published cells of the methods `specs`, one line each.

    Columns: method (as the paper calls it), spec (ours), dataset, factor, psnr (dB), ssim, params, protocol, source.
    """
    cells = pd.read_csv(folder("results") / "published.csv", keep_default_na=False, na_values={"psnr": "", "ssim": ""})
    return cells[cells["spec"].isin(specs)].reset_index(drop=True)


def beside(cells: pd.DataFrame, summary: pd.DataFrame, fixed: Collection[str]) -> pd.DataFrame:
    """Return `cells` with `measured_psnr`, `measured_ssim`, both differences and a `verdict`.

    The verdict is `agrees` or `off` for the methods `fixed`, whose numbers leave no choice. A trained network is not
    the paper's, so its verdict is `trained`. Cells that were not measured, or not on all images, are left out.
    """
    whole = summary[summary["images"] == summary["of"]].rename(columns={"method": "spec"})
    measured = whole[["spec", "dataset", "factor", "protocol", "psnr", "ssim"]]
    table = cells.merge(measured, on=["spec", "dataset", "factor", "protocol"], suffixes=("", "_measured"))
    table = table.rename(columns={"psnr_measured": "measured_psnr", "ssim_measured": "measured_ssim"})
    for name in ("psnr", "ssim"):
        table[f"{name}_difference"] = table[f"measured_{name}"] - table[name]
    off = (table["psnr_difference"].abs() > PSNR_TOLERANCE) | (table["ssim_difference"].abs() > SSIM_TOLERANCE)
    verdict = off.map({True: "off", False: "agrees"})
    table["verdict"] = verdict.where(table["spec"].isin(fixed), "trained")
    return table
