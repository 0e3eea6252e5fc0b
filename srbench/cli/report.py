"""`srbench report`: a run's report, rebuilt from its folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from srbench.cli import options

if TYPE_CHECKING:
    from srbench.reports.findings import Findings

EXAMPLES = """
Examples:

srbench report results/20260102-030405

srbench report results/20260102-030405 --format latex --names set5="Set5",espcn="ESPCN (ours)" --out table.tex

srbench report results/20260102-030405 --reported --methods bicubic,espcn,EDSR --factor 3

srbench report results/20260102-030405 --budget 33ms
"""


def report(  # noqa: PLR0913 - a command's options
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The run folder.")],
    format: Annotated[  # noqa: A002 - the option's name
        Literal["rich", "markdown", "latex", "csv", "json", "html"],
        typer.Option(
            "--format",
            envvar="SRBENCH_FORMAT",
            rich_help_panel=options.OUTPUT,
            metavar="FORMAT",
            help="Format of the report: rich (as `srbench run` prints it), markdown, latex, csv, json or html.",
        ),
    ] = "rich",
    out: Annotated[
        Path | None,
        typer.Option(
            envvar="SRBENCH_REPORT_OUT",
            metavar="FILE",
            rich_help_panel=options.OUTPUT,
            help="File to write; by default report.html in the run folder for html; other formats are printed.",
        ),
    ] = None,
    baseline: options.Baseline = "",
    methods: Annotated[
        list[str] | None,
        options.some_of(
            "methods",
            "-m",
            "report",
            "NAME,...",
            "Methods to report, of the run and, with --reported, of papers; default: all. Tests and ranks "
            "are as if the run had no others.",
        ),
    ] = None,
    dataset: Annotated[
        list[str] | None,
        options.some_of(
            "dataset",
            "-d",
            "report",
            "NAME,...",
            "Datasets to report; default: all.",
        ),
    ] = None,
    factor: Annotated[
        list[str] | None,
        options.some_of(
            "factor",
            "-f",
            "report",
            "N,...",
            "Factors to report; default: all.",
        ),
    ] = None,
    reported: options.Reported = False,
    names: Annotated[
        list[str] | None,
        typer.Option(
            "--names",
            envvar="SRBENCH_NAMES",
            metavar="NAME=SHOWN,...",
            rich_help_panel=options.OUTPUT,
            callback=options.one_list,
            help='LaTeX only: what datasets and methods are called, such as set5="Set5",mine="Mine (ours)"; may be '
            "repeated. Known ones have the names of papers.",
        ),
    ] = None,
    budget: options.FrameBudget = "",
    scores: options.Scores = None,
    images: Annotated[
        Literal["crops", "full"],
        typer.Option(
            envvar="SRBENCH_IMAGES",
            rich_help_panel=options.OUTPUT,
            help="HTML only: embed crops, or also link the full images that `srbench run --save-images` saved.",
        ),
    ] = "crops",
) -> None:
    """Rebuild a run's report; nothing is recomputed.

    Tables in the run folder (scores.csv and others) that another version of srbench wrote are written anew.

    html is one self-contained file; markdown suits a pull request; latex is a document that pdflatex compiles as it is;
    csv and json have all numbers in full precision.
    """
    from srbench.cli import console
    from srbench.reports import choosing, findings, formats, terminal, writing

    writing.check(format, images, names or (), narrowed=bool(methods or dataset or factor))
    whole = findings.load(run, baseline, reported=reported).against(budget, scores)
    found = choosing.chosen(whole, methods or (), dataset or (), factor or ())
    if format == "html":
        file = writing.write_page(found, out, images)
        console.say(f"written: {file} ({file.stat().st_size / 1e6:.1f} MB)")
    elif format == "rich" and out is None:
        terminal.show_run(console.out, found)
    else:
        text = formats.render(format, found, names or ())
        if out is None:
            (console.print_json_text if format == "json" else console.print_text)(text)
        else:
            writing.write_text(found, out, text)
            console.say(f"written: {out}")
    _renew_tables(whole)


def _renew_tables(found: Findings) -> None:
    """Bring the tables in the run folder, if it has any, up to what is reported; those of a run at work are its own."""
    from srbench.analysis import tables
    from srbench.cli import console
    from srbench.errors import RunFolderError
    from srbench.store import lock

    folder = found.folder
    if lock.holder(folder) or not any((folder / name).exists() for name in tables.FILES):
        return
    try:
        if tables.renew(folder, found.tables):
            console.note(f"tables in {folder} (scores.csv and others) written anew: they were not those of this report")
    except RunFolderError as error:
        console.note(f"tables in {folder} are not those of this report: {error}")
