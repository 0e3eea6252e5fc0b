"""The literature's tables (`results/published.csv`), and how far measured means are from them."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING

import pandas as pd

from srbench.folders import folder
from srbench.metrics.classical import further
from srbench.opening import opened
from srbench.specs import parse_method

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from srbench.analysis.columns import Metrics

TOLERANCES = {"psnr": 0.01, "ssim": 0.001}
"""How far a measured mean may be off, by metric; papers print two decimals of PSNR, and old and new MATLAB differ by
less than 0.01 dB."""

TOLERANCE = 0.001
"""How far those of other metrics may be off."""

_FACTS = (["method", "spec", "dataset", "factor"], ["params", "protocol", "source", "weights"])
"""The columns of the literature's table before and after those of metrics."""

_CELL = ["spec", "dataset", "factor", "protocol"]


def published(
    specs: Collection[str], metrics: Metrics, files: Mapping[str, Collection[str]] = MappingProxyType({})
) -> pd.DataFrame:
    """Return the published cells of the methods `specs` that have a value of any of the `metrics`, one line each.

    `files` are the sha256 of methods' files, by spec: a cell that names the `weights` of its authors is one of the
    method that has them, however it is called. With the option `ensemble` it is none: papers print that apart.

    Columns: method (as the paper calls it), spec (ours), dataset, factor, each of the metrics (NaN where the paper has
    none), params, protocol, source, weights (sha256; empty where no weights are known to be the paper's).
    """
    with opened(folder("results") / "published.csv") as file:
        known = pd.read_csv(file, keep_default_na=False, na_values=dict.fromkeys(metrics, ""))
    known = known.assign(weights=known.get("weights", "")).reindex(columns=[*_FACTS[0], *metrics, *_FACTS[1]])
    known = known[known[list(metrics)].notna().any(axis=1)]
    named = known["weights"] != ""
    single = {spec: held for spec, held in files.items() if held and "ensemble" not in parse_method(spec).options}
    theirs = [known[named & known["weights"].isin(held)].assign(spec=spec) for spec, held in single.items()]
    return pd.concat([known[known["spec"].isin(specs)], *theirs]).reset_index(drop=True)


def beside(cells: pd.DataFrame, summary: pd.DataFrame, fixed: Collection[str], metrics: Metrics) -> pd.DataFrame:
    """Return `cells` with `measured_*` and `*_difference` of each metric, a `verdict` and a `reason`.

    The verdict is `agrees` or `off` for the methods `fixed`, whose numbers leave no choice, and for cells of the
    authors' `weights`. Another trained network is not the paper's, so its verdict is `trained`. A cell that was not
    measured, or not on all images, is `not measured`, for the `reason` given; nothing is compared there.
    """
    names, counts = {name: f"measured_{name}" for name in metrics}, [f"{name}_images" for name in further(metrics)]
    columns = summary.rename(columns={"method": "spec"} | names)
    table = cells.merge(columns[[*_CELL, *names.values(), *counts, "images", "of", "reason"]], how="left", on=_CELL)
    whole = table["images"].notna() & (table["images"] == table["of"])
    table.loc[~whole, list(names.values())] = math.nan
    for name in further(metrics):
        table.loc[table[f"{name}_images"] != table["of"], names[name]] = math.nan
    for name, column in names.items():
        table[f"{name}_difference"] = table[column] - table[name]
    differences = table[[f"{name}_difference" for name in metrics]]
    compared = differences.notna().any(axis=1)
    reason = table["reason"].fillna("not scored").mask(whole, "no metric that the paper has on all images")
    table["reason"] = reason.mask(compared, "")
    off = (differences.abs() > [TOLERANCES.get(name, TOLERANCE) for name in metrics]).any(axis=1)
    verdict = off.map({True: "off", False: "agrees"})
    table["verdict"] = verdict.where(held_to(table, fixed), "trained").where(compared, "not measured")
    return table.drop(columns=["images", "of", *counts])


def held_to(cells: pd.DataFrame, fixed: Collection[str]) -> pd.Series:
    """Tell which cells must be met: those of the methods `fixed`, and those of the authors' weights."""
    return cells["spec"].isin(fixed) | (cells["weights"] != "")
