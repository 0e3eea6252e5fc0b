"""`srbench results`: list, verify and merge run folders."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli import options, run_folder_commands

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from srbench.maintain.merge import Merged
    from srbench.maintain.recompute import Recomputed
    from srbench.plan import Plan

MERGE_EXAMPLE = """
Example, two machines that share the datasets:

srbench run --no-timing --datasets set5,set14 --out one

srbench run --no-timing --datasets bsd100 --out two

srbench results merge one two --out all
"""

VERIFY_EXAMPLE = """
Examples:

srbench results verify results/20260102-030405

srbench results verify results/20260102-030405 --recompute 5
"""

LIST_EXAMPLE = """
Examples:

srbench results list

srbench results list results/2026 --json
"""

app = typer.Typer(help="List run folders, verify one, or merge several.", no_args_is_help=True)

Run = Annotated[Path, typer.Argument(metavar="RUN", help="The run folder.")]

_RUN = 24
"""Columns that the name of a run folder has at least, if it is that long."""

_GAPS = 10
"""How many of what a merged run lacks are listed."""

_SIGNS = {"ok": ("ok   ", ""), "wrong": ("WRONG", "red"), "note": ("note ", "dim")}


@app.command("list", epilog=LIST_EXAMPLE)
def show(
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]", help="Where to look, folders in it included.")] = Path(
        "results"
    ),
    json: options.Json = False,
) -> None:
    """List the runs in a folder, the newest first: what, when, how large, and whether each is complete.

    A run is finished, running (a process writes it) or incomplete; of the last two, the scores so far are counted. The
    same command with --out of its folder completes a run.
    """
    from rich.table import Column, Table
    from rich.text import Text

    from srbench.cli import console
    from srbench.maintain import run_list

    found = run_list.runs_in(folder)
    if json:
        console.print_json([each.facts for each in found])
        return
    if not found:
        console.say(f"no run in {folder}; srbench run makes one")
        return
    rows = [each.cells(folder) for each in found]
    width = min(_RUN, max(len(row[0]) for row in rows))
    names = Column("run", overflow="fold", min_width=width), Column("started, UTC", no_wrap=True)
    others = Column("size", justify="right", no_wrap=True), "status", Column("methods, images", overflow="fold")
    table = Table(*names, *others, box=None, header_style="bold", padding=(0, 2, 0, 0), pad_edge=False)
    for row in rows:
        table.add_row(*map(Text, row))
    console.out.print(table)


@app.command(epilog=VERIFY_EXAMPLE)
def verify(  # noqa: PLR0913 - the options of one command
    run: Run,
    recompute: Annotated[
        str,
        typer.Option(
            "--recompute",
            envvar="SRBENCH_RECOMPUTE",
            metavar="N",
            rich_help_panel=options.EXECUTION,
            help="Scores to compute again on this machine and to compare: a number, a share such as 10%, or all.",
        ),
    ] = "",
    sample_seed: Annotated[
        int | None,
        typer.Option(
            "--sample-seed",
            envvar="SRBENCH_SAMPLE_SEED",
            metavar="INTEGER",
            rich_help_panel=options.EXECUTION,
            help="Seed that draws the scores to recompute; default: a new one, which is printed.",
        ),
    ] = None,
    trust: Annotated[
        bool,
        typer.Option(
            "--trust",
            envvar="SRBENCH_TRUST",
            rich_help_panel=options.EXECUTION,
            help="Run plug-in files, command lines and pickles that run.json names, too: they can do anything.",
        ),
    ] = False,
    plugin: options.Plugins = None,
    data: options.Data = None,
    timeout: options.Timeout = 600.0,
    json: options.Json = False,
) -> None:
    """Check that a run folder is intact: run.json, every row and its checksum, keys, tables, completeness.

    With --recompute a random sample of the scores is computed again here, and compared; a method of which nothing can
    be computed again is not verified, and fails. Nothing is written; the run may still be in progress. Exit code 0:
    sound. 1: a check failed. 2: not a run folder.
    """
    from srbench.cli import console
    from srbench.maintain import verify as integrity
    from srbench.specs import listed

    checks = integrity.verify(run)
    again: dict[str, object] = {}
    left: tuple[str, ...] = ()
    if recompute:
        found = _recomputed(run, recompute, sample_seed, data, timeout, plugins=plugin or (), trusted=trust)
        checks += found.checks
        again, left = {"recomputed": found.facts}, (*found.unverified, *found.not_drawn)
    wrong = [check for check in checks if check.verdict == "wrong"]
    if json:
        console.print_json({"run": str(run), "sound": not wrong, "checks": [vars(check) for check in checks], **again})
    else:
        for check in checks:
            sign, style = _SIGNS[check.verdict]
            console.say(f"{sign} {check.what}: {check.detail}", style)
        result = f"{len(wrong)} of {len(checks)} checks failed" if wrong else "sound"
        console.say(f"{run}: {result}{f'; nothing of {listed(left)} was recomputed' if left else ''}")
    raise typer.Exit(int(bool(wrong)))


def _recomputed(  # noqa: PLR0913 - the options of one command
    run: Path,
    amount: str,
    seed: int | None,
    data: Path | None,
    timeout: float,
    *,
    plugins: Sequence[Path],
    trusted: bool,
) -> Recomputed:
    """Compute scores again, with progress on a terminal."""
    from srbench.cli import console
    from srbench.isolation.limits import Limits
    from srbench.maintain import recompute

    with console.progress() as tick:
        return recompute.recompute(
            run,
            recompute.amount_of(amount),
            seed=seed,
            data=data,
            plugins=plugins,
            trusted=trusted,
            limits=Limits(timeout=timeout),
            tick=tick,
        )


@app.command(epilog=MERGE_EXAMPLE)
def merge(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN RUN...", help="Run folders; they are not changed.")],
    out: Annotated[
        Path,
        typer.Option(
            envvar="SRBENCH_OUT",
            metavar="DIR",
            rich_help_panel=options.OUTPUT,
            help="Run folder to write; it must be new.",
        ),
    ],
    json: options.Json = False,
) -> None:
    """Merge runs, such as those of several machines, into a new run folder.

    Equal results are kept once; a score replaces a failure. Scores pair by image: same dataset, image, factor and
    protocol. What has no partner is listed. Runs that contradict each other are refused: different scores, code, images
    or protocols under one name, the same images under two names, or timings of two machines.
    """
    from srbench.cli import console
    from srbench.errors import UsageError
    from srbench.formats.strict_json import records
    from srbench.maintain import merge as merging
    from srbench.reports import terminal

    if len(runs) < 2:  # noqa: PLR2004 - one is merged already
        raise UsageError(f"got one run folder, {runs[0]}, expected at least two to merge")
    merged = merging.merge(runs, out)
    found = run_folder_commands.reported(merged.tables, out)
    gaps = [str(gap) for gap in merged.gaps]
    if json:
        told = {"missing": gaps, "nothing_pairs": merged.apart}
        console.print_json({"run": str(out), **told, "summary": records(merged.tables.summary)})
        return
    terminal.show_run(console.out, found)
    console.say(f"run folder: {out}")
    if merged.apart:
        console.say(f"nothing pairs: no image has scores of two methods; {merged.apart}")
    for line in _todo(merged, out):
        console.say(line)


def _todo(merged: Merged, out: Path) -> Iterator[str]:
    """Say what the merged run lacks, and which command computes it; SR images that are not there none can."""
    from srbench.specs import listed

    images = sum(gap.images for gap in merged.gaps)
    if not images:
        return
    yield f"{images} score{'s' if images > 1 else ''} of its plan {'are' if images > 1 else 'is'} missing:"
    shown = len(merged.gaps) if len(merged.gaps) == _GAPS + 1 else _GAPS
    yield from (f"  {gap}" for gap in merged.gaps[:shown])
    if merged.gaps[shown:]:
        yield f"  and {len(merged.gaps) - shown} more (--json lists all)"
    absent = [gap for gap in merged.gaps if gap.method in merged.plan.given and not gap.metric]
    for name, folders in merged.plan.given.items():
        if places := dict.fromkeys(f"{gap.dataset} x{gap.factor}" for gap in absent if gap.method == name):
            where = " or ".join(map(str, folders))
            yield (
                f"{name} is not computed: put SR images of {listed(places, _GAPS)} into {where}, or score them from "
                "another folder and merge that run, too, or leave it as it is"
            )
    if merged.continuable and len(absent) < len(merged.gaps):
        yield f"to continue: {_command(merged.plan, merged.labels, out)}"


def _command(plan: Plan, labels: Mapping[str, str], out: Path) -> str:
    """Spell the command that has this plan and these labels."""
    lists = {
        "--methods": tuple(_labelled(spec, labels.get(spec, "")) for spec in plan.computed),
        "--factor": tuple(map(str, plan.factors)),
        "--datasets": plan.datasets,
        "--protocol": _protocols(plan),
        "--metrics": plan.metrics,
        "--device": (plan.device,),
    }
    words = [word for option, items in lists.items() for word in (option, ",".join(map(_item, items)))]
    words += [] if plan.timing else ["--no-timing"]
    words += [word for plugin in plan.plugins for word in ("--plugin", plugin)]
    words += [word for folder in plan.sr for word in ("--sr", folder)]
    return shlex.join(["srbench", "run", *words, "--out", str(out)])


def _labelled(spec: str, label: str) -> str:
    """Return a method as it is typed; a label with options is none that was given."""
    from srbench.specs import label_of

    return label_of(label, spec) if label and ":" not in label else spec


def _protocols(plan: Plan) -> tuple[str, ...]:
    """Return the protocols of a plan as they are typed: those of files by their paths."""
    from contextlib import suppress

    from srbench.errors import UsageError
    from srbench.quality import protocol_file
    from srbench.specs import canonical, parse_method

    paths: dict[str, str] = {}
    for file in plan.own_protocols:
        with suppress(UsageError):  # it is gone: the command says so
            paths[protocol_file.read(file).name] = str(file)
    specs = [parse_method(each, "protocol") for each in plan.protocols]
    return tuple(canonical(paths.get(spec.name, spec.name), spec.options) for spec in specs)


def _item(text: str) -> str:
    """Quote an item whose comma is part of it; method specs quote their values already."""
    return f'"{text}"' if "," in text and '"' not in text else text
