"""The timing pass of a run: which methods are timed on which inputs, group by group, and what it is resumed from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, TypeAlias

from srbench.analysis.speeds import baseline_of
from srbench.errors import SrbenchError, UsageError
from srbench.execution import timing_jobs
from srbench.execution.timing_jobs import Input, TimingJob
from srbench.execution.worker_group import groups
from srbench.plan import size_of
from srbench.speed import environment, frames
from srbench.store.current import case_of, current
from srbench.store.rows import ScoreRow, TimingRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from srbench.execution.dask_backend import DaskBackend
    from srbench.execution.local_backend import LocalBackend
    from srbench.execution.method_info import MethodInfo
    from srbench.execution.resolved_plan import Resolved
    from srbench.execution.scoring import Wanted
    from srbench.execution.worker_group import WorkerGroup
    from srbench.plan import Execution
    from srbench.quality.protocol import Protocol
    from srbench.speed.timing import Budget
    from srbench.store.journal import Journal

Step: TypeAlias = "tuple[str, int, int]"
"""The current step, how much of it is done, and how much there is."""


@dataclass(frozen=True)
class TimingPass:
    """The timing pass of one run."""

    work: Resolved
    execution: Execution
    images: Sequence[Wanted]
    """All images of the run."""
    workers: WorkerGroup
    """That tells which shapes LR images have."""
    journal: Journal

    @property
    def budget(self) -> Budget:
        """Return how thoroughly methods are timed."""
        return self.execution.budget

    def steps(self, good: Sequence[ScoreRow], backend: Callable[[], LocalBackend | DaskBackend]) -> Iterator[Step]:
        """Time what was not timed as it would be now, and yield what is going on.

        `good` are the scores that there are, `backend` returns where to compute. A group that was interrupted is timed
        again.
        """
        cases = list(product(self.work.plan.factors, timing_jobs.devices(self.work.plan)))
        for number, (factor, device) in enumerate(cases):
            what = f"timing x{factor} on {device}"
            yield what, 0, 0
            scores = [row for row in good if row.factor == factor]
            infos = self._infos(scores)
            how = self._how(infos, factor, device, scores)
            if self._is_timed(infos, factor, device, how):
                continue
            here = backend()
            inputs = self._inputs(factor, scores)
            parts = TimingJob(infos, factor, device, inputs, self.budget).parts
            begun: set[object] = set()
            for row in self._rows(here, infos, factor, device, inputs):
                self.journal.append(row)
                if row.height and row.method:
                    begun.add((row.process, row.height, row.width, row.channels, row.dtype))
                done = number * parts + min(max(len(begun) - 1, 0), parts)
                who = self.work.labels.get(row.method, row.method) or "the machine"
                yield f"{what}: {who}", done, len(cases) * parts
            self._note(factor, device, how=how)

    def _infos(self, scores: Sequence[ScoreRow]) -> list[MethodInfo]:
        """Return the methods that have a score; where nothing is scored, all."""
        scored = {row.method for row in scores}
        return [
            method_info for method_info in self.work.infos if not self.work.plan.scoring or method_info.spec in scored
        ]

    def _how(self, infos: Sequence[MethodInfo], factor: int, device: str, scores: Sequence[ScoreRow]) -> dict[str, Any]:
        """Return what decides the samples of a factor and device: where it is another, all is timed again."""
        limits, budget = self.execution.limits, self.budget
        shapes = {(row.height, row.width, row.channels, row.dtype) for row in map(self._of_lr, scores)}
        return {
            "threads": limits.threads,
            "memory": limits.memory,
            "timeout": limits.timeout,
            "machine": self.execution.time_on or environment.machine(),
            "processes": budget.processes,
            "limit": str(budget.limit),
            **({"frames": list(frames.STANDARD)} if budget.frames and not self.work.plan.sizes else {}),
            "codes": [method_info.codes[factor, device] for method_info in infos],
            "devices": environment.cuda_devices() if device == "cuda" else [],
            "inputs": sorted(map(list, shapes)) or [each.fingerprint for each in self.work.sets.values()],
            "protocols": [each.fingerprint for each in self.work.protocols],
        }

    def _is_timed(self, infos: Sequence[MethodInfo], factor: int, device: str, how: dict[str, Any]) -> bool:
        """Tell whether there are samples that were taken like this, of all that can be timed.

        A method that was skipped is loaded once more: what it lacked may be there now.
        """
        case = case_of(factor, device)
        if self.journal.info.get("timed", {}).get(case, {}).get("how") != how:
            return False
        here = (row for row in current(self.journal.rows, self.journal.info) if isinstance(row, TimingRow))
        rows = [row for row in here if case_of(row.factor, row.device) == case and row.phase == "load"]
        skipped = {row.method for row in rows if row.status == "skipped"}
        local = not self.execution.cluster
        able = [each for each in infos if each.spec in skipped and not self.workers.obstacle(each, factor, device)]
        return not (local and able)

    def _rows(
        self,
        backend: LocalBackend | DaskBackend,
        infos: Sequence[MethodInfo],
        factor: int,
        device: str,
        inputs: Sequence[Input],
    ) -> Iterator[TimingRow]:
        """Yield rows, group of methods by group; the baseline is part of each, so that all can be compared with it."""
        base = [method_info for method_info in infos if method_info.spec == baseline_of([each.spec for each in infos])]
        process = self._begin(factor, device)
        for group in groups([method_info for method_info in infos if method_info not in base], len(base)) or [[]]:
            job = TimingJob([*base, *group], factor, device, inputs, self.budget, process)
            yield from backend.timings(job)
            process += job.processes

    def _begin(self, factor: int, device: str) -> int:
        """Return the number of the first new process, and note it: rows of an interrupted attempt are not current."""
        process = 1 + max((row.process for row in self.journal.rows if isinstance(row, TimingRow)), default=-1)
        self._note(factor, device, first=process, how=None)
        return process

    def _note(self, factor: int, device: str, **facts: Any) -> None:  # noqa: ANN401 - JSON values
        timed = self.journal.info.get("timed", {})
        case = case_of(factor, device)
        self.journal.describe(timed={**timed, case: {**timed.get(case, {}), **facts}})

    def _inputs(self, factor: int, scores: Sequence[ScoreRow]) -> list[Input]:
        """Return what is timed: the sizes that were asked for, else those of what was scored, or of the datasets."""
        plan = self.work.plan
        if plan.sizes:
            sizes = sorted({size_of(each, factor) for each in plan.sizes}, key=lambda size: (size[0] * size[1], size))
            return [self._input(row, size) for row in self._richest(self._shapes(factor)) for size in sizes]
        shapes = list(map(self._of_lr, scores) if plan.scoring else self._shapes(factor))
        asked = [self._input(row) for row in timing_jobs.chosen(shapes)]
        return [*asked, *(self._frames(factor, shapes) if self.budget.frames else ())]

    def _frames(self, factor: int, shapes: Sequence[ScoreRow]) -> Iterator[Input]:
        """Yield LR of the frames that are timed in addition, unless images have that size."""
        there = {(row.height, row.width, row.channels, row.dtype) for row in timing_jobs.chosen(shapes)}
        richest = list(self._richest(shapes))
        for size, row in product([frames.lr_size(each, factor) for each in frames.STANDARD], richest):
            if (*size, row.channels, row.dtype) not in there:
                yield self._input(row, size)._replace(frame=True)

    def _richest(self, shapes: Iterable[ScoreRow]) -> Iterator[ScoreRow]:
        """Yield the first image of each protocol that has colours, else its first; of LR that is alike only one."""
        colours = {each.name: 1 if each.degradation.channels == "y" else 3 for each in self.work.protocols}
        found: dict[str, ScoreRow] = {}
        for row in shapes:
            if row.protocol not in found or row.channels > found[row.protocol].channels:
                found[row.protocol] = row
            if {name: each.channels for name, each in found.items()} == colours:
                break
        kinds: dict[tuple[int, str], ScoreRow] = {}
        for row in found.values():
            kinds.setdefault((row.channels, row.dtype), row)
        yield from kinds.values()

    def _input(self, row: ScoreRow, size: tuple[int, int] | None = None) -> Input:
        image = next(each for each in self.images if (each.name, each.file.name) == (row.dataset, row.image))
        return Input(image, self._protocols[row.protocol], size)

    @property
    def _protocols(self) -> dict[str, Protocol]:
        return {each.name: each for each in self.work.protocols}

    def _of_lr(self, row: ScoreRow) -> ScoreRow:
        """Return a score's row with the dtype of LR, which is timed, and not that of SR, which methods choose."""
        return replace(row, dtype=self._protocols[row.protocol].lr_dtype)

    def _shapes(self, factor: int) -> Iterator[ScoreRow]:
        """Yield rows without scores, for the shapes of LR; an image that cannot be read has none.

        Raises:
            UsageError: none can be read.

        """
        last: SrbenchError | None = None
        found = False
        for image, protocol in product(self.images, self.work.protocols):
            try:
                root = self.work.sets[image.name].root
                given = image.given(root, protocol, factor)
                shape, dtype = self.workers.shape(root / image.file.path, protocol, factor, given)
            except SrbenchError as error:
                last = error
                continue
            found = True
            row = ScoreRow(
                method="",
                dataset=image.name,
                image=image.file.name,
                factor=factor,
                protocol=protocol.name,
                device="",
            )
            yield replace(row, height=shape[0], width=shape[1], channels=(*shape, 1)[2], dtype=dtype)
        if not found:
            raise UsageError(f"no image can be timed; the last error: {last}")
