"""The timing pass of a run: one method computes at a time, in rounds, each in a fresh worker of its own.

The worker looks at the clock, so that what lies between two processes is not timed.
"""

from __future__ import annotations

import math
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from random import Random
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from srbench.errors import MethodError, SrbenchError
from srbench.isolation.guard import Guard
from srbench.quality.image import channels
from srbench.results.rows import DEVICES, TimingRow
from srbench.runs import stopwatch
from srbench.runs.loading import check_device, reason_for
from srbench.speed import conditions, environment, roofline
from srbench.speed.timing import rounds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from srbench.isolation.limits import Limits
    from srbench.plan import Plan
    from srbench.quality.image import Image
    from srbench.runs.member import Member
    from srbench.runs.scoring import Wanted
    from srbench.runs.stopwatch import Turn
    from srbench.speed.timing import Budget, Sample

SIZES = 3
"""How many sizes of LR are timed: the smallest, the middle and the largest of the run."""


class Shaped(Protocol):
    """What has the shape of an image."""

    @property
    def height(self) -> int:
        """Return its rows."""

    @property
    def width(self) -> int:
        """Return its columns."""

    @property
    def channels(self) -> int:
        """Return 1 or 3."""

    @property
    def dtype(self) -> str:
        """Return the name of its dtype."""


S = TypeVar("S", bound=Shaped)


def devices(plan: Plan) -> tuple[str, ...]:
    """Return the devices to time on: under `auto` both, so that an absent one is said to be absent."""
    return DEVICES if plan.device == "auto" else (plan.device,)


def chosen(shaped: Iterable[S]) -> Iterator[S]:
    """Yield what is to be timed: up to `SIZES` sizes for each kind (channels, dtype), from small to large."""
    kinds: dict[tuple[int, str], dict[tuple[int, int], S]] = {}
    for each in shaped:
        kinds.setdefault((each.channels, each.dtype), {}).setdefault((each.height * each.width, each.height), each)
    for sizes in kinds.values():
        ordered = [sizes[size] for size in sorted(sizes)]
        for index in sorted({round(step * (len(ordered) - 1) / (SIZES - 1)) for step in range(SIZES)}):
            yield ordered[index]


class Input(NamedTuple):
    """What is timed: LR of an image."""

    image: Wanted
    protocol: str
    """That makes LR."""
    size: tuple[int, int] | None = None
    """Height and width that LR is repeated or cut to."""


@dataclass(frozen=True)
class Request:
    """What is to be timed on which device, and how thoroughly; it may travel."""

    members: Sequence[Member]
    factor: int
    device: str
    inputs: Sequence[Input]
    budget: Budget
    process: int = 0
    """The number of the first process."""


def rows(request: Request, images: Sequence[Image], limits: Limits) -> Iterator[TimingRow]:
    """Yield the rows of `request`, whose inputs are `images`, process by process: in each, methods have fresh workers.

    Where `limits` name no threads, libraries are given one for each core.
    """
    limits = replace(limits, threads=limits.threads or environment.cores())
    accounts = {member.spec: _Account() for member in request.members}
    for number in range(request.process, request.process + request.budget.processes):
        one = _Process(request, images, limits, number, accounts)
        yield from one.rows()
        if not one.entrants:
            return


@dataclass
class _Account:
    """What a method has taken so far."""

    seconds: float = 0.0
    longest: float = 0.0
    """Its longest call."""

    def take(self, *seconds: float) -> None:
        """Add calls."""
        self.seconds += sum(seconds)
        self.longest = max(self.longest, *seconds)


CALLS = 4
"""How many calls of a slow method a size takes: the first, a warm-up, and samples until its share is over."""


class _Entrant(NamedTuple):
    """A method that is loaded in its worker, and what its rows have in common."""

    worker: Guard
    member: Member
    row: TimingRow


@dataclass(frozen=True)
class _Process:
    """One generation of workers."""

    request: Request
    images: Sequence[Image]
    limits: Limits
    number: int
    accounts: Mapping[str, _Account]
    entrants: dict[str, _Entrant] = field(default_factory=dict)

    def rows(self) -> Iterator[TimingRow]:
        """Yield what loading takes, then the samples of each image, then let the workers go."""
        random = Random(self.number)  # noqa: S311 - an order, the same when it is repeated
        with ExitStack() as stack:
            for member in random.sample(self.request.members, len(self.request.members)):
                if self._has_time(member.spec):
                    yield self._loaded(member, stack.enter_context(Guard(self.limits, stopwatch.__name__)))
            machine = stack.enter_context(Guard(replace(self.limits, memory=0), stopwatch.__name__))
            for image in self.images if self.entrants else ():
                yield from self._on_image(image, machine, random)

    def _has_time(self, method: str) -> bool:
        account = self.accounts[method]
        return account.seconds + CALLS * account.longest < self.request.budget.limit

    def _loaded(self, member: Member, worker: Guard) -> TimingRow:
        """Load one method by the clock; the row says how long it took, or why it cannot."""
        row = replace(
            self._row("load"), method=member.spec, code=member.codes[self.request.factor, self.request.device]
        )
        try:
            check_device(self.request.device)
            loaded: stopwatch.Loaded = worker.call(stopwatch.load, member, row.factor, row.device)
        except SrbenchError as error:
            return _broken(row, error)
        self.entrants[member.spec] = _Entrant(worker, member, row)
        return replace(row, **loaded._asdict())

    def _row(self, phase: str) -> TimingRow:
        """Return what all rows of this process have in common."""
        return TimingRow(
            method="",
            factor=self.request.factor,
            device=self.request.device,
            phase=phase,
            height=0,
            width=0,
            channels=0,
            process=self.number,
            machine=environment.machine(),
        )

    def _on_image(self, image: Image, machine: Guard, random: Random) -> Iterator[TimingRow]:
        """Yield each method's first call on this size, its warm-up, then rounds of warm calls."""
        height, width = image.shape[:2]
        size = {"height": height, "width": width, "channels": channels(image), "dtype": str(image.dtype)}
        turns: dict[str, Callable[[], Turn]] = {}
        rows: dict[str, TimingRow] = {}
        for name, entrant in self.entrants.items():
            if self._has_time(name):
                for row in self._begun(entrant, replace(entrant.row, **size), image):
                    yield row
                if row.status == "ok":
                    rows[name] = replace(row, calls=1, seconds=math.nan)
                    turns[name] = partial(entrant.worker.call, stopwatch.turn, self.request.budget)
        if turns and self.request.budget.machine and self.request.device == "cpu":
            turns[""] = partial(machine.call, stopwatch.machine, self.request.budget)
            rows[""] = self._row("")
        yield from self._in_rounds(turns, rows, random)

    def _begun(self, entrant: _Entrant, row: TimingRow, image: Image) -> Iterator[TimingRow]:
        """Yield the first call and the warm-up; the last row tells whether both went well."""
        worker, member, _ = entrant
        account = self.accounts[member.spec]
        row = replace(row, phase="first")
        try:
            first: stopwatch.First = worker.call(stopwatch.first, member, row.factor, row.device, image)
            account.take(first.sample.seconds)
            row = replace(row, threads=first.threads, clock=first.clock, reason=first.remark)
            yield _sampled(row, first.sample)
            row = replace(row, phase="warm-up")
            spent, wrong = worker.call(stopwatch.warm, self.request.budget)
            account.take(*[spent.seconds / spent.calls] * spent.calls)
            if wrong:
                raise MethodError(wrong)
            yield replace(row, seconds=spent.seconds, calls=spent.calls)
        except SrbenchError as error:
            yield _broken(row, error)

    def _in_rounds(
        self, turns: Mapping[str, Callable[[], Turn]], rows: Mapping[str, TimingRow], random: Random
    ) -> Iterator[TimingRow]:
        """Yield the samples of all methods and, among them, of the machine itself."""
        budget = self.request.budget
        share = budget.limit / budget.processes / len(self.images)
        others = conditions.Others()
        for name, number, turn in rounds(turns, budget, random, share):
            row = replace(rows[name], round=number, load=others.share())
            if not isinstance(turn, BaseException):
                if name:
                    self.accounts[name].take(*turn.spent)
                yield from _samples(row, turn)
            elif name:  # where the machine's own worker dies, methods lose nothing
                yield _broken(replace(row, phase="call"), turn)


def _samples(row: TimingRow, turn: Turn) -> Iterator[TimingRow]:
    """Yield a row for each sample of a turn."""
    common = replace(row, memory=turn.memory, device_memory=turn.device_memory, **turn.conditions._asdict())
    for phase, samples in turn.samples.items():
        height, width = roofline.SHAPES.get(phase, (row.height, row.width))
        for sample in samples:
            yield _sampled(replace(common, phase=phase, height=height, width=width), sample)


def _sampled(row: TimingRow, sample: Sample) -> TimingRow:
    return replace(row, seconds=sample.seconds, enqueued=sample.enqueued, device_seconds=sample.device)


def _broken(row: TimingRow, error: BaseException) -> TimingRow:
    status, reason = reason_for(error)
    return replace(row, status=status, reason=reason, output=getattr(error, "output", ""))
