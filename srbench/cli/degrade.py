"""`srbench degrade`: the LR images of a protocol, as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from srbench.cli import options


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
            metavar="NAME",
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
    """Write the LR images of a protocol: `STEMx3.png`, or float32 `STEMx3.npy` under srcnn.

    Example: srbench degrade Set5/HR/*.bmp --factor 3 --protocol basicsr --out LR
    """
    import numpy as np

    from srbench import plan
    from srbench.cli import console
    from srbench.opening import check_target
    from srbench.quality import protocol as protocols
    from srbench.quality.files import read_image, write_image

    chosen = protocols.get(protocol)
    factors = plan.factors(factor)
    sources = _sources(files)
    out.mkdir(parents=True, exist_ok=True)
    with console.progress() as tick:
        for number, source in enumerate(sources, 1):
            hr = read_image(source)
            for each in factors:
                lr = chosen.degrade(hr, each)
                target = out / f"{source.stem}x{each}"
                check_target(target.with_name(f"{target.name}.npy"))
                if lr.dtype == np.uint8:
                    write_image(target.with_name(f"{target.name}.png"), lr)
                else:
                    np.save(target.with_name(f"{target.name}.npy"), lr.astype(np.float32))
            tick("degrading", number, len(sources))


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
