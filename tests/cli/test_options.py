"""Options of all commands: variables with one meaning each, panels, and help in whole sentences."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest
import typer

from srbench.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.cli.conftest import Result

EAGER = {"--version", "--install-completion", "--show-completion"}
PANELS = {"Input", "Execution", "Hardware", "Output", "Training", "Comparison"}


def commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - click
    """Yield every command with its path."""
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, f"{path} {name}")


COMMANDS = dict(commands(typer.main.get_command(app), "srbench"))
OPTIONS = [
    (path, option)
    for path, command in COMMANDS.items()
    for option in command.params
    if option.param_type_name == "option" and option.opts[0] not in EAGER
]


def by(attribute: Callable[[Any], str]) -> dict[str, list[Any]]:
    """Return the options of all commands, grouped."""
    groups = defaultdict(list)
    for _, option in OPTIONS:
        groups[attribute(option)].append(option)
    return groups


BY_VARIABLE = by(lambda option: str(option.envvar))
BY_NAME = by(lambda option: str(option.opts[0]))


def test_every_option_has_a_variable() -> None:
    """No option was forgotten, of any command."""
    assert len(OPTIONS) > 80
    assert [f"{path} {option.opts[0]}" for path, option in OPTIONS if not option.envvar] == []
    assert all(re.fullmatch("SRBENCH_[A-Z_]+", option.envvar) for _, option in OPTIONS)


@pytest.mark.parametrize("variable", BY_VARIABLE)
def test_a_variable_has_one_meaning(variable: str) -> None:
    """Whatever commands read it, they give it to one option of one type, whose help begins with the same words."""
    options = BY_VARIABLE[variable]
    assert len({str(option.opts) for option in options}) == 1
    assert len({(option.metavar, option.multiple, option.is_flag, option.nargs) for option in options}) == 1
    assert len({re.split(r"[;.]", option.help)[0] for option in options}) == 1


@pytest.mark.parametrize("name", BY_NAME)
def test_an_option_has_one_panel(name: str) -> None:
    """It is found in the same panel of every command; `--debug`, which is global, has none."""
    panels = {option.rich_help_panel for option in BY_NAME[name]}
    assert len(panels) == 1
    assert panels <= PANELS or name == "--debug"


@pytest.mark.parametrize("path", COMMANDS)
def test_help_is_in_sentences(path: str) -> None:
    """Help of commands and of their parameters begins with a capital or a value, and ends with a full stop."""
    command = COMMANDS[path]
    texts = [(command.help or "").partition("Example: ")[0], *(each.help or "" for each in command.params)]
    assert [text for text in texts if text.strip() and not re.search(r"\.\s*$", text)] == []


@pytest.mark.parametrize(
    "command",
    [
        "upscale missing.png out.png",
        "train espcn --recipe none",
        "export espcn x.txt",
        "figure nowhere",
        "score --hr nowhere --sr nowhere",
        "degrade nowhere.png --out lr",
        "report nowhere",
    ],
)
def test_variables_of_runs_break_no_other_command(
    srbench: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """Lists and folders for `srbench run` in variables do not reach commands that take one factor, protocol or file."""
    expected = srbench(*command.split()).err
    for name, value in {"FACTOR": "2,3", "METHODS": "bicubic,espcn", "PROTOCOL": "srcnn,ntire", "OUT": "run"}.items():
        monkeypatch.setenv(f"SRBENCH_{name}", value)
    found = srbench(*command.split())
    assert (found.code, found.err) == (2, expected)
