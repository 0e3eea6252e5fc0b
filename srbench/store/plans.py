"""The plan of a run folder, also of one that an earlier version wrote."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from srbench.plan import Plan
from srbench.store.rows import GIVEN

if TYPE_CHECKING:
    from collections.abc import Mapping


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
