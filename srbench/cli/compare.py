"""`srbench compare`: what changed between two runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from srbench.cli import options

if TYPE_CHECKING:
    from srbench.maintain.compare import Comparison

EXAMPLES = """
Examples:

srbench compare results/before results/after

srbench compare results/before results/after --fail-on psnr:-0.01,ssim:-0.001,time:+10%

srbench compare results/before results/after --fail-on psnr:-0.01 --map espcn=espcn:activation=relu

srbench compare laptop server --across-machines
"""


def compare(  # noqa: PLR0913 - a command's options
    run_a: Annotated[Path, typer.Argument(metavar="RUN_A", help="Run folder from before the change.")],
    run_b: Annotated[Path, typer.Argument(metavar="RUN_B", help="Run folder from after it.")],
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-on",
            envvar="SRBENCH_FAIL_ON",
            metavar="METRIC:THRESHOLD,...",
            rich_help_panel=options.COMPARISON,
            help="Largest change for the worse to accept, as in psnr:-0.01 (dB), lpips:+0.005 or time:+10%; a larger "
            "one exits with 1. May be repeated or be a list; without it, any change is accepted.",
        ),
    ] = None,
    allow_missing: Annotated[
        bool,
        typer.Option(
            "--allow-missing",
            envvar="SRBENCH_ALLOW_MISSING",
            rich_help_panel=options.COMPARISON,
            help="With --fail-on: do not fail for methods, datasets, images and times of RUN_A that RUN_B has not; "
            "what failed in RUN_B still does.",
        ),
    ] = False,
    renamed: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            envvar="SRBENCH_MAP",
            metavar="OLD=NEW",
            rich_help_panel=options.COMPARISON,
            help="Compare method OLD of RUN_A with method NEW of RUN_B; may be repeated.",
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

    Exit code 0: compared, and nothing is worse than --fail-on accepts. 1: something is, or RUN_B lacks a result of
    RUN_A that --fail-on is to check. 2: the runs are not comparable, or have nothing that --fail-on could check.
    docs/compare.md has the rules.
    """
    from srbench.analysis import gate
    from srbench.cli import console
    from srbench.maintain import compare as comparing

    limits = gate.limits(fail_on or [])
    found = comparing.compare(
        run_a, run_b, limits=limits, allow_missing=allow_missing, renamed=renamed or [], across=across_machines
    )
    for side in (found.a, found.b):
        for problem in side.problems:
            console.note(f"{side.folder} is damaged; what can be read is compared: {problem}")
    if json:
        console.print_json(_facts(found))
    else:
        _show(found, across=across_machines)
    found.outcome.check()
    for remark in found.outcome.remarks:
        console.note(remark)
    if found.outcome.passed and not (found.failures or json):
        console.say(f"passed: {', '.join(found.outcome.passed)}", style="green")
    raise typer.Exit(int(bool(found.failures)))


def _show(found: Comparison, *, across: bool) -> None:
    from srbench.cli import console
    from srbench.reports import changes

    for old, new in found.renamed.items():
        console.say(f"{old} of {found.a.folder} is compared with {new} of {found.b.folder}")
    for remark in found.other_metrics:
        console.note(remark)
    changes.show_scores(console.out, found.cells, found.settings, found.metrics)
    if len(found.speeds):
        changes.show_speeds(console.out, found.speeds, across=across)
    if found.refused:
        console.note(found.refused)
    changes.show_offenders(console.out, found.failures)


def _facts(found: Comparison) -> dict[str, Any]:
    from srbench.formats.strict_json import records

    cells = found.cells
    other_code = cells[(cells["change"] == "") & (cells["code_a"] != cells["code_b"])]
    return {
        "a": str(found.a.folder),
        "b": str(found.b.folder),
        "renamed": found.renamed,
        "metrics": list(found.metrics),
        "other_metrics": found.other_metrics,
        "problems": {"a": found.a.problems, "b": found.b.problems},
        "scores": int(found.settings["images"].sum()),
        "other_code_equal_score": len(other_code),
        "changed": records(cells[cells["change"] != ""]),
        "settings": records(found.settings),
        "speeds": records(found.speeds),
        "speeds_refused": found.refused,
        "offenders": [each._asdict() for each in found.failures],
        "passed": found.outcome.passed,
        "unevaluated": found.outcome.remarks,
    }
