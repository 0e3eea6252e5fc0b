"""What the commands that fill a run folder share."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
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


def check_output(found: Findings, out: Path | None, data: Path | None = None) -> None:
    """Refuse to write over a file of a run, its page and figures excepted, or over an image or plug-in that it used.

    Raises:
        UsageError: `out` is one of them.

    """
    from srbench.outputs import protect

    if out is not None and out.exists():
        protect(_used(found, data), [out])


def _used(found: Findings, data: Path | None) -> Iterator[Path]:
    """Yield the files of a run, the images of its datasets and its plug-ins, as far as they are there."""
    from contextlib import suppress
    from pathlib import Path

    from srbench import datasets
    from srbench.errors import SrbenchError
    from srbench.reports.html import page

    written = {found.folder / page.FILE, found.folder / "figures"}
    yield from (path for path in found.folder.rglob("*") if not written & {path, *path.parents} and path.is_file())
    plan = found.info.get("plan", {})
    yield from map(Path, plan.get("plugins", ()))
    for spec in plan.get("datasets", ()):
        with suppress(SrbenchError, OSError):
            dataset = datasets.get(spec, data)
            yield from (entry.path for entry in dataset.images)
            dataset = datasets.with_lr(dataset, plan.get("factors", ()))
            yield from (entry.path for factor in dataset.lr for entry in dataset.published_lr(factor))


def exit_code(tables: Tables, *, strict: bool = False) -> int:
    """Return 1 if anything went wrong by any row (or, if `strict`, a score or value was skipped), else 0."""
    from srbench.analysis.metric_values import statuses
    from srbench.store.rows import BAD

    scored = statuses(tables.scores)
    skipped = strict and "skipped" in scored
    return int(bool({*scored, *tables.timings["status"]} & set(BAD)) or skipped)
