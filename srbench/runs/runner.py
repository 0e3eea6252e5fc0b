"""The runner: a plan becomes rows in a run folder, then tables. It alone writes."""

from __future__ import annotations

import os
import resource
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from srbench import datasets, methods
from srbench.errors import RunFolderError, UsageError
from srbench.plan import Execution
from srbench.quality import protocol as protocols
from srbench.records.journal import Journal, is_finished, rows_of
from srbench.results import tables
from srbench.results.rows import ScoreRow, newest
from srbench.runs.cluster import There, connect
from srbench.runs.lane import Lane
from srbench.runs.passes import Run, Tick
from srbench.runs.stopping import Stop
from srbench.runs.workers import Here
from srbench.speed import environment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from srbench.datasets import Dataset
    from srbench.isolation.limits import Limits
    from srbench.plan import Plan
    from srbench.results.rows import Row
    from srbench.results.tables import Tables


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
    _open_many_files()
    for name in plan.protocols:
        protocols.get(name)
    methods.check_names(plan.methods, [Path(plugin) for plugin in plan.plugins])
    sets = datasets_of(plan, execution.data)
    earlier = {run: rows_of(run) for run in execution.reuse}
    with ExitStack() as stack:
        limits = _limits(execution)
        first = stack.enter_context(Lane(plan.methods, limits))
        members = first.describe(plan)
        specs = tuple(member.spec for member in members)
        timing = plan.timing and bool(execution.time_on or not execution.cluster)
        plan = replace(plan, methods=specs, datasets=tuple(each.spec for each in sets.values()), timing=timing)
        if is_finished(out):
            with Journal(out, plan) as journal, suppress(RunFolderError):  # the tables were lost, the rows were not
                if journal.finished:  # and no torn line was cut off
                    return tables.load(out)
        if not execution.cluster:  # whose workers look after themselves
            for each in sets.values():
                datasets.ensure(each, lambda path, done, total: tick(f"fetching {path}", done, total))
        place = _place(execution, limits, first, specs, sets, stack)
        with Journal(out, plan) as journal, Stop() as stop:
            current = Run(
                plan, execution, sets, members, place, first, journal, _known(earlier), _origins(earlier), stop, tick
            )
            try:
                current.complete()
            except BaseException:
                with suppress(RunFolderError):  # a full disk, say, which the error that ended the run tells better
                    tables.write(out, current.tables())
                raise
            result = current.tables()
            tables.write(out, result)
    return result


def _place(  # noqa: PLR0913 - what a place is made of
    execution: Execution,
    limits: Limits,
    first: Lane,
    specs: Sequence[str],
    sets: Mapping[str, Dataset],
    stack: ExitStack,
) -> Here | There:
    """Return where to compute: a cluster, or lanes here, of which the first has described the methods."""
    if execution.cluster:
        first.rest()
        return stack.enter_context(connect(execution.cluster, execution.time_on, execution.limits))
    others = [stack.enter_context(Lane(specs, limits)) for _ in range(execution.jobs - 1)]
    return Here([first, *others], execution.limits, {name: each.root for name, each in sets.items()})


def _limits(execution: Execution) -> Limits:
    """Let lanes that work side by side share the cores; one alone leaves threads to the libraries.

    A number of threads that was given stays.
    """
    share = max(1, environment.cores() // execution.jobs) if execution.jobs > 1 else 0
    return replace(execution.limits, threads=execution.limits.threads or share)


def _open_many_files() -> None:
    """Ask for all the file descriptors that the system allows: each worker takes three."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):  # macOS, where the limit may be "infinite"
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def datasets_of(plan: Plan, data: Path | None) -> dict[str, Dataset]:
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


def _known(earlier: Mapping[Path, Iterable[Row]]) -> dict[tuple[str, str], dict[str, ScoreRow]]:
    """Return the good rows of earlier runs by their image and key; of the same, that of the last folder."""
    known: dict[tuple[str, str], dict[str, ScoreRow]] = {}
    for rows in earlier.values():
        for row in rows:
            if isinstance(row, ScoreRow) and row.status == "ok":
                known.setdefault((row.dataset, row.image), {})[row.key] = row
    return known


def _origins(earlier: Mapping[Path, Iterable[Row]]) -> dict[str, tuple[Path, ScoreRow]]:
    """Return the run and row of each key whose whole images may lie there: those of a cell are its newest row's."""
    return {row.key: (run, row) for run, rows in earlier.items() for row in newest(rows).values() if row.status == "ok"}
