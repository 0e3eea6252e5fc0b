"""`srbench upscale`: one method on one's own images."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from srbench.cli import options

EXAMPLES = """
Examples:

srbench upscale small.png large.png --factor 2

srbench upscale photos/ large/ --format jpg --memory 4GiB

srbench upscale a.jpg b.jpg large/ --width 3840 --method model.onnx
"""

Format = Annotated[
    str,
    typer.Option(
        "--format",
        envvar="SRBENCH_UPSCALE_FORMAT",
        metavar="SUFFIX",
        rich_help_panel=options.OUTPUT,
        help="Format to write: png, jpg, webp, tiff and others, or same as each source. Default: by the suffix of OUT; "
        "png in a folder.",
        show_default=False,
    ),
]
Width = Annotated[
    int | None,
    typer.Option(
        "--width",
        envvar="SRBENCH_UPSCALE_WIDTH",
        metavar="PIXELS",
        rich_help_panel=options.OUTPUT,
        help="Width to resize SR to, its proportions kept.",
        parser=options.integer("--width", 1),
    ),
]
Height = Annotated[
    int | None,
    typer.Option(
        "--height",
        envvar="SRBENCH_UPSCALE_HEIGHT",
        metavar="PIXELS",
        rich_help_panel=options.OUTPUT,
        help="Height to resize SR to, its proportions kept.",
        parser=options.integer("--height", 1),
    ),
]
Size = Annotated[
    str | None,
    typer.Option(
        "--size",
        envvar="SRBENCH_UPSCALE_SIZE",
        metavar="WIDTHxHEIGHT",
        rich_help_panel=options.OUTPUT,
        help="Size to resize SR to, exactly, such as 1280x720.",
    ),
]
Resampler = Annotated[
    str,
    typer.Option(
        "--resampler",
        envvar="SRBENCH_UPSCALE_RESAMPLER",
        metavar="NAME",
        rich_help_panel=options.OUTPUT,
        help="Filter of Pillow that resizes SR: lanczos, bicubic, bilinear, box or nearest.",
    ),
]


def upscale(  # noqa: PLR0913 - a command's options
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="IN... OUT",
            help="Images to upscale, or folders of images, and the image file to write, or a folder, written with a /.",
            show_default=False,
        ),
    ],
    method: options.Method = "espcn",
    factor: options.Factor = 3,
    plugin: options.Plugins = None,
    _allow_pickle: options.AllowPickle = False,
    memory: options.TileMemory = 0,
    device: options.ComputeDevice = "auto",
    threads: options.ComputeThreads = 0,
    format: Format = "",  # noqa: A002 - the option's name
    width: Width = None,
    height: Height = None,
    size: Size = None,
    resampler: Resampler = "lanczos",
    json: options.Json = False,
) -> None:
    """Upscale images, or every image in a folder, by one method.

    Networks work in tiles that fit into memory, and give the pixels of the whole image. Transparency, colour profile,
    EXIF and resolution are kept where the format holds them. Files that exist are replaced, but no image that is read.
    Folders in folders are left out.

    Exit code 0: all images are upscaled. 1: one or more of several failed; the others are written. 2: bad arguments, or
    the only image failed.
    """
    from srbench.cli import console
    from srbench.errors import UsageError
    from srbench.upscaling import files, targets
    from srbench.upscaling.image_worker import Asked
    from srbench.upscaling.size import size as parsed

    *sources, out = paths
    if not sources:
        raise UsageError("Missing argument 'OUT'; see srbench upscale --help")
    asked = Asked(method, factor, parsed(size, width, height, resampler), tuple(map(str, plugin or [])), device, memory)
    with console.progress() as tick:
        done = files.upscale(sources, out, asked, kind=format, threads=threads, watch=tick)
    left_out = targets.left_out([Path(source) for source in sources], Path(out))
    for line in left_out:
        console.note(f"srbench: {line}")
    for each in done:
        if each.error:
            console.note(f"srbench: {each.error}")
        for note in each.notes:
            console.note(f"srbench: {each.target}: {note}")
    failed = sum(bool(each.error) for each in done)
    if json:
        images = [each.facts for each in done]
        resized = resampler if asked.size.is_asked else None
        console.print_json(
            {
                "method": method,
                "factor": factor,
                "resampler": resized,
                "images": images,
                "failed": failed,
                "left_out": left_out,
            }
        )
    else:
        console.say(files.summary(done, asked, out))
    raise typer.Exit(int(failed > 0))
