"""`srbench compare`: what changed from one run to another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from srbench.cli import options

if TYPE_CHECKING:
    from srbench.records.comparing import Comparison
    from srbench.results.gate import Limit, Offender

EXAMPLES = """
Examples:

srbench compare results/before results/after

srbench compare results/before results/after --fail-on psnr:-0.01 --fail-on ssim:-0.001 --fail-on time:+10%

srbench compare laptop server --across-machines
"""


def compare(
    run_a: Annotated[Path, typer.Argument(metavar="RUN_A", help="The run folder from before.")],
    run_b: Annotated[Path, typer.Argument(metavar="RUN_B", help="The run folder from after.")],
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-on",
            envvar="SRBENCH_FAIL_ON",
            metavar="METRIC:THRESHOLD",
            help="Exit with 1 if worse than psnr:-0.01 (dB), ssim:-0.001 or time:+10%; may be repeated.",
        ),
    ] = None,
    across_machines: Annotated[
        bool,
        typer.Option(
            "--across-machines",
            envvar="SRBENCH_ACROSS_MACHINES",
            help="Compare times relative to bicubic, as those of two machines do not compare.",
        ),
    ] = False,
    json: options.Json = False,
) -> None:
    """Tell what changed from RUN_A to RUN_B: each score exactly, and times as far as they are sure.

    Exit code 0: compared, whatever changed. 1: something is beyond a --fail-on. 2: they do not compare, or nothing is
    there that a --fail-on asks about. docs/compare.md has the rules.
    """
    from srbench.cli import console
    from srbench.errors import RunFolderError
    from srbench.records import comparing
    from srbench.results import gate

    limits = [gate.parse(text) for text in fail_on or []]
    found = comparing.compare(run_a, run_b, across=across_machines)
    for side in (found.a, found.b):
        for problem in side.problems:
            console.note(f"{side.folder} is damaged, the rest is compared: {problem}")
    beyond = [each for limit in limits for each in gate.offenders(limit, found.cells, found.settings, found.speeds)]
    if json:
        console.print_json(_facts(found, beyond))
    else:
        _show(found, beyond, across=across_machines)
    unknown = [limit for limit in limits if not _answerable(limit, found)]
    if unknown:
        why = found.refused if unknown[0].metric == "time" and found.refused else "the runs have none in common"
        raise RunFolderError(f"cannot evaluate --fail-on {unknown[0].text}: {why}")
    raise typer.Exit(int(bool(beyond)))


def _answerable(limit: Limit, found: Comparison) -> bool:
    """Tell whether the runs say anything about a limit: a gate with nothing to compare must not pass."""
    if limit.metric == "time":
        return bool(len(found.speeds))
    return bool(len(found.settings) or (found.cells["change"] == "lost").any())


def _show(found: Comparison, beyond: list[Offender], *, across: bool) -> None:
    from srbench.cli import console
    from srbench.report import changes

    changes.show_scores(console.out, found.cells, found.settings)
    if len(found.speeds):
        changes.show_speeds(console.out, found.speeds, across=across)
    if found.refused:
        console.note(found.refused)
    changes.show_offenders(console.out, beyond)


def _facts(found: Comparison, beyond: list[Offender]) -> dict[str, Any]:
    from srbench.results.strict_json import records

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
