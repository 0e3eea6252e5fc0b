"""`srbench upscale`: one method on one's own images."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from srbench.cli import options


def upscale(  # noqa: PLR0913 - a command's options
    source: Annotated[Path, typer.Argument(metavar="IN", help="The image to enlarge, or a folder of images.")],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="The image file, or folder, to write.")],
    method: options.Method = "espcn",
    factor: options.Factor = 3,
    device: options.Device = "auto",
    plugin: options.Plugins = None,
) -> None:
    """Enlarge an image, or every image of a folder, and write it as a file.

    Example: srbench upscale small.png large.png --method espcn --factor 3
    """
    from srbench.cli import console
    from srbench.contract import upscale as enlarge
    from srbench.errors import SrbenchError
    from srbench.quality.files import read_image, write_image
    from srbench.runs import plan, scoring

    what = plan.Plan((method,), factors=(factor,), device=plan.device(device), plugins=plan.absolute(plugin or []))
    (choice,) = scoring.crew(what)
    upscaler = scoring.load(choice, factor, scoring.device_of(choice, what))
    pairs = _pairs(source, target)
    failed = 0
    with console.progress() as tick:
        for number, (file, result) in enumerate(pairs, 1):
            try:
                write_image(result, enlarge(upscaler, read_image(file), factor))
            except SrbenchError as error:
                if len(pairs) == 1:
                    raise
                failed += 1
                console.notes.print(f"srbench: {error}", highlight=False, soft_wrap=True, markup=False)
            tick("upscaling", number, len(pairs))
    raise typer.Exit(int(failed > 0))


def _pairs(source: Path, target: Path) -> list[tuple[Path, Path]]:
    """Return what to read and where to write it; files of a folder keep their stems and become PNG."""
    from srbench import datasets

    if not source.is_dir():
        return [(source, target)]
    target.mkdir(parents=True, exist_ok=True)
    return [(entry.path, target / f"{entry.path.stem}.png") for entry in datasets.open_folder(source).images]
