"""The worker's side of `timing_rounds`: one method on one image, held ready between its turns."""

from __future__ import annotations

import math
import time
import zlib
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from srbench import contract
from srbench.errors import Crashed
from srbench.execution import method_worker
from srbench.speed import conditions, roofline
from srbench.speed.timing import Budget, Sample, Timed, WarmUp, burst, warm_up

if TYPE_CHECKING:
    from collections.abc import Mapping

    from srbench.contract import Upscaler
    from srbench.execution.method_info import MethodInfo
    from srbench.quality.image import Image
    from srbench.speed.conditions import Conditions


class Loaded(NamedTuple):
    """What loading a method took, the number of its weights, and the peak bytes of its process."""

    seconds: float
    parameters: int | None
    memory: int | None


class First(NamedTuple):
    """The first call on an image, and what the method says about itself then."""

    sample: Sample
    threads: str
    clock: str
    """How the clock knows that work is done."""
    multiply_adds: float


class Turn(NamedTuple):
    """The result of one turn: samples of each phase, and the conditions of the machine."""

    samples: Mapping[str, list[Sample]]
    conditions: Conditions
    memory: int | None
    device_memory: int | None
    remark: str = ""
    """What the upscaler says about how it computed."""

    @property
    def spent(self) -> list[float]:
        """Return the seconds of each call, image to image."""
        return [sample.seconds for sample in next(iter(self.samples.values()))]


@dataclass
class _Bench:
    """What is timed now."""

    device: str
    calls: dict[str, Timed]
    upscaler: Any = None
    results: list[tuple[object, int]] = field(default_factory=list)
    """What the first call and the last of the warm-up returned, with its checksum when the clock stopped."""
    begun: float = field(default_factory=time.monotonic)
    is_slow: bool = False
    """Whether a call is long beside a visit, so that cold caches do not matter."""


@dataclass
class _Held:
    """What this process holds between two calls of `timing_rounds`."""

    bench: _Bench | None = None


@lru_cache(maxsize=1)
def _held() -> _Held:
    return _Held()


def load(info: MethodInfo, factor: int, device: str) -> Loaded:
    """Load the method.

    Raises:
        Exception: what prevents it.

    """
    start = time.perf_counter()
    upscaler = method_worker.ready(info, factor, device)
    _synchronizer(upscaler)()
    seconds = time.perf_counter() - start
    return Loaded(seconds, method_worker.parameters_of(upscaler), conditions.peak_memory())


def first(info: MethodInfo, factor: int, device: str, image: Image) -> First:
    """Take the first call on `image`, which stays here for the calls that follow.

    Raises:
        Unsupported: it declares that it does not take such an image.
        Exception: whatever the method raises.

    """
    upscaler: Any = method_worker.ready(info, factor, device)
    contract.offer(upscaler, image)
    image = image.copy()  # what was received is gone with the next message
    synchronize, event = _synchronizer(upscaler), getattr(upscaler, "event", None)
    call = Timed(lambda: upscaler(image), synchronize, event)
    bench = _held().bench = _Bench(device, {"call": call}, upscaler)
    sample, result = call.sample()
    bench.results.append((result, _checksum(result)))
    contract.hold(result, image, factor)
    if getattr(upscaler, "phases", None):
        upload, infer, _ = upscaler.phases
        ready = upload(image)
        bench.calls["compute"] = Timed(lambda: infer(ready), synchronize, event)
    start = getattr(upscaler, "start", None)
    if callable(start):
        with suppress(Exception):  # a program may refuse a small image, and not this one
            start()
            bench.calls["start"] = Timed(start)
    return First(sample, conditions.pools(), _clock(upscaler), _multiply_adds(upscaler))


def warm(budget: Budget) -> WarmUp:
    """Warm up, until calls are steady.

    Raises:
        Exception: whatever the method raises.

    """
    bench = _bench()
    spent, result = warm_up(bench.calls["call"], budget)
    bench.results.append((result, _checksum(result)))
    bench.is_slow = spent.seconds / spent.calls > budget.slow
    conditions.forget_peak()
    _device_memory(bench.upscaler)
    return spent


def turn(budget: Budget) -> Turn:
    """Return the samples of one visit.

    Raises:
        Exception: whatever the method raises.

    """
    bench = _bench()
    time.sleep(budget.pause)
    watch = conditions.Watch(bench.device)
    samples = {phase: burst(timed, budget, cold=not bench.is_slow) for phase, timed in bench.calls.items()}
    memory = conditions.peak_memory(), _device_memory(bench.upscaler)
    return Turn(samples, watch.read(), *memory, method_worker.remark_of(bench.upscaler))


def finish(seconds: float) -> str:
    """Return what is wrong with the method's timing, if anything, at least `seconds` after the first call.

    A result that has changed since the clock stopped was not finished then.
    """
    bench = _bench()
    time.sleep(max(contract.SETTLED, seconds - (time.monotonic() - bench.begun)))
    early = any(_checksum(result) != checksum for result, checksum in bench.results)
    _held().bench = None
    what = "returned before its work was done: its result changed after the clock had stopped; give it synchronize()"
    return what if early else ""


def machine(budget: Budget) -> Turn:
    """Return samples of the machine's limits, `sgemm` and `copy`."""
    if _held().bench is None:
        bench = _held().bench = _Bench("cpu", roofline.probes())
        for timed in bench.calls.values():
            warm_up(timed, budget)
    return turn(budget)


def _bench() -> _Bench:
    bench = _held().bench
    if bench is None:
        raise Crashed("its worker exceeded --memory and was replaced while it was timed")
    return bench


def _clock(upscaler: Upscaler) -> str:
    parts = ["wall"]
    parts += ["synchronised"] if callable(getattr(upscaler, "synchronize", None)) else []
    parts += ["events"] if callable(getattr(upscaler, "event", None)) else []
    return ", ".join(parts)


def _synchronizer(upscaler: Upscaler) -> Any:  # noqa: ANN401 - the method's
    """Return what waits for the device of an upscaler that has one."""
    synchronize = getattr(upscaler, "synchronize", None)
    return synchronize if callable(synchronize) else lambda: None


def _multiply_adds(upscaler: Upscaler) -> float:
    """Return the multiply-adds per SR pixel that an upscaler reports; NaN if it does not, or if counting them fails."""
    with suppress(Exception):
        return float(upscaler.multiply_adds)  # type: ignore[attr-defined]
    return math.nan


def _device_memory(upscaler: object) -> int | None:
    """Return the bytes on the device that were in use at most since it was asked last."""
    ask = getattr(upscaler, "device_memory", None)
    return int(ask()) if callable(ask) else None


def _checksum(result: object) -> int:
    return zlib.crc32(np.ascontiguousarray(np.asarray(result)).view(np.uint8).data)
