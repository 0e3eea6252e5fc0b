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
        OtherSettings: the folder has another run; the line has the command that takes over its results.
        SrbenchError: as `runner.run`.

    """
    from srbench.cli import console
    from srbench.errors import OtherSettings
    from srbench.execution import runner

    try:
        with console.only_results(json), console.progress() as tick:
            return runner.run(what, folder, how, tick, console.note)
    except OtherSettings as error:
        if not what.scoring:
            raise
        raise OtherSettings(f"{error}; to take over its results that are still valid: {_taking_over(folder)}") from None
    except KeyboardInterrupt:
        console.note(
            f"interrupted; the results so far are in {folder}; to continue: the same command with --out {folder}"
        )
        raise


def _taking_over(folder: Path) -> str:
    """Spell this command with another folder, and with `--reuse` of the one that has another run."""
    import shlex
    import sys
    from itertools import count

    words = [word for word in sys.argv[1:] if not word.startswith("--out=")]
    at = words.index("--out") if "--out" in words else len(words)
    kept = [*words[:at], *words[at + 2 :]]
    new = next(name for number in count(2) if not (name := folder.with_name(f"{folder.name}-{number}")).exists())
    return shlex.join(["srbench", *kept, "--out", str(new), "--reuse", str(folder)])


def reported(  # noqa: PLR0913 - what a report is of
    tables: Tables,
    folder: Path | None,
    baseline: str = "",
    *,
    page: bool = True,
    reported: bool = False,
    info: Mapping[str, Any] = MappingProxyType({}),
) -> Findings:
    """Return what a run that has just ended found, and write the page into its folder, if it has one.

    If `reported`, rows that papers report stand beside the measured ones. `info` is what run.json would say where there
    is no folder.

    Raises:
        RunFolderError: the page cannot be written.

    """
    from pathlib import Path

    from srbench.reports import findings
    from srbench.reports.html import page as pages
    from srbench.store.journal import read_info

    if page and folder:
        return pages.write_for(tables, folder, baseline, reported=reported)
    known = read_info(folder) if folder else dict(info)
    return findings.of(tables, folder or Path(), known, baseline, reported=reported)


def exit_code(tables: Tables, *, strict: bool = False) -> int:
    """Return 1 if anything went wrong by any row (or, if `strict`, a score or value was skipped), else 0."""
    from srbench.analysis.metric_values import statuses
    from srbench.store.rows import BAD

    scored = statuses(tables.scores)
    skipped = strict and "skipped" in scored
    return int(bool({*scored, *tables.timings["status"]} & set(BAD)) or skipped)
