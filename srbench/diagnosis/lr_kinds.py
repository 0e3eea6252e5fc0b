"""Which degradation made LR images, and what methods lose by it that were made for another."""

from __future__ import annotations

from statistics import fmean, median
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from srbench.diagnosis import lr_worker
from srbench.diagnosis.lr_facts import Kind, Loss, LrKinds
from srbench.errors import SrbenchError
from srbench.execution.patience import patient
from srbench.isolation import worker
from srbench.isolation.limits import Limits
from srbench.quality import closest, protocols

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from srbench.diagnosis.lr_worker import Looked
    from srbench.isolation.worker import Worker

ALL_KINDS = 2_000_000
"""Pixels of HR that are compared with all degradations, the smallest files first, at a second for each million. The
other images are compared with what made those, and only if that did not make them, with all."""

PIXELS = 300_000_000
"""Pixels of HR that are compared at all: some hundred images of DIV2K."""

UPSCALED = 4_000_000
"""Pixels of HR of which SR is made, the smallest files first, to measure what methods lose."""

METHODS = ("espcn", "bicubic-matlab")
"""What is measured: a network that was trained for MATLAB's bicubic LR, and the interpolation that belongs to it."""


class LrPair(NamedTuple):
    """An HR image and the LR image that was made of it."""

    name: str
    hr: Path
    lr: Path


def lr_kinds(  # noqa: PLR0913
    pairs: Sequence[LrPair],
    factor: int,
    protocol: str = "basicsr",
    *,
    losses: bool = True,
    timeout: float = 300.0,
    progress: Callable[[str], None] = lambda _: None,
) -> LrKinds:
    """Return which degradation made the LR images of `pairs`; it is found in a process of its own.

    Args:
        pairs: HR and LR files; the smallest are compared, up to `PIXELS`.
        factor: how much smaller LR is.
        protocol: the one whose LR is expected, by name or spec.
        losses: whether to measure what `METHODS` lose where LR is not the protocol's own.
        timeout: seconds that one image may take; 0 for no limit.
        progress: called with a line on what is done next.

    Raises:
        UsageError: there is no such protocol.

    """
    protocols.get(protocol)
    with worker.new(Limits(timeout=timeout, retries=0), lr_worker.__name__, patient()) as process:
        looked, failed = _looked(process, pairs, factor, protocol, progress)
        found = _found(looked, protocol)
        done: list[Loss] = []
        if losses and found["images"] and found["differs"]:
            chosen = [pair for pair in _ascending(pairs) if pair.name in looked]
            done, unmeasured = _losses(process, chosen, factor, protocol, progress)
            failed += unmeasured
    return LrKinds(factor, protocol, of=len(pairs), losses=tuple(done), not_compared=tuple(failed), **found)


def _ascending(pairs: Sequence[LrPair]) -> list[LrPair]:
    """Return the pairs whose HR file is smallest first; one that is not there is an error of its own."""
    return sorted(pairs, key=lambda pair: pair.hr.stat().st_size if pair.hr.is_file() else 0)


def _looked(
    process: Worker, pairs: Sequence[LrPair], factor: int, protocol: str, progress: Callable[[str], None]
) -> tuple[dict[str, Looked], list[str]]:
    """Return what there is to see of each image, up to enough pixels; and why others could not be compared."""
    found: dict[str, Looked] = {}
    failed = []
    for number, pair in enumerate(_ascending(pairs), 1):
        pixels = sum(each.pixels for each in found.values())
        if pixels >= PIXELS:
            break
        progress(f"comparing LR of {pair.name} ({number} of {len(pairs)})")
        only = _makers([*found.values()]) if pixels >= ALL_KINDS else []
        try:
            found[pair.name] = process.call(lr_worker.look, pair.hr, pair.lr, factor, protocol, only)
        except SrbenchError as error:
            failed.append(f"{pair.name}: {error}")
    return found, failed


def _makers(looked: Sequence[Looked]) -> list[str]:
    """Return the degradations that made all images so far, if there are any, and those that made the same."""
    return [kind.name for kind in _kinds(looked) if kind.made_lr]


def _found(looked: Mapping[str, Looked], protocol: str) -> dict[str, Any]:
    """Return the fields of `LrKinds` that follow from what was seen of each image."""
    own = closest.name_of(lr_worker.own(protocol))
    if not looked:
        return {"own": own, "differs": 1.0, "images": 0, "made_by": "", "nearest": ()}
    kinds = _kinds([*looked.values()])
    differs = _average([*looked.values()], [each.differs for each in looked.values()])
    facts: dict[str, Any] = {"own": own, "differs": differs, "images": len(looked), "nearest": tuple(kinds)}
    facts["swapped"] = any(each.swapped for each in looked.values())
    best = next((kind for kind in kinds if kind.name == own and kind.made_lr), kinds[0])
    if not differs or best.made_lr:
        return facts | {"made_by": best.name if best.made_lr else own}
    shifts = [each.shift for each in looked.values() if each.shift is not None]
    return facts | {
        "made_by": "",
        "images_of": _images_of(looked, kinds),
        "shift": tuple(round(median(axis), 2) + 0.0 for axis in zip(*shifts, strict=True)) if shifts else None,
    }


def _kinds(looked: Sequence[Looked]) -> list[Kind]:
    """Return the degradations that there are of all images, the nearest over all samples first."""
    with_all = [{each.name for each in image.likeness} for image in looked if image.with_all]
    common = [each.name for each in looked[0].likeness if all(each.name in names for names in with_all)]
    found = []
    for name in common:
        own = [(image, each) for image in looked for each in image.likeness if each.name == name]
        images = [image for image, _ in own]
        alike = frozenset.intersection(*(each.alike for image, each in own if image.with_all))
        share, mean = (_average(images, [getattr(each, what) for _, each in own]) for what in ("share", "mean"))
        largest = max(each.largest for _, each in own)
        found.append(Kind(name, own[0][1].lr, share, largest, mean, tuple(sorted(alike, key=common.index))))
    return sorted(found, key=lambda kind: (kind.share, kind.mean))


def _average(looked: Sequence[Looked], values: Sequence[float]) -> float:
    """Return the mean over all samples of values of images."""
    return float(np.average(values, weights=[each.pixels for each in looked]))


def _images_of(looked: Mapping[str, Looked], kinds: Sequence[Kind]) -> dict[str, tuple[str, ...]]:
    """Return which images are nearest to which degradation, if some are made by one; of those alike, to the first."""
    rank = {kind.name: number for number, kind in enumerate(kinds)}
    found: dict[str, list[str]] = {}
    exact = False
    for name, image in looked.items():
        likeness = [each for each in image.likeness if each.name in rank]
        best = min(likeness, key=lambda each: (each.share, rank[each.name]))
        exact = exact or Kind(*best[:5]).made_lr
        found.setdefault(best.name, []).append(name)
    return {name: tuple(images) for name, images in found.items()} if exact else {}


def _losses(
    process: Worker, pairs: Sequence[LrPair], factor: int, protocol: str, progress: Callable[[str], None]
) -> tuple[list[Loss], list[str]]:
    """Return what each method loses on the first images, up to enough pixels, and why others were not measured."""
    found, failed = [], []
    for method in METHODS:
        scores: list[tuple[float, float]] = []
        pixels = 0
        progress(f"measuring {method} on this LR, and on that of {protocol}")
        try:
            for pair in pairs:
                if pixels >= UPSCALED:
                    break
                *both, size = process.call(lr_worker.scores, pair.hr, pair.lr, factor, protocol, method)
                scores.append((both[0], both[1]))
                pixels += size
        except SrbenchError as error:
            failed.append(f"{method} was not measured: {error}")
            continue
        this, own = (fmean(each) for each in zip(*scores, strict=True))
        found.append(Loss(method, this, own, len(scores)))
    return found, failed
