"""What a run was to time and has not: where it was interrupted, no number stands for that."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from srbench.plan import Plan
from srbench.store.current import timed_case
from srbench.store.journal import FINISHED
from srbench.store.rows import DEVICES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


def untimed(info: Mapping[str, Any], folder: Path) -> Iterator[str]:
    """Yield a line for a run that was interrupted before all was timed, or for each such run of a merged one."""
    for part in info.get("merged", ()):
        yield from untimed(part, part["run"])
    if info.get("merged") or info.get("status") == FINISHED:
        return
    if cases := [case for case in _cases(info) if info.get("timed", {}).get(case, {}).get("how") is None]:
        todo = f"to continue: the same command with --out {folder}"
        yield f"{folder} has not ended: not, or not completely, timed: {'; '.join(cases)}; {todo}"


def _cases(info: Mapping[str, Any]) -> list[str]:
    """Return what was to be timed; a device that is known to be absent is none."""
    plan = Plan.from_json(info["plan"]) if "plan" in info else None
    if plan is None or not plan.timing:
        return []
    there = info.get("environment", {}).get("cuda_devices", ())
    devices = [each for each in DEVICES if each != "cuda" or there] if plan.device == "auto" else [plan.device]
    return [timed_case(*case) for case in product(plan.factors, devices, plan.threads or (0,))]
