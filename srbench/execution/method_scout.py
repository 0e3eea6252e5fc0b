"""A worker that describes many methods and metrics: it imports what all need, and a copy of it describes each.

It imports none of them, so none can spoil what is said of another.
"""

from __future__ import annotations

import os
import pickle
import select
import time
from typing import TYPE_CHECKING

import cv2  # noqa: F401 - most methods need it

from srbench.execution import method_worker, metric_worker
from srbench.execution.method_info import Asked, MethodInfo
from srbench.execution.metric_info import AskedMetric, MetricInfo
from srbench.speed import environment

if TYPE_CHECKING:
    from collections.abc import Sequence

PATIENCE = 10.0
"""Seconds that all copies have together; what they have not described by then is left to workers of its own."""


def describe(asked: Sequence[Asked | AskedMetric]) -> list[MethodInfo | MetricInfo | None]:
    """Return what there is to know about each; None of one whose copy died, raised or took too long."""
    environment.versions()  # once, for all copies
    end = time.monotonic() + PATIENCE
    pipes = [_copied(each) for each in asked]
    return [_info(_read(pipe, end)) for pipe in pipes]


def _copied(asked: Asked | AskedMetric) -> int:
    """Let a copy of this process describe a method or metric, and return the pipe that its answer comes through."""
    ours, theirs = os.pipe()
    if os.fork():
        os.close(theirs)
        return ours
    try:
        info = metric_worker.describe(asked) if isinstance(asked, AskedMetric) else method_worker.describe(asked)
        answer = pickle.dumps(info)
        while answer:
            answer = answer[os.write(theirs, answer) :]
    finally:
        os._exit(0)


def _read(pipe: int, end: float) -> bytes:
    """Return what comes through a pipe until it closes, or until `end`: a method may leave a process that holds it."""
    found, poll = b"", select.poll()
    poll.register(pipe)
    while poll.poll(max(0.0, 1000 * (end - time.monotonic()))):
        part = os.read(pipe, 2**16)
        if not part:
            break
        found += part
    os.close(pipe)
    return found


def _info(answer: bytes) -> MethodInfo | MetricInfo | None:
    try:
        info = pickle.loads(answer)  # noqa: S301 - of a worker, as all answers
    except Exception:  # noqa: BLE001 - half an answer, or one that cannot be read here
        return None
    return info if isinstance(info, MethodInfo | MetricInfo) else None
