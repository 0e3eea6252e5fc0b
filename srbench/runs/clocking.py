"""The timing pass of a run: one method computes at a time, in rounds, on real LR images of the run's own sizes.

Each method sits in a fresh worker of its own; the worker looks at the clock, so that what lies between two processes
is not timed.
"""

from __future__ import annotations

import math
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from srbench.errors import SrbenchError
from srbench.isolation.guard import Guard
from srbench.quality.image import channels
from srbench.results.rows import DEVICES, TimingRow
from srbench.runs import stopwatch
from srbench.runs.loading import check_device, reason_for
from srbench.speed import environment
from srbench.speed.timing import Budget, Clock, first_calls, interleaved

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from srbench.isolation.limits import Limits
    from srbench.plan import Plan
    from srbench.quality.image import Image
    from srbench.results.rows import ScoreRow
    from srbench.runs.member import Member

BUDGET = Budget()

SIZES = 3
"""How many sizes of LR are timed: the smallest, the middle and the largest of the run."""


@dataclass(frozen=True)
class Remote:
    """One method on one image, timed in its worker."""

    worker: Guard
    row: TimingRow
    member: Member
    image: Image

    def seconds(self, _clock: Clock) -> float:
        """Return one sample; raises what the method raised, or that its worker died of it."""
        found: float = self.worker.call(stopwatch.call, self.member, self.row.factor, self.row.device, self.image)
        return found


def devices(plan: Plan) -> tuple[str, ...]:
    """Return the devices to time on: under `auto` both, so that an absent one is said to be absent."""
    return DEVICES if plan.device == "auto" else (plan.device,)


def chosen(scores: Iterable[ScoreRow]) -> Iterator[ScoreRow]:
    """Yield rows whose LR is to be timed, of up to `SIZES` sizes for each kind (channels, dtype) that was scored."""
    kinds: dict[tuple[int, str], dict[tuple[int, int], ScoreRow]] = {}
    for row in scores:
        kinds.setdefault((row.channels, row.dtype), {}).setdefault((row.height * row.width, row.height), row)
    for sizes in kinds.values():
        ordered = [sizes[size] for size in sorted(sizes)]
        for index in sorted({round(step * (len(ordered) - 1) / (SIZES - 1)) for step in range(SIZES)}):
            yield ordered[index]


def time_methods(  # noqa: PLR0913 - all of them decide a row
    members: Sequence[Member],
    factor: int,
    device: str,
    images: Iterable[Image],
    limits: Limits,
    process: int = 0,
) -> Iterator[TimingRow]:
    """Yield the timing rows of `members` at one factor on one device, over the LR `images`."""
    ready: dict[str, tuple[Guard, TimingRow, Member]] = {}
    with ExitStack() as stack:
        for member in members:
            worker = stack.enter_context(Guard(limits, stopwatch.__name__))
            row = _loaded(member, factor, device, worker, process)
            yield row
            if row.status == "ok":
                ready[member.spec] = worker, row, member
        for image in images:
            yield from _on_image({name: Remote(*each, image) for name, each in ready.items()}, image)


def _loaded(member: Member, factor: int, device: str, worker: Guard, process: int) -> TimingRow:
    """Load one method by the clock; the row says how long it took, or why it cannot."""
    row = TimingRow(
        method=member.spec,
        factor=factor,
        device=device,
        phase="load",
        height=0,
        width=0,
        channels=0,
        process=process,
        code=member.codes[factor, device],
        machine=environment.machine(),
    )
    try:
        check_device(device)
        return replace(row, seconds=worker.call(stopwatch.load, member, factor, device))
    except SrbenchError as error:
        return _broken(row, error)


def _on_image(calls: dict[str, Remote], image: Image) -> Iterator[TimingRow]:
    """Yield each method's first call on this size, then rounds of warm calls."""
    height, width = image.shape[:2]
    size = {"height": height, "width": width, "channels": channels(image), "dtype": str(image.dtype)}
    rows = {name: replace(remote.row, **size, seconds=math.nan) for name, remote in calls.items()}
    for phase, samples in (("first", first_calls(calls)), ("call", interleaved(calls, BUDGET))):
        for name, number, seconds in samples:
            row = replace(rows[name], phase=phase, round=number)
            if isinstance(seconds, float):
                yield replace(row, seconds=seconds)
            else:
                calls.pop(name)
                yield _broken(row, seconds)


def _broken(row: TimingRow, error: BaseException) -> TimingRow:
    status, reason = reason_for(error)
    return replace(row, status=status, reason=reason, output=getattr(error, "output", ""))
