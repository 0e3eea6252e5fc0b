"""`srbench check`: is a method what its author believes, before it is published?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli import options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srbench.checking.remarks import Remark, Report

EXAMPLES = "Examples: srbench check mine --plugin mine.py; srbench check model.onnx espcn:tile=64 --factor 2"

Factors = Annotated[
    list[str] | None, options.factors_to("check", "SRBENCH_CHECKED_FACTORS", "those of 2, 3 and 4 that it has")
]
Device = Annotated[
    str,
    typer.Option(
        "--device",
        metavar="cpu|cuda",
        envvar="SRBENCH_CHECKED_DEVICE",  # SRBENCH_DEVICE may be auto
        rich_help_panel=options.HARDWARE,
        help="Device to check on.",
    ),
]
Timeout = Annotated[float, options.time_limit("SRBENCH_CHECK_TIMEOUT", "each check")]


def check(  # noqa: PLR0913 - a command's options
    specs: Annotated[
        list[str],
        typer.Argument(
            metavar="SPEC",
            autocompletion=options.method_names,
            help="Methods, as name[:key=value...], or model files.",
            show_default=False,
        ),
    ],
    plugin: options.Plugins = None,
    factor: Factors = None,
    device: Device = "cpu",
    timeout: Timeout = 120.0,
    json: options.Json = False,
    _allow_pickle: options.AllowPickle = False,
) -> None:
    """Check methods before they are published: the contract, and faults that no score shows.

    Shifted, stretched or mirrored SR, BGR, wrong range or gamma, 8-bit results rounded down or wrapped around, results
    that depend on what ran before, on the batch or on the process, seams of tiles, work that is not done when a call
    returns, sizes that fail, memory that grows, settings and files that a call leaves. Each method runs in processes of
    its own. The exit code is 1 if there are findings.
    """
    from srbench.checking import checker
    from srbench.cli import console
    from srbench.plan import factors as parsed

    with console.only_results(), console.progress() as tick:
        reports = checker.check(
            specs, plugin or [], factors=parsed(factor) if factor else (), device=device, timeout=timeout, tick=tick
        )
    if json:
        console.print_json([report.facts for report in reports])
    else:
        for number, report in enumerate(reports):
            _say(report, is_first=number == 0)
    if any(report.findings for report in reports):
        raise typer.Exit(1)
    if not all(report.checked for report in reports):
        raise typer.Exit(2)


def _say(report: Report, *, is_first: bool) -> None:
    """Print what was found of one method, causes first, and what was checked."""
    from srbench.cli import console

    if not is_first:
        console.say("")
    console.say(_title(report), style="bold")
    last_cause = _last_cause(report)
    for style, name, remarks in (("red", "FINDING", report.findings), ("yellow", "note", report.notes)):
        for each in remarks:
            console.say(f"{name} {each.where}: {each.seen}", style=style)
            for line in _below(each):
                console.say(f"    {line}")
            if each is last_cause:
                console.say("Mend this first: what follows may come of it.", style="bold")
    if report.checked:
        console.say(f"checked: {', '.join(report.checked)}")
    for each in report.not_checked:
        console.say(f"not checked: {each.where}: {each.seen}", style="dim")


def _last_cause(report: Report) -> Remark | None:
    """Return the last finding that others may come of; nothing if no other follows it."""
    causes = [each for each in report.findings if each.is_cause]
    return causes[-1] if causes and causes[-1] is not report.findings[-1] else None


def _title(report: Report) -> str:
    count = len(report.findings)
    nothing = "nothing found" if report.checked else "not checked"
    said = f"{count} finding{'s' * (count > 1)}" if count else nothing
    factors = f" at {', '.join(f'x{factor}' for factor in report.factors)}" if report.factors else ""
    return f"{report.method} on {report.device}{factors}: {said}"


def _below(remark: Remark) -> Iterator[str]:
    """Yield the lines below a finding: the input, and what to do."""
    if remark.image:
        yield f"seen on {remark.image}"
    if remark.advice:
        yield f"to do: {remark.advice}"
