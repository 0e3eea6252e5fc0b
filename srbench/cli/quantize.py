"""`srbench quantize`: the weights of a method as 8-bit integers, for `precision=int8`."""

from __future__ import annotations

from typing import Annotated

import typer

from srbench.cli import options

EXAMPLES = """
Examples:

srbench quantize espcn:activation=relu --factor 3

srbench quantize espcn:weights=training/mine/weights.safetensors --factor 3 --datasets t91,./photos/
"""


def quantize(  # noqa: PLR0913 - a command's options
    method: options.MethodArgument,
    factor: options.Factor = 3,
    datasets: Annotated[
        str,
        typer.Option(
            "--datasets",
            "-d",
            envvar="SRBENCH_QUANTIZE_DATASETS",
            metavar="NAME,...",
            rich_help_panel=options.INPUT,
            autocompletion=options.dataset_names,
            help="Training images, which choose the ranges of values: datasets, or folders, written with a /.",
        ),
    ] = "t91",
    data: options.Data = None,
    plugin: options.Plugins = None,
    json: options.Json = False,
) -> None:
    """Quantise the weights of a method to 8-bit integers, for `precision=int8`.

    The file is written beside the weights, with the suffix .int8. It says of which weights it is, and which images
    chose the ranges of values: training images, never test images.
    """
    from srbench.cli import console
    from srbench.plugins import import_module

    with console.only_results(json), console.progress() as tick:
        tick("preparing", 0, 0)  # importing torch takes seconds
        quantizing = import_module("srbench.training.quantizing")  # needs torch
        made = quantizing.quantise(method, factor, datasets, plugins=plugin or (), data_folder=data, tick=tick)
    if json:
        console.print_json({"path": str(made.path), "psnr": {"float32": made.float32, "int8": made.int8}})
        return
    console.say(f"wrote {made.path}")
    console.say(f"{datasets}: {made.float32:.2f} dB, in integers {made.int8 - made.float32:+.3f} dB")
    console.say(f"srbench run --methods {method},{method}:precision=int8 --factor {factor}")
