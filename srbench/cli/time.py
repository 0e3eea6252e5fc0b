"""`srbench time`: benchmark latency."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli import options, run_folder_commands

if TYPE_CHECKING:
    from srbench.analysis.tables import Tables

EXAMPLES = """
Examples:

srbench time --methods bicubic,espcn --factor 3

srbench time --methods bicubic,espcn,espcn:engine=onnxruntime --output-size 720p,1080p --threads 1,2

srbench time --methods bicubic,espcn --output-size 1280x720 --budget 33ms --scores results/scores

srbench time --methods bicubic,espcn --sizes 640x360,1280x720

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
            metavar="SIZE,...",
            rich_help_panel=options.INPUT,
            help="LR sizes to time, such as 640x360, or those of SR: 720p, 1080p, 4k. By default the sizes of the "
            "datasets' images, then 720p, 1080p and 4k, for as long as --limit and memory last.",
        ),
    ] = None,
    output_size: Annotated[
        list[str] | None,
        typer.Option(
            "--output-size",
            envvar="SRBENCH_OUTPUT_SIZE",
            metavar="SIZE,...",
            rich_help_panel=options.INPUT,
            help="Sizes of SR to time, such as 1280x720 or 4k: that of a screen. The factor makes LR of it.",
        ),
    ] = None,
    budget: options.FrameBudget = "",
    scores: options.Scores = None,
    processes: Annotated[
        int,
        typer.Option(
            "--processes",
            envvar="SRBENCH_PROCESSES",
            metavar="N",
            rich_help_panel=options.EXECUTION,
            help="Fresh processes per method, one after the other; confidence intervals need at least 3.",
            parser=options.integer("--processes", 1),
        ),
    ] = 5,
    limit: Annotated[
        float,
        typer.Option(
            "--limit",
            envvar="SRBENCH_LIMIT",
            metavar="SECONDS",
            rich_help_panel=options.EXECUTION,
            help="Seconds to spend on a method at each factor and device, loading included; 0: no limit.",
            parser=options.seconds("--limit"),
        ),
    ] = 600,
    timeout: options.Timeout = 600,
    memory: options.Memory = 0,
    device: options.Device = "auto",
    threads: Annotated[
        list[str] | None,
        typer.Option(
            "--threads",
            envvar="SRBENCH_TIME_THREADS",  # SRBENCH_THREADS is one number
            metavar="N,...",
            rich_help_panel=options.HARDWARE,
            help="CPU threads of each method; of several numbers, each is timed. Default: one thread per core.",
        ),
    ] = None,
    out: options.Out = None,
    plugin: options.Plugins = None,
    data: options.Data = None,
    allow_pickle: options.AllowPickle = False,  # noqa: ARG001 - its callback has seen to it
    json: options.Json = False,
) -> None:
    """Benchmark latency: warmed up, interleaved, in several fresh processes.

    Nothing is scored. Keep the machine otherwise idle: each result is marked steady or noisy, with the reason. The run
    folder contains every sample (timings.csv) and the statistics (speeds.csv); docs/timing.md describes the procedure.
    To continue an interrupted run, repeat the command with --out. With --budget the report says which method is the
    best within it, and how sure that is; --scores names a run that says how good they are.

    Exit code 0: what is possible here was timed. 1: a method failed, or --limit ended before it could be timed at all.
    2: bad arguments.
    """
    from srbench.cli import console
    from srbench.formats.strict_json import records
    from srbench.reports import findings, frame_budget, terminal
    from srbench.run_options import run_options, thorough
    from srbench.speed import environment
    from srbench.store import new_folder

    what, how = run_options(
        methods,
        factors=factor,
        datasets=datasets,
        protocols=protocol,
        device=device,
        thread_counts=threads or (),
        plugins=plugin or (),
        data=data,
        scoring=False,
        sizes=sizes or (),
        output_sizes=output_size or (),
        frame_budget=budget,
        scores=scores,
        timeout=timeout,
        memory=memory,
        budget=thorough(processes, limit),
    )
    if scores:
        findings.check_scores(scores)
    for number in what.threads:
        if number > environment.cores():
            console.note(f"--threads {number}: more than the {environment.cores()} cores that this process may use")
    folder = out or new_folder.new_folder()
    tables = run_folder_commands.complete(what, folder, how, json=json)
    found = run_folder_commands.reported(tables, folder)
    if json:
        console.print_json({"run": str(folder), "speeds": records(tables.speeds), **frame_budget.facts(found)})
    else:
        terminal.show_run(console.out, found)
        console.say(f"run folder: {folder} (open its report.html for charts)")
    raise typer.Exit(run_folder_commands.exit_code(tables) or int(_is_any_without_time(tables)))


def _is_any_without_time(tables: Tables) -> bool:
    """Tell whether a method that could be loaded has no time at all: loading used up the limit."""
    timings = tables.timings[(tables.timings["status"] == "ok") & (tables.timings["method"] != "")]
    phases = timings.groupby(["method", "factor", "device"])["phase"].agg(set)
    return any("call" not in each for each in phases)
