"""`srbench compare`: what changed between two runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from srbench.cli import options

if TYPE_CHECKING:
    from srbench.analysis.gate import Limit, Offender
    from srbench.maintain.compare import Comparison

EXAMPLES = """
Examples:

srbench compare results/before results/after

srbench compare results/before results/after --fail-on psnr:-0.01 --fail-on ssim:-0.001 --fail-on time:+10%

srbench compare laptop server --across-machines
"""


def compare(
    run_a: Annotated[Path, typer.Argument(metavar="RUN_A", help="Run folder from before the change.")],
    run_b: Annotated[Path, typer.Argument(metavar="RUN_B", help="Run folder from after it.")],
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-on",
            envvar="SRBENCH_FAIL_ON",
            metavar="METRIC:THRESHOLD",
            rich_help_panel=options.COMPARISON,
            help="Exit with 1 if worse than this: psnr:-0.01 (dB), ssim:-0.001 or time:+10%; may be repeated.",
        ),
    ] = None,
    across_machines: Annotated[
        bool,
        typer.Option(
            "--across-machines",
            envvar="SRBENCH_ACROSS_MACHINES",
            rich_help_panel=options.COMPARISON,
            help="Compare times relative to bicubic: absolute times of different machines are not comparable.",
        ),
    ] = False,
    json: options.Json = False,
) -> None:
    """Compare RUN_B with RUN_A: every changed score, and significant time differences.

    Exit code 0: compared, whatever changed. 1: a change exceeds a --fail-on threshold. 2: the runs are not comparable,
    or contain nothing to evaluate a --fail-on on. docs/compare.md has the rules.
    """
    from srbench.analysis import gate
    from srbench.cli import console
    from srbench.errors import RunFolderError
    from srbench.maintain import compare as comparing

    limits = [gate.parse(text) for text in fail_on or []]
    found = comparing.compare(run_a, run_b, across=across_machines)
    for side in (found.a, found.b):
        for problem in side.problems:
            console.note(f"{side.folder} is damaged; what can be read is compared: {problem}")
    beyond = [each for limit in limits for each in gate.offenders(limit, found.cells, found.settings, found.speeds)]
    if json:
        console.print_json(_facts(found, beyond))
    else:
        _show(found, beyond, across=across_machines)
    unknown = [limit for limit in limits if not _answerable(limit, found)]
    if unknown:
        nothing = f"the runs have no {'times' if unknown[0].metric == 'time' else 'scores'} in common"
        why = found.refused if unknown[0].metric == "time" and found.refused else nothing
        raise RunFolderError(f"cannot evaluate --fail-on {unknown[0].text}: {why}")
    raise typer.Exit(int(bool(beyond)))


def _answerable(limit: Limit, found: Comparison) -> bool:
    """Tell whether a limit can be evaluated on these runs: a gate with nothing to compare must not pass."""
    if limit.metric == "time":
        return bool(len(found.speeds))
    return bool(len(found.settings) or (found.cells["change"] == "lost").any())


def _show(found: Comparison, beyond: list[Offender], *, across: bool) -> None:
    from srbench.cli import console
    from srbench.reports import changes

    changes.show_scores(console.out, found.cells, found.settings)
    if len(found.speeds):
        changes.show_speeds(console.out, found.speeds, across=across)
    if found.refused:
        console.note(found.refused)
    changes.show_offenders(console.out, beyond)


def _facts(found: Comparison, beyond: list[Offender]) -> dict[str, Any]:
    from srbench.formats.strict_json import records

    cells = found.cells
    other_code = cells[(cells["change"] == "") & (cells["code_a"] != cells["code_b"])]
    return {
        "a": str(found.a.folder),
        "b": str(found.b.folder),
        "problems": {"a": found.a.problems, "b": found.b.problems},
        "scores": int(found.settings["images"].sum()),
        "other_code_equal_score": len(other_code),
        "changed": records(cells[cells["change"] != ""]),
        "settings": records(found.settings),
        "speeds": records(found.speeds),
        "speeds_refused": found.refused,
        "offenders": [each._asdict() for each in beyond],
    }
