"""`srbench report`: a run, told again from its folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from srbench.cli import options

if TYPE_CHECKING:
    from srbench.report.findings import Findings

EXAMPLES = """
Examples:

srbench report results/20260102-030405

srbench report results/20260102-030405 --format latex --out table.tex
"""


def report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, as srbench run prints it.")],
    format: Annotated[  # noqa: A002 - the option's name
        Literal["rich", "markdown", "latex", "csv", "json", "html"],
        typer.Option("--format", envvar="SRBENCH_FORMAT", help="rich is what srbench run prints."),
    ] = "rich",
    out: Annotated[
        Path | None,
        typer.Option(
            envvar="SRBENCH_OUT",
            metavar="FILE",
            help="Write it there; without, html goes to report.html in the run folder, the others are printed.",
        ),
    ] = None,
    baseline: options.Baseline = "",
    images: Annotated[
        Literal["crops", "full"],
        typer.Option(
            envvar="SRBENCH_IMAGES",
            help="Of html: crops alone, or also whole images, which --save-images kept in the run folder.",
        ),
    ] = "crops",
) -> None:
    """Tell a run again, from what is on disk: nothing is upscaled, scored or timed.

    latex is a document that pdflatex takes as it is; markdown suits a pull request; csv and json hold the scoreboard in
    full precision; html is one file that needs no network.
    """
    from srbench.cli import console
    from srbench.errors import UsageError
    from srbench.report import findings, formats, terminal

    if images == "full" and format != "html":
        raise UsageError(f"--images full is of --format html, got --format {format}")
    found = findings.load(run, baseline)
    if format == "html":
        _page(found, out, images)
    elif format == "rich" and out is None:
        terminal.show_run(console.out, found)
    else:
        text = formats.render(format, found)
        if out is None:
            console.print_text(text)
        else:
            out.write_text(text, encoding="utf-8", errors="backslashreplace")
            console.say(f"written: {out}")


def _page(found: Findings, out: Path | None, images: Literal["crops", "full"]) -> None:
    from srbench.cli import console
    from srbench.errors import UsageError
    from srbench.records.pictures import WHOLE
    from srbench.report.html import page

    file = out or found.folder / page.FILE
    if images == "full" and not (found.folder / WHOLE).is_dir():
        raise UsageError(
            f"{found.folder} holds no whole images for --images full; srbench run --save-images keeps them"
        )
    if images == "full" and file.parent.resolve() != found.folder.resolve():
        raise UsageError(
            f"--out is {file}, expected a file in {found.folder}: with --images full the page needs images/"
        )
    page.write(found, file, images)
    console.say(f"written: {file} ({file.stat().st_size / 1e6:.1f} MB)")
