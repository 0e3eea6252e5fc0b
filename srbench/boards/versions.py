"""Versions: the scores of a method by one code. In a table the newest stands, and older ones are its history."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from srbench.hashing import sha256
from srbench.store.rows import GIVEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from srbench.analysis.columns import Metrics
    from srbench.boards.submissions import Submission

ALIKE = 1e-4
"""Scores of one code that differ by no more are equal: another processor may add up in another order."""


@dataclass(frozen=True)
class Version:
    """One method on one device by one code, in one pool of scores."""

    method: str
    device: str
    code: str
    submissions: tuple[Submission, ...]
    """Those that have it, the newest first."""
    rows: pd.DataFrame
    """One per image: the newest good one, else the newest bad one; values that only an older run has are in it."""
    differing: dict[str, float]
    """By metric, how far runs of this one code are apart on an image, where they are."""

    @property
    def newest(self) -> Submission:
        """Return the run that the numbers are of."""
        return self.submissions[0]

    @property
    def age(self) -> tuple[bool, str, str]:
        """Return what versions are ordered by: runs that have all their rows first, then by time."""
        return max((each.finished, each.started, each.id) for each in self.submissions)


def versions(scores: pd.DataFrame, submissions: Sequence[Submission], metrics: Metrics) -> Iterator[list[Version]]:
    """Yield the versions of each method and device, the newest first: that one stands in the table."""
    order = {each.id: number for number, each in enumerate(submissions)}
    for (method, device), rows in scores.groupby(["method", "device"], sort=True):
        groups: list[_Group] = []
        for run, own in sorted(rows.groupby("run", sort=False), key=lambda pair: -order[str(pair[0])]):
            codes = _codes(own)
            group = next((each for each in groups if each.takes(codes)), None)
            if group is None:
                groups.append(group := _Group())
            group.codes |= codes
            group.parts.append((submissions[order[str(run)]], own))
        found = [_version(str(method), str(device), each.code, each.parts, metrics) for each in groups]
        yield sorted(found, key=lambda each: each.age, reverse=True)


@dataclass
class _Group:
    """Runs that have a method by one code; SR images that exist have one each, and a run may lack some."""

    codes: dict[str, str] = field(default_factory=dict)
    """By image; of a method that is computed, one under no name."""
    parts: list[tuple[Submission, pd.DataFrame]] = field(default_factory=list)

    def takes(self, codes: Mapping[str, str]) -> bool:
        """Tell whether a run with these codes has nothing by another code."""
        return all(self.codes.get(image, code) == code for image, code in codes.items())

    @property
    def code(self) -> str:
        """Return one code for all."""
        codes = set(self.codes.values())
        return codes.pop() if len(codes) == 1 else sha256(dict(sorted(self.codes.items())))


def _codes(rows: pd.DataFrame) -> dict[str, str]:
    """Return the codes of a method's rows in one run: see `_Group`."""
    given = rows[(rows["device"] == GIVEN) & (rows["code"] != "")]
    read = dict(zip(given["image"], given["code"], strict=True))
    return read or {"": str(rows["code"].iloc[0])}


def _version(
    method: str, device: str, code: str, parts: Sequence[tuple[Submission, pd.DataFrame]], metrics: Metrics
) -> Version:
    runs = tuple(submission for submission, _ in parts)
    if not parts[1:]:
        return Version(method, device, code, runs, parts[0][1].sort_values("image", ignore_index=True), {})
    rows = pd.concat([own for _, own in parts], ignore_index=True)
    good = rows[rows["status"] == "ok"]
    first = good.groupby("image", sort=False, as_index=False).first()[list(rows)].astype(rows.dtypes.to_dict())
    bad = rows[~rows["image"].isin(first["image"])].drop_duplicates("image")
    one = pd.concat([each for each in (first, bad) if len(each)]).sort_values("image", ignore_index=True)
    apart = {name: gap for name in metrics if (gap := _apart(good, name)) > ALIKE}
    return Version(method, device, code, runs, one, apart)


def _apart(rows: pd.DataFrame, metric: str) -> float:
    """Return how far values of one image are apart at most; an infinite one is as far from others as can be."""
    values = rows[["image", metric]].dropna().groupby("image")[metric]
    low, high = values.min().to_numpy(float), values.max().to_numpy(float)
    gaps = np.where(low == high, 0.0, np.where(np.isinf(low) | np.isinf(high), math.inf, high - low))
    return float(gaps.max(initial=0.0))


def weights(submission: Submission, method: str) -> dict[str, str]:
    """Return the sha256 of a method's files, by name."""
    found: Mapping[str, Any] = submission.facts(method).get("files", {})
    return {str(name): str(sha) for name, sha in sorted(found.items())}
