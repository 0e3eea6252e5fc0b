"""`srbench upscale`: one method on one's own images."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from srbench.cli import options


def upscale(  # noqa: PLR0913 - a command's options
    source: Annotated[Path, typer.Argument(metavar="IN", help="Image to upscale, or a folder of images.")],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="Image file, or folder, to write.")],
    method: options.Method = "espcn",
    factor: options.Factor = 3,
    device: options.Device = "auto",
    plugin: options.Plugins = None,
    _allow_pickle: options.AllowPickle = False,
) -> None:
    """Upscale an image, or every image in a folder.

    Example: srbench upscale small.png large.png --method espcn --factor 3
    """
    from srbench import plan
    from srbench.cli import console
    from srbench.contract import upscale as enlarge
    from srbench.errors import SrbenchError
    from srbench.execution import loading
    from srbench.quality.files import read_image, write_image

    choice = loading.chosen(method, plan.absolute(plugin or []))
    pairs = _pairs(source, target)
    with loading.blamed_on(choice.spec):
        upscaler = loading.load(choice, factor, loading.device_of(choice, plan.device(device), [factor]))
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    failed = 0
    with console.progress() as tick:
        for number, (file, result) in enumerate(pairs, 1):
            try:
                image = read_image(file)
                with loading.blamed_on(choice.spec, file):
                    enlarged = enlarge(upscaler, image, factor)
                write_image(result, enlarged)
            except SrbenchError as error:
                if not source.is_dir():
                    raise
                failed += 1
                console.note(f"srbench: {error}")
            tick("upscaling", number, len(pairs))
    raise typer.Exit(int(failed > 0))


def _pairs(source: Path, target: Path) -> list[tuple[Path, Path]]:
    """Return what to read and where to write it; files of a folder keep their stems and become PNG.

    Nothing is written over: neither a source, nor one result by another.
    """
    from srbench import datasets
    from srbench.errors import UsageError

    if not source.is_dir():
        if source.resolve() == target.resolve():
            raise UsageError(f"{target} is the input image and would be overwritten; choose another OUT")
        return [(source, target)]
    sources = [entry.path for entry in datasets.open_folder(source).images]
    originals = {path.resolve() for path in sources}
    found: dict[Path, Path] = {}
    for path in sources:
        result = target / f"{path.stem}.png"
        if result in found:
            raise UsageError(f"{found[result]} and {path} would both be written as {result}; use two commands")
        if result.resolve() in originals:
            raise UsageError(f"the result of {path} would overwrite the input image {result}; choose another OUT")
        found[result] = path
    return [(path, result) for result, path in found.items()]
