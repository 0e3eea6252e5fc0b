"""`srbench score`: existing SR images."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from srbench.cli import options

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from srbench.datasets import Dataset
    from srbench.diagnosis.images import Tick


def score(  # noqa: PLR0913 - a command's options
    hr: options.Hr,
    sr: options.Sr,
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
    explain: Annotated[
        str | None,
        typer.Option(
            envvar="SRBENCH_EXPLAIN",
            metavar="DB",
            rich_help_panel=options.INPUT,
            help="PSNR that is printed of these images; the report says which convention gives it.",
        ),
    ] = None,
    claimed_ssim: options.ClaimedSsim = None,
    lr: options.Lr = None,
    conventions: options.Conventions = None,
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
    reported: options.Reported = False,
    json: options.Json = False,
) -> None:
    """Score existing SR images against their HR images.

    Files are paired by name: baby.bmp with baby.png, baby_RCAN_x3.png or babyx3.png, img_001_SRF_4_HR.png with
    img_001_SRF_4_EDSR.png. An unpaired or ambiguous file, or a name that says another factor, is an error.

    Example: srbench score --hr Set5/HR --sr results/RCAN --factor 3 --metrics psnr,ssim,lpips
    """
    from srbench import datasets, plan
    from srbench.cli import console, run_folder_commands
    from srbench.errors import UsageError
    from srbench.execution import precomputed
    from srbench.formats.strict_json import records
    from srbench.methods import RESERVED
    from srbench.printable import printable
    from srbench.reports import terminal

    asked = _Asked(factor, explain, claimed_ssim, lr, conventions or ())
    with console.progress() as tick:
        reference = datasets.reference(hr, factor, tick)
    made = datasets.open_folder(sr)
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
        further = partial(asked.explained, reference, made, tick)
        tables, info = precomputed.run(what, reference, made, out, further)
    found = run_folder_commands.reported(tables, out, reported=reported, info=info)
    if json:
        told: dict[str, Any] = {"explanation": found.explanation.facts} if found.explanation else {}
        told |= {"reported": records(found.paper_rows)} if reported else {}
        console.print_json({"scores": records(tables.scores), "summary": records(tables.summary), **told})
    else:
        terminal.show_images(console.out, tables.scores, found.metrics)
        terminal.show(console.out, found)
    raise typer.Exit(
        run_folder_commands.exit_code(tables) or int(asked.claim is not None and found.explanation is None)
    )


class _Asked:
    """What is to be explained of the images, if anything."""

    def __init__(
        self, factor: int, psnr: str | None, ssim: str | None, lr: Path | None, conventions: Sequence[Path]
    ) -> None:
        """Read the options.

        Raises:
            UsageError: they are no claim.

        """
        from srbench.diagnosis.claim import claim
        from srbench.errors import UsageError

        self.claim = None if psnr is ssim is None else claim(psnr, ssim, "--explain")
        if self.claim is None and (lr or conventions):
            raise UsageError("--lr and --conventions belong to a number to explain; give --explain, such as 34.74")
        self.factor, self.lr, self.conventions = factor, lr, conventions

    def explained(self, hr: Dataset, sr: Dataset, tick: Tick, info: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what run.json is to say; where something prevents that, it is printed, and nothing is said."""
        from srbench import datasets
        from srbench.cli import console
        from srbench.diagnosis.explaining import explain
        from srbench.diagnosis.explanation import to_json
        from srbench.errors import SrbenchError

        if self.claim is None:
            return {}
        try:
            lr = datasets.open_folder(self.lr) if self.lr else None
            found = explain(hr, sr, self.factor, self.claim, lr=lr, files=self.conventions, tick=tick)
        except SrbenchError as error:
            console.note(f"srbench: {self.claim} is not explained: {error}")
            return to_json(None, info)
        return to_json(found, info)
