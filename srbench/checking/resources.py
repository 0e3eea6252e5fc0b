"""Is all work done when a call returns, and does each call give back what it took?"""

from __future__ import annotations

import ctypes
import gc
import sys
import time
import tracemalloc
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import psutil

from srbench.checking.remarks import Remark
from srbench.checking.subject import Sample

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from srbench.checking.subject import Subject

WATCHED = 0.6
"""Seconds after a call in which its result and the processor are watched."""

_SETTLED = 0.2
"""Seconds in which threads may go to sleep: those of OpenMP spin for a while."""

_BUSY = 0.1
"""Cores that are busy after a call: of a process that waits they are 0.00, and looking takes 0.02. On a machine that is
busy otherwise a thread gets a part of one."""

_CALLS = 8
"""Calls between two looks at what is held."""

_ROUNDS = 5
"""Looks, the first of which only fills what is kept for good."""

_SMALL = 2000
"""Bytes for each call that are none: a line of a log, an entry of a profile."""

_LARGE = 1.0e6
"""Bytes for each look by which resident memory may vary: freed memory is not given back at once."""


def afterwards(subject: Subject) -> Iterator[Remark]:
    """Look at a result, the processor and threads for a while after the call returned."""
    sample = subject.photographs()[0]
    subject.sr(sample)  # starts what stays: pools of threads
    result = subject.raw(sample.name, sample.pixels.copy())
    held = np.asarray(result)
    kept = held.copy()
    begun, changed, used = time.monotonic(), 0.0, -1.0
    while (passed := time.monotonic() - begun) < WATCHED:
        time.sleep(0.02)
        if used < 0 and passed > _SETTLED:
            used, since = _seconds_of_processor(), time.monotonic()
        if not np.array_equal(held, kept):
            changed = passed
            break
    if changed:
        yield Remark(
            f"the result changed {changed:.1f} s after the call returned",
            "wait for threads, processes and the device before you return: join, result(), torch.cuda.synchronize()",
            sample.name,
        )
    elif used >= 0 and (busy := (_seconds_of_processor() - used) / (time.monotonic() - since)) > _BUSY:
        yield Remark(
            f"after the call had returned, {busy:.1f} cores went on computing",
            "wait for threads and processes that you start; let threads that wait sleep (OMP_WAIT_POLICY=passive)",
            sample.name,
        )
    synchronize = getattr(subject.upscaler, "synchronize", None)
    if callable(synchronize):
        synchronize()
        if not np.array_equal(held, kept) and not changed:
            yield Remark("synchronize() changed the result", "wait for the device before you return", sample.name)


def _seconds_of_processor() -> float:
    """Return the processor time of this process and all that it started."""
    total = 0.0
    own = psutil.Process()
    for process in (own, *own.children(recursive=True)):
        with suppress(psutil.Error):
            total += sum(process.cpu_times()[:2])
    return total


class _Held(NamedTuple):
    """What this process holds."""

    python: int
    """Bytes of Python and NumPy."""
    resident: int
    """Bytes of memory, of native code too."""
    device: int
    """Bytes of tensors on the device."""
    threads: int
    files: int
    children: int


def memory(subject: Subject) -> Iterator[Remark]:
    """Upscale an image again and again, each time moved by a row: what is held must not grow with it."""
    sample = subject.large(subject.affordable(0.1, 192))
    with _traced():
        looks = [_after(subject, sample, look * _CALLS) for look in range(_ROUNDS)][1:]
    size = subject.sr(sample).nbytes
    for name, unit, least in (
        ("python", "memory of Python and NumPy", _CALLS * _SMALL),
        ("resident", "memory", max(_LARGE, _CALLS * size / 2)),
        ("device", "memory of the device", _CALLS * _SMALL),
    ):
        grown = _grown([getattr(look, name) for look in looks], least)
        if grown:
            yield Remark(
                f"{unit} grows by {grown / _CALLS / 1e6:.2f} MB with each call, SR being {size / 1e6:.2f} MB",
                "keep nothing of an image between calls: lists, caches without a limit, tensors with gradients"
                " (torch.inference_mode()), buffers of native code",
                sample.name,
            )
            break
    for name, unit in (("threads", "threads"), ("files", "open files"), ("children", "processes")):
        if grown := _grown([getattr(look, name) for look in looks], _CALLS / 2):
            yield Remark(
                f"{grown / _CALLS:.1f} {unit} more are left with each call",
                "close, join or reuse what a call opens: with open(...), with ThreadPoolExecutor(...)",
                sample.name,
            )


def _after(subject: Subject, sample: Sample, first: int) -> _Held:
    """Return what is held after some calls, with other pixels each: a cache by content is to fill, too."""
    for moved in range(first, first + _CALLS):
        subject.sr(Sample(sample.name, np.roll(sample.pixels, moved, axis=0)))
    gc.collect()
    with suppress(AttributeError):  # not of glibc
        ctypes.CDLL(None).malloc_trim(0)  # freed memory that is kept would be filled first, without being seen
    own = psutil.Process()
    return _Held(
        tracemalloc.get_traced_memory()[0],
        own.memory_info().rss,
        _device_bytes(),
        own.num_threads(),
        own.num_fds(),
        len(own.children(recursive=True)),
    )


def _grown(values: Sequence[int], least: float) -> float:
    """Return by how much values grow from look to look, if they do each time, by `least` or more; else 0."""
    steps = np.diff(values)
    return float(np.mean(steps)) if (steps >= least).all() else 0.0


def _device_bytes() -> int:
    torch: Any = sys.modules.get("torch")
    return int(torch.cuda.memory_allocated()) if torch and torch.cuda.is_initialized() else 0


@contextmanager
def _traced() -> Iterator[None]:
    """Let Python count what it holds meanwhile."""
    started = not tracemalloc.is_tracing()
    if started:
        tracemalloc.start()
    try:
        yield
    finally:
        if started:
            tracemalloc.stop()
