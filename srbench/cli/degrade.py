"""`srbench degrade`: the LR images of a protocol, as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli import options

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from srbench.errors import SrbenchError
    from srbench.quality.image import Image
    from srbench.quality.metadata import Metadata
    from srbench.quality.protocol import Protocol


def degrade(
    files: Annotated[list[Path], typer.Argument(metavar="FILES...", help="HR images, or folders of them.")],
    *,
    factor: options.Factors = ["3"],  # noqa: B006 - typer copies it
    protocol: Annotated[
        str,
        typer.Option(
            "--protocol",
            "-p",
            envvar="SRBENCH_DEGRADE_PROTOCOL",
            metavar="SPEC",
            rich_help_panel=options.INPUT,
            autocompletion=options.protocol_names,
            help=options.PROTOCOL_HELP,
        ),
    ] = "basicsr",
    out: Annotated[
        Path,
        typer.Option(
            envvar="SRBENCH_DEGRADE_OUT", metavar="DIR", rich_help_panel=options.OUTPUT, help="Folder for LR images."
        ),
    ],
) -> None:
    """Write the LR images of a protocol: `STEMx3.png`, or float32 `STEMx3.npy` where LR is luma, as under srcnn.

    Colour profile and resolution are kept in PNG. No image that is read is written over.

    Example: srbench degrade Set5/HR/*.bmp --factor 3 --protocol basicsr:lr=bd --out LR
    """
    from srbench import plan
    from srbench.cli import console
    from srbench.errors import Unsupported, UsageError
    from srbench.outputs import protect
    from srbench.quality import protocols

    chosen = protocols.get(protocol)
    if chosen.given or not chosen.has_hr:
        what = "it is given; choose another lr=" if chosen.given else "choose one that does, such as basicsr"
        raise UsageError(f"protocol {chosen.name} makes no LR: {what}")
    factors = plan.factors(factor)
    sources = _sources(files)
    suffix = "png" if chosen.lr_dtype == "uint8" else "npy"
    targets = {source: {each: out / f"{source.stem}x{each}.{suffix}" for each in factors} for source in sources}
    protect(sources, [target for each in targets.values() for target in each.values()])
    out.mkdir(parents=True, exist_ok=True)
    failed = 0
    with console.progress() as tick:
        for number, source in enumerate(sources, 1):
            errors = list(_failures(source, targets[source], chosen))
            alone = errors.pop() if errors and len(sources) == 1 else None
            for error in errors:
                console.note(f"srbench: {f'{source}: ' * isinstance(error, Unsupported)}{error}")
            if alone:
                raise alone
            failed += bool(errors)
            tick("degrading", number, len(sources))
    raise typer.Exit(int(failed > 0))


def _failures(source: Path, targets: Mapping[int, Path], protocol: Protocol) -> Iterator[SrbenchError]:
    """Write the LR image of each factor; yield why one cannot be made, and go on with the others."""
    from srbench.errors import ImageError, SrbenchError
    from srbench.quality.files import read_image
    from srbench.quality.metadata import read_metadata

    try:
        hr = read_image(source)
    except ImageError as error:
        yield error
        return
    metadata = read_metadata(source)._replace(exif=b"")  # LR is no photograph any more
    for factor, target in targets.items():
        try:
            _write(target, protocol.degrade(hr, factor), metadata)
        except SrbenchError as error:
            yield error


def _write(target: Path, lr: Image, metadata: Metadata) -> None:
    """Write LR: 8-bit with the colour profile and the resolution of its source, or float32."""
    import numpy as np

    from srbench.quality.files import write_array, write_image

    if lr.dtype == np.uint8:
        write_image(target, lr, metadata)
    else:
        write_array(target, lr)


def _sources(files: list[Path]) -> list[Path]:
    """Return the image files meant; two that would be written under one name are refused."""
    from srbench import datasets
    from srbench.errors import UsageError

    found: dict[str, Path] = {}
    for file in files:
        for path in [entry.path for entry in datasets.open_folder(file).images] if file.is_dir() else [file]:
            if path.stem in found and found[path.stem] != path:
                raise UsageError(
                    f"{found[path.stem]} and {path} would both be written as {path.stem}x*; use two commands"
                )
            found[path.stem] = path
    return list(found.values())
