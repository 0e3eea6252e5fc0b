"""The timing pass of a run: one upscaler computes at a time, in rounds, on real LR images of the run's own sizes."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from srbench.quality import protocol as protocols
from srbench.quality.files import read_image
from srbench.quality.image import channels
from srbench.results.rows import TimingRow
from srbench.results.tables import DEVICES
from srbench.runs import loading
from srbench.speed.timing import Budget, Timed, first_calls, interleaved

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from srbench.contract import Upscaler
    from srbench.datasets import Dataset
    from srbench.methods import Choice
    from srbench.quality.image import Image
    from srbench.results.rows import ScoreRow
    from srbench.runs.plan import Plan

BUDGET = Budget()

SIZES = 3
"""How many sizes of LR are timed: the smallest, the middle and the largest of the run."""


def devices(plan: Plan) -> tuple[str, ...]:
    """Return the devices to time on: under `auto` both, so that an absent one is said to be absent."""
    return DEVICES if plan.device == "auto" else (plan.device,)


def images_of(scores: Iterable[ScoreRow], sets: Mapping[str, Dataset]) -> Iterator[Image]:
    """Yield real LR images of one factor, of up to `SIZES` sizes for each kind (channels, dtype) that was scored."""
    kinds: dict[tuple[int, str], dict[tuple[int, int], ScoreRow]] = {}
    for row in scores:
        kinds.setdefault((row.channels, row.dtype), {}).setdefault((row.height * row.width, row.height), row)
    for sizes in kinds.values():
        ordered = [sizes[size] for size in sorted(sizes)]
        for index in sorted({round(step * (len(ordered) - 1) / (SIZES - 1)) for step in range(SIZES)}):
            row = ordered[index]
            paths = {entry.name: entry.path for entry in sets[row.dataset].images}
            yield protocols.get(row.protocol).degrade(read_image(paths[row.image]), row.factor)


def time_methods(
    choices: Iterable[Choice], factor: int, device: str, images: Iterable[Image], process: int = 0
) -> Iterator[TimingRow]:
    """Yield the timing rows of `choices` at one factor on one device, over the LR `images`."""
    ready: dict[str, tuple[Upscaler, TimingRow]] = {}
    for choice in choices:
        row, upscaler = _loaded(choice, factor, device, process)
        yield row
        if upscaler is not None:
            ready[choice.spec] = upscaler, row
    for image in images:
        yield from _on_image(ready, image)


def _loaded(choice: Choice, factor: int, device: str, process: int) -> tuple[TimingRow, Upscaler | None]:
    """Load one method by the clock; the row says how long it took, or why it cannot."""
    row = TimingRow(
        method=choice.spec,
        factor=factor,
        device=device,
        phase="load",
        height=0,
        width=0,
        channels=0,
        process=process,
        code=loading.code_of(choice, factor, device),
    )
    start = time.perf_counter()
    try:
        upscaler = loading.load(choice, factor, device)
        _synchronize(upscaler)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a method may raise anything
        status, reason = loading.reason_for(error)
        return replace(row, status=status, reason=reason), None
    return replace(row, seconds=time.perf_counter() - start), upscaler


def _on_image(ready: Mapping[str, tuple[Upscaler, TimingRow]], image: Image) -> Iterator[TimingRow]:
    """Yield each method's first call on this size, then rounds of warm calls."""
    height, width = image.shape[:2]
    calls = {name: _timed(upscaler, image) for name, (upscaler, _) in ready.items()}
    for phase, samples in (("first", first_calls(calls)), ("call", interleaved(calls, BUDGET))):
        for name, number, seconds in samples:
            row = replace(
                ready[name][1],
                phase=phase,
                height=height,
                width=width,
                channels=channels(image),
                dtype=str(image.dtype),
                round=number,
                seconds=math.nan,
            )
            if isinstance(seconds, float):
                yield replace(row, seconds=seconds)
            else:
                calls.pop(name)
                status, reason = loading.reason_for(seconds)
                yield replace(row, status=status, reason=reason)


def _timed(upscaler: Upscaler, image: Image) -> Timed:
    """Give the upscaler a copy of its own: one that writes into its input must not change the others' work."""
    own = image.copy()
    return Timed(lambda: upscaler(own), lambda: _synchronize(upscaler))


def _synchronize(upscaler: Upscaler) -> None:
    """Wait for the device of an upscaler that has one."""
    synchronize = getattr(upscaler, "synchronize", None)
    if callable(synchronize):
        synchronize()
