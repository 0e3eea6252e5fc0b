"""Writing a report into a file, for the command line and for Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from srbench.errors import UsageError
from srbench.opening import check_target
from srbench.reports import formats, targets
from srbench.reports.html import page
from srbench.store.pictures import WHOLE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from srbench.reports.findings import Findings

Format: TypeAlias = Literal["rich", "markdown", "latex", "csv", "json", "html"]
Images: TypeAlias = Literal["crops", "full"]


def check(format: str, images: str, names: Sequence[str], *, narrowed: bool = False) -> None:  # noqa: A002 - the option's name
    """Refuse options of another format; `narrowed` tells whether methods, datasets or factors are named.

    Raises:
        UsageError: there are some, or there is no such format.

    """
    if format not in (*formats.NAMES, "html"):
        raise UsageError(f"--format is {format!r}, expected one of {', '.join([*formats.NAMES, 'html'])}")
    if images not in ("crops", "full"):
        raise UsageError(f"--images is {images!r}, expected crops or full")
    if images == "full" and format != "html":
        raise UsageError(f"--images full requires --format html, got --format {format}")
    if narrowed and format == "html":
        raise UsageError("--methods, --dataset and --factor require another --format than html, whose page has all")
    if names and format != "latex":
        raise UsageError(f"--names requires --format latex, got --format {format}")


def write_page(found: Findings, out: Path | None, images: Images = "crops") -> Path:
    """Write the page of a run, by default into its folder, and return where it is.

    Raises:
        UsageError: the file is one of the run, or whole images are asked for and cannot be linked to.
        RunFolderError: it cannot be written.

    """
    targets.check(found, out)
    file = out or found.folder / page.FILE
    if images == "full" and not (found.folder / WHOLE).is_dir():
        raise UsageError(
            f"{found.folder} contains no full images for --images full; srbench run --save-images saves them"
        )
    if images == "full" and file.parent.resolve() != found.folder.resolve():
        raise UsageError(
            f"--out is {file}, expected a file in {found.folder}: with --images full the page links to images/ there"
        )
    page.write(found, file, images)
    return file


def write_text(found: Findings, out: Path, text: str) -> None:
    """Write the text of a report.

    Raises:
        UsageError: the file is one of the run.
        OSError: it cannot be written.

    """
    targets.check(found, out)
    check_target(out)
    out.write_text(text, encoding="utf-8", errors="backslashreplace")
