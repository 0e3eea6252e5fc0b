"""Scoring SR images that exist already: a run whose methods are all read."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from srbench.datasets.pairing import pairs
from srbench.errors import UsageError
from srbench.execution import runner
from srbench.plan import Execution, Keep, Plan
from srbench.quality import protocols
from srbench.run_options import sr_folder
from srbench.store.journal import Journal, read_info
from srbench.store.plans import plan_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import TypeAlias

    from srbench.analysis.tables import Tables
    from srbench.datasets import Dataset
    from srbench.execution.passes import Tick

    Further: TypeAlias = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def score(plan: Plan, hr: Dataset, sr: Dataset, out: Path | None = None) -> Tables:
    """Return the tables of `run` for the images of `sr` alone; raises as it does."""
    return run(replace(plan, sr=(sr_folder(plan.methods[0], sr.root),)), hr, [sr], out).tables


class Ran(NamedTuple):
    """What there is to report: the tables, and what run.json says, or would say."""

    tables: Tables
    info: Mapping[str, Any]


def run(  # noqa: PLR0913 - what a run needs
    plan: Plan,
    hr: Dataset,
    made: Iterable[Dataset],
    out: Path | None = None,
    further: Further = lambda _: {},
    tick: Tick = lambda *_: None,
    data: Path | None = None,
) -> Ran:
    """Score the SR images of `plan.sr` against `hr`; with `out`, keep the run folder, and crops for its page.

    Each folder of them, as `made` has it, must have one image for each of `hr`.

    Once the scores are written, `further` adds to run.json, of which it is given what there is.

    Raises:
        UsageError: files do not pair, or there is no such protocol or metric.
        RunFolderError: `out` cannot be used.

    """
    chosen, _ = protocols.resolve(plan.protocols, plan.own_protocols)
    if not all(each.has_hr for each in chosen):
        raise UsageError("protocol none compares with nothing; choose one that compares SR with HR, such as basicsr")
    for sr, factor in product(made, plan.factors):
        pairs(hr, sr, factor)
    plan = replace(plan, datasets=(hr.spec,))
    how = Execution(data=data, keep=Keep(crops=out is not None))
    with tempfile.TemporaryDirectory(prefix="srbench-score-") as unkept:
        folder = out or Path(unkept) / "run"
        tables = runner.run(plan, folder, how, tick)
        info = read_info(folder)
        if facts := further(info):
            with Journal(folder, plan_of(info)) as journal:
                journal.describe(**facts)
            info = info | dict(facts)
    return Ran(tables, info)
