"""Any program that reads an image file and writes one: command:run="PROGRAM {input} {output}"."""

from __future__ import annotations

from srbench.errors import Unsupported
from srbench.programs import Arguments, Command, CommandLine, Format, program_method

_VERSION = Arguments("--version")


def command(
    factor: int,  # noqa: ARG001 - {factor} stands for it
    run: CommandLine | None = None,
    format: Format = "png",  # noqa: A002 - as users type it
    version: Arguments = _VERSION,
) -> Command:
    """Return the command that `run` says: `{input}`, `{output}`, `{factor}`, `{width}` and `{height}` are replaced.

    `format` is what LR is written as and SR is read as; `version`, the arguments that make the program print its
    version, or `none`.
    """
    if run is None:
        raise Unsupported('needs a command line: command:run="PROGRAM {input} {output}"')
    return Command(run.words, format, () if version == "none" else version.words)


load, files, decided = program_method(command)
