"""Common images: which scores methods are judged by, that is averaged, ranked, compared and called best."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from srbench.analysis.columns import leading
from srbench.analysis.settings import SETTING, SHARED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from srbench.analysis.columns import Column, Metrics

    Having = NDArray[np.bool_]
    """Which line (a method on a device) has a score of which image."""

SHARE = 0.5
"""Of the images that any method has, how many all methods that are judged must have in common, at least."""


def judged(scores: pd.DataFrame, metrics: Metrics) -> pd.Series:
    """Tell by which of the `scores` methods are judged.

    Within a dataset, factor and protocol these are the scores of the images that all judged methods have a score of
    and were not trained on. A method that would leave less than `SHARE` of the images is not judged. Images that all
    reproduce exactly tell nothing, and do not count beside others. Without a metric nothing is judged.
    """
    found = pd.Series(data=False, index=scores.index)
    if not metrics:
        return found
    first = leading(metrics)
    for _, group in scores[_usable(scores, first)].groupby(SHARED, sort=False):
        found[_of_common_images(group, first)] = True
    return found


def counted(scores: pd.DataFrame, metrics: Metrics) -> pd.DataFrame:
    """Return the scores without values that do not count: where some judged method has none, nobody's does.

    Of the metric that methods are judged by there is a value wherever they are. Of another one, a method that would
    leave less than `SHARE` of the images has none that counts, and takes no image from the others. Scores that methods
    are not judged by keep theirs.
    """
    kept = scores[scores["judged"]]
    out = {name: _without_company(kept, name) for name in metrics if kept[name].isna().any()}
    return scores.assign(**{name: scores[name].mask(scores.index.isin(index)) for name, index in out.items()})


def best_of_image(scores: pd.DataFrame, metrics: Metrics) -> pd.Series:
    """Tell which of the scores (in settings) are the best of their image, by the leading metric; equal ones all are.

    Only a `judged` score can be the best: an image that does not count has none.
    """
    first = leading(metrics)
    counted: pd.Series = first.sign * scores[first.name].where(scores["judged"])
    return counted == counted.groupby([scores[name] for name in (*SETTING, "image")]).transform("max")


def _usable(scores: pd.DataFrame, first: Column) -> pd.Series:
    return (scores["status"] == "ok") & scores[first.name].notna() & ~scores["trained_on"].astype(bool)


def _of_common_images(group: pd.DataFrame, first: Column) -> pd.Index[int]:
    """Return the index of the scores to judge by, of one dataset, factor and protocol."""
    lines = group.groupby(["method", "device"], sort=False).ngroup().to_numpy()
    images = pd.factorize(group["image"])[0]
    has = np.zeros((lines.max() + 1, images.max() + 1), bool)
    exact = has.copy()
    has[lines, images] = True
    exact[lines, images] = first.sign * group[first.name].to_numpy(float) == np.inf
    kept = _judged_lines(has)
    common = np.all(has[kept], axis=0)
    telling = common & ~np.all(exact[kept], axis=0)
    counted: NDArray[np.bool_] = telling if telling.any() else common
    return group.index[np.isin(lines, kept) & counted[images]]


def _without_company(scores: pd.DataFrame, metric: str) -> list[int]:
    """Return the index of judged scores whose value of a metric does not count."""
    found: list[int] = []
    for _, group in scores.groupby(SHARED, sort=False):
        lines = group.groupby(["method", "device"], sort=False).ngroup().to_numpy()
        images = pd.factorize(group["image"])[0]
        has = np.zeros((lines.max() + 1, images.max() + 1), bool)
        has[lines, images] = group[metric].notna()
        kept = _judged_lines(has[:, has.any(axis=0)])
        counts = np.isin(lines, kept) & np.all(has[kept], axis=0)[images]
        found.extend(group.index[~counts])
    return found


def _judged_lines(has: Having) -> list[int]:
    """Return the lines that have enough images in common, leaving out as few as need be.

    First goes the line without which the others have most images in common, of several the one with the fewest images,
    then the last. One that is left alone must have more than `SHARE` of the images: else others have as many.
    """
    kept = list(range(len(has)))
    owned, least = has.sum(axis=1), SHARE * has.shape[1]
    while len(kept) > 1 and has[kept].all(axis=0).sum() < least:
        holders = has[kept].sum(axis=0)
        left = {line: int((holders - has[line] == len(kept) - 1).sum()) for line in kept}
        kept.remove(max(kept, key=lambda line: (left[line], -owned[line], line)))
    alone = len(kept) == 1 < len(has)
    return [] if alone and owned[kept[0]] <= least else kept
