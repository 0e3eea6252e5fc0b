"""A command line is split without a shell, and refused in one line where it cannot be meant."""

from __future__ import annotations

import pytest

from srbench import methods
from srbench.errors import UsageError
from srbench.programs import Command, CommandLine

RUN = "convert {input} -filter Catrom -resize {width}x{height}! {output}"


def test_words() -> None:
    """A value with spaces stays one argument, quotes group, and doubled braces are braces."""
    line = CommandLine("up -i {input} -o={output} 'a b' {{x}} {width}x{height}@{factor}")
    filled = Command(line.words).filled(input="/a b/in.png", output="/a b/out.png", factor=3, width=30, height=60)
    assert filled == ["up", "-i", "/a b/in.png", "-o=/a b/out.png", "a b", "{x}", "30x60@3"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "got an empty command line"),
        ("up {input}", r"has no \{output\}"),
        ("up {output}", r"has no \{input\}"),
        ("up {input} {outptu}", r"unknown placeholder \{outptu\} .* there are \{input\}, \{output\}, \{factor\}"),
        ("up {input} {output} {width:04d}", r"unknown placeholder \{width:04d\}"),
        ("up {input!r} {output}", r"unknown placeholder \{input!r\}"),
        ("up {input.name} {output}", r"unknown placeholder \{input.name\}"),
        ("up {input} {output} {", "Single '{' .* typed twice"),
        ("up {input} {output} }", "Single '}' .* typed twice"),
        ("up '{input} {output}", "No closing quotation"),
        ("up {input} > {output}", "'>' in the command line .* is for a shell"),
        ("up {input} {output} && rm x", "'&&' in the command line .* is for a shell"),
    ],
)
def test_refused(text: str, message: str) -> None:
    """The line says what is wrong, and what there is."""
    with pytest.raises(UsageError, match=message):
        CommandLine(text)


def test_as_an_option() -> None:
    """A bad command line is refused as a bad argument, before anything is computed; a good one stays as typed."""
    known = methods.built_in()
    with pytest.raises(UsageError, match="unknown placeholder"):
        methods.choose('command:run="up {input} {foo} {output}"', known)
    with pytest.raises(UsageError, match="No closing quotation"):
        methods.choose(f'command:run="{RUN}":version="\'--v"', known)
    choice = methods.choose(f'command:run="{RUN}":version=--version', known)
    assert choice.spec == f"command:run={RUN}"
    assert dict(choice.options)["run"].words == tuple(RUN.split())


def test_given_as() -> None:
    """A plug-in gives a command line, a list of words, or a Command."""
    words = ("up", "{input}", "{output}")
    assert Command.of("up {input} {output}") == Command.of(list(words)) == Command.of(Command(words)) == Command(words)
    with pytest.raises(UsageError, match="has no"):
        Command(("up",))
