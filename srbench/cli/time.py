"""`srbench time`: time methods thoroughly."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli import options, running

if TYPE_CHECKING:
    from srbench.results.tables import Tables

EXAMPLES = """
Examples:

srbench time --methods bicubic,espcn --factor 3

srbench time --methods bicubic,espcn,espcn:engine=onnxruntime --sizes 640x360,1280x720 --threads 2

srbench time --plugin mine.py --methods bicubic,mine --datasets ./photos/ --device cpu
"""


def time(  # noqa: PLR0913 - a command's options
    methods: options.Methods = ["bicubic", "espcn"],  # noqa: B006 - typer copies it
    factor: options.Factors = ["3"],  # noqa: B006
    datasets: options.Datasets = ["sample"],  # noqa: B006
    protocol: options.Protocols = ["basicsr"],  # noqa: B006
    sizes: Annotated[
        list[str] | None,
        typer.Option(
            "--sizes",
            envvar="SRBENCH_SIZES",
            metavar="WxH,...",
            help="LR sizes, such as 640x360,1280x720; by default those of the datasets.",
        ),
    ] = None,
    device: options.Device = "auto",
    threads: options.Threads = 0,
    processes: Annotated[
        int,
        typer.Option(
            "--processes",
            envvar="SRBENCH_PROCESSES",
            metavar="N",
            help="Fresh processes of each method, one after the other; intervals need at least 3.",
            parser=options.integer("--processes", 1),
        ),
    ] = 5,
    limit: Annotated[
        float,
        typer.Option(
            "--limit",
            envvar="SRBENCH_LIMIT",
            metavar="SECONDS",
            help="Seconds, loading and calls, that a method may take at each factor and device; 0: no limit.",
            parser=options.seconds("--limit"),
        ),
    ] = 600,
    out: options.Out = None,
    plugin: options.Plugins = None,
    data: options.Data = None,
    timeout: options.Timeout = 600,
    memory: options.Memory = 0,
    allow_pickle: options.AllowPickle = False,  # noqa: ARG001 - its callback has seen to it
    json: options.Json = False,
) -> None:
    """Time METHODS as a sceptic would: alone, warmed up, in turns, in several fresh processes.

    Nothing is scored. Leave the machine alone meanwhile: each result comes with a verdict, steady or noisy, and why.
    The run folder holds every sample (timings.csv) and what they come to (speeds.csv); docs/timing.md has the method.
    An interrupted run goes on with the same command and --out.
    """
    from dataclasses import replace

    from srbench.cli import console
    from srbench.records import naming
    from srbench.report.html import page
    from srbench.results.strict_json import records
    from srbench.settings import settings
    from srbench.speed.timing import THOROUGH

    what, how = settings(
        methods,
        factors=factor,
        datasets=datasets,
        protocols=protocol,
        device=device,
        threads=threads,
        plugins=plugin or (),
        data=data,
        scoring=False,
        sizes=sizes or (),
        timeout=timeout,
        memory=memory,
        budget=replace(THOROUGH, processes=processes, limit=limit or float("inf")),
    )
    folder = out or naming.new_folder()
    tables = running.complete(what, folder, how, json=json)
    page.write_for(tables, folder)
    if json:
        console.print_json({"run": str(folder), "speeds": records(tables.speeds)})
    else:
        _report(tables, folder)
    raise typer.Exit(running.exit_code(tables))


def _report(tables: Tables, folder: Path) -> None:
    from srbench.cli import console
    from srbench.report import speeds

    speeds.show(console.out, tables.speeds)
    console.say(f"run folder: {folder} (report.html shows more)")
