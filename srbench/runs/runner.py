"""The runner: a plan becomes rows in a run folder, then tables. It alone writes."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from srbench import datasets, methods
from srbench.errors import RunFolderError, UsageError
from srbench.isolation.guard import Limits
from srbench.plan import Execution
from srbench.quality import protocol as protocols
from srbench.records.journal import Journal, is_finished, rows_of
from srbench.results import tables
from srbench.results.rows import BAD, Row, ScoreRow, TimingRow
from srbench.results.tables import Order, Tables
from srbench.runs import clocking
from srbench.runs.cluster import There, connect
from srbench.runs.lane import Lane, groups
from srbench.runs.scoring import Wanted
from srbench.runs.stopping import Stop
from srbench.runs.workers import Here
from srbench.speed import environment

if TYPE_CHECKING:
    from srbench.datasets import Dataset
    from srbench.plan import Plan
    from srbench.runs.loading import Member

Tick: TypeAlias = Callable[[str, int, int], None]
"""Told what is going on, how much of it is done, and how much there is."""


def run(plan: Plan, out: Path, execution: Execution | None = None, tick: Tick = lambda *_: None) -> Tables:
    """Score and time what `plan` asks for into the run folder `out`, or complete what is already there.

    An interrupt leaves a valid folder with the tables so far. So does, with `fail_fast`, the first bad row; it then
    returns the tables so far.

    Raises:
        UsageError: a method, option, protocol or dataset that there is not.
        DatasetError: a dataset is absent and cannot be fetched.
        RunFolderError: `out`, or a run to reuse, cannot be used.
        KeyboardInterrupt: the run was asked to end.

    """
    execution = execution or Execution()
    for name in plan.protocols:
        protocols.get(name)
    methods.check_names(plan.methods, [Path(plugin) for plugin in plan.plugins])
    sets = _datasets(plan, execution.data)
    known = _known(execution.reuse)
    with Stop() as stop, ExitStack() as stack:
        first = stack.enter_context(Lane(plan.methods, _limits(execution)))
        members = first.describe(plan)
        specs = tuple(member.spec for member in members)
        plan = replace(plan, methods=specs, datasets=tuple(each.spec for each in sets.values()))
        if is_finished(out):
            with suppress(RunFolderError), Journal(out, plan):  # the tables were lost, the rows were not
                return tables.load(out)
        elif not execution.cluster:  # whose workers look after themselves
            for each in sets.values():
                datasets.ensure(each, lambda path, done, total: tick(f"fetching {path}", done, total))
        place = _place(execution, first, specs, stack)
        with Journal(out, plan) as journal:
            current = _Run(plan, execution, sets, members, place, journal, known, stop, tick)
            try:
                current.complete()
            except BaseException:
                with suppress(RunFolderError):  # a full disk, say, which the error that ended the run tells better
                    tables.write(out, current.tables())
                raise
            result = current.tables()
            tables.write(out, result)
    return result


def new_folder() -> Path:
    """Create and return a folder of a new run's own below `./results`, named after the time (UTC).

    If nothing is ever written into it, it goes when this process ends.

    Raises:
        RunFolderError: it cannot be created.

    """
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    names = (f"{stamp}{suffix}" for suffix in chain([""], (f"-{number}" for number in count(2))))
    try:
        Path("results").mkdir(exist_ok=True)
        folder = next(folder for folder in (Path("results") / name for name in names) if _created(folder))
    except OSError as error:
        raise RunFolderError(
            f"cannot write a run folder below results: {error.strerror}; choose another --out"
        ) from error
    atexit.register(_remove_if_empty, folder.absolute())
    return folder


def _created(folder: Path) -> bool:
    """Create a folder, or tell that another run was faster."""
    try:
        folder.mkdir()
    except FileExistsError:
        return False
    return True


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):  # it is not empty, or gone
        folder.rmdir()


@dataclass(frozen=True)
class _Run:
    """One run at work."""

    plan: Plan
    execution: Execution
    sets: Mapping[str, Dataset]
    members: Sequence[Member]
    place: Here | There
    journal: Journal
    known: Mapping[tuple[str, str], Mapping[str, ScoreRow]]
    stop: Stop
    tick: Tick

    def complete(self) -> None:
        """Write the rows that are missing.

        Raises:
            KeyboardInterrupt: the run was asked to end; what had begun is finished.

        """
        self._describe()
        failed = self._score()
        if failed:
            return
        self._end_if_asked()
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
        self.journal.describe(
            command=[Path(sys.argv[0]).name, *sys.argv[1:]],
            started=info.get("started", _now()),
            processes=info.get("processes", 0) + 1,
            environment=environment.describe(),
            protocols={name: protocols.get(name).fingerprint for name in self.plan.protocols},
            datasets=sets,
            files={member.spec: dict(member.files) for member in self.members},
        )

    def _score(self) -> bool:
        """Score what has no row yet; tell whether a bad row ended that.

        What was skipped is tried again, since what it lacked may be there now.
        """
        newest = {row.cell: row for row in self._current() if isinstance(row, ScoreRow)}
        done: dict[tuple[str, str], set[str]] = {}
        for row in newest.values():
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
                self.journal.append(new)
                finished += 1
                failed = failed or (self.execution.fail_fast and new.status in BAD)
            if failed:
                self.stop.set()
            what = "finishing what has begun; Ctrl-C again stops now" if self.stop.is_set() else "scoring"
            self.tick(what, finished, total)
        return failed

    def _rows(self, done: Mapping[tuple[str, str], set[str]]) -> Iterator[ScoreRow | None]:
        """Yield new rows, group of methods by group; None now and then."""
        for group in groups(self.members):
            yield from self.place.rows(group, self._wanted(done), self.stop)

    def _wanted(self, done: Mapping[tuple[str, str], set[str]]) -> Iterator[Wanted]:
        for name, each in self.sets.items():
            for file in each.files:
                image = name, file.name
                yield Wanted(name, each, file, frozenset(done.get(image, ())), self.known.get(image, {}))

    def _time(self) -> None:
        """Time group by group, methods that have a score; a group that was interrupted is timed again."""
        timed = self.journal.info.get("timed", [])
        devices = clocking.devices(self.plan) if self.plan.timing else ()
        groups = [(factor, device) for factor in self.plan.factors for device in devices]
        good = [row for row in self._current() if isinstance(row, ScoreRow) and row.status == "ok"]
        for number, (factor, device) in enumerate(groups):
            self.tick(f"timing x{factor} on {device}", number, len(groups))
            scores = [row for row in good if row.factor == factor]
            scored = {row.method for row in scores}
            members = [member for member in self.members if member.spec in scored]
            group = [factor, device, *(member.codes[factor, device] for member in members)]
            if group in timed:
                continue
            for row in self._timings(members, factor, device, scores):
                self.journal.append(row)
                self._end_if_asked()
                self.tick(f"timing x{factor} on {device}: {row.method}", number, len(groups))
            timed = [*timed, group]
            self.journal.describe(timed=timed)

    def _timings(
        self, members: Sequence[Member], factor: int, device: str, scores: Sequence[ScoreRow]
    ) -> Iterator[TimingRow]:
        images = [(self._image(row.dataset, row.image), row.protocol) for row in clocking.chosen(scores)]
        process = self.journal.info["processes"] - 1
        for group in groups(members):
            yield from self.place.timings(group, factor, device, images, process)

    def _image(self, name: str, image: str) -> Wanted:
        dataset = self.sets[name]
        return Wanted(name, dataset, next(file for file in dataset.files if file.name == image))

    def _current(self) -> list[Row]:
        """Return the rows that today's code, protocols and datasets stand behind; others are in the journal only."""
        codes = {code for member in self.members for code in member.codes.values()}
        prints = {protocols.get(name).fingerprint for name in self.plan.protocols}
        images = {(name, file.name) for name, each in self.sets.items() for file in each.files}
        return [
            row
            for row in self.journal.rows
            if row.code in codes
            and (
                isinstance(row, TimingRow)
                or (row.protocol_fingerprint in prints and (row.dataset, row.image) in images)
            )
        ]

    def _end_if_asked(self) -> None:
        if self.stop.is_set():
            raise KeyboardInterrupt


def _place(execution: Execution, first: Lane, specs: Sequence[str], stack: ExitStack) -> Here | There:
    """Return where to compute: a cluster, or lanes here, of which the first has described the methods."""
    if execution.cluster:
        first.rest()
        return stack.enter_context(connect(execution.cluster, execution.time_on, _limits(execution)))
    others = [stack.enter_context(Lane(specs, _limits(execution))) for _ in range(execution.jobs - 1)]
    return Here([first, *others], _limits(execution))


def _limits(execution: Execution) -> Limits:
    """Let lanes that work side by side share the cores; one alone leaves threads to the libraries."""
    threads = max(1, environment.cores() // execution.jobs) if execution.jobs > 1 else 0
    return Limits(execution.timeout, execution.memory, execution.retries, threads)


def _datasets(plan: Plan, data: Path | None) -> dict[str, Dataset]:
    """Return the datasets by the name that their rows carry."""
    found: dict[str, Dataset] = {}
    for text in plan.datasets:
        dataset = datasets.get(text, data)
        name = dataset.name if os.sep in dataset.spec else dataset.spec
        if name in found and found[name].root != dataset.root:
            name = f"{dataset.root.parent.name}/{name}"  # Set5/HR and Set14/HR
        if name in found and found[name].root != dataset.root:
            raise UsageError(f"two folders are called {name!r}: {found[name].root} and {dataset.root}; rename one")
        found[name] = dataset
    return found


def _known(folders: Iterable[Path]) -> dict[tuple[str, str], dict[str, ScoreRow]]:
    """Return the good rows of earlier runs by their image and key; of the same, that of the last folder."""
    known: dict[tuple[str, str], dict[str, ScoreRow]] = {}
    for folder in folders:
        for row in rows_of(folder):
            if isinstance(row, ScoreRow) and row.status == "ok":
                known.setdefault((row.dataset, row.image), {})[row.key] = row
    return known


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
