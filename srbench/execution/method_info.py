"""What the coordinator knows of a method, without having imported it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from srbench import methods
from srbench.folders import folder
from srbench.hashing import file_hash_or, sha256
from srbench.specs import parse_method
from srbench.speed import environment
from srbench.store.current import case_of
from srbench.store.rows import DEVICES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from srbench.errors import SrbenchError
    from srbench.plan import Plan


class Asked(NamedTuple):
    """What a worker needs to describe a method: its spec, plug-ins, factors and device."""

    spec: str
    """As it was typed."""
    plugins: tuple[str, ...]
    """Plug-in files, absolute."""
    factors: tuple[int, ...]
    device: str
    """`cpu`, `cuda` or `auto`."""


def asked(plan: Plan) -> list[Asked]:
    """Return what to ask workers for each method of a plan, each spelling once."""
    return [Asked(spec, plan.plugins, plan.factors, plan.device) for spec in dict.fromkeys(plan.methods)]


@dataclass(frozen=True)
class MethodInfo:
    """What the coordinator knows about a method of its plan."""

    asked: Asked
    spec: str
    """The canonical method spec; with sorted keys only if the method could not be asked."""
    device: str
    """Where it scores."""
    codes: Mapping[tuple[int, str], str]
    """For each factor and device, the sha256 over all that decides a row but image and protocol."""
    files: Mapping[str, str] = field(default_factory=dict)
    """The sha256 of its weights and option files, by file name."""
    models: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What its weights say about themselves, by factor (`x3`)."""
    paths: Mapping[str, str] = field(default_factory=dict)
    """Its options that are files, as they were typed."""
    decided: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What it found out about its files, by factor (`x3`)."""
    error: SrbenchError | None = None
    """Why nothing else is known: its worker died, or did not answer."""

    @property
    def facts(self) -> dict[str, Any]:
        """Return what run.json says of the method: where it scores, its code at each factor and device, its files.

        What it decided is left out where that is nothing, as most methods decide nothing.
        """
        codes = {case_of(*case): code for case, code in self.codes.items()}
        decided = {"decided": dict(self.decided)} if self.decided else {}
        facts = {"devices": [self.device], "codes": codes, "files": dict(self.files), "models": dict(self.models)}
        return facts | decided


def checkouts(infos: Iterable[MethodInfo]) -> dict[str, dict[str, str]]:
    """Return the git commits of plug-ins, by method: see `environment.checkout`. Those of srbench are its own."""
    found = {}
    for each in infos:
        method = methods.registry(map(Path, each.asked.plugins)).get(parse_method(each.spec).name)
        if method and method.source and not method.source.is_relative_to(folder("methods")):
            found[each.spec] = environment.checkout(method.source)
    return {spec: facts for spec, facts in found.items() if facts}


def undescribed(what: Asked, error: SrbenchError) -> MethodInfo:
    """Return what is known of a method whose worker could not describe it because of `error`.

    Its code is its file and the error: if either changes, its rows are computed again.
    """
    spec = parse_method(what.spec)
    source = methods.registry([Path(plugin) for plugin in what.plugins])[spec.name].source
    file = file_hash_or(source, "") if source and source.is_file() else ""
    codes = {each: sha256(str(spec), file, str(error), *each) for each in product(what.factors, DEVICES)}
    return MethodInfo(what, str(spec), "cpu" if what.device == "auto" else what.device, codes, error=error)
