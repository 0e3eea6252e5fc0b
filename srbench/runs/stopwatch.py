"""The worker's side of `clocking`: one method on one image, held ready between its turns."""

from __future__ import annotations

import math
import time
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from srbench import contract
from srbench.errors import Crashed
from srbench.runs import upscaling
from srbench.speed import conditions, roofline
from srbench.speed.timing import Budget, Sample, Timed, WarmUp, burst, warm_up

if TYPE_CHECKING:
    from collections.abc import Mapping

    from srbench.contract import Upscaler
    from srbench.quality.image import Image
    from srbench.runs.member import Member
    from srbench.speed.conditions import Conditions

SETTLED = 0.05
"""Seconds after a call in which its result must not change any more."""


class Loaded(NamedTuple):
    """What loading a method took, and what the method says about itself."""

    seconds: float
    parameters: int | None
    multiply_adds: float


class First(NamedTuple):
    """The first call on an image."""

    sample: Sample
    threads: str
    clock: str
    """How the clock knows that work is done."""
    remark: str
    """What the upscaler says about how it computed."""


class Turn(NamedTuple):
    """What comes of one visit: samples of each phase, and what the machine went through."""

    samples: Mapping[str, list[Sample]]
    conditions: Conditions
    memory: int | None
    device_memory: int | None

    @property
    def spent(self) -> list[float]:
        """Return the seconds of each call, image to image."""
        return [sample.seconds for sample in next(iter(self.samples.values()))]


@dataclass
class _Bench:
    """What is timed now."""

    device: str
    calls: Mapping[str, Timed]
    upscaler: Any = None
    result: object = None
    """What the first call returned."""
    checksum: int = 0
    """That of `result` when the clock stopped."""


@dataclass
class _Held:
    """What this process holds between two calls of `clocking`."""

    bench: _Bench | None = field(default=None)


_held = _Held()


def load(member: Member, factor: int, device: str) -> Loaded:
    """Load the method.

    Raises:
        Exception: what prevents it.

    """
    start = time.perf_counter()
    upscaler = upscaling.ready(member, factor, device)
    _synchronizer(upscaler)()
    seconds = time.perf_counter() - start
    multiply_adds = getattr(upscaler, "multiply_adds", None)
    number = float(multiply_adds) if isinstance(multiply_adds, int | float) else math.nan
    return Loaded(seconds, upscaling.parameters_of(upscaler), number)


def first(member: Member, factor: int, device: str, image: Image) -> First:
    """Take the first call on `image`, which stays here for the calls that follow.

    Raises:
        Exception: whatever the method raises.

    """
    upscaler = upscaling.ready(member, factor, device)
    image = image.copy()  # what was received is gone with the next message
    bench = _held.bench = _Bench(device, _calls(upscaler, image), upscaler)
    sample, bench.result = bench.calls["call"].sample()
    bench.checksum = _checksum(bench.result)
    contract.hold(bench.result, image, factor)
    return First(sample, conditions.pools(), _clock(upscaler), upscaling.remark_of(upscaler))


def warm(budget: Budget) -> tuple[WarmUp, str]:
    """Warm up; return what that took, and what is wrong with the clock of this method, if anything is.

    Raises:
        Exception: whatever the method raises.

    """
    bench = _bench()
    spent, result = warm_up(bench.calls["call"], budget)
    checksum = _checksum(result)
    time.sleep(max(SETTLED, min(spent.seconds / spent.calls, 1.0)))
    early = _checksum(result) != checksum or _checksum(bench.result) != bench.checksum
    bench.result = result = None
    conditions.forget_peak()
    _device_memory(bench.upscaler)
    what = "returned before its work was done: its result changed after the clock had stopped; give it synchronize()"
    return spent, what if early else ""


def turn(budget: Budget) -> Turn:
    """Return the samples of one visit.

    Raises:
        Exception: whatever the method raises.

    """
    bench = _bench()
    time.sleep(budget.pause)
    watch = conditions.Watch(bench.device)
    samples = {phase: burst(timed, budget) for phase, timed in bench.calls.items()}
    return Turn(samples, watch.read(), conditions.peak_memory(), _device_memory(bench.upscaler))


def machine(budget: Budget) -> Turn:
    """Return samples of the machine's limits, `sgemm` and `copy`."""
    if _held.bench is None:
        _held.bench = _Bench("cpu", roofline.probes())
        for timed in _held.bench.calls.values():
            warm_up(timed, budget)
    return turn(budget)


def _bench() -> _Bench:
    if _held.bench is None:
        raise Crashed("its worker was replaced while it was timed, as it took more memory than it may (--memory)")
    return _held.bench


def _calls(upscaler: Upscaler, image: Image) -> dict[str, Timed]:
    """Return what is timed: `call`, image to image, and `compute`, what an upscaler with `phases` does in between."""
    synchronize, event = _synchronizer(upscaler), getattr(upscaler, "event", None)
    calls = {"call": Timed(lambda: upscaler(image), synchronize, event)}
    phases: Any = getattr(upscaler, "phases", None)
    if phases:
        upload, infer, _ = phases
        ready = upload(image)
        calls["compute"] = Timed(lambda: infer(ready), synchronize, event)
    return calls


def _clock(upscaler: Upscaler) -> str:
    parts = ["wall"]
    parts += ["synchronised"] if callable(getattr(upscaler, "synchronize", None)) else []
    parts += ["events"] if callable(getattr(upscaler, "event", None)) else []
    return ", ".join(parts)


def _synchronizer(upscaler: Upscaler) -> Any:  # noqa: ANN401 - the method's
    """Return what waits for the device of an upscaler that has one."""
    synchronize = getattr(upscaler, "synchronize", None)
    return synchronize if callable(synchronize) else lambda: None


def _device_memory(upscaler: object) -> int | None:
    """Return the bytes on the device that were in use at most since it was asked last."""
    ask = getattr(upscaler, "device_memory", None)
    return int(ask()) if callable(ask) else None


def _checksum(result: object) -> int:
    return zlib.crc32(np.ascontiguousarray(np.asarray(result)).view(np.uint8).data)
