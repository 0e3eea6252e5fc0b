"""The two passes of a run: score what has no current row, then time what has a score.

Every row goes into the journal.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from srbench.errors import DatasetError
from srbench.execution import given_lr
from srbench.execution.method_info import checkouts
from srbench.execution.scoring import Scored, Wanted, mark_of
from srbench.execution.timing_pass import TimingPass
from srbench.execution.worker_group import groups
from srbench.specs import listed
from srbench.speed import environment
from srbench.store import given_lr as described_lr
from srbench.store import pictures
from srbench.store.coverage import missing
from srbench.store.current import current
from srbench.store.journal import FINISHED
from srbench.store.rows import BAD, MetricRow, Row, ScoreRow, TimingRow, to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from srbench.execution.dask_backend import DaskBackend
    from srbench.execution.local_backend import LocalBackend
    from srbench.execution.resolved_plan import Resolved
    from srbench.execution.stopping import Stop
    from srbench.execution.worker_group import WorkerGroup
    from srbench.plan import Execution, Keep
    from srbench.store.journal import Journal
    from srbench.store.rows import Cell, MetricCell

Tick: TypeAlias = Callable[[str, int, int], None]
"""Called with the current step, how much of it is done, and how much there is."""

Known: TypeAlias = dict[tuple[str, str], dict[str, ScoreRow | MetricRow]]
"""Good scores and values by dataset, image and key."""


_UNSAID: dict[str, object] = {"labels": {}}
"""What holds where run.json does not say: it is of a run from before there were labels."""


@dataclass(frozen=True)
class Run:
    """One run at work: its plan is resolved, its journal is open."""

    work: Resolved
    execution: Execution
    begin: Callable[[], LocalBackend | DaskBackend]
    """Makes ready to compute, once, and returns where."""
    workers: WorkerGroup
    """That describes methods."""
    journal: Journal
    reused: Known
    """Rows of earlier runs."""
    stop: Stop
    tick: Tick
    computed: Counter[str] = field(default_factory=Counter)
    """How many values of each metric were computed so far, and not taken over; under no name, how many scores."""

    def complete(self) -> None:
        """Write the rows that are missing; a finished run that lacks none stays as it is, with all it says of itself.

        Raises:
            KeyboardInterrupt: the run was interrupted; the results in progress are saved.

        """
        if not self._is_finished_as_of_today():
            self._describe()
        failed = self._score() if self.work.plan.scoring else False
        if failed:
            return
        self._end_if_asked()
        self._check_images()
        self._tell_given_lr()
        if self.work.plan.timing:
            self._time()
        if self.journal.info["status"] != FINISHED:
            self.journal.describe(status=FINISHED, ended=_now(), limits=self._limits)

    def rows(self) -> list[Row]:
        """Return the current rows so far."""
        return current(self.journal.rows, self.journal.info)

    def _is_finished_as_of_today(self) -> bool:
        """Tell whether the run was finished with the methods, protocols and images that there are now."""
        info = self.journal.info
        facts = json.loads(json.dumps({**self.work.facts, **self._asked, "limits": self._limits}))
        alike = all(info.get(name, _UNSAID.get(name)) == value for name, value in facts.items())
        # the order of metrics counts: the first leads
        return info["status"] == FINISHED and alike and list(info["metrics"]) == list(facts["metrics"])

    @property
    def _asked(self) -> dict[str, str]:
        """Return what run.json says of the report that was asked for; what an earlier command said of it stays."""
        scores = self.execution.scores
        asked = {"frame_budget": self.execution.frame_budget, "scores": str(scores.resolve()) if scores else ""}
        return {name: value for name, value in asked.items() if value}

    @property
    def _limits(self) -> dict[str, float]:
        """Return what run.json says of the limits of workers, with which a result may have failed."""
        limits = self.execution.limits
        return {"timeout": limits.timeout, "memory": limits.memory, "retries": limits.retries}

    def _tell_given_lr(self) -> None:
        """Record which degradation may have made given LR, unless that is known of these files."""
        if self.work.lr_files:
            self.tick("comparing given LR with what protocols make", 0, 0)
            known = described_lr.read(self.journal.info)
            found = list(given_lr.described(self.work, self.workers, known))
            if found != known:
                self.journal.describe(**described_lr.to_json(found))

    def _check_images(self) -> None:
        """Refuse to call a run finished if an image was edited while it was scored: its rows are outdated.

        Raises:
            DatasetError: one was.

        """
        plan, sizes = self.work.plan, {name: len(each.files) for name, each in self.work.sets.items()}
        for gap in missing(plan, sizes, self.rows(), self.work.labels):
            raise DatasetError(
                f"an image was edited while it was scored ({gap}); repeat the same command with --out "
                f"{self.journal.folder}"
            )

    def _place(self) -> LocalBackend | DaskBackend:
        """Return where to compute: from then on the run is no longer a finished one, and this command's."""
        if self.journal.info["status"] == FINISHED:
            self._describe()
        return self.begin()

    def _describe(self) -> None:
        """Record what the numbers come from in run.json."""
        info = self.journal.info
        self.journal.describe(
            status="running",
            command=[Path(sys.argv[0]).name, *sys.argv[1:]],
            started=info.get("started", _now()),
            processes=info.get("processes", 0) + 1,
            limits=info.get("limits", self._limits),
            environment=environment.describe(),
            checkouts=checkouts(self.work.infos),
            **self.work.facts,
            **self._asked,
        )

    def _score(self) -> bool:
        """Score and measure what has no current row; return whether a failed result stopped that (`fail_fast`)."""
        standing = {row.cell: row for row in self.rows() if not isinstance(row, TimingRow)}
        there = {row.cell: row for row in self.journal.rows if isinstance(row, MetricRow)} | standing
        settled = [row for row in standing.values() if self._is_settled(row)]
        wanted = list(self._wanted(settled))
        total = self._per_image * sum(len(each.files) for each in self.work.sets.values())
        finished, failed = sum(map(self._share, settled)), False
        self.tick(self._first_step if wanted else "scoring", finished, total)
        for new in self._scored(wanted) if wanted else ():
            if new is None:
                self.journal.sync()
            else:
                self._keep(new, there)
                self.computed[new.row.metric if isinstance(new.row, MetricRow) else ""] += new.computed
                finished += self._share(new.row)
                failed = failed or (self.execution.fail_fast and new.row.status in BAD)
            if failed and not self.stop.is_set():
                self.stop.set()
            what = "finishing the results in progress; Ctrl-C again stops at once" if self.stop.is_set() else "scoring"
            self.tick(what, finished, total)
        return failed

    @property
    def _first_step(self) -> str:
        """Return what takes time before the first row: weights may have to be fetched."""
        fetching = [info.spec for info in self.work.scoring.metrics if info.fetches]
        return f"fetching the weights of {listed(fetching)}, scoring" if fetching else "scoring"

    @property
    def _per_image(self) -> int:
        work = self.work
        scores = len(work.infos) * len(work.plan.factors) * len(work.protocols)
        return scores * (1 + len(work.scoring.metrics))

    def _share(self, row: ScoreRow | MetricRow) -> int:
        """Return how many rows of those that a run is to have a row settles: a bad score has no values."""
        bad = isinstance(row, ScoreRow) and row.status != "ok"
        return 1 + bad * len(self.work.scoring.metrics)

    def _is_settled(self, row: ScoreRow | MetricRow) -> bool:
        """Return whether a current row is complete: of HR as it is now, not skipped, its pictures saved.

        What was skipped is tried again, since what was missing may be there now; so is what exceeded a limit that the
        run had and this command has not.
        """
        limited = row.status in ("timeout", "crashed") and self.journal.info.get("limits") != self._limits
        if row.status == "skipped" or limited:
            return False
        if isinstance(row, MetricRow):
            return True
        return self.work.is_of_today(row) and not self._lacks_pictures(row)

    def _lacks_pictures(self, row: ScoreRow) -> bool:
        return pictures.lacks(self.journal.folder, row, self.execution.keep)

    def _wanted(self, settled: list[ScoreRow | MetricRow]) -> Iterator[Wanted]:
        """Yield the images that lack a settled row."""
        devices = {info.spec: info.device for info in self.work.infos}
        done: dict[tuple[str, str], int] = {}
        marks: dict[tuple[str, str], set[tuple[str, ...]]] = {}
        for row in [row for row in settled if row.device == devices[row.method]]:
            key = row.dataset, row.image
            done[key] = done.get(key, 0) + self._share(row)
            marks.setdefault(key, set()).add(mark_of(row))
        own = self._own()
        folders = (self.journal.folder, *self.execution.reuse)
        for image in self._images():
            key = image.name, image.file.name
            if done.get(key, 0) < self._per_image:
                known = self.reused.get(key, {}) | own.get(key, {})
                yield replace(image, done=frozenset(marks.get(key, ())), known=known, folders=folders)

    def _images(self) -> Iterator[Wanted]:
        for name, each in self.work.sets.items():
            lr = self.work.lr_of(each)
            for file in each.files:
                yield Wanted(name, each.spec, file, lr.get(file.name, {}), keep=self.execution.keep)

    def _own(self) -> Known:
        """Return the good rows of the journal, current or not: a file may have been saved again with equal pixels."""
        return good(self.journal.rows, self.journal.folder, self.execution.keep)

    def _scored(self, wanted: list[Wanted]) -> Iterator[Scored | None]:
        """Yield new rows, group of methods by group; None now and then."""
        scoring = self.work.scoring
        for group in groups(scoring.infos, len(scoring.metrics)):
            yield from self._place().rows(replace(scoring, infos=group), wanted, self.stop)

    def _keep(self, new: Scored, there: Mapping[Cell | MetricCell, ScoreRow | MetricRow]) -> None:
        """Write the pictures of a row before the row itself, which is not written again where it is there."""
        folder, keep = self.journal.folder, self.execution.keep
        pictures.keep(folder, new.pictures)
        if isinstance(new.row, ScoreRow) and new.row.status == "ok" and not new.pictures:
            pictures.take_over(folder, pictures.kept_names(new.row, keep), self.execution.reuse)
        before = there.get(new.row.cell)
        if before is None or to_json(before) != to_json(new.row):
            self.journal.append(new.row)

    def _time(self) -> None:
        """Time what has a score; without scoring, everything."""
        good = [row for row in self.rows() if isinstance(row, ScoreRow) and row.status == "ok"]
        timing = TimingPass(self.work, self.execution, list(self._images()), self.workers, self.journal)
        for what, done, total in timing.steps(good, self._place):
            self._end_if_asked()
            self.tick(what, done, total)

    def _end_if_asked(self) -> None:
        if self.stop.is_set():
            raise KeyboardInterrupt


def good(rows: Iterable[Row], folder: Path, keep: Keep) -> Known:
    """Return the good scores and values of a run folder; scores with the pictures that are to be kept alone."""
    known: Known = {}
    for row in rows:
        if isinstance(row, TimingRow) or row.status != "ok":
            continue
        if isinstance(row, MetricRow) or not pictures.lacks(folder, row, keep):
            known.setdefault((row.dataset, row.image), {})[row.key] = row
    return known


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
