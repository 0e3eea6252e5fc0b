"""Room in `--help` at 80 columns: environment variables are in one list at its end, and flags have no type."""

from __future__ import annotations

from typing import Any


def list_apart(command: Any) -> None:  # noqa: ANN401 - click's, or typer's own
    """Take the variables from beside the options of a command, and of those below it, and list them in its epilog."""
    named = []
    for parameter in command.params:
        if getattr(parameter, "is_flag", False):
            parameter.metavar = ""
        if parameter.envvar and not getattr(parameter, "hidden", False):
            parameter.show_envvar = False
            named.append(_named(parameter))
    if named:
        text = f"Environment variables, for options that are not typed: {', '.join(named)}."
        command.epilog = f"{command.epilog or ''}\n\n{text}".strip()
    for each in getattr(command, "commands", {}).values():
        list_apart(each)


def _named(parameter: Any) -> str:  # noqa: ANN401 - as above
    """Return a variable, with the option that it is for where that is called otherwise."""
    option = max(parameter.opts, key=len)
    usual = "SRBENCH_" + option.removeprefix("--").upper().replace("-", "_")
    return str(parameter.envvar) if parameter.envvar == usual else f"{parameter.envvar} ({option})"
