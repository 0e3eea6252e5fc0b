"""The plan of a run folder, also of one that an earlier version wrote."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from srbench.plan import Plan
from srbench.store.rows import GIVEN

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def plan_of(info: Mapping[str, Any]) -> Plan:
    """Return the plan in run.json; one of earlier versions names the folder of SR images after the dataset.

    Raises:
        RunFolderError: as `Plan.from_json`.

    """
    plan = Plan.from_json(info["plan"])
    given = [name for name, facts in info.get("methods", {}).items() if facts.get("devices") == [GIVEN]]
    if plan.sr or list(plan.methods) != given or len(plan.datasets) < 2:  # noqa: PLR2004 - HR and SR
        return plan
    return replace(plan, sr=(f"{given[0]}={plan.datasets[-1]}",), datasets=plan.datasets[:-1])


def other_settings(folder: Path, info: Mapping[str, Any], plan: Plan) -> str:
    """Say how the run in a folder differs from a plan, and which command it is of."""
    theirs = plan_of(info)
    what = "; ".join(plan.differences(theirs))
    names = {tuple(map(str, folders)): name for name, folders in theirs.given.items()}
    renamed = [
        f"{names[key]}, not {name}"
        for name, folders in plan.given.items()
        if (key := tuple(map(str, folders))) in names and names[key] != name
    ]
    about = f"; SR images are called {'; '.join(renamed)}: their scores have this name, which is no label" * bool(
        renamed
    )
    command = command_of(info)
    known = command.startswith("srbench ")
    if known and not re.search(r" --out[ =]", command):  # in a folder named after the time
        command += f" --out {shlex.quote(str(folder))}"
    how = f"repeat its command{f': {command}' * known}"
    return f"{folder} contains a run with different settings ({what}){about}; choose another --out, or {how}"


def command_of(info: Mapping[str, Any]) -> str:
    """Return the command that began the run of which `info` is run.json, as it is typed; empty where none is known."""
    words = [str(each) for each in info.get("command", [])]
    if words[:1] == ["__main__.py"]:  # python -m srbench
        words[0] = "srbench"
    return shlex.join(words)
