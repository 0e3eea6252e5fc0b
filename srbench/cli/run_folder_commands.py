"""What the commands that fill a run folder share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
            return runner.run(what, folder, how, tick)
    except KeyboardInterrupt:
        console.note(
            f"interrupted; the results so far are in {folder}; to continue: the same command with --out {folder}"
        )
        raise


def reported(tables: Tables, folder: Path | None, baseline: str = "", *, page: bool = True) -> Findings:
    """Return what a run that has just ended found, and write the page into its folder, if it has one.

    Raises:
        RunFolderError: the page cannot be written.

    """
    from pathlib import Path

    from srbench.reports import findings
    from srbench.reports.html import page as pages
    from srbench.store.journal import read_info

    if page and folder:
        return pages.write_for(tables, folder, baseline)
    return findings.of(tables, folder or Path(), read_info(folder) if folder else {}, baseline)


def exit_code(tables: Tables, *, strict: bool = False) -> int:
    """Return 1 if any row says that something went wrong (or, if `strict`, that a score was skipped), else 0."""
    from srbench.store.rows import BAD

    statuses = {*tables.scores["status"], *tables.timings["status"]}
    skipped = strict and "skipped" in set(tables.scores["status"])
    return int(bool(statuses & set(BAD)) or skipped)
