"""`srbench run`: score and time methods."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli import options, run_folder_commands

if TYPE_CHECKING:
    from srbench.plan import Plan
    from srbench.reports.findings import Findings

EXAMPLES = """
Examples:

srbench run --methods bicubic,espcn --factor 3

srbench run --methods bicubic-matlab,espcn --factor 2,3,4 --datasets set5,bsd100 --protocol srcnn --jobs 2

srbench run --methods bicubic,espcn --metrics psnr,ssim,ms-ssim,lpips

srbench run --methods bicubic,mine --plugin mine.py --datasets ./photos/

srbench run --methods bicubic,espcn --sr RCAN=results/RCAN --datasets set5

srbench run --datasets ./Set5/HR/::./Set5/LR/ --protocol basicsr:lr=given

srbench run --methods bicubic-matlab,espcn --datasets set5,set14 --reported

srbench run --datasets ./photos/ --no-reference

srbench run --methods "bicubic,ESPCN (ours)=espcn:weights=training/mine/weights.safetensors"
"""


def run(  # noqa: PLR0913 - a command's options
    context: typer.Context,
    methods: options.Methods = ["bicubic", "espcn"],  # noqa: B006 - typer copies it
    sr: options.SrFolders = None,
    factor: options.Factors = ["3"],  # noqa: B006
    datasets: options.Datasets = ["sample"],  # noqa: B006
    protocol: options.Protocols = ["basicsr"],  # noqa: B006
    metrics: options.Metrics = [],  # noqa: B006
    no_reference: Annotated[
        bool,
        typer.Option(
            "--no-reference",
            envvar="SRBENCH_NO_REFERENCE",
            rich_help_panel=options.INPUT,
            help="Upscale the images as they are: there is no HR to compare with (protocol none).",
        ),
    ] = False,
    jobs: options.Jobs = 1,
    device: options.Device = "auto",
    threads: options.Threads = 0,
    out: options.Out = None,
    plugin: options.Plugins = None,
    data: options.Data = None,
    baseline: options.Baseline = "",
    reported: options.Reported = False,
    timing: Annotated[
        bool,
        typer.Option(
            "--timing/--no-timing",
            envvar="SRBENCH_TIMING",
            rich_help_panel=options.EXECUTION,
            help="Time the methods after scoring.",
        ),
    ] = True,
    timeout: options.Timeout = 600,
    memory: options.Memory = 0,
    retries: options.Retries = 1,
    fail_fast: Annotated[
        bool,
        typer.Option(
            "--fail-fast",
            envvar="SRBENCH_FAIL_FAST",
            rich_help_panel=options.EXECUTION,
            help="Stop at the first failed, crashed or timed-out result.",
        ),
    ] = False,
    cluster: Annotated[
        str,
        typer.Option(
            "--cluster",
            envvar="SRBENCH_CLUSTER",
            metavar="ADDRESS",
            rich_help_panel=options.HARDWARE,
            help="Score on a Dask cluster: the address of its scheduler, tcp://HOST:PORT (docs/scaling.md).",
        ),
    ] = "",
    time_on: Annotated[
        str,
        typer.Option(
            "--time-on",
            envvar="SRBENCH_TIME_ON",
            metavar="WORKER",
            rich_help_panel=options.HARDWARE,
            help="Name of the cluster's worker to time on; without it, a run on a cluster is not timed.",
        ),
    ] = "",
    reuse: Annotated[
        list[Path] | None,
        typer.Option(
            "--reuse",
            envvar="SRBENCH_REUSE",
            metavar="RUN",
            rich_help_panel=options.EXECUTION,
            help="Folder of an earlier run: results that are still valid are taken from it; may be repeated.",
        ),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            envvar="SRBENCH_STRICT",
            rich_help_panel=options.OUTPUT,
            help="Exit with 1 also if a score was skipped.",
        ),
    ] = False,
    report: Annotated[
        bool,
        typer.Option(
            "--report/--no-report",
            envvar="SRBENCH_REPORT",
            rich_help_panel=options.OUTPUT,
            help="Write report.html, and save the image crops that it shows.",
        ),
    ] = True,
    save_images: Annotated[
        bool,
        typer.Option(
            "--save-images",
            envvar="SRBENCH_SAVE_IMAGES",
            rich_help_panel=options.OUTPUT,
            help="Save whole SR, HR and LR images as PNG, in images/ of the run folder.",
        ),
    ] = False,
    _allow_pickle: options.AllowPickle = False,
    json: options.Json = False,
) -> None:
    """Score and time methods; every result is saved.

    The protocol makes an LR image of each HR image, the method upscales it, and the metrics that --metrics names, by
    default PSNR and SSIM, compare SR with HR as the protocol defines it. The run folder contains report.html,
    scores.csv, timings.csv and summary.csv (also as Parquet), and run.json. The same command with --out of that folder
    and one more metric computes that metric alone.

    Exit code 0: every score that is possible here was computed. 1: a result failed, crashed or timed out. 2: bad
    arguments. 130: interrupted.
    """
    from srbench.cli import console
    from srbench.errors import UsageError
    from srbench.formats.strict_json import records
    from srbench.run_options import run_options
    from srbench.store import new_folder

    source = context.get_parameter_source("protocol")
    if no_reference and source and source.name == "COMMANDLINE" and protocol != ["none"]:
        raise UsageError(f"protocol {','.join(protocol)} compares with HR, and --no-reference has none; leave one out")
    what, how = run_options(
        methods,
        sr=sr or (),
        factors=factor,
        datasets=datasets,
        protocols=protocol,
        metrics=metrics,
        reference=not no_reference,
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
    folder = out or new_folder.new_folder()
    tables = run_folder_commands.complete(what, folder, how, json=json)
    found = run_folder_commands.reported(tables, folder, page=report, reported=reported)
    if cluster and timing and not time_on:
        console.note("not timed: with --cluster, name the worker to time on with --time-on")
    if found.info["status"] != "finished":
        console.note(
            f"stopped at the first failed result (--fail-fast); to continue: the same command with --out {folder}"
        )
    from srbench.datasets import sr_files
    from srbench.execution.given_sr import unpaired
    from srbench.execution.resolved_plan import datasets_of  # not above: it imports OpenCV, and workers start first
    from srbench.quality import protocols
    from srbench.store import given_lr, pictures

    if names := pictures.taken(folder, tables.scores.itertuples()):
        console.note(
            f"{len(names)} of the readable names of whole images are not links to them, the first {folder / names[0]}: "
            "other files are there, which stay; the images are in whole/"
        )
    for line in unpaired(found.info):
        console.note(line)
    for each in datasets_of(what, data, protocols.resolve(what.protocols, what.own_protocols)[0]).values():
        console.note_ignored(each)
    for root in (folder for folders in what.given.values() for folder in folders):
        for images in sr_files.opened(root):
            console.note_ignored(images)
    if json:
        given = given_lr.read(found.info)
        said = given_lr.to_json(given) if given else {}
        printed = {"reported": records(found.paper_rows)} if reported else {}
        others = {name: facts["unpaired"] for name, facts in found.info["methods"].items() if "unpaired" in facts}
        told = {"unpaired": others} if others else {}
        console.print_json({"run": str(folder), "summary": records(tables.summary), **printed, **said, **told})
    else:
        _report(found, what, page=report)
    raise typer.Exit(run_folder_commands.exit_code(tables, strict=strict))


def _report(found: Findings, what: Plan, *, page: bool) -> None:
    """Print the tables, where they are saved, and what to do next."""
    from srbench.cli import console
    from srbench.reports import terminal

    terminal.show(console.out, found)
    console.say(f"run folder: {found.folder}{' (open its report.html for images and charts)' if page else ''}")
    if what.datasets == ("sample",):
        console.say(
            "sample: five photographs for a first try; for published benchmarks: "
            "srbench run --datasets set5,bsd100 (downloaded if not in --data DIR)"
        )
