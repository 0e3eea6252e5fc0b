"""Which degradation made given LR images: a few of each dataset are compared with what the named ones make of HR."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from srbench.errors import SrbenchError
from srbench.hashing import sha256
from srbench.quality import protocols
from srbench.specs import listed, parse_method
from srbench.store.given_lr import GivenLr

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from srbench.datasets import Dataset
    from srbench.execution.reference_worker import Resemblance
    from srbench.execution.resolved_plan import Resolved
    from srbench.execution.worker_group import WorkerGroup

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
        found, failed = _compared(work.sets[name], factor, workers)
        case: dict[str, Any] = {"dataset": name, "factor": factor, "files": files}
        case |= {"images": len(found), "of": len(work.files[name]), "not_compared": listed(failed, separator="; ")}
        for spec in taking if found or failed else ():
            yield GivenLr(protocol=spec, **case, **_told(found, _usual(spec, work)))


def _compared(dataset: Dataset, factor: int, workers: WorkerGroup) -> tuple[dict[str, Resemblance], list[str]]:
    """Return what images of a dataset are like, the smallest files, up to enough pixels; and why others could not be.

    Those without LR, or with LR of another size, are bad scores, which say so.
    """
    lr = {entry.name: entry for entry in dataset.published_lr(factor)}
    size = {file.name: file.bytes for file in dataset.files}
    found: dict[str, Resemblance] = {}
    failed = []
    for hr in sorted(dataset.images, key=lambda each: size[each.name]):
        if sum(each.pixels for each in found.values()) >= PIXELS:
            break
        try:
            if hr.name in lr:
                found[hr.name] = workers.likeness(hr.path, lr[hr.name].path, factor)
        except SrbenchError as error:
            failed.append(f"{hr.name} not compared: {error}")
    return found, failed


def _told(found: Mapping[str, Resemblance], usual: str) -> dict[str, Any]:
    """Return the likeness of the images, or where the protocol makes some of them, that of the others."""
    if not found:
        return {"own": "", "differs": 1.0, "closest": "", "closest_differs": 1.0}
    others = {name: each for name, each in found.items() if not _is_made(each, usual)}
    exact = len(found) - len(others)
    some = {"others": listed(others)} if exact and others else {}
    return {**_likeness([*(others or found).values()], usual), "exact": exact, **some}


def _is_made(image: Resemblance, lr: str) -> bool:
    return any(each.lr == lr and not each.share for each in image.likeness)


def _likeness(found: Sequence[Resemblance], usual: str) -> dict[str, Any]:
    """Return the likeness over all samples of several images, to the degradations that there are of all of them."""
    typed = {each.name: each.lr for each in found[0].likeness}
    shares = {
        name: _mean(found, name, "share")
        for name in typed
        if all(name in [each.name for each in image.likeness] for image in found)
    }
    closest = min(shares, key=lambda name: shares[name])
    own = next((name for name, lr in typed.items() if usual and lr == usual and name in shares), "")
    return {
        "own": own,
        "differs": shares.get(own, 1.0),
        "closest": closest,
        "closest_differs": shares[closest],
        "lr": typed[closest],
        "away": _mean(found, closest, "mean"),
    }


def _mean(found: Sequence[Resemblance], name: str, what: str) -> float:
    own = [next(getattr(each, what) for each in image.likeness if each.name == name) for image in found]
    return float(np.average(own, weights=[image.pixels for image in found]))


def _usual(spec: str, work: Resolved) -> str:
    """Return how LR is typed that the protocol of that name makes unless LR is given; empty where it has no name."""
    base = protocols.get(parse_method(spec, "protocol").name, work.plan.own_protocols)
    name = "" if base.given else protocols.name_of(base.degradation)
    return f"lr={name}" if name else ""
