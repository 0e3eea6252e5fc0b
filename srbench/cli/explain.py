"""`srbench explain`: which convention gives a printed number."""

from __future__ import annotations

from typing import Annotated

import typer

from srbench.cli import options

EXAMPLES = """
Examples:

srbench explain --hr Set5/HR --sr results/RCAN --factor 3 --claimed 34.74

srbench explain --hr Set5/HR --sr results/RCAN --factor 3 --claimed 34.74 --claimed-ssim 0.9299 --lr Set5/LR_x3
"""


def explain(  # noqa: PLR0913 - a command's options
    hr: options.Hr,
    sr: options.OneSr,
    factor: options.Factor = 3,
    claimed: Annotated[
        str | None,
        typer.Option(
            envvar="SRBENCH_CLAIMED",
            metavar="DB",
            rich_help_panel=options.INPUT,
            help="PSNR in dB to explain, with all digits that are printed.",
        ),
    ] = None,
    claimed_ssim: options.ClaimedSsim = None,
    lr: options.Lr = None,
    conventions: options.Conventions = None,
    json: options.Json = False,
) -> None:
    """Find out which convention gives a printed PSNR or SSIM of SR images, and why a score does not match.

    A convention is how a code base computes PSNR and SSIM: on luma or RGB, rounded or not, with how many pixels cut
    from each side. Exit code 0 if a known one gives the number, 1 if none does.
    """
    from srbench import datasets
    from srbench.cli import console
    from srbench.diagnosis.claim import claim
    from srbench.diagnosis.explaining import explain
    from srbench.reports import terminal
    from srbench.run_options import one_sr

    number = claim(claimed, claimed_ssim)
    with console.progress() as tick:
        reference = datasets.reference(hr, factor, tick)
        made, low = datasets.open_folder(one_sr(sr)), datasets.open_folder(lr) if lr else None
        for each in filter(None, (reference, made, low)):
            console.note_ignored(each)
        found = explain(reference, made, factor, number, lr=low, files=conventions or (), tick=tick)
    if json:
        console.print_json(found.facts)
    else:
        terminal.show_explanation(console.out, found)
    raise typer.Exit(int(not found.fitting))
