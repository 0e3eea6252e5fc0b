"""What papers report of other methods in the settings of a run: rows beside the measured ones, which nothing ranks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from srbench import datasets
from srbench.analysis.settings import SHARED
from srbench.specs import listed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from srbench.analysis.columns import Metrics

_ROW = ["name", *SHARED, "source", "params"]
"""What the numbers of one row have in common."""

_CLAIM = ["name", *SHARED, "metric", "source"]

_WORDS = {"dataset": "the datasets", "factor": "the factors", "protocol": "the protocols"}

_MOST = 8
"""How many datasets, factors and protocols a sentence names."""


def paper_rows(claims: pd.DataFrame, metrics: Metrics) -> pd.DataFrame:
    """Return what papers report as rows of a table; `claims` are those of `matching`.

    One row per method, setting and source, in the order of the claims: `method` as the paper calls it, `SHARED`, the
    numbers by metric (NaN where the paper has none), their texts as `printed_*` (with the digits of the paper, else
    empty), `parameters` where the paper has one number for all factors, and the `source`.
    """
    groups = claims.groupby(_ROW, sort=False)
    rows = [dict(zip(_ROW, key, strict=True)) | _numbers(lines) for key, lines in groups]
    printed = [f"printed_{name}" for name in metrics]
    found = pd.DataFrame(rows, columns=[*_ROW, *metrics, *printed]).rename(columns={"name": "method"})
    found["parameters"] = pd.to_numeric(found.pop("params"), errors="coerce").astype("Int64")
    texts = dict.fromkeys(printed, object)
    return found.astype({**dict.fromkeys(metrics, float), **texts}).fillna(dict.fromkeys(printed, ""))


def _numbers(lines: pd.DataFrame) -> dict[str, float | str]:
    found: dict[str, float | str] = dict(zip(lines["metric"], lines["reported"], strict=True))
    return found | {f"printed_{name}": text for name, text in zip(lines["metric"], lines["printed"], strict=True)}


def claimed_names(fingerprints: Mapping[str, str], claimed: Iterable[str]) -> dict[str, str]:
    """Return what claims call the datasets of a run, by the names that the run has for them.

    `fingerprints` are those of the run's datasets: a folder with the files of Set5 is `set5`, and another one that is
    called so is not. Of a dataset that srbench does not list nothing but the name is known.
    """
    every, sets = set(claimed), set(datasets.names())
    known = {datasets.get(name).fingerprint: name for name in sorted(every & sets)}
    others = {name: "" if name in sets and files else name for name, files in fingerprints.items()}
    found = {name: known.get(files, others[name]) for name, files in fingerprints.items()}
    return {name: to for name, to in found.items() if to in every}


def matching(
    claims: pd.DataFrame, settings: pd.DataFrame, metrics: Collection[str], called: Mapping[str, str]
) -> pd.DataFrame:
    """Return the claims by these metrics under exactly these settings (`SHARED`), which carry the run's dataset names.

    `called` are the names of datasets (`claimed_names`). The canonical spec of a protocol holds its family and
    the degradation, so that another LR, rounding or border is another setting.
    """
    named = claims[claims["metric"].isin(metrics) & (claims["name"] != "")]
    wanted = settings[SHARED].drop_duplicates().assign(called=_called(settings, called))
    found = named.merge(wanted, left_on=SHARED, right_on=["called", *SHARED[1:]], suffixes=("_claimed", ""))
    return found.drop(columns=["called", "dataset_claimed"])[list(claims)]


def without(claims: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """Return the claims without those that stand beside what was `measured` already."""
    known = pd.MultiIndex.from_frame(measured[_CLAIM])
    return claims[~pd.MultiIndex.from_frame(claims[_CLAIM]).isin(known)].reset_index(drop=True)


def why_none(claims: pd.DataFrame, settings: pd.DataFrame, metrics: Collection[str], called: Mapping[str, str]) -> str:
    """Return why nothing that is reported matches a run: its metric, dataset, factor or protocol, in this order."""
    found, here = claims[claims["metric"].isin(metrics)], settings.assign(dataset=_called(settings, called))
    if found.empty:
        return f"papers report {_list(claims['metric'])}, and the run has {_list(metrics)}"
    of_what = ""
    for name in SHARED:
        left = found[found[name].isin(here[name])]
        if left.empty:
            asked = _asked(settings, found) if name == "dataset" else settings[name]
            return f"papers report {of_what}{_WORDS[name]} {_list(found[name])}, and the run has {_list(asked)}"
        found, of_what = left, f"{_list(left['dataset'])} with "
    return "papers report no dataset of the run with its factor and its protocol together"


def _asked(settings: pd.DataFrame, claims: pd.DataFrame) -> list[str]:
    """Return the datasets of a run; what has the name of one that papers report, and other files, is said to."""
    known = set(claims["dataset"])
    return [f"{name} of other files" if name in known else str(name) for name in settings["dataset"].unique()]


def elsewhere(claims: pd.DataFrame, settings: pd.DataFrame, called: Mapping[str, str]) -> pd.DataFrame:
    """Return the claims of the datasets and factors of a run under protocols that it does not have."""
    named = settings.assign(dataset=_called(settings, called))[["dataset", "factor"]].drop_duplicates()
    found = claims[claims["name"] != ""].merge(named)
    return found[~found["protocol"].isin(settings["protocol"])]


def _called(settings: pd.DataFrame, called: Mapping[str, str]) -> pd.Series:
    """Return what claims call the datasets of settings; empty where they have none of these."""
    return settings["dataset"].map(lambda name: called.get(name, "")).astype(str)


def _list(values: Collection[object]) -> str:
    return listed(dict.fromkeys(map(str, values)), _MOST)
