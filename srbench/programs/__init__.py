"""The door for programs: a command line that reads an image file and writes one becomes a method.

::

    from srbench.programs import program_method

    def command(factor, noise: int = 0):
        return f"my-upscaler -i {{input}} -o {{output}} -s {factor} -n {noise}"

    load, files, decided = program_method(command)

`docs/programs.md` says what a command line may hold, and what is made of the file that a program writes.
"""

from srbench.programs.command import Arguments, Command, CommandLine, Format
from srbench.programs.identity import first_of, networks_beside
from srbench.programs.method import ProgramMethod, program_method

__all__ = [
    "Arguments",
    "Command",
    "CommandLine",
    "Format",
    "ProgramMethod",
    "first_of",
    "networks_beside",
    "program_method",
]
