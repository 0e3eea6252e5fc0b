"""Any program that reads an image file and writes one: command:run="PROGRAM {input} {output}"."""

from __future__ import annotations

import shlex

from srbench.errors import Unsupported
from srbench.programs import Command, CommandLine, Format, program_method


def command(factor: int, run: CommandLine | None = None, format: Format = "png", version: str = "--version") -> Command:  # noqa: A002, ARG001 - as users type it; {factor} stands for it
    """Return the command that `run` says: `{input}`, `{output}`, `{factor}`, `{width}` and `{height}` are replaced.

    `format` is what LR is written as and SR is read as; `version`, the arguments that make the program print its
    version, or `none`.
    """
    if run is None:
        raise Unsupported('needs a command line: command:run="PROGRAM {input} {output}"')
    return Command(run.words, format, () if version == "none" else tuple(shlex.split(version)))


load, files, decided = program_method(command)
