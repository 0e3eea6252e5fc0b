"""Options that several commands share, declared once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from srbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def _integer(option: str, least: int) -> Callable[[str], int]:
    """Return a parser of integers that says what it got; the one built into typer does not."""

    def parse(text: str) -> int:
        if not str(text).isdecimal() or int(text) < least:
            raise UsageError(f"{option} is {text!r}, expected one integer of at least {least}")
        return int(text)

    return parse


def _method_names(incomplete: str) -> list[str]:
    """Complete the last item of a comma list of methods."""
    from srbench.methods import registry

    return _continued(incomplete, registry())


def _dataset_names(incomplete: str) -> list[str]:
    """Complete the last item of a comma list of datasets."""
    from srbench.datasets import names

    return _continued(incomplete, names())


def _protocol_names(incomplete: str) -> list[str]:
    """Complete the last item of a comma list of protocols."""
    from srbench.quality.protocol import PROTOCOLS

    return _continued(incomplete, PROTOCOLS)


def _continued(incomplete: str, names: Iterable[str]) -> list[str]:
    done, comma, last = incomplete.rpartition(",")
    return [f"{done}{comma}{name}" for name in names if name.startswith(last)]


Methods: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--methods",
        "-m",
        envvar="SRBENCH_METHODS",
        metavar="SPEC,...",
        autocompletion=_method_names,
        help="Methods to compare: name[:key=value...]. `srbench methods` lists them.",
    ),
]
Method: TypeAlias = Annotated[
    str,
    typer.Option("--method", "-m", envvar="SRBENCH_METHOD", metavar="SPEC", help="The method: name[:key=value...]."),
]
Factors: TypeAlias = Annotated[
    list[str],
    typer.Option("--factor", "-f", envvar="SRBENCH_FACTOR", metavar="N,...", help="Upscaling factors."),
]
Factor: TypeAlias = Annotated[
    int,
    typer.Option(
        "--factor",
        "-f",
        envvar="SRBENCH_FACTOR",
        metavar="N",
        help="The upscaling factor.",
        parser=_integer("--factor", 2),
    ),
]
Datasets: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--datasets",
        "-d",
        envvar="SRBENCH_DATASETS",
        metavar="NAME,...",
        autocompletion=_dataset_names,
        help="Datasets, name[:split], or folders of images (written with a /). `srbench datasets` lists them.",
    ),
]
Protocols: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--protocol",
        "-p",
        envvar="SRBENCH_PROTOCOL",
        metavar="NAME,...",
        autocompletion=_protocol_names,
        help="How LR is made and SR is scored: srcnn, selfexsr, basicsr, ntire, article (docs/protocols.md).",
    ),
]
Protocol: TypeAlias = Annotated[
    str,
    typer.Option(
        "--protocol",
        "-p",
        envvar="SRBENCH_PROTOCOL",
        autocompletion=_protocol_names,
        help="How LR is made and SR is scored: srcnn, selfexsr, basicsr, ntire, article (docs/protocols.md).",
    ),
]
Device: TypeAlias = Annotated[
    str,
    typer.Option(
        "--device",
        envvar="SRBENCH_DEVICE",
        metavar="cpu|cuda|auto",
        help="Where to compute. auto: score on CUDA where there is one, time on CPU and CUDA.",
    ),
]
Jobs: TypeAlias = Annotated[
    int,
    typer.Option(
        "--jobs",
        "-j",
        envvar="SRBENCH_JOBS",
        metavar="N",
        help="Processes that score in parallel; never timing.",
        parser=_integer("--jobs", 1),
    ),
]
Plugins: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option(
        "--plugin", envvar="SRBENCH_PLUGIN", metavar="FILE", help="A Python file with a method; may be repeated."
    ),
]
Data: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--data", envvar="SRBENCH_DATA", metavar="DIR", help="Folder that holds the datasets, or receives downloads."
    ),
]
Json: TypeAlias = Annotated[bool, typer.Option("--json", envvar="SRBENCH_JSON", help="Print JSON instead of tables.")]
