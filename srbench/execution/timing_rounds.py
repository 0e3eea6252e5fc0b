"""The timing pass of a run: one method computes at a time, in rounds, each in a fresh worker of its own.

The worker looks at the clock, so that what lies between two processes is not timed.
"""

from __future__ import annotations

import math
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from srbench.errors import MethodError, SrbenchError
from srbench.execution import timing_worker
from srbench.execution.loading import check_device, reason_for
from srbench.execution.timing_account import LOADING, Account
from srbench.isolation import worker as workers
from srbench.quality.image import channels
from srbench.speed import conditions, environment, roofline
from srbench.speed.timing import rounds
from srbench.store.rows import TimingRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from srbench.execution.method_info import MethodInfo
    from srbench.execution.timing_jobs import Input, Stage, TimingJob
    from srbench.execution.timing_worker import Turn
    from srbench.isolation.limits import Limits
    from srbench.isolation.worker import Worker
    from srbench.quality.image import Image
    from srbench.speed.timing import Budget, Sample


def rows(job: TimingJob, images: Sequence[Image | SrbenchError], limits: Limits) -> Iterator[TimingRow]:
    """Yield the rows of `job`, process by process: in each, methods have fresh workers.

    `images` are its inputs, or why there is none. Where neither `job` nor `limits` name threads, libraries get one for
    each core. A row of each method and input that was not begun says why.
    """
    limits = replace(limits, threads=job.threads or limits.threads or environment.cores())
    accounts = {info.spec: Account(job.budget.limit) for info in job.infos}
    stages = [stage for stage in job.stages for _ in range(stage.budget.processes)]
    processes = [_Process(job, stage, images, limits, job.process + n, accounts) for n, stage in enumerate(stages)]
    for each in processes:
        yield from each.rows()
    for last in processes[-1:]:
        yield from last.untimed()


UNFINISHED = 1.0
"""Seconds after its first call at which a method's result is looked at again, once for each device and factor."""


class _Entrant(NamedTuple):
    """A method that is loaded in its worker, and what its rows have in common."""

    worker: Worker
    info: MethodInfo
    row: TimingRow
    account: Account


@dataclass(frozen=True)
class _Process:
    """One generation of workers."""

    job: TimingJob
    stage: Stage
    images: Sequence[Image | SrbenchError]
    limits: Limits
    number: int
    accounts: Mapping[str, Account]
    entrants: dict[str, _Entrant] = field(default_factory=dict)

    def rows(self) -> Iterator[TimingRow]:
        """Yield what loading takes, then the samples of each image, then let the workers go."""
        random = Random(self.number)  # noqa: S311 - an order, the same when it is repeated
        with ExitStack() as stack:
            for info in random.sample(self.job.infos, len(self.job.infos)):
                account = self.accounts[info.spec]
                if any(account.has_time_for(each, self._pixels(each)) for each in self.stage.inputs):
                    yield self._loaded(info, stack.enter_context(workers.new(self.limits, timing_worker.__name__)))
            machine = stack.enter_context(workers.new(replace(self.limits, memory=0), timing_worker.__name__))
            for index in self.stage.inputs if self.entrants else ():
                yield from self._on_image(index, machine, random)

    def untimed(self) -> Iterator[TimingRow]:
        """Yield a row of each method and image that was not begun, in any process."""
        for info in self.job.infos:
            account = self.accounts[info.spec]
            for index, image in enumerate(self.images):
                if index not in account.begun and not account.failed & {index, LOADING}:
                    size = _size(image, self.job.inputs[index])
                    yield replace(self._row("first", info), **size, status="skipped", reason=account.reason(index))

    def _pixels(self, index: int) -> int:
        image = self.images[index]
        return 0 if isinstance(image, SrbenchError) else image.shape[0] * image.shape[1]

    def _may_begin(self, account: Account, index: int) -> bool:
        """Tell whether time is left for an image and, if nobody asked for it, memory."""
        pixels = self._pixels(index)
        if not account.has_time_for(index, pixels):
            return False
        if self.job.inputs[index].frame and (lack := account.lack_of_memory(pixels, self.limits.memory)):
            account.refused[index] = lack
        return index not in account.refused

    def _loaded(self, info: MethodInfo, worker: Worker) -> TimingRow:
        """Load one method by the clock; the row says how long it took, or why it cannot."""
        factor, device = self.job.factor, self.job.device
        row = self._row("load", info)
        account = self.accounts[info.spec]
        try:
            check_device(device)
            with account.charged():
                loaded: timing_worker.Loaded = worker.call(timing_worker.load, info, factor, device)
        except SrbenchError as error:
            account.failed.add(LOADING)
            return _broken(row, error)
        self.entrants[info.spec] = _Entrant(worker, info, row, account)
        account.note_memory(0, loaded.memory)
        return replace(row, processor=environment.processor(device), **loaded._asdict())

    def _row(self, phase: str, info: MethodInfo | None = None) -> TimingRow:
        """Return what all rows of this process have in common, or all of a method."""
        return TimingRow(
            method=info.spec if info else "",
            code=info.codes[self.job.factor, self.job.device] if info else "",
            factor=self.job.factor,
            device=self.job.device,
            phase=phase,
            height=0,
            width=0,
            channels=0,
            thread_limit=self.job.threads,
            process=self.number,
            machine=environment.machine(),
        )

    def _on_image(self, index: int, machine: Worker, random: Random) -> Iterator[TimingRow]:
        """Yield each method's first call on an image, its warm-up, rounds of warm calls, and what was wrong with it."""
        image = self.images[index]
        size = _size(image, self.job.inputs[index])
        rows: dict[str, TimingRow] = {}
        for name, entrant in self.entrants.items():
            if self._may_begin(entrant.account, index):
                entrant.account.begun.add(index)
                for row in self._begun(entrant, replace(entrant.row, **size), image):
                    yield self._noted(row, entrant, index)
                if row.status == "ok":
                    rows[name] = replace(row, phase="call", calls=1, seconds=math.nan)
        for name, row in self._in_rounds(rows, machine, random):
            yield self._noted(row, self.entrants[name], index) if name else row
        wait = UNFINISHED if index == 0 and self.number == self.job.process else 0.0
        for name, row in rows.items():
            entrant = self.entrants[name]
            if index not in entrant.account.failed:
                yield from (self._noted(each, entrant, index) for each in _finished(entrant, row, wait))

    def _noted(self, row: TimingRow, entrant: _Entrant, index: int) -> TimingRow:
        """Note that an image is not tried again, and end a worker on which something went wrong with all it started."""
        if row.status != "ok":
            entrant.account.failed.add(index)
            entrant.worker.rest()
        return row

    def _begun(self, entrant: _Entrant, row: TimingRow, image: Image | SrbenchError) -> Iterator[TimingRow]:
        """Yield the first call and the warm-up; the last row tells whether both went well."""
        worker, info, _, account = entrant
        row = replace(row, phase="first")
        try:
            if isinstance(image, SrbenchError):
                raise image
            with account.charged():
                first: timing_worker.First = worker.call(timing_worker.first, info, row.factor, row.device, image)
            account.pace.setdefault(row.height * row.width, first.sample.seconds)
            row = replace(row, threads=first.threads, clock=first.clock, multiply_adds=first.multiply_adds)
            yield _sampled(row, first.sample)
            row = replace(row, phase="warm-up")
            with account.charged():
                spent = worker.call(timing_worker.warm, self.stage.budget)
            yield replace(row, seconds=spent.seconds, calls=spent.calls)
        except SrbenchError as error:
            yield _broken(row, error)

    def _in_rounds(
        self, rows: Mapping[str, TimingRow], machine: Worker, random: Random
    ) -> Iterator[tuple[str, TimingRow]]:
        """Yield the samples of all methods and, under no name, of the machine itself."""
        budget = self.stage.budget
        turns: dict[str, Callable[[], Turn]] = {
            name: partial(_turn, self.entrants[name], row, budget) for name, row in rows.items()
        }
        if turns and budget.machine and self.job.device == "cpu":
            turns[""] = partial(machine.call, timing_worker.machine, budget)
        share = budget.limit / self.job.parts
        before = {name: self.entrants[name].account.seconds for name in rows}

        def has_time(name: str) -> bool:
            return not name or self.entrants[name].account.seconds - before[name] < share

        others = conditions.Others()
        for name, number, turn in rounds(turns, budget, random, has_time):
            row = replace(rows[name] if name else self._row(""), round=number, other_load=others.share())
            if not isinstance(turn, BaseException):
                yield from ((name, each) for each in _samples(row, turn))
            elif name:  # where the machine's own worker dies, methods lose nothing
                yield name, _broken(row, turn)


def _turn(entrant: _Entrant, row: TimingRow, budget: Budget) -> Turn:
    account, pixels = entrant.account, row.height * row.width
    with account.charged():
        turn: Turn = entrant.worker.call(timing_worker.turn, budget)
    account.pace[pixels] = max(turn.spent)
    account.note_memory(pixels, turn.memory)
    return turn


def _finished(entrant: _Entrant, row: TimingRow, wait: float) -> Iterator[TimingRow]:
    """Yield a row if a method's calls had returned before their work was done."""
    try:
        wrong = entrant.worker.call(timing_worker.finish, wait)
        if wrong:
            raise MethodError(wrong)
    except SrbenchError as error:
        yield _broken(row, error)


def _size(image: Image | SrbenchError, given: Input) -> dict[str, Any]:
    """Return what rows say about an image; of one that there is not, the size that was asked for."""
    if isinstance(image, SrbenchError):
        height, width = given.size or (0, 0)
        return {"height": height, "width": width}
    height, width = image.shape[:2]
    return {"height": height, "width": width, "channels": channels(image), "dtype": str(image.dtype)}


def _samples(row: TimingRow, turn: Turn) -> Iterator[TimingRow]:
    """Yield a row for each sample of a turn."""
    row = replace(row, reason=turn.remark, memory=turn.memory, device_memory=turn.device_memory)
    common = replace(row, **turn.conditions._asdict())
    for phase, samples in turn.samples.items():
        height, width = roofline.SHAPES.get(phase, (row.height, row.width))
        for sample in samples:
            yield _sampled(replace(common, phase=phase, height=height, width=width), sample)


def _sampled(row: TimingRow, sample: Sample) -> TimingRow:
    return replace(row, seconds=sample.seconds, enqueued=sample.enqueued, device_seconds=sample.device)


def _broken(row: TimingRow, error: BaseException) -> TimingRow:
    status, reason = reason_for(error)
    return replace(row, status=status, reason=reason, output=getattr(error, "output", ""))
