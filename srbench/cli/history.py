"""`srbench history`: what methods scored and how fast they were, version by version."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from srbench.cli import options

if TYPE_CHECKING:
    from srbench.boards.timelines import Past

EXAMPLES = """
Examples:

srbench history results/*

srbench history results/* --methods mine --format html --out history.html
"""


def history(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN", help="The run folders, in any order.")],
    methods: options.Methods = [],  # noqa: B006 - typer copies it
    format: Annotated[  # noqa: A002 - the option's name
        Literal["rich", "csv", "html"],
        typer.Option(
            "--format",
            envvar="SRBENCH_HISTORY_FORMAT",
            rich_help_panel=options.OUTPUT,
            help="rich: tables in the terminal; csv: one line per method, setting and run; html: a page with charts.",
        ),
    ] = "rich",
    out: Annotated[
        Path | None,
        typer.Option(
            envvar="SRBENCH_HISTORY_OUT",
            metavar="FILE",
            rich_help_panel=options.OUTPUT,
            help="File to write; by default history.html for html; csv is printed.",
        ),
    ] = None,
    json: options.Json = False,
) -> None:
    """Show scores and times of methods over their versions: one run folder per version.

    A plug-in in a git repository is shown by its commits, in their order, whenever they were run; anything else in the
    order of the runs. Of each version it says what changed: code, weights, a library, the images or the protocol.
    Scores of other pixels or protocols, and times of other machines or conditions, are never in one series.

    Without --methods, those that never changed have one line each.

    Exit code 0: shown; runs that are damaged or hold no results are named and left out. 2: no run is left.
    """
    from srbench.boards import timeline_text, timelines
    from srbench.cli import console
    from srbench.errors import UsageError
    from srbench.formats import spreadsheet
    from srbench.plan import items

    if out and (json or format == "rich"):
        raise UsageError("--out is a file for --format html or csv; choose one of them")
    with console.progress() as tick:
        found = timelines.past(runs, items(methods), tick)
    for refused in found.refused:
        console.note(f"{refused.folder} is left out: {refused.reason}")
    if json:
        console.print_json(found.facts)
    elif format == "html":
        _write(out or Path("history.html"), _page(found))
    elif format == "csv":
        text = spreadsheet.to_csv(found.table)
        _write(out, text) if out else console.print_text(text)
    else:
        timeline_text.show(console.out, found, whole=bool(methods))


def _page(found: Past) -> str:
    from srbench.boards import timeline_page

    return timeline_page.render(found)


def _write(file: Path, text: str) -> None:
    from srbench.cli import console
    from srbench.opening import check_target

    check_target(file)
    file.write_text(text, encoding="utf-8", errors="backslashreplace")
    console.say(f"written: {file}")
