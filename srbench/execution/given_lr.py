"""Which degradation made given LR images: a few of each dataset are compared with what the named ones make of HR."""

from __future__ import annotations

from contextlib import suppress
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from srbench.errors import SrbenchError
from srbench.hashing import sha256
from srbench.quality import protocols
from srbench.specs import parse_method
from srbench.store.given_lr import GivenLr

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from srbench.datasets import Dataset
    from srbench.execution.reference_worker import Resemblance
    from srbench.execution.resolved_plan import Resolved
    from srbench.execution.worker_group import WorkerGroup
    from srbench.quality.closest import Likeness

PIXELS = 4_000_000
"""Pixels of HR in which a dataset is compared, its smallest files first: some twenty degradations take seconds."""


def described(work: Resolved, workers: WorkerGroup, known: Iterable[GivenLr]) -> Iterator[GivenLr]:
    """Yield what there is to say of each dataset, factor and protocol; what is `known` of the same files stays.

    Images that cannot be compared are left out: scoring says why.
    """
    there = {(each.dataset, each.factor, each.protocol, each.files): each for each in known}
    taking = [each.name for each in work.protocols if each.given]
    for name, factor in product(work.lr_files, work.plan.factors):
        files = sha256(work.lr_files[name][f"x{factor}"], work.files[name])
        if all((name, factor, spec, files) in there for spec in taking):
            yield from (there[name, factor, spec, files] for spec in taking)
            continue
        found = list(_compared(work.sets[name], factor, workers))
        case: dict[str, Any] = {"dataset": name, "factor": factor, "files": files}
        case |= {"images": len(found), "of": len(work.files[name])}
        for spec in taking if found else ():
            yield GivenLr(protocol=spec, **case, **_likeness(found, _usual(spec, work)))


def _compared(dataset: Dataset, factor: int, workers: WorkerGroup) -> Iterator[Resemblance]:
    """Yield what the images of a dataset are like, from small to large files, until there were enough pixels."""
    lr = {entry.name: entry for entry in dataset.published_lr(factor)}
    size = {file.name: file.bytes for file in dataset.files}
    pixels = 0
    for hr in sorted(dataset.images, key=lambda each: size[each.name]):
        with suppress(SrbenchError, KeyError):  # there may be no LR of it
            found = workers.likeness(hr.path, lr[hr.name].path, factor)
            pixels += found.pixels
            yield found
        if pixels >= PIXELS:
            return


def _likeness(found: Sequence[Resemblance], usual: str) -> dict[str, Any]:
    """Return the likeness over all samples of several images, to the degradations that there are of all of them."""
    names = {each.lr: each.name for each in found[0].likeness}
    shares = {lr: _share(found, lr) for lr in names if all(lr in map(_typed, image.likeness) for image in found)}
    closest = min(shares, key=lambda lr: shares[lr])
    return {
        "own": names[usual] if usual in shares else "",
        "differs": shares.get(usual, 1.0),
        "closest": names[closest],
        "closest_differs": shares[closest],
    }


def _share(found: Sequence[Resemblance], lr: str) -> float:
    own = [next(each.share for each in image.likeness if each.lr == lr) for image in found]
    return float(np.average(own, weights=[image.pixels for image in found]))


def _typed(likeness: Likeness) -> str:
    return likeness.lr


def _usual(spec: str, work: Resolved) -> str:
    """Return how LR is typed that the protocol of that name makes unless LR is given; empty where it has no name."""
    base = protocols.get(parse_method(spec, "protocol").name, work.plan.own_protocols)
    name = "" if base.given else protocols.name_of(base.degradation)
    return f"lr={name}" if name else ""
