"""Settings: within what methods are compared, whatever devices their scores are of."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

SHARED = ["dataset", "factor", "protocol"]
"""What scores that may be compared have in common."""

SETTING = [*SHARED, "on_device"]
"""What methods are compared within. `on_device` is the device whose scores are compared, where a method has scores of
both; elsewhere it is empty, and methods are compared whatever they run on."""

LINE = ["method", *SHARED, "device"]
"""What the scores of one method in one setting have in common."""


def setting_name(key: Any) -> str:  # noqa: ANN401 - the key of a group by `SETTING`
    """Return what a setting is called."""
    dataset, factor, protocol, device = key
    return f"{dataset} x{factor}, {protocol}{f', on {device}' if device else ''}"


def dataset_name(line: Any) -> str:  # noqa: ANN401 - a line of a table with settings
    """Return what the dataset of a setting is called where factor and protocol are said already."""
    return f"{line['dataset']}, on {line['on_device']}" if line["on_device"] else str(line["dataset"])


def lines_of(table: pd.DataFrame) -> list[SimpleNamespace]:
    """Return the lines of a table, with its columns as attributes; `getattr` takes specs of metrics, too."""
    return [SimpleNamespace(**{str(name): value for name, value in line.items()}) for line in table.to_dict("records")]


def in_settings(table: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Return `table`, which has the columns `LINE`, with `on_device`, as the scores of the run decide it.

    A line of a method that has scores of one device alone is there once for each device that it is compared on.
    """
    found = devices(scores)
    if (found["on_device"] == "").all():
        return table.assign(on_device="")
    return table.merge(found, how="left", on=LINE)


def devices(scores: pd.DataFrame, who: str = "method", within: Sequence[str] = SHARED) -> pd.DataFrame:
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
