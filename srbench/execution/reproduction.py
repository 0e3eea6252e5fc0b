"""Claims reproduced: their methods are run as tables say, and what is measured stands beside what is reported."""

from __future__ import annotations

import math
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from srbench import datasets
from srbench.analysis import claims as tables
from srbench.analysis.columns import metrics_of
from srbench.analysis.reported import UNMET, beside, held_to
from srbench.datasets.row_names import row_names
from srbench.errors import RunFolderError, SrbenchError
from srbench.execution.asked_claims import Wanted, asked
from srbench.execution.claim_runs import blocks, measured, parts
from srbench.formats.spreadsheet import write_csv
from srbench.plan import Execution

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from srbench.analysis.columns import Metrics
    from srbench.execution.asked_claims import Asked
    from srbench.execution.claim_runs import Block
    from srbench.execution.passes import Tick

FILE = "claims.csv"
"""Where the claims are written, beside the runs that measured them."""


class Reproduced(NamedTuple):
    """Claims beside what was measured."""

    claims: pd.DataFrame
    """One a line, in the order of their tables: see `analysis.reported.beside`."""
    metrics: Metrics
    """Those of the claims, as far as they could be asked."""
    passed: bool
    """Whether every claim that its method must meet is met, and anything was measured at all."""


def reproduce(
    wanted: Wanted,
    *,
    jobs: int = 1,
    out: Path | None = None,
    tick: Tick = lambda *_: None,
    tell: Callable[[str], object] = lambda _: None,
) -> Reproduced:
    """Measure what tables claim, and return the claims beside it.

    A claim whose method or dataset is not here is `not measured`, for the reason given; it stops no other. Runs and
    claims are written into `out`, if it is given. `tell` hears what is left out.

    Raises:
        WrongLines: lines of a table that are no claims.
        UsageError: there is no claim of what is asked for, or a method, dataset or protocol that there is not.
        DatasetError: none of the datasets is on this disk.
        RunFolderError: `out` cannot be used, or holds other runs.

    """
    what = asked(wanted, tell)
    how = Execution(jobs=jobs, data=wanted.data)
    known = metrics_of({})
    here = what.claims["reason"] == ""
    done = [_unmeasured(what.claims[~here])]
    with TemporaryDirectory() as scratch:
        for block in blocks(what.claims[here].drop(columns="reason")):
            for part, metrics in _beside(block, what, out or Path(scratch), how, tick):
                done.append(part)
                known |= metrics
    found = pd.concat(done).sort_index().reset_index(drop=True)
    passed = not found.loc[held_to(found, what.files), "verdict"].isin(UNMET).any()
    found["dataset"] = found["dataset"].replace(_names(found["dataset"].unique(), wanted.data))
    if out:
        out.mkdir(parents=True, exist_ok=True)
        write_csv(tables.written(found), out / FILE)
    return Reproduced(found, known, passed and not (found["verdict"] == "not measured").all())


def _beside(block: Block, what: Asked, out: Path, how: Execution, tick: Tick) -> Iterator[tuple[pd.DataFrame, Metrics]]:
    """Yield the claims of a block beside what its run measured; where it cannot be run, of what can be of it."""
    try:
        summary, metrics = measured(block, what, out / block.name, how, tick)
    except RunFolderError:
        raise
    except SrbenchError as error:
        smaller = parts(block)
        for each in smaller:
            yield from _beside(each, what, out, how, tick)
        if not smaller:
            yield _unmeasured(block.claims.assign(reason=str(error))), {}
    else:
        yield beside(block.claims, summary, metrics, what.files).set_index(block.claims.index), metrics


def _unmeasured(claims: pd.DataFrame) -> pd.DataFrame:
    """Return claims of which nothing is measured, for the `reason` that each has."""
    bare = claims.drop(columns="reason")
    return bare.assign(measured=math.nan, difference=math.nan, verdict="not measured", reason=claims["reason"])


def _names(specs: Iterable[str], data: Path | None) -> dict[str, str]:
    """Return what rows call datasets, by spec; of those that are not here, nothing."""
    found = {}
    for spec in specs:
        with suppress(SrbenchError, OSError):
            found[spec] = datasets.get(spec, data)
    return dict(zip(found, row_names(list(found.values())), strict=True))
