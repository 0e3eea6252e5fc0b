"""A group: a judge and a worker per method and metric. One of them computes at a time; groups work side by side."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeVar

from srbench.errors import SrbenchError, UsageError
from srbench.execution import method_scout, method_worker, metric_info, metric_worker, reference_worker
from srbench.execution.method_info import undescribed
from srbench.execution.patience import patient
from srbench.isolation import worker
from srbench.metrics.classical import further
from srbench.plan import NOTHING, Keep

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence
    from pathlib import Path
    from types import TracebackType

    from srbench.execution.method_info import Asked, MethodInfo
    from srbench.execution.method_worker import Upscaled
    from srbench.execution.metric_info import AskedMetric, MetricInfo
    from srbench.execution.reference_worker import Compared, Identity, Previews, Resemblance
    from srbench.isolation.limits import Limits
    from srbench.isolation.worker import Worker
    from srbench.quality.image import Image
    from srbench.quality.pairs import Pair
    from srbench.quality.protocol import Protocol

T = TypeVar("T")


RESIDENT = 16
"""Methods and metrics that have a worker at the same time in a group, so that a hundred do not fill the memory."""

KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(2**25), "MALLOC_TRIM_THRESHOLD_": str(2**28)}
"""Makes glibc keep freed memory: getting it from the kernel again took a fifth of the reference worker's time."""


def groups(methods: Sequence[T], beside: int = 0) -> list[Sequence[T]]:
    """Return `methods` in groups that may be resident together, `beside` others: in many, groups are small."""
    size = max(RESIDENT - beside, RESIDENT // 4, 1)  # methods have a quarter at least, however many metrics there are
    return [methods[start : start + size] for start in range(0, len(methods), size)]


class WorkerGroup:
    """Workers for the methods and metrics of one plan, started when they are needed."""

    def __init__(self, methods: Iterable[str], limits: Limits, metrics: Iterable[str] = ()) -> None:
        """Take a worker for each method spec and metric spec, as it was typed; PSNR and SSIM are the judge's."""
        self.at_work = threading.Lock()
        """Held by a thread that computes, where another may close the worker group."""
        self._stack = ExitStack()
        unbounded = replace(limits, memory=0)  # which is for methods
        waiting = patient()
        judge = worker.new(unbounded, reference_worker.__name__, KEEP_MEMORY | waiting)
        self._judge = self._stack.enter_context(judge)
        own = partial(worker.new, limits, method_worker.__name__, waiting)
        self._workers = {method: self._stack.enter_context(own()) for method in methods}
        measuring = partial(worker.new, limits, metric_worker.__name__, waiting)
        self._metrics = {metric: self._stack.enter_context(measuring()) for metric in further(metrics)}
        self._loaded: dict[Hashable, SrbenchError | None] = {}

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

        Without the `judge` and metrics where nothing is scored yet: a run that is finished needs none.
        """
        judges = [self._judge, *self._metrics.values()] if judge else []
        for each in (*judges, *(self._workers[method] for method in methods)):
            each.start()

    def rest(self) -> None:
        """End all workers for now; those that are needed again are started again."""
        for each in self._all:
            each.rest()

    def stop(self) -> None:
        """Kill all workers, from another thread than the worker group's."""
        for each in self._all:
            each.stop()

    @property
    def _all(self) -> list[Worker]:
        return [self._judge, *self._workers.values(), *self._metrics.values()]

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

    def describe_metrics(self, asked: Sequence[AskedMetric], scout: Worker | None = None) -> list[MetricInfo]:
        """Return what there is to know about metrics, one for each: a `scout` is asked first, if there is one.

        Raises:
            UsageError: a metric, an option or a plug-in file that there is not.

        """
        known = {each: metric_info.classical(each) for each in asked}
        others = [each for each, info in known.items() if info is None]
        if scout and others:
            try:
                known |= zip(others, scout.call(method_scout.describe, others), strict=True)
            except SrbenchError:
                known |= dict.fromkeys(others)
        return [known[each] or self._described_metric(each) for each in asked]

    def _described_metric(self, asked: AskedMetric) -> MetricInfo:
        try:
            info: MetricInfo = self._metrics[asked.spec].call_with_retries(metric_worker.describe, asked)
        except UsageError:
            raise
        except SrbenchError as error:
            return metric_info.undescribed(asked, error)
        return info

    def _described(self, asked: Asked) -> MethodInfo:
        try:
            info: MethodInfo = self._workers[asked.spec].call_with_retries(method_worker.describe, asked)
        except UsageError:
            raise
        except SrbenchError as error:
            return undescribed(asked, error)
        return info

    def code_under(self, info: MethodInfo, factor: int, device: str, versions: dict[str, str]) -> str:
        """Return what the code of a method would be under other versions of packages."""
        found: str = self._worker(info).call_with_retries(method_worker.code_under, info, factor, device, versions)
        return found

    def identify(self, path: Path) -> Identity:
        """Return what an image is; raises as `reference_worker.identify`, or because the judge died of it."""
        found: Identity = self._judge.call_with_retries(reference_worker.identify, path)
        return found

    def identify_lr(self, path: Path) -> Identity:
        """Return what given LR is; raises as `reference_worker.identify_lr`, or because the judge died of it."""
        found: Identity = self._judge.call_with_retries(reference_worker.identify_lr, path)
        return found

    def likeness(self, path: Path, given: Path, factor: int) -> Resemblance:
        """Return what given LR is like; raises as `reference_worker.likeness`, or because the judge died of it."""
        found: Resemblance = self._judge.call_with_retries(reference_worker.likeness, path, given, factor)
        return found

    def degrade(
        self,
        path: Path,
        protocol: Protocol,
        factor: int,
        size: tuple[int, int] | None = None,
        given: Path | None = None,
    ) -> Image:
        """Return LR; raises as `reference_worker.degrade`, or because the judge died of it."""
        lr: Image = self._judge.call_with_retries(reference_worker.degrade, path, protocol, factor, size, given)
        return lr.copy()  # the judge is asked more before all methods have seen it

    def shape(
        self, path: Path, protocol: Protocol, factor: int, given: Path | None = None
    ) -> tuple[tuple[int, ...], str]:
        """Return shape and dtype of LR; raises as `reference_worker.shape`, or because the judge died of it."""
        found: tuple[tuple[int, ...], str] = self._judge.call_with_retries(
            reference_worker.shape, path, protocol, factor, given
        )
        return found

    def read_sr(self, path: Path, protocol: Protocol, file: Path, code: str) -> tuple[Image, str]:
        """Return SR in a file, and a remark; raises as `reference_worker.read_sr`, or because the judge died of it."""
        found: tuple[Image, str] = self._judge.call_with_retries(reference_worker.read_sr, path, protocol, file, code)
        return found[0].copy(), found[1]  # the judge is asked more before all metrics have seen it

    def compare(self, path: Path, protocol: Protocol, factor: int, sr: Image, keep: Keep = NOTHING) -> Compared:
        """Score SR; raises as `reference_worker.compare`, or because the judge died of it."""
        compared: Compared = self._judge.call_with_retries(reference_worker.compare, path, protocol, factor, sr, keep)
        return compared

    def pair(self, path: Path, protocol: Protocol, factor: int, sr: Image, metric: MetricInfo) -> Pair:
        """Return what a metric sees; raises as `reference_worker.pair`, or because the judge died of it."""
        found: Pair = self._judge.call_with_retries(
            reference_worker.pair, path, protocol, factor, sr, metric.declared.sees
        )
        return found

    def saved(self, path: Path, protocol: Protocol, factor: int, picture: Path, psnr: float) -> Image:
        """Return SR as it was saved; raises as `reference_worker.saved`, or because the judge died of it."""
        sr: Image = self._judge.call_with_retries(reference_worker.saved, path, protocol, factor, picture, psnr)
        return sr.copy()  # the judge is asked more before all metrics have seen it

    def psnr_of(self, path: Path, protocol: Protocol, factor: int, sr: Image) -> float:
        """Return the PSNR of SR; raises as `reference_worker.psnr_of`, or because the judge died of it."""
        found: float = self._judge.call_with_retries(reference_worker.psnr_of, path, protocol, factor, sr)
        return found

    def measure(self, metric: MetricInfo, pair: Pair) -> float:
        """Return the value that a metric gives to a pair; raises what says why there is none.

        A metric that cannot be loaded is not loaded again for each image.
        """
        if error := self.obstacle_of_metric(metric):
            raise error
        own = self._metrics[metric.asked.spec]
        value: float = own.call_with_retries(metric_worker.measure, metric, pair.reference, pair.image)
        return value

    def obstacle_of_metric(self, metric: MetricInfo) -> SrbenchError | None:
        """Load a metric, once, and return what prevents it, if anything does."""
        return metric.error or self._obstacle(
            metric.spec, self._metrics[metric.asked.spec], metric_worker.prepare, metric
        )

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
        return self._obstacle(case, self._worker(info), method_worker.prepare, info, factor, device)

    def _obstacle(self, case: Hashable, own: Worker, prepare: Callable[..., None], *args: Any) -> SrbenchError | None:  # noqa: ANN401 - what `prepare` takes
        if case not in self._loaded:
            try:
                own.call_with_retries(prepare, *args)
                self._loaded[case] = None
            except SrbenchError as error:
                self._loaded[case] = error
        return self._loaded[case]

    def _worker(self, info: MethodInfo) -> Worker:
        return self._workers[info.asked.spec]
