"""Settings: within what methods are compared, and which of their scores may be called best, ranked or tested."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from srbench.analysis.columns import LEADING, METRICS

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHARED = ["dataset", "factor", "protocol"]

SETTING = [*_SHARED, "on_device"]
"""What methods are compared within. `on_device` is the device whose scores are compared, where a method has scores of
both; elsewhere it is empty, and methods are compared whatever they run on."""

LINE = ["method", *_SHARED, "device"]
"""What the scores of one method in one setting have in common."""


def setting_name(key: Any) -> str:  # noqa: ANN401 - the key of a group by `SETTING`
    """Return what a setting is called."""
    dataset, factor, protocol, device = key
    return f"{dataset} x{factor}, {protocol}{f', on {device}' if device else ''}"


def dataset_name(line: Any) -> str:  # noqa: ANN401 - a line of a table with settings
    """Return what the dataset of a setting is called where factor and protocol are said already."""
    return f"{line['dataset']}, on {line['on_device']}" if line["on_device"] else str(line["dataset"])


def rankable(lines: pd.DataFrame) -> pd.Series:
    """Tell which scores may be called best, ranked or judged: none that the method was trained on, and none in part.

    `lines` are means (columns `images`, `of`, `trained_on`) or scores of single images (`status`, `trained_on`).
    """
    whole = lines["images"] == lines["of"] if "images" in lines else lines["status"] == "ok"
    return whole & (lines["trained_on"] == 0)


def best_of_image(scores: pd.DataFrame) -> pd.Series:
    """Tell which scores are the best of their image in their setting, by the leading metric."""
    counted: pd.Series = METRICS[LEADING].sign * scores[LEADING].where(rankable(scores))
    return counted == counted.groupby([scores[name] for name in (*SETTING, "image")]).transform("max")


def judged(scores: pd.DataFrame, summary: pd.DataFrame) -> pd.DataFrame:
    """Return the scores that are compared and ranked: those whose mean is `rankable`, with `on_device`."""
    lines = summary.loc[rankable(summary), LINE]
    return in_settings(scores, scores).merge(lines, how="inner", on=LINE)


def in_settings(table: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Return `table`, which has the columns `LINE`, with `on_device`, as the scores of the run decide it.

    A line of a method that has scores of one device alone is there once for each device that it is compared on.
    """
    found = devices(scores)
    if (found["on_device"] == "").all():
        return table.assign(on_device="")
    return table.merge(found, how="left", on=LINE)


def devices(scores: pd.DataFrame, who: str = "method", within: Sequence[str] = _SHARED) -> pd.DataFrame:
    """Return which device's scores are compared where: columns `within`, `who`, `device` and `on_device`.

    Where nobody (`who`: a method, or a run) has two scores of an image, all are compared, and `on_device` is empty.
    Else each device that these are of is on its own, and who has one score of each image stands in on all of them.
    """
    names = [*within, who]
    good = scores[scores["status"] == "ok"]
    twice = good[good.duplicated([*names, "image"], keep=False)]
    several = set(twice[names].itertuples(index=False, name=None))
    apart = {key: list(group["device"].unique()) for key, group in twice.groupby(list(within), sort=False)}
    scored = set(good[[*names, "device"]].drop_duplicates().itertuples(index=False, name=None))
    lines = []
    for line in scores[[*names, "device"]].drop_duplicates().itertuples(index=False, name=None):
        found = apart.get(line[: len(within)], [""])
        if found != [""] and (line not in scored or line[:-1] in several):
            found = [line[-1] if line[-1] in found else found[0]]
        lines += [(*line, device) for device in found]
    return pd.DataFrame(lines, columns=[*names, "device", "on_device"])
