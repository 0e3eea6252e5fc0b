"""A command line with placeholders: `convert {input} -resize {width}x{height}! {output}`, split without a shell."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from string import Formatter
from typing import TYPE_CHECKING, Literal, Self, TypeAlias

from srbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

Format: TypeAlias = Literal["png", "bmp", "tiff", "ppm", "jpeg", "webp"]
"""What LR is written as, and SR is read as; JPEG loses, the others do not."""

PLACEHOLDERS = ("input", "output", "factor", "width", "height")
_NEEDED = ("input", "output")
_SHELL = ("|", "||", "&", "&&", ";", ">", ">>", "<", "2>", "2>&1")
"""Words that only a shell understands."""


class Arguments(str):
    """Words as they are typed; an option of a method that has this type is checked when it is given.

    Quotes and backslashes group them as in a shell, and nothing else does what it does there.
    """

    __slots__ = ("words",)

    words: tuple[str, ...]

    def __new__(cls, text: str) -> Self:
        """Split `text`.

        Raises:
            UsageError: a quote is left open.

        """
        line = super().__new__(cls, text)
        try:
            line.words = tuple(shlex.split(text))
        except ValueError as error:
            raise UsageError(f"cannot read the command line {text!r}: {error}") from error
        return line


class CommandLine(Arguments):
    """A program and its arguments, with placeholders; `{{` and `}}` stand for braces."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Split `text`.

        Raises:
            UsageError: as `Arguments`, or a placeholder is unknown, `{input}` or `{output}` is missing, or a word is
                for a shell.

        """
        line = super().__new__(cls, text)
        check(line.words)
        return line


@dataclass(frozen=True)
class Command:
    """How a program is called, and what it exchanges.

    Raises:
        UsageError: as `CommandLine`.

    """

    words: tuple[str, ...]
    """The program and its arguments, with placeholders."""
    format: Format = "png"
    version: tuple[str, ...] = ("--version",)
    """The arguments with which it prints its version; empty if it has none."""
    files: tuple[Path, ...] = ()
    """Files that its output depends on, besides those that are arguments."""
    remark: str = ""
    """What each result should say about how it was made."""
    by_design: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What `srbench check` finds of it that is no mistake: the reason, by the name of the check."""

    def __post_init__(self) -> None:
        """Refuse what cannot be run."""
        check(self.words)

    @classmethod
    def of(cls, given: Command | str | Sequence[str]) -> Command:
        """Return a command given as such, as a command line, or as a list of words."""
        if isinstance(given, Command):
            return given
        return cls(CommandLine(given).words if isinstance(given, str) else tuple(map(str, given)))

    @property
    def program(self) -> str:
        """Return the name or the path of the program."""
        return self.words[0]

    def at(self, factor: int) -> list[str]:
        """Return the words at a factor, as far as they are known before there is an image."""
        later = {name: f"{{{name}}}" for name in PLACEHOLDERS}
        return self.filled(**later | {"factor": factor})

    def filled(self, **values: object) -> list[str]:
        """Return the words with each placeholder replaced; a value never becomes two words."""
        return [word.format(**values) for word in self.words]


def check(words: Sequence[str]) -> None:
    """Refuse words that make no command.

    Raises:
        UsageError: as `CommandLine`.

    """
    line = " ".join(words)
    if not words:
        raise UsageError("got an empty command line, expected a program with the arguments {input} and {output}")
    for word in words:
        if word in _SHELL:
            raise UsageError(f"{word!r} in the command line {line!r} is for a shell, and none runs it; write a script")
    found = {name for word in words for name in _placeholders(word, line)}
    for name in _NEEDED:
        if name not in found:
            raise UsageError(f"the command line {line!r} has no {{{name}}}; expected both {{input}} and {{output}}")


def _placeholders(word: str, line: str) -> Iterator[str]:
    """Yield the names of the placeholders in a word."""
    try:
        parts = list(Formatter().parse(word))
    except ValueError as error:
        raise UsageError(f"cannot read {word!r} in the command line {line!r}: {error}; {_BRACES}") from error
    for _, name, layout, conversion in parts:
        if name is None:
            continue
        if name not in PLACEHOLDERS or layout or conversion:
            there = ", ".join(f"{{{each}}}" for each in PLACEHOLDERS)
            got = name + (f"!{conversion}" if conversion else "") + (f":{layout}" if layout else "")
            what = f"unknown placeholder {{{got}}} in the command line {line!r}"
            raise UsageError(f"{what}; there are {there}; {_BRACES}")
        yield name


_BRACES = "braces that are meant as such are typed twice, {{ and }}"
