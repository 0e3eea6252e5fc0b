"""The timing pass of a run: which methods are timed on which inputs, group by group, and what it is resumed from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, TypeAlias

from srbench.errors import SrbenchError, UsageError
from srbench.plan import size_of
from srbench.records.journal import case_of
from srbench.results.rows import ScoreRow, TimingRow
from srbench.results.speeds import baseline_of
from srbench.runs import requests
from srbench.runs.lane import groups
from srbench.runs.requests import Input, Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from srbench.plan import Plan
    from srbench.records.journal import Journal
    from srbench.runs.cluster import There
    from srbench.runs.lane import Lane
    from srbench.runs.member import Member
    from srbench.runs.scoring import Wanted
    from srbench.runs.workers import Here
    from srbench.speed.timing import Budget

Step: TypeAlias = "tuple[str, int, int]"
"""What is going on, how much of it is done, and how much there is."""


@dataclass(frozen=True)
class TimingPass:
    """The timing pass of one run."""

    plan: Plan
    budget: Budget
    how: Sequence[int]
    """What else decides samples, beside the plan: with another, all is timed again."""
    members: Sequence[Member]
    images: Sequence[Wanted]
    """All images of the run."""
    roots: Mapping[str, Path]
    """Where datasets lie here."""
    place: Here | There
    lane: Lane
    """That tells which shapes LR images have."""
    journal: Journal

    def steps(self, good: Sequence[ScoreRow]) -> Iterator[Step]:
        """Time what was not timed yet, and yield what is going on; `good` are the scores that there are.

        A group that was interrupted is timed again.
        """
        timed = self.journal.info.get("timed", [])
        cases = list(product(self.plan.factors, requests.devices(self.plan)))
        for number, (factor, device) in enumerate(cases):
            what = f"timing x{factor} on {device}"
            yield what, 0, 0
            scores = [row for row in good if row.factor == factor]
            members = self._members(scores)
            case = [factor, device, *self.how, *(member.codes[factor, device] for member in members)]
            if case in timed:
                continue
            inputs = self._inputs(factor, scores)
            parts = self.budget.processes * len(inputs)
            begun: set[object] = set()
            for row in self._rows(members, factor, device, inputs):
                self.journal.append(row)
                if row.height and row.method:
                    begun.add((row.process, row.height, row.width, row.channels, row.dtype))
                done = number * parts + min(max(len(begun) - 1, 0), parts)
                yield f"{what}: {row.method or 'the machine'}", done, len(cases) * parts
            timed = [*(each for each in timed if each[:2] != [factor, device]), case]
            self.journal.describe(timed=timed)

    def _members(self, scores: Sequence[ScoreRow]) -> list[Member]:
        """Return the methods that have a score; where nothing is scored, all."""
        scored = {row.method for row in scores}
        return [member for member in self.members if not self.plan.scoring or member.spec in scored]

    def _rows(
        self, members: Sequence[Member], factor: int, device: str, inputs: Sequence[Input]
    ) -> Iterator[TimingRow]:
        """Yield rows, group of methods by group; the baseline is part of each, so that all can be compared with it."""
        base = [member for member in members if member.spec == baseline_of([each.spec for each in members])]
        process = self._begin(factor, device)
        for group in groups([member for member in members if member not in base], len(base)) or [[]]:
            yield from self.place.timings(Request([*base, *group], factor, device, inputs, self.budget, process))
            process += self.budget.processes

    def _begin(self, factor: int, device: str) -> int:
        """Return the number of the first new process, and note it: what an interrupted attempt left does not count."""
        process = 1 + max((row.process for row in self.journal.rows if isinstance(row, TimingRow)), default=-1)
        begun = self.journal.info.get("timed_from", {})
        self.journal.describe(timed_from={**begun, case_of(factor, device): process})
        return process

    def _inputs(self, factor: int, scores: Sequence[ScoreRow]) -> list[Input]:
        """Return what is timed: the sizes that were asked for, else those of what was scored, or of the datasets."""
        images = {(image.name, image.file.name): image for image in self.images}
        if self.plan.sizes:
            row = next(self._shapes(factor))  # of the first image; LR of all is made of it
            image = images[row.dataset, row.image]
            sizes = sorted(map(size_of, self.plan.sizes), key=lambda size: size[0] * size[1])
            return [Input(image, protocol, size) for protocol in self.plan.protocols for size in sizes]
        shaped = requests.chosen(scores if self.plan.scoring else self._shapes(factor))
        return [Input(images[row.dataset, row.image], row.protocol) for row in shaped]

    def _shapes(self, factor: int) -> Iterator[ScoreRow]:
        """Yield rows without scores, for the shapes of LR; an image that cannot be read has none.

        Raises:
            UsageError: none can be read.

        """
        last: SrbenchError | None = None
        found = False
        for image, protocol in product(self.images, self.plan.protocols):
            try:
                shape, dtype = self.lane.shape(self.roots[image.name] / image.file.path, protocol, factor)
            except SrbenchError as error:
                last = error
                continue
            found = True
            row = ScoreRow(
                method="", dataset=image.name, image=image.file.name, factor=factor, protocol=protocol, device=""
            )
            yield replace(row, height=shape[0], width=shape[1], channels=(*shape, 1)[2], dtype=dtype)
        if not found:
            raise UsageError(f"no image can be timed, the last of them: {last}")
