"""A command line made into a method: its options, the files that decide, its version, its upscaler."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from srbench import method_options
from srbench.programs import identity
from srbench.programs.command import Command
from srbench.programs.upscaler import TAKES, ProgramUpscaler

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    Given: TypeAlias = Command | str | Sequence[str]


class ProgramMethod(NamedTuple):
    """What a method's module must hold, under these names."""

    load: Callable[..., ProgramUpscaler]
    files: Callable[..., list[Path]]
    decided: Callable[..., dict[str, str]]


def program_method(command: Callable[..., Given]) -> ProgramMethod:
    """Return `load`, `files` and `decided` of a method that runs a program once for each image.

    The program's file, files among its arguments, and its version line go into the key of each result.

    Args:
        command: returns, for a factor and its options, which are those of the method, a `Command`, a command line,
            or a list of words: the program and its arguments, with `{input}`, `{output}`, `{factor}`, `{width}` and
            `{height}` (of SR) for what each image decides. It raises `Unsupported` for what cannot be done.

    """

    def load(factor: int, device: str, **options: Any) -> ProgramUpscaler:  # noqa: ANN401, ARG001 - those of `command`
        made = Command.of(command(factor, **options))
        identity.file_of(made.at(factor)[0])
        return ProgramUpscaler(made, factor)

    def files(factor: int, **options: Any) -> list[Path]:  # noqa: ANN401 - as above
        made = Command.of(command(factor, **options))
        return identity.files_of(made.at(factor), made.files)

    def decided(factor: int, **options: Any) -> dict[str, str]:  # noqa: ANN401 - as above
        made = Command.of(command(factor, **options))
        program = made.at(factor)[0]
        return {"program": program, "version": identity.version_of(program, made.version)}

    load.__doc__ = "Return the upscaler: LR as a file, the program, SR from a file."
    load.takes = TAKES  # type: ignore[attr-defined] # what `srbench methods show` prints
    load.__wrapped__ = command  # type: ignore[attr-defined] # whose names its annotations are resolved among
    load.__signature__ = _signature(command)  # type: ignore[attr-defined] # what the command line offers
    return ProgramMethod(load, files, decided)


def _signature(command: Callable[..., Given]) -> inspect.Signature:
    """Return the signature that tells the command line which options there are."""
    given = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in ("factor", "device")]
    options = method_options.named(command).values()
    return inspect.Signature([*given, *(each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in options)])
