"""Claims beside what was measured: how far a mean is from the number that is reported, and a verdict to its digits."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from srbench.analysis.tables import ASKED
from srbench.formats.printed import unit
from srbench.metrics.classical import further
from srbench.specs import parse_method, without_engine

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from srbench.analysis.columns import Metrics

TOLERANCES = {"psnr": 0.01, "ssim": 0.001}
"""How far a measured mean may be off, by metric, and still be `close`: old and new MATLAB, and decoders of JPEG, differ
by less."""

TOLERANCE = 0.001
"""How far those of other metrics may be off."""

VERDICTS = {
    "equal": "measured rounds to what is reported",
    "agrees": "within one unit of the last digit reported",
    "close": "farther, but within 0.01 dB or 0.001 of other metrics: as versions of MATLAB and of JPEG decoders differ",
    "off": "farther than one unit of the last digit, and than 0.01 dB or 0.001 of other metrics",
    "trained": "measured with other weights than those of the claim, so no verdict",
    "not measured": "nothing to compare, for the reason given",
}
"""What each verdict says."""

UNMET = ("off", "not measured")
"""The verdicts of which a claim must have none."""

_BINARY = 1e-9
"""What sums of decimals may be off in binary: 30.40 - 30.39 is not 0.01."""


def of_methods(
    claims: pd.DataFrame, specs: Collection[str], files: Mapping[str, Collection[str]] = MappingProxyType({})
) -> pd.DataFrame:
    """Return the claims of the methods `specs`; `claims` are those of a table (`analysis.claims`).

    `files` are the sha256 of methods' files, by spec: a claim that names the `weights` of its authors is one of the
    method that has them, however it is called. With the option `ensemble` it is none: papers print that apart. A claim
    that names no engine is one of the method with any.
    """
    single = {spec: held for spec, held in files.items() if held and "ensemble" not in parse_method(spec).options}
    theirs = [claims[claims["weights"].isin(held)].assign(method=spec) for spec, held in single.items()]
    named = [claims[claims["method"].isin({spec, without_engine(spec)})].assign(method=spec) for spec in specs]
    found = pd.concat([pd.concat([claims[:0], *named]).sort_index(kind="stable"), *theirs])
    return found.drop_duplicates().reset_index(drop=True)


def held_to(claims: pd.DataFrame, files: Mapping[str, Collection[str]]) -> pd.Series:
    """Tell which claims must be met: all but those of weights that their method does not have."""
    named = zip(claims["method"], claims["weights"], strict=True)
    return pd.Series([not weights or weights in files.get(spec, ()) for spec, weights in named], claims.index, bool)


def beside(
    claims: pd.DataFrame, summary: pd.DataFrame, metrics: Metrics, files: Mapping[str, Collection[str]]
) -> pd.DataFrame:
    """Return `claims` with what was `measured`, the `difference` (measured less reported), a `verdict` and a `reason`.

    `summary` has means over all images of each method (`analysis.tables.alone`), methods by spec, of these `metrics`,
    and may say in `*_reason` why values of a metric are missing; `files` are as for `of_methods`. The verdict is one
    of `VERDICTS`. What was not measured, or not on all images, has the `reason` why, and nothing is compared there.
    """
    further_ones = [f"{name}_{what}" for name in further(metrics) for what in ("images", "reason")]
    columns = [*ASKED, *metrics, *further_ones, "images", "of"]
    known = summary.assign(why=summary["reason"]).reindex(columns=[*columns, "why"])
    table = claims.merge(known, how="left", on=ASKED)
    found = [_measured(line, metrics) for line in table.to_dict("records")]
    table = table[list(claims)].assign(measured=pd.Series([value for value, _ in found], table.index, float))
    table["difference"] = table["measured"] - table["reported"]
    table["verdict"] = _verdicts(table, held_to(table, files))
    return table.assign(reason=[why for _, why in found])


def _measured(line: Mapping[Any, Any], metrics: Metrics) -> tuple[float, str]:
    """Return the mean that a claim is about, or NaN and why there is none."""
    metric, images, of = line["metric"], line["images"], line["of"]
    if math.isnan(images):
        return math.nan, "not scored"
    if metric not in metrics:
        return math.nan, f"{metric} is none of the metrics that were measured"
    if images != of:
        return math.nan, _said(line["why"]) or f"scored on {images:.0f} of {of:.0f} images"
    if (count := line.get(f"{metric}_images", of)) != of:
        why = _said(line[f"{metric}_reason"])
        return math.nan, why or f"{metrics[metric].label} of {count:.0f} of {of:.0f} images"
    return line[metric], ""


def _said(reason: object) -> str:
    """Return a reason; an empty one where a table has none."""
    return reason if isinstance(reason, str) else ""


def _verdicts(table: pd.DataFrame, held: pd.Series) -> np.ndarray:
    apart, last = table["difference"].abs(), table["printed"].map(unit).astype(float)
    tolerance = table["metric"].map(TOLERANCES).astype(float).fillna(TOLERANCE)
    cases = {
        "not measured": apart.isna(),
        "trained": ~held,
        "equal": apart <= last / 2 + _BINARY,
        "agrees": apart <= last + _BINARY,
        "close": apart <= tolerance + _BINARY,
    }
    return np.select(list(cases.values()), list(cases), "off")
