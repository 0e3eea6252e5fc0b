"""What a report or a figure may be written to: never a file that the run is, or was made of."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from srbench import datasets
from srbench.errors import SrbenchError
from srbench.outputs import protect
from srbench.reports.html import page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srbench.reports.findings import Findings


def check(found: Findings, out: Path | None, data: Path | None = None) -> None:
    """Refuse to write over a file of a run, its page and figures excepted, or over an image or plug-in that it used.

    Raises:
        UsageError: `out` is one of them.

    """
    if out is not None and out.exists():
        protect(_used(found, data), [out])


def _used(found: Findings, data: Path | None) -> Iterator[Path]:
    """Yield the files of a run, the images of its datasets and its plug-ins, as far as they are there."""
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
