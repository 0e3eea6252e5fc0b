"""The runner: a plan becomes rows in a run folder, then tables. It alone writes."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from srbench import datasets
from srbench.errors import RunFolderError, UsageError
from srbench.plugins import file_hash
from srbench.quality import protocol as protocols
from srbench.results import tables
from srbench.results.rows import Row, ScoreRow, TimingRow
from srbench.results.tables import DEVICES, Order, Tables
from srbench.runs import clocking, loading, scoring, workers
from srbench.runs.journal import Journal, is_finished
from srbench.runs.scoring import Task
from srbench.speed import environment

if TYPE_CHECKING:
    from srbench.datasets import Dataset
    from srbench.methods import Choice
    from srbench.runs.plan import Plan

Tick: TypeAlias = Callable[[str, int, int], None]
"""Told what is going on, how much of it is done, and how much there is."""


def run(plan: Plan, out: Path, *, jobs: int = 1, data: Path | None = None, tick: Tick = lambda *_: None) -> Tables:
    """Score and time what `plan` asks for into the run folder `out`, or complete what is already there.

    An interrupt leaves a valid folder with the tables so far.

    Raises:
        UsageError: a method, option, protocol or dataset that there is not.
        DatasetError: a dataset is absent and cannot be fetched.
        RunFolderError: `out` cannot be used.

    """
    if jobs < 1:
        raise UsageError(f"jobs is {jobs}, expected an integer of at least 1")
    loading.forget()
    for name in plan.protocols:
        protocols.get(name)
    sets = _datasets(plan, data)
    specs = dict.fromkeys(choice.spec for choice in loading.crew(plan))
    plan = replace(plan, methods=tuple(specs), datasets=tuple(each.spec for each in sets.values()))
    if not is_finished(out):
        for each in sets.values():
            datasets.ensure(each, lambda path, done, total: tick(f"fetching {path}", done, total))
    with Journal(out, plan) as journal:
        if journal.finished:
            with suppress(RunFolderError):  # the tables were lost, the rows were not
                return tables.load(out)
        try:
            _open(journal, plan, sets)
            _score(journal, plan, sets, jobs, tick)
            _time(journal, plan, sets, tick)
            journal.describe(status="finished", ended=_now())
        finally:
            sizes = {name: len(each.files) for name, each in sets.items()}
            order = Order(plan.methods, sizes, plan.factors, plan.protocols)
            result = tables.tables(_current(journal.rows, plan, sets), order)
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


def _open(journal: Journal, plan: Plan, sets: Mapping[str, Dataset]) -> None:
    """Write down what the numbers come from."""
    journal.describe(
        command=[Path(sys.argv[0]).name, *sys.argv[1:]],
        started=journal.info.get("started", _now()),
        processes=journal.info.get("processes", 0) + 1,
        environment=environment.describe(),
        protocols={name: protocols.get(name).fingerprint for name in plan.protocols},
        datasets={name: {"images": len(each.files), "fingerprint": each.fingerprint} for name, each in sets.items()},
        files={choice.spec: _file_hashes(choice, plan) for choice in loading.crew(plan)},
    )


def _file_hashes(choice: Choice, plan: Plan) -> dict[str, str]:
    """Return the sha256 of a method's weights and option files, by file name."""
    found = {}
    for factor in plan.factors:
        for path in loading.files_of(choice, factor):
            found[path.name] = file_hash(path)
    return found


def _current(rows: Iterable[Row], plan: Plan, sets: Mapping[str, Dataset]) -> list[Row]:
    """Return the rows that today's code, protocols and datasets stand behind; the others are in the journal only."""
    every = [(choice, factor, device) for choice in loading.crew(plan) for factor in plan.factors for device in DEVICES]
    codes = {loading.code_of(*each) for each in every}
    prints = {protocols.get(name).fingerprint for name in plan.protocols}
    images = {(name, entry.name) for name, each in sets.items() for entry in each.images}
    return [
        row
        for row in rows
        if row.code in codes
        and (isinstance(row, TimingRow) or (row.protocol_fingerprint in prints and (row.dataset, row.image) in images))
    ]


def _score(journal: Journal, plan: Plan, sets: Mapping[str, Dataset], jobs: int, tick: Tick) -> None:
    """Score what has no row yet; what was skipped is tried again, since what it lacked may be there now."""
    newest = {row.cell: row for row in _current(journal.rows, plan, sets) if isinstance(row, ScoreRow)}
    done: dict[tuple[str, str], set[str]] = {}
    for row in newest.values():
        if row.status != "skipped":
            done.setdefault((row.dataset, row.image), set()).add(row.key)
    per_image = len(plan.methods) * len(plan.factors) * len(plan.protocols)
    total = per_image * sum(len(each.files) for each in sets.values())
    finished = sum(map(len, done.values()))
    tasks = (
        Task(plan, name, entry.name, entry.path, frozenset(done.get((name, entry.name), ())))
        for name, each in sets.items()
        for entry in each.images
    )
    tick("scoring", finished, total)
    for rows in workers.each(scoring.score_image, tasks, jobs):
        for row in rows:
            journal.append(row)
        finished += len(rows)
        tick("scoring", finished, total)


def _time(journal: Journal, plan: Plan, sets: Mapping[str, Dataset], tick: Tick) -> None:
    """Time group by group, methods that have a score; a group that was interrupted is timed again."""
    timed = journal.info.get("timed", [])
    groups = [(factor, device) for factor in plan.factors for device in clocking.devices(plan)] if plan.timing else []
    good = [row for row in _current(journal.rows, plan, sets) if isinstance(row, ScoreRow) and row.status == "ok"]
    for number, (factor, device) in enumerate(groups):
        tick(f"timing x{factor} on {device}", number, len(groups))
        scores = [row for row in good if row.factor == factor]
        scored = {row.method for row in scores}
        choices = [choice for choice in loading.crew(plan) if choice.spec in scored]
        group = [factor, device, *(loading.code_of(choice, factor, device) for choice in choices)]
        if group in timed:
            continue
        images = list(clocking.images_of(scores, sets))
        for row in clocking.time_methods(choices, factor, device, images, journal.info["processes"] - 1):
            journal.append(row)
            tick(f"timing x{factor} on {device}: {row.method}", number, len(groups))
        timed = [*timed, group]
        journal.describe(timed=timed)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
