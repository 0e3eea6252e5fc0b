"""Which images of a run say most."""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from srbench.analysis.columns import Column

Key: TypeAlias = tuple[Any, ...]
"""An image: its setting and its name."""

Rows: TypeAlias = list[Any]
"""The lines of scores of one image: one for each method."""

Groups: TypeAlias = dict[Key, Rows]


def telling(groups: Groups, metric: Column | None) -> list[Key]:
    """Return the images, those first that say most by the leading `metric`, in turn over the settings.

    Within a setting, in turn: what methods disagree about most, and what each method is worst at; without a metric,
    in their order.
    """
    settings: dict[Key, list[Key]] = defaultdict(list)
    for key in groups:
        settings[key[:-1]].append(key)
    return _in_turn([_in_turn(_queues(keys, groups, metric) if metric else [keys]) for keys in settings.values()])


def _queues(keys: list[Key], groups: Groups, metric: Column) -> list[list[Key]]:
    values = {key: {row.method: _value(row, metric) for row in groups[key]} for key in keys}
    scores = {key: {name: value for name, value in own.items() if not math.isnan(value)} for key, own in values.items()}
    methods = dict.fromkeys(method for key in keys for method in scores[key])
    by_method = [sorted(keys, key=lambda key: scores[key].get(method, math.inf)) for method in methods]
    return [sorted(keys, key=lambda key: -_spread(scores[key].values())), *by_method]


def _value(row: Any, metric: Column) -> float:  # noqa: ANN401 - a line of scores
    """Return the leading metric, more the better."""
    return float(getattr(row, metric.name) * metric.sign)


def _spread(values: Iterable[float]) -> float:
    different = set(values)
    return max(different) - min(different) if len(different) > 1 else 0.0


def _in_turn(queues: Sequence[Sequence[Key]]) -> list[Key]:
    """Return the first of each queue, then the second of each; nothing twice."""
    return list(dict.fromkeys(each for turn in zip_longest(*queues) for each in turn if each is not None))
