"""Which images of a run say most."""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Key: TypeAlias = tuple[Any, ...]
"""An image: its place (dataset, factor, protocol) and its name."""

Rows: TypeAlias = list[Any]
"""The lines of scores of one image: one for each method."""

Groups: TypeAlias = dict[Key, Rows]


def telling(groups: Groups) -> list[Key]:
    """Return the images, those first that say most, in turn over the places.

    Within a place, in turn: what methods disagree about most, and what each method is worst at.
    """
    places: dict[Key, list[Key]] = defaultdict(list)
    for key in groups:
        places[key[:-1]].append(key)
    return _in_turn([_in_turn(_queues(keys, groups)) for keys in places.values()])


def _queues(keys: list[Key], groups: Groups) -> list[list[Key]]:
    psnr = {key: {row.method: row.psnr for row in groups[key] if not math.isnan(row.psnr)} for key in keys}
    methods = dict.fromkeys(method for key in keys for method in psnr[key])
    by_method = [sorted(keys, key=lambda key: psnr[key].get(method, math.inf)) for method in methods]
    return [sorted(keys, key=lambda key: -_spread(psnr[key].values())), *by_method]


def _spread(values: Iterable[float]) -> float:
    different = set(values)
    return max(different) - min(different) if len(different) > 1 else 0.0


def _in_turn(queues: Sequence[Sequence[Key]]) -> list[Key]:
    """Return the first of each queue, then the second of each; nothing twice."""
    return list(dict.fromkeys(each for turn in zip_longest(*queues) for each in turn if each is not None))
