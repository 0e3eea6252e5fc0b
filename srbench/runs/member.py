"""What the coordinator knows of a method, without having imported it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srbench import methods
from srbench.hashing import file_hash, sha256
from srbench.results.rows import DEVICES
from srbench.specs import canonical, parse_method

if TYPE_CHECKING:
    from collections.abc import Mapping

    from srbench.errors import SrbenchError
    from srbench.plan import Plan


@dataclass(frozen=True)
class Member:
    """What the coordinator knows about a method of its plan."""

    plan: Plan
    """The run's plan with this method alone: what a worker needs to choose it."""
    device: str
    """Where it scores."""
    codes: Mapping[tuple[int, str], str]
    """For each factor and device, the sha256 over all that decides a row but image and protocol."""
    files: Mapping[str, str] = field(default_factory=dict)
    """The sha256 of its weights and option files, by file name."""
    models: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What its weights say about themselves, by factor (`x3`)."""
    error: SrbenchError | None = None
    """Why nothing more is known: its worker died, or did not answer."""

    @property
    def spec(self) -> str:
        """Return its method spec, the canonical one if it could be asked for it."""
        return self.plan.methods[0]


def undescribed(plan: Plan, error: SrbenchError) -> Member:
    """Return the member for a method whose worker could not describe it because of `error`.

    Its code is its file and the error: once either is another, its rows are computed again.
    """
    spec = parse_method(plan.methods[0])
    source = methods.registry([Path(plugin) for plugin in plan.plugins])[spec.name].source
    file = file_hash(source) if source and source.is_file() else ""
    codes = {each: sha256(spec.name, file, str(error), *each) for each in product(plan.factors, DEVICES)}
    device = "cpu" if plan.device == "auto" else plan.device
    return Member(replace(plan, methods=(canonical(spec.name, spec.options),)), device, codes, error=error)
