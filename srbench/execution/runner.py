"""The runner: a plan becomes rows in a run folder, then tables. A scout of methods starts first, all else follows."""

from __future__ import annotations

import resource
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from srbench.errors import RunFolderError
from srbench.execution.patience import patient
from srbench.isolation import worker
from srbench.plan import Execution
from srbench.store.journal import FINISHED, read_info

if TYPE_CHECKING:
    from pathlib import Path

    from srbench.analysis.tables import Tables
    from srbench.execution.completion import Tell
    from srbench.execution.passes import Tick
    from srbench.isolation.worker import Worker
    from srbench.plan import Plan

SCOUT = "srbench.execution.method_scout"

SCOUTED = True
"""Whether a scout describes the methods of a finished run: not where workers compute in this process."""


def run(
    plan: Plan,
    out: Path,
    execution: Execution | None = None,
    tick: Tick = lambda *_: None,
    tell: Tell = lambda _: None,
) -> Tables:
    """Score and time what `plan` asks for into the run folder `out`, or complete what is already there.

    Current rows are not computed again; the same command on a complete folder computes nothing. An interrupt leaves a
    valid folder with the tables so far. With `fail_fast`, so does the first failed, crashed or timed-out result; the
    tables so far are returned. `tell` hears what was computed where there were results and metrics were perhaps added.

    Raises:
        UsageError: a method, option, protocol or dataset that there is not.
        DatasetError: a dataset is absent and cannot be fetched.
        RunFolderError: `out`, or a run to reuse, cannot be used.
        KeyboardInterrupt: the run was asked to end.

    """
    execution = execution or Execution()
    _open_many_files()
    with ExitStack() as stack:
        scout = stack.enter_context(_scout(execution)) if SCOUTED and _is_finished(out) else None
        from srbench.execution import completion  # noqa: PLC0415 - pandas and others, while the scout imports its own

        return completion.complete(plan, out, execution, tick, tell, scout)


def _scout(execution: Execution) -> Worker:
    """Return a worker that describes all methods, which has begun to start.

    It has one thread, as others would not be there in its copies.
    """
    scout = worker.new(execution.limits, SCOUT, {"OPENBLAS_NUM_THREADS": "1"} | patient())
    scout.start()
    return scout


def _is_finished(out: Path) -> bool:
    """Tell whether a run lies there that most likely needs no worker of a method any more."""
    try:
        return bool(read_info(out)["status"] == FINISHED)
    except RunFolderError:
        return False


def _open_many_files() -> None:
    """Ask for all the file descriptors that the system allows: each worker takes three."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):  # macOS, where the limit may be "infinite"
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
