"""Which degradation made given LR images: a few of each dataset are compared with what the named ones make of HR."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from srbench.errors import SrbenchError
from srbench.hashing import sha256
from srbench.quality import protocols
from srbench.specs import parse_method

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from srbench.datasets import Dataset, Entry
    from srbench.execution.resolved_plan import Resolved
    from srbench.execution.worker_group import WorkerGroup
    from srbench.quality.closest import Likeness

IMAGES = 3
"""Images of a dataset that are compared: its smallest files, as some twenty degradations are made of each."""


class _Case(NamedTuple):
    """The given LR images of a dataset at a factor."""

    dataset: str
    factor: int
    pairs: Sequence[tuple[Entry, Entry]]
    """HR and LR of those that are compared."""
    of: int
    """How many there are."""
    files: str
    """A sha256 over the files of all of them."""


def described(work: Resolved, workers: WorkerGroup, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return what run.json says of given LR, by dataset and factor: what is `known` of the same files stays.

    `images` of the `of` images were compared; `likeness` has the named degradations by how they are typed, each with
    its `name`, the `share` of samples that differ and the `largest` difference, the likest first; `protocols` how LR is
    typed that the protocol would make, where it has a name. Images that cannot be compared are left out.
    """
    found: dict[str, Any] = {}
    usual = {each.name: _usual(each.name, work) for each in work.protocols if each.given}
    for case in _cases(work):
        before = known.get(case.dataset, {}).get(f"x{case.factor}", {})
        facts = before if before.get("files") == case.files else _compared(case, workers)
        if facts:
            found.setdefault(case.dataset, {})[f"x{case.factor}"] = {**facts, "protocols": usual}
    return found


def _cases(work: Resolved) -> Iterator[_Case]:
    for name, factors in work.lr_files.items():
        for factor in work.plan.factors:
            dataset, files = work.sets[name], factors[f"x{factor}"]
            yield _Case(name, factor, _smallest(dataset, factor), len(files), sha256(files, work.files[name]))


def _smallest(dataset: Dataset, factor: int) -> list[tuple[Entry, Entry]]:
    lr = {entry.name: entry for entry in dataset.published_lr(factor)}
    size = {file.name: file.bytes for file in dataset.files}
    images = sorted(dataset.images, key=lambda each: size[each.name])[:IMAGES]
    return [(each, lr[each.name]) for each in images]


def _compared(case: _Case, workers: WorkerGroup) -> dict[str, Any]:
    """Return the likeness of the images that can be compared; empty where none can."""
    found: list[list[Likeness]] = []
    for hr, lr in case.pairs:
        try:
            found.append(workers.likeness(hr.path, lr.path, case.factor))
        except SrbenchError:  # scoring meets the same, and says so
            continue
    if not found:
        return {}
    return {"images": len(found), "of": case.of, "files": case.files, "likeness": _over_images(found)}


def _over_images(found: Sequence[Sequence[Likeness]]) -> dict[str, dict[str, Any]]:
    """Return the likeness over several images, of those degradations that there are of all."""
    alike: dict[str, list[Likeness]] = defaultdict(list)
    for image in found:
        for each in image:
            alike[each.lr].append(each)
    means: dict[str, dict[str, Any]] = {
        lr: {
            "name": each[0].name,
            "share": float(np.mean([one.share for one in each])),
            "largest": max(one.largest for one in each),
        }
        for lr, each in alike.items()
        if len(each) == len(found)
    }
    return dict(sorted(means.items(), key=lambda item: item[1]["share"]))


def _usual(spec: str, work: Resolved) -> str:
    """Return how LR is typed that the protocol of that name makes unless LR is given; empty where it has no name."""
    base = protocols.get(parse_method(spec, "protocol").name, work.plan.own_protocols)
    name = "" if base.given else protocols.name_of(base.degradation)
    return f"lr={name}" if name else ""
