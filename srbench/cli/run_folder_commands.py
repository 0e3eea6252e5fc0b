"""What the commands that fill a run folder share."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from srbench.analysis.tables import Tables
    from srbench.plan import Execution, Plan
    from srbench.reports.findings import Findings


def complete(what: Plan, folder: Path, how: Execution, *, json: bool) -> Tables:
    """Run a plan with a progress bar, and return its tables; an interrupt says how to continue.

    Raises:
        KeyboardInterrupt: it was interrupted.
        SrbenchError: as `runner.run`.

    """
    from srbench.cli import console
    from srbench.execution import runner

    try:
        with console.only_results(json), console.progress() as tick:
            return runner.run(what, folder, how, tick, console.note)
    except KeyboardInterrupt:
        console.note(
            f"interrupted; the results so far are in {folder}; to continue: the same command with --out {folder}"
        )
        raise


def reported(
    tables: Tables,
    folder: Path | None,
    baseline: str = "",
    *,
    page: bool = True,
    info: Mapping[str, Any] = MappingProxyType({}),
) -> Findings:
    """Return what a run that has just ended found, and write the page into its folder, if it has one.

    `info` is what run.json would say where there is no folder.

    Raises:
        RunFolderError: the page cannot be written.

    """
    from pathlib import Path

    from srbench.reports import findings
    from srbench.reports.html import page as pages
    from srbench.store.journal import read_info

    if page and folder:
        return pages.write_for(tables, folder, baseline)
    return findings.of(tables, folder or Path(), read_info(folder) if folder else dict(info), baseline)


def exit_code(tables: Tables, *, strict: bool = False) -> int:
    """Return 1 if anything went wrong by any row (or, if `strict`, a score or value was skipped), else 0."""
    from srbench.analysis.metric_values import statuses
    from srbench.store.rows import BAD

    scored = statuses(tables.scores)
    skipped = strict and "skipped" in scored
    return int(bool({*scored, *tables.timings["status"]} & set(BAD)) or skipped)
