"""Completing a run folder: methods are described, what is missing is computed, then come tables. It alone writes."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, TypeAlias

from srbench import datasets, methods
from srbench.analysis import tables
from srbench.errors import RunFolderError
from srbench.execution.dask_backend import DaskBackend, connect
from srbench.execution.local_backend import LocalBackend
from srbench.execution.passes import Run, Tick, good
from srbench.execution.resolved_plan import resolve
from srbench.execution.stopping import Stop
from srbench.execution.worker_group import WorkerGroup
from srbench.metrics import registry as metrics
from srbench.metrics.classical import further
from srbench.speed import environment
from srbench.store import pictures
from srbench.store.journal import Journal, rows_of
from srbench.store.rows import ScoreRow

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from srbench.analysis.tables import Tables
    from srbench.execution.passes import Known
    from srbench.execution.resolved_plan import Resolved
    from srbench.isolation.limits import Limits
    from srbench.isolation.worker import Worker
    from srbench.plan import Execution, Plan

    Tell: TypeAlias = Callable[[str], None]
    """Called with a line about what was computed, where that is worth telling."""


def complete(  # noqa: PLR0913 - what computing needs
    plan: Plan, out: Path, execution: Execution, tick: Tick, tell: Tell, scout: Worker | None = None
) -> Tables:
    """Do what `runner.run` says; a `scout` describes the methods of a run that was finished."""
    methods.check_names(plan.computed, plan.plugin_files)
    if plan.plugins or further(plan.metrics):  # PSNR and SSIM are known: looking for others takes 20 ms
        metrics.check_names(plan.metrics, plan.plugin_files)
    known = _known(execution)
    specs = tuple(dict.fromkeys([*plan.computed, *([execution.baseline] if execution.baseline else [])]))
    with ExitStack() as stack:
        limits = _limits(execution)
        first = stack.enter_context(WorkerGroup(specs, limits, plan.metrics))
        if not (scout or execution.cluster):
            first.start(())  # the judge and metrics, beside the methods that are described
        plan = replace(plan, timing=plan.timing and bool(execution.time_on or not execution.cluster))
        describe = partial(first.describe_at_once, scout=scout) if scout else first.describe
        measures = partial(first.describe_metrics, scout=scout)
        work = resolve(plan, execution.data, execution.baseline, describe, measures)
        begin = cache(partial(_begin, work, execution, limits, first, stack, tick))
        if not (out / "run.json").exists():
            begin()  # what fails here leaves no folder
        with Journal(out, work.plan) as journal, Stop() as stop:
            added = bool(journal.rows or execution.reuse) and bool(work.scoring.metrics)
            current = Run(work, execution, begin, first, journal, known, stop, tick)
            try:
                current.complete()
            except BaseException:
                with suppress(RunFolderError):  # a full disk, say, which the error that ended the run tells better
                    _conclude(current, journal)
                raise
            if added:
                tell(_news(current))
            return _conclude(current, journal)


def _begin(  # noqa: PLR0913 - what computing needs
    work: Resolved, execution: Execution, limits: Limits, first: WorkerGroup, stack: ExitStack, tick: Tick
) -> LocalBackend | DaskBackend:
    """Fetch what is not here, and return where to compute: a cluster, or groups here, the first of which is there."""
    if execution.cluster:  # whose workers look after themselves
        first.rest()
        return stack.enter_context(connect(execution.cluster, execution.time_on, execution.limits))
    for each in work.sets.values():
        factors = work.plan.factors if work.lr_files else ()
        datasets.ensure(each, lambda path, done, total: tick(f"fetching {path}", done, total), factors=factors)
    specs = [info.asked.spec for info in work.infos]
    metrics = [info.asked.spec for info in work.metrics]
    others = [stack.enter_context(WorkerGroup(specs, limits, metrics)) for _ in range(execution.jobs - 1)]
    return LocalBackend([first, *others], execution.limits, {name: each.root for name, each in work.sets.items()})


def _news(current: Run) -> str:
    """Return what a run computed that had results before, as it has metrics that were perhaps added."""
    values = [f"{spec} {number} new" for spec, number in current.computed.items() if spec and number]
    return f"scores: {current.computed['']} new; metrics: {', '.join(values) or '0 new'}"


def _conclude(current: Run, journal: Journal) -> Tables:
    """Write the tables of the rows that stand, unless they are there, and link readable names to whole images."""
    rows = current.rows()
    result = tables.tables(rows, current.work.order)
    tables.renew(journal.folder, result)
    pictures.link(journal.folder, [row for row in rows if isinstance(row, ScoreRow)], current.work.labels)
    return result


def _limits(execution: Execution) -> Limits:
    """Let worker groups that work side by side share the cores; one alone leaves threads to the libraries.

    A number of threads that was given stays.
    """
    share = max(1, environment.cores() // execution.jobs) if execution.jobs > 1 else 0
    return replace(execution.limits, threads=execution.limits.threads or share)


def _known(execution: Execution) -> Known:
    """Return the good rows of the runs to reuse, by image and key; of the same key, the last.

    Where pictures are to be kept, a score counts only with its own.
    """
    known: Known = {}
    for earlier in execution.reuse:
        for image, rows in good(rows_of(earlier), earlier, execution.keep).items():
            known.setdefault(image, {}).update(rows)
    return known
