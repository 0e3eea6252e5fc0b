"""`srbench figure`: figures for papers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from srbench.cli import options

EXAMPLES = """
Examples:

srbench figure results/20260102-030405 --image butterfly --crop 60,80,64,64 --methods bicubic,espcn

srbench figure results/20260102-030405 --kind triptych --image butterfly

srbench figure results/20260102-030405 --image baby,butterfly,woman --methods LR,bicubic,espcn

srbench figure results/20260102-030405 --kind pareto --dataset set5 --factor 3 --out pareto.pdf

srbench figure results/20260102-030405 --kind pareto --metric lpips
"""


def figure(  # noqa: PLR0913 - a command's options
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The run folder.")],
    kind: Annotated[
        Literal["strip", "triptych", "pareto", "scores", "ranks", "curves"],
        typer.Option(
            envvar="SRBENCH_KIND",
            metavar="KIND",
            rich_help_panel=options.INPUT,
            help="strip: each image whole with a box, and that region in HR and each method; triptych: HR, LR and one "
            "method, whole and enlarged; pareto: a metric against time; scores: that of every image; ranks: mean "
            "ranks; curves: training curves, and time against size.",
        ),
    ] = "strip",
    metric: Annotated[
        str,
        typer.Option(
            envvar="SRBENCH_FIGURE_METRIC",
            metavar="SPEC",
            rich_help_panel=options.INPUT,
            help="Metric to draw, of those of the run; default: its first, and beside pictures all.",
        ),
    ] = "",
    image: Annotated[
        list[str] | None,
        typer.Option(
            envvar="SRBENCH_IMAGE",
            metavar="NAME,...",
            rich_help_panel=options.INPUT,
            callback=options.one_list,
            help="Images to show in a strip or triptych, one below the other.",
        ),
    ] = None,
    crop: Annotated[
        list[str] | None,
        typer.Option(
            envvar="SRBENCH_CROP",
            metavar="X,Y,W,H",
            rich_help_panel=options.INPUT,
            help="Region to enlarge: left, top, width, height in HR pixels; may be repeated, once for each image. "
            "Default: the most detailed region.",
        ),
    ] = None,
    methods: Annotated[
        list[str] | None,
        options.some_of(
            "methods",
            "-m",
            "figure",
            "SPEC,...",
            "Methods to show, in this order; HR, LR and input can be among them. Default: in a strip all, in a "
            "triptych the best.",
        ),
    ] = None,
    dataset: Annotated[
        list[str] | None,
        options.some_of(
            "dataset",
            "-d",
            "figure",
            "NAME,...",
            "Datasets to draw; default: all, and of an image the first that contains it.",
        ),
    ] = None,
    factor: Annotated[
        list[str] | None,
        options.some_of(
            "factor",
            "-f",
            "figure",
            "N,...",
            "Factors to draw; default: all, and of an image the first that has all the methods.",
        ),
    ] = None,
    protocol: Annotated[
        list[str] | None,
        options.some_of(
            "protocol",
            "-p",
            "figure",
            "SPEC,...",
            "Protocols to draw; default: all, and of an image the run's first.",
        ),
    ] = None,
    data: options.Data = None,
    _allow_pickle: options.AllowPickle = False,
    out: Annotated[
        Path | None,
        typer.Option(
            envvar="SRBENCH_FIGURE_OUT",
            metavar="FILE",
            rich_help_panel=options.OUTPUT,
            help="File to write, .png, .svg or .pdf; default: all three, in figures/ of the run folder.",
        ),
    ] = None,
    json: options.Json = False,
) -> None:
    """Draw a figure of a run, for a paper: PNG, SVG and PDF.

    Strips and triptychs show the images that `srbench run --save-images` saved. Without them the methods upscale the
    images again, provided that methods and images are unchanged.
    """
    from srbench.cli import console
    from srbench.reports import findings
    from srbench.reports.figures import making

    found = findings.load(run)
    wanted = making.wanted(
        found,
        kind=kind,
        metric=metric,
        images=image or (),
        crops=crop or (),
        methods=methods or (),
        datasets=dataset or (),
        factors=factor or (),
        protocols=protocol or (),
    )
    with console.only_results(json), console.progress() as tick:
        files = making.written(found, wanted, out, data, tick).files
    if json:
        console.print_json({"files": [str(file) for file in files]})
    else:
        for file in files:
            console.say(f"written: {file}")
