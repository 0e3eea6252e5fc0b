"""The timing pass of a run: which methods are timed on which inputs, group by group, and what it is resumed from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product, starmap
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from srbench.analysis.speeds import baseline_of
from srbench.errors import SrbenchError, UsageError
from srbench.execution import timing_jobs
from srbench.execution.timing_jobs import Input, TimingJob
from srbench.execution.worker_group import groups
from srbench.plan import size_of
from srbench.speed import environment, frames
from srbench.store.current import current, timed_case
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


class Case(NamedTuple):
    """What is timed together, and again together where anything is another."""

    factor: int
    device: str
    threads: int
    """0 where none were asked for."""

    @property
    def name(self) -> str:
        """Return what run.json calls it."""
        return timed_case(*self)

    def holds(self, row: TimingRow) -> bool:
        """Tell whether a row is of it."""
        return self == (row.factor, row.device, row.thread_limit)


class _Todo(NamedTuple):
    """A case that is to be timed."""

    case: Case
    how: dict[str, Any]
    """What decides its samples."""
    jobs: list[TimingJob]
    is_absent: bool
    """Whether its device is not there."""

    @property
    def parts(self) -> int:
        """Return how often inputs are timed, for the progress."""
        return 0 if self.is_absent else sum(job.parts for job in self.jobs)


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
        todo = list(self._todo(good))
        total, before = sum(each.parts for each in todo), 0
        for each in todo:
            yield f"timing {each.case.name}", before, total
            here, begun = backend(), set[object]()
            for row in self._rows(here, each):
                self.journal.append(row)
                if row.height and row.method:
                    begun.add((row.process, row.height, row.width, row.channels, row.dtype))
                done = before + min(max(len(begun) - 1, 0), each.parts)
                who = self.work.labels.get(row.method, row.method) or "the machine"
                yield f"timing {each.case.name}: {who}", done, total
            before += each.parts
            self._note(each.case, how=each.how)

    def _todo(self, good: Sequence[ScoreRow]) -> Iterator[_Todo]:
        """Yield what was not timed as it would be now."""
        plan = self.work.plan
        for factor in plan.factors:
            scores = [row for row in good if row.factor == factor]
            infos = self._infos(scores)
            cases = starmap(Case, product([factor], timing_jobs.devices(plan), plan.threads or (0,)))
            hows = [(case, self._how(infos, case, scores)) for case in cases]
            hows = [(case, how) for case, how in hows if not self._is_timed(infos, case, how)]
            inputs = self._inputs(factor, scores) if hows else []
            for case, how in hows:
                yield _Todo(case, how, self._jobs(infos, case, inputs), self._is_absent(case))

    def _is_absent(self, case: Case) -> bool:
        """Tell whether the device is not there, as far as that is known here: methods are just said to be skipped."""
        return case.device == "cuda" and not self.execution.cluster and not environment.cuda_devices()

    def _infos(self, scores: Sequence[ScoreRow]) -> list[MethodInfo]:
        """Return the methods that have a score; where nothing is scored, all."""
        scored = {row.method for row in scores}
        return [
            method_info for method_info in self.work.infos if not self.work.plan.scoring or method_info.spec in scored
        ]

    def _how(self, infos: Sequence[MethodInfo], case: Case, scores: Sequence[ScoreRow]) -> dict[str, Any]:
        """Return what decides the samples of a case: where it is another, all is timed again."""
        limits, budget = self.execution.limits, self.budget
        shapes = {(row.height, row.width, row.channels, row.dtype) for row in map(self._of_lr, scores)}
        return {
            "threads": case.threads or limits.threads,
            "memory": limits.memory,
            "timeout": limits.timeout,
            "machine": self.execution.time_on or environment.machine(),
            "processes": budget.processes,
            "limit": str(budget.limit),
            **({"frames": list(frames.STANDARD)} if budget.frames and not self._sizes(case.factor) else {}),
            "codes": [method_info.codes[case.factor, case.device] for method_info in infos],
            "devices": environment.cuda_devices() if case.device == "cuda" else [],
            "inputs": sorted(map(list, shapes)) or [each.fingerprint for each in self.work.sets.values()],
            "protocols": [each.fingerprint for each in self.work.protocols],
        }

    def _is_timed(self, infos: Sequence[MethodInfo], case: Case, how: dict[str, Any]) -> bool:
        """Tell whether there are samples that were taken like this, of all that can be timed.

        A method that was skipped is loaded once more: what it lacked may be there now.
        """
        if self.journal.info.get("timed", {}).get(case.name, {}).get("how") != how:
            return False
        here = (row for row in current(self.journal.rows, self.journal.info) if isinstance(row, TimingRow))
        rows = [row for row in here if case.holds(row) and row.phase == "load"]
        skipped = {row.method for row in rows if row.status == "skipped"}
        local = not self.execution.cluster
        able = (not self.workers.obstacle(each, case.factor, case.device) for each in infos if each.spec in skipped)
        return not (local and any(able))

    def _jobs(self, infos: Sequence[MethodInfo], case: Case, inputs: Sequence[Input]) -> list[TimingJob]:
        """Return groups of methods; the baseline is part of each, so that all can be compared with it."""
        base = [method_info for method_info in infos if method_info.spec == baseline_of([each.spec for each in infos])]
        return [
            TimingJob([*base, *group], case.factor, case.device, inputs, self.budget, threads=case.threads)
            for group in groups([method_info for method_info in infos if method_info not in base], len(base)) or [[]]
        ]

    def _rows(self, backend: LocalBackend | DaskBackend, todo: _Todo) -> Iterator[TimingRow]:
        """Yield rows, group of methods by group, each in processes of its own numbers."""
        process = self._begin(todo.case)
        for job in todo.jobs:
            yield from backend.timings(replace(job, process=process))
            process += job.processes

    def _begin(self, case: Case) -> int:
        """Return the number of the first new process, and note it: rows of an interrupted attempt are not current."""
        process = 1 + max((row.process for row in self.journal.rows if isinstance(row, TimingRow)), default=-1)
        self._note(case, first=process, how=None)
        return process

    def _note(self, case: Case, **facts: Any) -> None:  # noqa: ANN401 - JSON values
        timed = self.journal.info.get("timed", {})
        self.journal.describe(timed={**timed, case.name: {**timed.get(case.name, {}), **facts}})

    def _inputs(self, factor: int, scores: Sequence[ScoreRow]) -> list[Input]:
        """Return what is timed: the sizes that were asked for, else those of what was scored, or of the datasets."""
        if sizes := self._sizes(factor):
            return [self._input(row, size) for row in self._richest(self._shapes(factor)) for size in sizes]
        shapes = list(map(self._of_lr, scores) if self.work.plan.scoring else self._shapes(factor))
        asked = [self._input(row) for row in timing_jobs.chosen(shapes)]
        return [*asked, *(self._frames(factor, shapes) if self.budget.frames else ())]

    def _sizes(self, factor: int) -> list[tuple[int, int]]:
        """Return the sizes of LR that were asked for, from small to large."""
        plan = self.work.plan
        asked = {size_of(each, factor) for each in plan.sizes}
        asked |= {frames.lr_size(each, factor) for each in plan.output_sizes}
        return sorted(asked, key=lambda size: (size[0] * size[1], size))

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
