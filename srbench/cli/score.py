"""`srbench score`: existing SR images."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from srbench.cli import options


def score(  # noqa: PLR0913 - a command's options
    hr: Annotated[
        Path,
        typer.Option(
            envvar="SRBENCH_HR", metavar="DIR", rich_help_panel=options.INPUT, help="Folder of the ground truth."
        ),
    ],
    sr: Annotated[
        Path,
        typer.Option(
            envvar="SRBENCH_SR", metavar="DIR", rich_help_panel=options.INPUT, help="Folder of the SR images."
        ),
    ],
    factor: options.Factor = 3,
    protocol: options.Protocols = ["basicsr"],  # noqa: B006 - typer copies it
    metrics: options.Metrics = ["psnr", "ssim"],  # noqa: B006
    name: Annotated[
        str,
        typer.Option(
            envvar="SRBENCH_NAME",
            metavar="NAME",
            rich_help_panel=options.INPUT,
            help="Name of the method; by default that of the SR folder.",
        ),
    ] = "",
    out: Annotated[
        Path | None,
        typer.Option(
            envvar="SRBENCH_OUT",
            metavar="DIR",
            rich_help_panel=options.OUTPUT,
            help="Run folder to write; by default none.",
        ),
    ] = None,
    plugin: options.Plugins = None,
    json: options.Json = False,
) -> None:
    """Score existing SR images against their HR images.

    Files are paired by name: baby.bmp with baby.png, baby_RCAN_x3.png or babyx3.png, img_001_SRF_4_HR.png with
    img_001_SRF_4_EDSR.png. An unpaired or ambiguous file, or a name that says another factor, is an error.

    Example: srbench score --hr Set5/HR --sr results/RCAN --factor 3 --metrics psnr,ssim,lpips
    """
    from srbench import datasets, plan
    from srbench.cli import console
    from srbench.cli.run_folder_commands import exit_code, reported
    from srbench.errors import UsageError
    from srbench.execution import precomputed
    from srbench.formats.strict_json import records
    from srbench.methods import RESERVED
    from srbench.printable import printable
    from srbench.reports import terminal

    reference, made = datasets.open_folder(hr), datasets.open_folder(sr)
    for each in (reference, made):
        console.note_ignored(each)
    what = plan.Plan(
        methods=(printable(name) or made.name,),
        factors=(factor,),
        datasets=(reference.name,),
        protocols=plan.items(protocol),
        metrics=plan.items(metrics),
        plugins=plan.absolute(plugin or ()),
        timing=False,
    )
    if what.methods[0] in RESERVED:
        raise UsageError(f"{what.methods[0]!r} is a reserved method name; give another with --name")
    with console.progress() as tick:
        tick("scoring", 0, 0)
        tables, info = precomputed.run(what, reference, made, out)
    found = reported(tables, out, info=info)
    if json:
        console.print_json({"scores": records(tables.scores), "summary": records(tables.summary)})
    else:
        terminal.show_images(console.out, tables.scores, found.metrics)
        terminal.show(console.out, found)
    raise typer.Exit(exit_code(tables))
