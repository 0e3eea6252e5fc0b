"""A group: a judge and one worker per method. One of them computes at a time; several groups work side by side."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Self, TypeVar

from srbench.errors import SrbenchError, UsageError
from srbench.execution import method_scout, method_worker, reference_worker
from srbench.execution.method_info import undescribed
from srbench.isolation import worker
from srbench.plan import NOTHING, Keep

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path
    from types import TracebackType

    from srbench.execution.method_info import Asked, MethodInfo
    from srbench.execution.method_worker import Upscaled
    from srbench.execution.reference_worker import Compared, Identity, Previews
    from srbench.isolation.limits import Limits
    from srbench.isolation.worker import Worker
    from srbench.quality.image import Image
    from srbench.quality.protocol import Protocol

T = TypeVar("T")


RESIDENT = 16
"""Methods that have a worker at the same time in a worker group, so that a hundred of them do not fill the memory."""


KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(2**25), "MALLOC_TRIM_THRESHOLD_": str(2**28)}
"""Makes glibc keep freed memory: getting it from the kernel again took a fifth of the reference worker's time."""


def groups(methods: Sequence[T], beside: int = 0) -> list[Sequence[T]]:
    """Return `methods` in groups that may be resident together, `beside` others."""
    size = RESIDENT - beside
    return [methods[start : start + size] for start in range(0, len(methods), size)]


class WorkerGroup:
    """Workers for the methods of one plan, started when they are needed."""

    def __init__(self, methods: Iterable[str], limits: Limits) -> None:
        """Take a worker for each method spec, as it was typed."""
        self.at_work = threading.Lock()
        """Held by a thread that computes, where another may close the worker group."""
        self._stack = ExitStack()
        unbounded = replace(limits, memory=0)  # which is for methods
        self._judge = self._stack.enter_context(worker.new(unbounded, reference_worker.__name__, KEEP_MEMORY))
        own = partial(worker.new, limits, method_worker.__name__)
        self._workers = {method: self._stack.enter_context(own()) for method in methods}
        self._loaded: dict[tuple[str, int, str], SrbenchError | None] = {}

    def __enter__(self) -> Self:
        """Return the worker group."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """End all workers for good."""
        self._stack.close()

    def start(self, methods: Iterable[str], *, judge: bool = True) -> None:
        """Start the workers of `methods` without waiting for them: they import what they need side by side.

        Without the `judge` where nothing is scored yet: a run that is finished needs none.
        """
        for each in (*([self._judge] if judge else []), *(self._workers[method] for method in methods)):
            each.start()

    def rest(self) -> None:
        """End all workers for now; those that are needed again are started again."""
        for each in (self._judge, *self._workers.values()):
            each.rest()

    def stop(self) -> None:
        """Kill all workers, from another thread than the worker group's."""
        for each in (self._judge, *self._workers.values()):
            each.stop()

    def describe(self, asked: Sequence[Asked]) -> list[MethodInfo]:
        """Return what there is to know about methods, one for each.

        Raises:
            UsageError: a method, an option or a plug-in file that there is not.

        """
        infos: list[MethodInfo] = []
        for group in groups(asked):
            self.start((each.spec for each in group), judge=False)
            infos += map(self._described, group)
            if len(group) < len(asked):
                self.rest()
        return infos

    def describe_at_once(self, asked: Sequence[Asked], scout: Worker) -> list[MethodInfo]:
        """Return what `describe` does, from copies of one `scout`, a fifth of the work where no worker is needed later.

        What a copy cannot say is asked of the method's own worker, which says why; raises as `describe`.
        """
        try:
            found: list[MethodInfo | None] = scout.call(method_scout.describe, asked)
        except SrbenchError:
            found = [None] * len(asked)
        others = iter(self.describe([each for each, info in zip(asked, found, strict=True) if info is None]))
        return [info or next(others) for info in found]

    def _described(self, asked: Asked) -> MethodInfo:
        try:
            info: MethodInfo = self._workers[asked.spec].call_with_retries(method_worker.describe, asked)
        except UsageError:
            raise
        except SrbenchError as error:
            return undescribed(asked, error)
        return info

    def identify(self, path: Path) -> Identity:
        """Return what an image is; raises as `reference_worker.identify`, or because the judge died of it."""
        found: Identity = self._judge.call_with_retries(reference_worker.identify, path)
        return found

    def degrade(self, path: Path, protocol: Protocol, factor: int, size: tuple[int, int] | None = None) -> Image:
        """Return LR; raises as `reference_worker.degrade`, or because the judge died of it."""
        lr: Image = self._judge.call_with_retries(reference_worker.degrade, path, protocol, factor, size)
        return lr.copy()  # the judge is asked more before all methods have seen it

    def shape(self, path: Path, protocol: Protocol, factor: int) -> tuple[tuple[int, ...], str]:
        """Return shape and dtype of LR; raises as `reference_worker.shape`, or because the judge died of it."""
        found: tuple[tuple[int, ...], str] = self._judge.call_with_retries(
            reference_worker.shape, path, protocol, factor
        )
        return found

    def compare(self, path: Path, protocol: Protocol, factor: int, sr: Image, keep: Keep = NOTHING) -> Compared:
        """Score SR; raises as `reference_worker.compare`, or because the judge died of it."""
        compared: Compared = self._judge.call_with_retries(reference_worker.compare, path, protocol, factor, sr, keep)
        return compared

    def render_previews(self, path: Path, protocol: Protocol, factor: int, lr: Image, keep: Keep) -> Previews:
        """Draw HR and LR; raises as `reference_worker.render_previews`, or because the judge died of it."""
        found: Previews = self._judge.call_with_retries(
            reference_worker.render_previews, path, protocol, factor, lr, keep
        )
        return found

    def upscale(self, info: MethodInfo, factor: int, device: str, lr: Image, content: str) -> Upscaled:
        """Return SR of `lr`, as it is until the method's next; raises what says why there is none.

        A method that cannot be loaded is not loaded again for each image.
        """
        if error := self.obstacle(info, factor, device):
            raise error
        upscaled: Upscaled = self._worker(info).call_with_retries(
            method_worker.upscale, info, factor, device, lr, content
        )
        return upscaled

    def obstacle(self, info: MethodInfo, factor: int, device: str) -> SrbenchError | None:
        """Load a method, once, and return what prevents it, if anything does."""
        case = info.spec, factor, device
        if case not in self._loaded:
            try:
                self._worker(info).call_with_retries(method_worker.prepare, info, factor, device)
                self._loaded[case] = None
            except SrbenchError as error:
                self._loaded[case] = error
        return self._loaded[case]

    def _worker(self, info: MethodInfo) -> Worker:
        return self._workers[info.asked.spec]
