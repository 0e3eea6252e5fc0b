"""The runner: a plan becomes rows in a run folder, then tables. It alone writes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from srbench import datasets
from srbench.errors import UsageError
from srbench.plugins import file_hash
from srbench.quality import protocol as protocols
from srbench.quality.files import read_image
from srbench.results import tables
from srbench.results.rows import ScoreRow
from srbench.results.tables import Order, Tables
from srbench.runs import clocking, scoring, workers
from srbench.runs.journal import Journal
from srbench.runs.scoring import Task
from srbench.speed import environment

if TYPE_CHECKING:
    from srbench.datasets import Dataset
    from srbench.methods import Choice
    from srbench.quality.image import Image
    from srbench.runs.plan import Plan

Tick: TypeAlias = Callable[[str, int, int], None]
"""Told what is going on, how much of it is done, and how much there is."""

SIZES = 3
"""How many sizes of LR are timed: the smallest, the middle and the largest of the run."""


def run(plan: Plan, out: Path, *, jobs: int = 1, data: Path | None = None, tick: Tick = lambda *_: None) -> Tables:
    """Score and time what `plan` asks for into the run folder `out`, or complete what is already there.

    An interrupt leaves a valid folder with the tables so far.

    Raises:
        UsageError: a method, option, protocol or dataset that there is not.
        DatasetError: a dataset is absent and cannot be fetched.
        RunFolderError: `out` cannot be used.

    """
    scoring.forget()
    for name in plan.protocols:
        protocols.get(name)
    sets = _datasets(plan, data)
    specs = dict.fromkeys(choice.spec for choice in scoring.crew(plan))
    plan = replace(plan, methods=tuple(specs), datasets=tuple(each.spec for each in sets.values()))
    order = Order(plan.methods, {name: len(each.files) for name, each in sets.items()}, plan.factors, plan.protocols)
    with Journal(out, plan) as journal:
        try:
            if not journal.finished:
                _open(journal, plan, sets)
                for each in sets.values():
                    datasets.ensure(each, lambda path, done, total: tick(f"fetching {path}", done, total))
                _score(journal, plan, sets, jobs, tick)
                _time(journal, plan, sets, tick)
                journal.describe(status="finished", ended=_now())
        finally:
            result = tables.tables(journal.rows, order)
            tables.write(out, result)
    return result


def new_folder() -> Path:
    """Return the folder of a new run below `./results`, named after the time (UTC)."""
    return Path("results") / datetime.now(UTC).strftime("%Y%m%d-%H%M%S")


def _datasets(plan: Plan, data: Path | None) -> dict[str, Dataset]:
    """Return the datasets by the name that their rows carry."""
    found: dict[str, Dataset] = {}
    for text in plan.datasets:
        dataset = datasets.get(text, data)
        name = dataset.name if os.sep in dataset.spec else dataset.spec
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
        files={choice.spec: _file_hashes(choice, plan) for choice in scoring.crew(plan)},
    )


def _file_hashes(choice: Choice, plan: Plan) -> dict[str, str]:
    """Return the sha256 of a method's weights and option files, by file name."""
    found = {}
    for factor in plan.factors:
        for path in scoring.files_of(choice, factor):
            found[path.name] = file_hash(path)
    return found


def _score(journal: Journal, plan: Plan, sets: Mapping[str, Dataset], jobs: int, tick: Tick) -> None:
    done: dict[tuple[str, str], set[str]] = {}
    for row in journal.rows:
        if isinstance(row, ScoreRow):
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
    """Time group by group; a group that was interrupted is timed again, as another process."""
    timed = [tuple(group) for group in journal.info.get("timed", [])]
    groups = [(factor, device) for factor in plan.factors for device in clocking.devices(plan)] if plan.timing else []
    for number, (factor, device) in enumerate(groups):
        tick("timing", number, len(groups))
        if (factor, device) in timed:
            continue
        images = list(_timing_images(journal, plan, sets, factor))
        for row in clocking.time_methods(plan, factor, device, images, journal.info["processes"] - 1):
            journal.append(row)
        timed.append((factor, device))
        journal.describe(timed=timed)
    tick("timing", len(groups), len(groups))


def _timing_images(journal: Journal, plan: Plan, sets: Mapping[str, Dataset], factor: int) -> Iterator[Image]:
    """Yield real LR images of up to `SIZES` sizes for each kind of LR that the plan's protocols make."""
    kinds = {protocols.get(name).lr_channels: protocols.get(name) for name in reversed(plan.protocols)}
    for protocol in kinds.values():
        sizes: dict[tuple[int, int, int], ScoreRow] = {}
        for row in journal.rows:
            if (
                isinstance(row, ScoreRow)
                and row.status == "ok"
                and (row.factor, row.protocol) == (factor, protocol.name)
            ):
                sizes.setdefault((row.height * row.width, row.height, row.channels), row)
        ordered = [sizes[size] for size in sorted(sizes)]
        chosen = {round(index * (len(ordered) - 1) / (SIZES - 1)) for index in range(SIZES)} if ordered else set()
        for index in sorted(chosen):
            row = ordered[index]
            paths = {entry.name: entry.path for entry in sets[row.dataset].images}
            yield protocol.degrade(read_image(paths[row.image]), factor)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
