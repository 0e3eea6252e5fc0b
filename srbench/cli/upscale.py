"""`srbench upscale`: one method on one's own images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli import options

if TYPE_CHECKING:
    from srbench.quality.image import Image


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

    Colour profile and resolution are kept where the format holds them. No image that is read is written over.

    Example: srbench upscale small.png large.png --method espcn --factor 3
    """
    from srbench import methods, plan
    from srbench.cli import console
    from srbench.contract import upscale as enlarge
    from srbench.errors import SrbenchError
    from srbench.execution import loading

    plugins = plan.absolute(plugin or [])
    methods.check_names([method], map(Path, plugins))
    choice = loading.chosen(method, plugins)
    pairs = _pairs(source, target)
    single = None if source.is_dir() else _fitting(*pairs[0], factor)  # before anything slow
    with loading.blamed_on(choice.spec):
        upscaler = loading.load(choice, factor, loading.device_of(choice, plan.device(device), [factor]))
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    failed = 0
    with console.progress() as tick:
        for number, (file, result) in enumerate(pairs, 1):
            try:
                image = _fitting(file, result, factor) if single is None else single
                with loading.blamed_on(choice.spec, file):
                    enlarged = enlarge(upscaler, image, factor)
                _write(file, result, enlarged)
            except SrbenchError as error:
                if not source.is_dir():
                    raise
                failed += 1
                console.note(f"srbench: {error}")
            tick("upscaling", number, len(pairs))
    raise typer.Exit(int(failed > 0))


def _fitting(file: Path, result: Path, factor: int) -> Image:
    """Read an image whose SR the format of the result can hold."""
    from srbench.quality.files import check_fits, read_image

    image = read_image(file)
    check_fits(result, (image.shape[0] * factor, image.shape[1] * factor, *image.shape[2:]))
    return image


def _write(file: Path, result: Path, sr: Image) -> None:
    """Write SR with the colour profile and the resolution of its source, and say what the format cannot hold."""
    from srbench.cli import console
    from srbench.quality.files import format_of, write_image
    from srbench.quality.image import channels
    from srbench.quality.metadata import read_metadata

    metadata = read_metadata(file)
    write_image(result, sr, metadata)
    if lost := metadata.lost(format_of(result)):
        console.note(f"srbench: {result}: {format_of(result)} files do not hold the {lost} of {file}; write a .png")
    elif space := metadata.misfit(channels(sr)):
        console.note(f"srbench: {result}: written without the colour profile of {file}, which is for {space} pixels")


def _pairs(source: Path, target: Path) -> list[tuple[Path, Path]]:
    """Return what to read and where to write it; files of a folder keep their stems and become PNG.

    Nothing is written over: neither a source, nor one result by another.
    """
    from srbench import datasets
    from srbench.errors import UsageError
    from srbench.outputs import protect
    from srbench.quality.files import format_of

    if not source.is_dir():
        if target.is_dir() or not target.parent.is_dir():
            what = f"{target} is a folder" if target.is_dir() else f"there is no folder {target.parent}"
            raise UsageError(f"{what}; expected an image file to write, in a folder that exists")
        format_of(target)
        protect([source], [target])
        return [(source, target)]
    sources = [entry.path for entry in datasets.open_folder(source).images]
    found: dict[Path, Path] = {}
    for path in sources:
        result = target / f"{path.stem}.png"
        if result in found:
            raise UsageError(f"{found[result]} and {path} would both be written as {result}; use two commands")
        found[result] = path
    protect(sources, found)
    return [(path, result) for result, path in found.items()]
