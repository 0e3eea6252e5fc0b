"""`srbench run`: score and time methods."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli import options, running

if TYPE_CHECKING:
    from srbench.plan import Plan
    from srbench.report.findings import Findings

EXAMPLES = """
Examples:

srbench run --methods bicubic,espcn --factor 3

srbench run --methods bicubic-matlab,espcn --factor 2,3,4 --datasets set5,bsd100 --protocol srcnn --jobs 2

srbench run --methods bicubic,mine --plugin mine.py --datasets ./photos/
"""


def run(  # noqa: PLR0913 - a command's options
    methods: options.Methods = ["bicubic", "espcn"],  # noqa: B006 - typer copies it
    factor: options.Factors = ["3"],  # noqa: B006
    datasets: options.Datasets = ["sample"],  # noqa: B006
    protocol: options.Protocols = ["basicsr"],  # noqa: B006
    device: options.Device = "auto",
    jobs: options.Jobs = 1,
    threads: options.Threads = 0,
    out: options.Out = None,
    plugin: options.Plugins = None,
    data: options.Data = None,
    baseline: options.Baseline = "",
    timing: Annotated[
        bool, typer.Option("--timing/--no-timing", envvar="SRBENCH_TIMING", help="Time the methods after scoring.")
    ] = True,
    timeout: options.Timeout = 600,
    memory: options.Memory = 0,
    retries: options.Retries = 1,
    fail_fast: Annotated[
        bool,
        typer.Option("--fail-fast", envvar="SRBENCH_FAIL_FAST", help="End the run at the first row that went wrong."),
    ] = False,
    cluster: Annotated[
        str,
        typer.Option(
            "--cluster",
            envvar="SRBENCH_CLUSTER",
            metavar="ADDRESS",
            help="Score on the Dask cluster whose scheduler is at tcp://HOST:PORT (docs/scaling.md).",
        ),
    ] = "",
    time_on: Annotated[
        str,
        typer.Option(
            "--time-on",
            envvar="SRBENCH_TIME_ON",
            metavar="WORKER",
            help="Time on this worker of the cluster, by its name; without it, a run on a cluster times nothing.",
        ),
    ] = "",
    reuse: Annotated[
        list[Path] | None,
        typer.Option(
            "--reuse",
            envvar="SRBENCH_REUSE",
            metavar="RUN",
            help="Folder of an earlier run, whose rows are taken over where nothing changed; may be repeated.",
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", envvar="SRBENCH_STRICT", help="Exit with 1 also when a score was skipped.")
    ] = False,
    report: Annotated[
        bool,
        typer.Option(
            "--report/--no-report",
            envvar="SRBENCH_REPORT",
            help="Write report.html, and keep the crops that it shows of each image.",
        ),
    ] = True,
    save_images: Annotated[
        bool,
        typer.Option(
            "--save-images",
            envvar="SRBENCH_SAVE_IMAGES",
            help="Keep SR, HR and LR of each score as PNG in the run folder's images/.",
        ),
    ] = False,
    _allow_pickle: options.AllowPickle = False,
    json: options.Json = False,
) -> None:
    """Score and time methods on datasets, and keep every row.

    Each method upscales the LR image that the protocol makes of each HR image; PSNR and SSIM are taken as the protocol
    says. The run folder holds report.html, scores.csv, timings.csv and summary.csv (and the same as Parquet), and
    run.json.

    Exit code 0: everything that can be scored here was. 1: a row failed. 2: bad arguments. 130: interrupted.
    """
    from srbench import datasets as registry
    from srbench.cli import console
    from srbench.records import naming
    from srbench.records.journal import read_info
    from srbench.report import findings
    from srbench.report.html import page
    from srbench.results.strict_json import records
    from srbench.settings import settings

    what, how = settings(
        methods,
        factors=factor,
        datasets=datasets,
        protocols=protocol,
        device=device,
        jobs=jobs,
        threads=threads,
        plugins=plugin or (),
        data=data,
        timing=timing,
        timeout=timeout,
        memory=memory,
        retries=retries,
        fail_fast=fail_fast,
        cluster=cluster,
        time_on=time_on,
        reuse=reuse or (),
        report=report,
        save_images=save_images,
        baseline=baseline,
    )
    folder = out or naming.new_folder()
    tables = running.complete(what, folder, how, json=json)
    found = findings.of(tables, folder, read_info(folder))
    if report:
        page.write(found, folder / page.FILE)
    if cluster and timing and not time_on:
        console.note("not timed: a run on a cluster times on the worker that --time-on names")
    if fail_fast and running.exit_code(tables):
        console.note(f"stopped at the first bad row (--fail-fast); to go on: the same command with --out {folder}")
    for name in what.datasets:
        console.note_ignored(registry.get(name, data))
    if json:
        console.print_json({"run": str(folder), "summary": records(tables.summary)})
    else:
        _report(found, what, page=report)
    raise typer.Exit(running.exit_code(tables, strict=strict))


def _report(found: Findings, what: Plan, *, page: bool) -> None:
    """Print the tables, where they are kept, and what to do next."""
    from srbench.cli import console
    from srbench.report import terminal

    terminal.show(console.out, found)
    console.say(f"run folder: {found.folder}{' (pictures and more: its report.html)' if page else ''}")
    if what.datasets == ("sample",):
        console.say(
            "sample is five photographs to try things on; for published numbers: "
            "srbench run --datasets set5,bsd100 (downloads them, or finds them with --data DIR)"
        )
