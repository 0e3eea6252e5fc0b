"""The two passes of a run: score what has no row yet, then time what has a score. Every row goes into the journal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from srbench.quality import protocol as protocols
from srbench.records import pictures
from srbench.records.journal import counts_as_timed
from srbench.results import tables
from srbench.results.rows import BAD, Row, ScoreRow, TimingRow, newest
from srbench.results.tables import Order, Tables
from srbench.runs.lane import groups
from srbench.runs.scoring import Scored, Wanted
from srbench.runs.timing_pass import TimingPass
from srbench.speed import environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from srbench.datasets import Dataset
    from srbench.plan import Execution, Plan
    from srbench.records.journal import Journal
    from srbench.runs.cluster import There
    from srbench.runs.lane import Lane
    from srbench.runs.member import Member
    from srbench.runs.stopping import Stop
    from srbench.runs.workers import Here

Tick: TypeAlias = Callable[[str, int, int], None]
"""Told what is going on, how much of it is done, and how much there is."""


@dataclass(frozen=True)
class Run:
    """One run at work: its methods are described, its place is ready, its journal is open."""

    plan: Plan
    execution: Execution
    sets: Mapping[str, Dataset]
    members: Sequence[Member]
    place: Here | There
    lane: Lane
    """That describes methods."""
    journal: Journal
    known: Mapping[tuple[str, str], Mapping[str, ScoreRow]]
    origins: Mapping[str, tuple[Path, ScoreRow]]
    """The run that whole images of a key are in, and its row."""
    stop: Stop
    tick: Tick

    def complete(self) -> None:
        """Write the rows that are missing.

        Raises:
            KeyboardInterrupt: the run was asked to end; what had begun is finished.

        """
        self._describe()
        failed = self._score() if self.plan.scoring else False
        if failed:
            return
        self._end_if_asked()
        if self.plan.timing:
            self._time()
        self.journal.describe(status="finished", ended=_now())

    def tables(self) -> Tables:
        """Return the tables of the rows so far."""
        sizes = {name: len(each.files) for name, each in self.sets.items()}
        order = Order(self.plan.methods, sizes, self.plan.factors, self.plan.protocols)
        return tables.tables(self._current(), order)

    def _describe(self) -> None:
        """Write down what the numbers come from."""
        info = self.journal.info
        sets = {name: {"images": len(each.files), "fingerprint": each.fingerprint} for name, each in self.sets.items()}
        chosen = [protocols.get(name) for name in self.plan.protocols]
        self.journal.describe(
            command=[Path(sys.argv[0]).name, *sys.argv[1:]],
            started=info.get("started", _now()),
            processes=info.get("processes", 0) + 1,
            environment=environment.describe(),
            protocols={each.name: each.fingerprint for each in chosen},
            protocol_fields={each.name: each.fields for each in chosen},
            datasets=sets,
            files={member.spec: dict(member.files) for member in self.members},
            models={member.spec: dict(member.models) for member in self.members if member.models},
        )

    def _score(self) -> bool:
        """Score what has no row yet; tell whether a bad row ended that.

        What was skipped is tried again, since what it lacked may be there now.
        """
        done: dict[tuple[str, str], set[str]] = {}
        for row in newest(self._current()).values():
            if row.status != "skipped":
                done.setdefault((row.dataset, row.image), set()).add(row.key)
        per_image = len(self.members) * len(self.plan.factors) * len(self.plan.protocols)
        total = per_image * sum(len(each.files) for each in self.sets.values())
        finished = sum(map(len, done.values()))
        failed = False
        self.tick("scoring", finished, total)
        for new in self._rows(done):
            if new is None:
                self.journal.sync()
            else:
                self._keep(new)
                self.journal.append(new.row)
                finished += 1
                failed = failed or (self.execution.fail_fast and new.row.status in BAD)
            if failed and not self.stop.is_set():
                self.stop.set()
            what = "finishing what has begun; Ctrl-C again stops now" if self.stop.is_set() else "scoring"
            self.tick(what, finished, total)
        return failed

    def _keep(self, new: Scored) -> None:
        """Write the pictures of a row before the row itself, or take over those of the run that it is from."""
        folder, keep = self.journal.folder, self.execution.keep
        pictures.keep(folder, new.pictures)
        if new.row.status == "ok" and not new.pictures:
            if keep.crops:
                pictures.take_over(folder, pictures.crops_of(new.row), self.execution.reuse)
            if keep.images and new.row.key in self.origins:
                run, row = self.origins[new.row.key]
                pairs = zip(pictures.images_of(new.row), pictures.images_of(row), strict=True)
                found = {name: pictures.read(run, theirs) for name, theirs in pairs}
                pictures.keep(folder, {name: content for name, content in found.items() if content})

    def _rows(self, done: Mapping[tuple[str, str], set[str]]) -> Iterator[Scored | None]:
        """Yield new rows, group of methods by group; None now and then."""
        for group in groups(self.members):
            yield from self.place.rows(group, self._wanted(done), self.stop)

    def _wanted(self, done: Mapping[tuple[str, str], set[str]]) -> Iterator[Wanted]:
        for name, each in self.sets.items():
            for file in each.files:
                image = name, file.name
                known = self.known.get(image, {})
                yield Wanted(name, each.spec, file, frozenset(done.get(image, ())), known, self.execution.keep)

    def _time(self) -> None:
        """Time what has a score; without scoring, everything."""
        good = [row for row in self._current() if isinstance(row, ScoreRow) and row.status == "ok"]
        images = list(self._wanted({}))
        roots = {name: each.root for name, each in self.sets.items()}
        budget = self.execution.budget
        how = [self.execution.limits.threads, self.execution.limits.memory, budget.processes]
        timing = TimingPass(self.plan, budget, how, self.members, images, roots, self.place, self.lane, self.journal)
        for what, done, total in timing.steps(good):
            self._end_if_asked()
            self.tick(what, done, total)

    def _current(self) -> list[Row]:
        """Return the rows that today's code, protocols and datasets stand behind; others are in the journal only."""
        codes = {code for member in self.members for code in member.codes.values()}
        prints = {protocols.get(name).fingerprint for name in self.plan.protocols}
        images = {(name, file.name) for name, each in self.sets.items() for file in each.files}

        def counts(row: Row) -> bool:
            if isinstance(row, TimingRow):
                return (row.code in codes or not row.method) and counts_as_timed(row, self.journal.info)
            scored = row.protocol_fingerprint in prints and (row.dataset, row.image) in images
            return row.code in codes and scored

        return [row for row in self.journal.rows if counts(row)]

    def _end_if_asked(self) -> None:
        if self.stop.is_set():
            raise KeyboardInterrupt


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
