"""Help at 80 columns: environment variables stand in one list at its end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.cli.test_options import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Result

TYPED = [path.split()[1:] for path, command in COMMANDS.items() if not getattr(command, "commands", {})]


@pytest.mark.sampled
@pytest.mark.parametrize("command", TYPED, ids=" ".join)
def test_help_fits_and_lists_variables_once(srbench: Callable[..., Result], command: list[str]) -> None:
    """No line is longer than 80 columns, no panel is broken, and each variable is named once, after the options."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", srbench(*command, "--help").out)  # of whoever imported typer in colours
    assert max(map(len, text.splitlines())) <= 80
    assert {line[-1] for line in text.splitlines() if line[:1] in {"│", "╭", "╰"}} <= {"│", "╮", "╯"}
    options, _, rest = text.rpartition("╯")
    assert "SRBENCH_" not in options.replace("SRBENCH_CONVENTIONS", "")
    variables = {each.envvar for each in COMMANDS[f"srbench {' '.join(command)}"].params if each.envvar}
    assert set(re.findall(r"SRBENCH_\w+", rest)) == variables


def test_unusual_variables_name_their_options(srbench: Callable[..., Result]) -> None:
    """Where a variable is not called as its option, it says which it is for."""
    text = " ".join(srbench("figure", "--help").out.split())
    assert "SRBENCH_FIGURE_METRIC (--metric)" in text
    assert "SRBENCH_KIND," in text
