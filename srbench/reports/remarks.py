"""Remarks: notes below the tables of any format, on failures and limitations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from srbench.reports.labels import benchmark
from srbench.weights_metadata import DAMAGED, KEY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from srbench.analysis.tables import Tables

TRAINED_ON = "*"
"""Marks a PSNR over images that the method was trained on; before the number, so that digits stay aligned."""
_IMAGES = 3
"""How many images are named for a reason."""


def contamination(scores: pd.DataFrame) -> Iterator[str]:
    """Yield one line per method and dataset whose images it was trained on, and per count where factors differ."""
    good = scores[scores["status"] == "ok"]
    alike: dict[tuple[str, str, int, int], list[str]] = {}
    for (method, dataset, factor), group in good.groupby(["method", "dataset", "factor"], sort=False):
        seen = group.loc[group["trained_on"], "image"].nunique()
        if seen:
            key = str(method), str(dataset), seen, group["image"].nunique()
            alike.setdefault(key, []).append(f"x{factor}")
    for (method, dataset, seen, scored), factors in alike.items():
        images = f"{seen} of the {scored} scored image{'s' if scored != 1 else ''} of {dataset} ({', '.join(factors)})"
        yield f"{TRAINED_ON} {method} was trained on {images}: these scores do not show how it performs on other images"


def near_copies(models: Mapping[tuple[str, str], Mapping[str, Any]], scores: pd.DataFrame) -> Iterator[str]:
    """Yield one line per dataset and methods that were trained on near copies of the same of its images."""
    good = scores[(scores["status"] == "ok") & ~scores["trained_on"]]
    alike: dict[tuple[str, str], dict[str, list[str]]] = {}
    for (method, factor), facts in models.items():
        shown = {each["pixels"]: each["image"] for each in facts.get("near_copies", [])}
        own = good[(good["method"] == method) & (good["factor"].astype(str) == factor.removeprefix("x"))]
        seen = own[own["hr_sha256"].isin(list(shown))].drop_duplicates(["dataset", "image"])
        for dataset, group in seen.groupby("dataset", sort=False):
            named = ", ".join(f"{each.image} (as {shown[each.hr_sha256]})" for each in group.itertuples())
            alike.setdefault((str(dataset), named), {}).setdefault(method, []).append(factor)
    for (dataset, images), methods in alike.items():
        who = ", ".join(f"{method} ({', '.join(factors)})" for method, factors in methods.items())
        copies = f"near copies of images of {dataset} or on their series"
        yield f"trained on {copies}: {images}: {who}; scores may be too high"


def reasons(scores: pd.DataFrame) -> Iterator[str]:
    """Yield one line per reason for missing scores, or remark on others, with its methods, datasets and images."""
    bad = scores[(scores["status"] != "ok") | (scores["reason"] != "")]
    cases = bad.groupby(["status", "reason", "method"], sort=False)[["dataset", "factor", "image"]]
    alike: dict[tuple[str, str, str], list[str]] = {}
    for key, group in cases:
        status, reason, method = map(str, key)
        alike.setdefault((_cases(group, scores, reason), status, reason), []).append(method)
    for (where, status, reason), methods in alike.items():
        yield f"{', '.join(methods)}{where}: {status}: {reason}"


def _cases(group: pd.DataFrame, scores: pd.DataFrame, reason: str) -> str:
    """Say where a reason holds: the datasets, and a few images where not all are meant; nothing if it names them."""
    images = list(dict.fromkeys(group["image"]))
    if all(re.search(rf"(?<!\w){re.escape(image)}(?!\w)", reason) for image in images):
        return ""
    sets = ", ".join(dict.fromkeys(benchmark(line.dataset, line.factor) for line in group.itertuples()))
    whole = scores[scores["dataset"].isin(group["dataset"])]
    if len(group[["dataset", "image"]].drop_duplicates()) == len(whole[["dataset", "image"]].drop_duplicates()):
        return f" ({sets})"
    more = f" and {len(images) - _IMAGES} more" if images[_IMAGES:] else ""
    return f" ({sets}: {', '.join(images[:_IMAGES])}{more})"


def metadata(models: Mapping[tuple[str, str], Mapping[str, Any]]) -> Iterator[str]:
    """Yield one line per method and factor whose weights have damaged metadata, and what that leaves unknown."""
    for (method, factor), facts in models.items():
        if damaged := facts.get(DAMAGED):
            unchecked = {KEY, "training_images"} & set(damaged)
            effect = "; whether it was trained on the images cannot be checked" if unchecked else ""
            yield f"{method} {factor}: metadata of its weights are malformed, so ignored: {', '.join(damaged)}{effect}"


def noise(tables: Tables) -> Iterator[str]:
    """Yield one line where the times of `srbench run` are not to be relied on; `srbench time` says why of each."""
    if len(tables.scores) and (tables.speeds["verdict"] == "noisy").any():
        yield "noisy timings (see speeds.csv for why); srbench time is more thorough"
