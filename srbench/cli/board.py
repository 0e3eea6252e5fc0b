"""`srbench board`: many runs as a static site."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from srbench.cli import options

if TYPE_CHECKING:
    from srbench.boards.content import Board

EXAMPLES = """
Examples:

srbench board results/* --out site

srbench board results/* submissions/* --title "x4 upscalers" --out site

srbench board results/* --json
"""


def board(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN", help="The run folders.")],
    out: Annotated[
        Path | None,
        typer.Option(
            envvar="SRBENCH_BOARD_OUT",
            metavar="DIR",
            rich_help_panel=options.OUTPUT,
            help="Folder of the site: new, or that of a board, which is replaced. Default: site; with --json none.",
        ),
    ] = None,
    title: Annotated[
        str,
        typer.Option(
            envvar="SRBENCH_BOARD_TITLE", metavar="TEXT", rich_help_panel=options.OUTPUT, help="Heading of the site."
        ),
    ] = "",
    images: Annotated[
        Literal["crops", "none"],
        typer.Option(
            envvar="SRBENCH_BOARD_IMAGES",
            rich_help_panel=options.OUTPUT,
            help="Pictures on the site: the crops that the runs kept, or none, where images may not be published.",
        ),
    ] = "crops",
    json: options.Json = False,
) -> None:
    """Make a static site of many runs: rankings, significance, times, provenance and history.

    Scores of other pixels, protocols or code of metrics stand in tables of their own, and times of other machines or
    conditions on axes of their own. Nothing is recomputed; srbench results verify says what can be trusted. The site
    needs no server and requests nothing; docs/board.md says how to publish it.

    Exit code 0: the site was made; runs that are damaged or contain no results are named and left out. 2: no run is
    left.
    """
    from srbench.boards import data, gathering, publishing
    from srbench.cli import console

    target = out or (None if json else Path("site"))
    if target:
        publishing.check(target.resolve())
    with console.progress() as tick:
        found = gathering.gather(runs, title, pictures=images == "crops", tick=tick)
    size = publishing.publish(found, target) if target else 0
    for refused in found.refused:
        console.note(f"{refused.folder} is left out: {refused.reason}")
    if json:
        console.print_json(_facts(found, data.lines(found)))
        return
    _show(found)
    console.say(f"written: {target}/index.html ({size / 1e6:.1f} MB); open it in a browser, or publish the folder")


def _facts(found: Board, lines: list[dict[str, Any]]) -> dict[str, Any]:
    refused = [{"folder": each.folder, "reason": each.reason} for each in found.refused]
    return {"title": found.title, "lines": lines, "refused": refused, "apart": list(found.refusals)}


def _show(found: Board) -> None:
    """Print what is on the board: who leads where, and what was kept apart."""
    from srbench.cli import console
    from srbench.specs import counted

    counts = ((len(found.runs), "run"), (len(found.methods), "method"), (len(found.tables), "table"))
    console.say(f"{found.title}: {', '.join(counted(*each) for each in counts)}")
    for table in found.tables:
        console.say(f"{table.name}: {table.verdict or 'no method is compared.'}")
    for sentence in found.refusals:
        console.note(sentence)
