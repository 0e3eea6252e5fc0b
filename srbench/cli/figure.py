"""`srbench figure`: figures for papers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from srbench.cli import options

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from srbench.quality.crops import Box
    from srbench.reports.findings import Findings

EXAMPLES = """
Examples:

srbench figure results/20260102-030405 --image butterfly --crop 60,80,64,64 --methods bicubic,espcn

srbench figure results/20260102-030405 --kind pareto --out pareto.pdf

srbench figure results/20260102-030405 --kind pareto --metric lpips
"""


def figure(  # noqa: PLR0913 - a command's options
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The run folder.")],
    kind: Annotated[
        Literal["strip", "pareto", "scores", "ranks", "curves"],
        typer.Option(
            envvar="SRBENCH_KIND",
            rich_help_panel=options.INPUT,
            help="strip: crops of one image, side by side; pareto: a metric against time; scores: that of every image; "
            "ranks: mean ranks; curves: training curves, and time against size.",
        ),
    ] = "strip",
    metric: Annotated[
        str,
        typer.Option(
            envvar="SRBENCH_FIGURE_METRIC",
            metavar="SPEC",
            rich_help_panel=options.INPUT,
            help="Metric to draw, of those of the run; default: its first, and in a strip all.",
        ),
    ] = "",
    image: Annotated[
        str,
        typer.Option(
            envvar="SRBENCH_IMAGE", metavar="NAME", rich_help_panel=options.INPUT, help="Image to show in a strip."
        ),
    ] = "",
    crop: Annotated[
        str,
        typer.Option(
            envvar="SRBENCH_CROP",
            metavar="X,Y,W,H",
            rich_help_panel=options.INPUT,
            help="Region to show in a strip: left, top, width, height in HR pixels; default: the most detailed region.",
        ),
    ] = "",
    methods: Annotated[
        list[str] | None,
        typer.Option(
            "--methods",
            "-m",
            envvar="SRBENCH_FIGURE_METHODS",
            metavar="SPEC,...",
            rich_help_panel=options.INPUT,
            callback=options.one_list,
            help="Methods to show in a strip; default: all of the run.",
        ),
    ] = None,
    dataset: Annotated[
        str,
        typer.Option(
            envvar="SRBENCH_FIGURE_DATASET",
            metavar="NAME",
            rich_help_panel=options.INPUT,
            help="Dataset to take the image from; default: the first that contains it.",
        ),
    ] = "",
    factor: Annotated[
        int | None,
        typer.Option(
            "--factor",
            "-f",
            envvar="SRBENCH_FIGURE_FACTOR",
            metavar="N",
            rich_help_panel=options.INPUT,
            show_default=False,
            help="Factor to show in a strip; default: the run's first.",
            parser=options.integer("--factor", 2),
        ),
    ] = None,
    protocol: Annotated[
        str,
        typer.Option(
            "--protocol",
            "-p",
            envvar="SRBENCH_FIGURE_PROTOCOL",
            metavar="NAME",
            rich_help_panel=options.INPUT,
            help="Protocol to show in a strip; default: the run's first.",
        ),
    ] = "",
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

    A strip shows the images that `srbench run --save-images` saved. Without them the methods upscale the image again,
    provided that methods and image are unchanged.
    """
    from srbench.cli import console
    from srbench.cli.run_folder_commands import check_output
    from srbench.datasets.stored_names import escaped
    from srbench.errors import UsageError
    from srbench.reports import findings
    from srbench.reports.figures import drawing
    from srbench.store.pictures import located

    if out is not None and out.suffix.lower()[1:] not in drawing.FORMATS:
        raise UsageError(f"--out is {out}, expected a file that ends with .png, .svg or .pdf")
    chosen: dict[str, Any] = {"--image": image, "--crop": crop, "--methods": methods, "--dataset": dataset}
    chosen |= {"--factor": factor, "--protocol": protocol}
    if kind != "strip" and (idle := [name for name, value in chosen.items() if value]):
        raise UsageError(f"{idle[0]} requires --kind strip; --kind {kind} draws the whole run")
    if kind == "curves" and metric:
        raise UsageError("--metric requires another --kind; --kind curves draws training and times")
    found = findings.load(run)
    found = found.led_by(metric) if metric else found
    check_output(found, out, data)
    if kind == "strip" and found.tables.scores.empty:
        raise UsageError("the run has no scores, so no images to show; --kind curves draws its times")
    if kind == "strip" and not image:
        names = ", ".join(dict.fromkeys(found.tables.scores["image"]))
        raise UsageError(f"--image is missing: --kind strip shows one image of {names}; other kinds need none")
    name = (f"strip-{escaped(image)}" if kind == "strip" else kind) + (f"-{escaped(metric)}" if metric else "")
    files = [out] if out else [located(found.folder / "figures", f"{name}.{suffix}") for suffix in drawing.FORMATS]
    with drawing.canvas():
        if kind == "strip":
            wanted = {"image": image, "dataset": dataset, "factor": factor, "protocol": protocol}
            drawn = _strip(found, wanted, methods, crop, data)
        else:
            drawn = _chart(kind, found)
        drawing.save(drawn, files)
    if json:
        console.print_json({"files": [str(file) for file in files]})
    else:
        for file in files:
            console.say(f"written: {file}")


def _chart(kind: str, found: Findings) -> Figure:
    from srbench.reports.figures import charts

    draw = {"pareto": charts.front, "scores": charts.scores, "ranks": charts.ranks, "curves": charts.curves}
    return draw[kind](found)


def _strip(found: Findings, wanted: dict[str, Any], methods: list[str] | None, crop: str, data: Path | None) -> Figure:
    from srbench import plan
    from srbench.quality.crops import detailed
    from srbench.reports.figures import sources, strip

    rows = sources.rows(found, wanted, plan.items(methods or []))
    images = sources.images(found, rows, data)
    hr = images.get("HR", images[rows[0].method])
    box = _box(crop, hr.shape[1], hr.shape[0]) if crop else detailed(hr, int(rows[0].factor))
    return strip.draw(strip.Strip(rows, images, box, found.named))


def _box(text: str, width: int, height: int) -> Box:
    """Parse `X,Y,W,H`, which must lie within the image."""
    from srbench.errors import UsageError
    from srbench.quality.crops import Box

    parts = text.split(",")
    if len(parts) != 4 or not all(part.strip().isdecimal() for part in parts):  # noqa: PLR2004 - X,Y,W,H
        raise UsageError(f"--crop is {text!r}, expected left,top,width,height in HR pixels, such as 60,80,64,64")
    box = Box(*map(int, parts))
    if not (box.width and box.height and box.x + box.width <= width and box.y + box.height <= height):
        raise UsageError(f"--crop is {text}, expected a region inside the image, which is {width}x{height} pixels")
    return box
