"""A plan resolved: the names that were typed become methods, protocols and datasets, once."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from srbench import datasets
from srbench.analysis.tables import Order
from srbench.datasets.folder import folder_name
from srbench.errors import UsageError
from srbench.execution.method_info import asked
from srbench.execution.scoring import Scoring
from srbench.quality import protocols
from srbench.quality.files import content_hash
from srbench.specs import parse_method

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from srbench.datasets import Dataset
    from srbench.execution.method_info import Asked, MethodInfo
    from srbench.plan import Plan
    from srbench.quality.protocol import Protocol


@dataclass(frozen=True)
class Resolved:
    """The methods, protocols and datasets that a plan names, as they are today."""

    plan: Plan
    """With every name in its canonical spelling."""
    infos: Sequence[MethodInfo]
    protocols: Sequence[Protocol]
    sets: Mapping[str, Dataset]
    """The datasets by the name that rows carry."""
    baseline: str
    """The method that others are compared with, as `plan` spells it; empty for the default."""

    @property
    def scoring(self) -> Scoring:
        """Return what each image is scored with."""
        return Scoring(self.infos, self.plan.factors, self.protocols)

    @property
    def order(self) -> Order:
        """Return the order of tables."""
        sizes = {name: len(each.files) for name, each in self.sets.items()}
        return Order(self.plan.methods, sizes, self.plan.factors, self.plan.protocols, self._fields)

    @property
    def _fields(self) -> dict[str, dict[str, Any]]:
        """Return the choices of each protocol."""
        return {each.name: each.fields for each in self.protocols}

    @cached_property
    def files(self) -> dict[str, dict[str, str]]:
        """Return the sha256 of each HR file by dataset and image, hashed now; empty where it cannot be read."""
        return {name: {file.name: _hash(each, file) for file in each.files} for name, each in self.sets.items()}

    @property
    def facts(self) -> dict[str, Any]:
        """Return what run.json records: what `store.current` decides by, and what reports show."""
        return {
            "methods": {info.spec: info.facts for info in self.infos},
            "protocols": {each.name: each.fingerprint for each in self.protocols},
            "protocol_fields": self._fields,
            "datasets": {
                name: {"images": len(each.files), "fingerprint": each.fingerprint, "files": self.files[name]}
                for name, each in self.sets.items()
            },
            "baseline": self.baseline,
            **({"protocol_summaries": summaries} if (summaries := protocols.summaries(self.protocols)) else {}),
        }


def resolve(
    plan: Plan, data: Path | None, baseline: str, describe: Callable[[Sequence[Asked]], Sequence[MethodInfo]]
) -> Resolved:
    """Return what `plan` names; `describe` asks the methods, last, as it takes longest.

    Raises:
        UsageError: a protocol, dataset, method or option that there is not, or a baseline that is no method of it.
        DatasetError: a dataset that cannot be read.

    """
    chosen, files = protocols.resolve(plan.protocols, plan.own_protocols)
    sets = datasets_of(plan, data)
    named = {info.asked.spec: info for info in describe(asked(plan))}
    infos = {named[spec].spec: named[spec] for spec in reversed(plan.methods)}  # the first of those that are the same
    methods = tuple(dict.fromkeys(named[spec].spec for spec in plan.methods))
    if baseline and baseline not in named:
        named |= {info.asked.spec: info for info in _described(baseline, plan, describe)}
    if baseline and (baseline not in named or named[baseline].spec not in infos):
        raise _foreign(baseline, methods)
    reference = named[baseline].spec if baseline else ""
    plan = replace(
        plan,
        methods=methods,
        datasets=tuple(each.spec for each in sets.values()),
        protocols=tuple(each.name for each in chosen),
        protocol_files=tuple(map(str, files)),
    )
    return Resolved(plan, [infos[spec] for spec in methods], chosen, sets, reference)


def datasets_of(plan: Plan, data: Path | None) -> dict[str, Dataset]:
    """Return the datasets by the name that their rows carry."""
    found = {each.spec: each for each in (datasets.get(text, data) for text in plan.datasets)}
    names = _apart([each for each in found.values() if os.sep in each.spec], {*found})
    return {names.get(spec, spec): each for spec, each in found.items()}


def _apart(folders: Sequence[Dataset], taken: set[str]) -> dict[str, str]:
    """Return the name of each folder by its spec; those that are alike are told apart by the folders above them.

    Raises:
        UsageError: they cannot be.

    """
    names = {each.spec: each.name for each in folders}
    while alike := [each for each in folders if Counter([*names.values(), *taken])[names[each.spec]] > 1]:
        for each in alike:
            longer = folder_name(each.root, names[each.spec].count("/") + 2)
            if longer == names[each.spec]:
                raise UsageError(f"two datasets are called {longer!r}: one is {each.root}; rename it")
            names[each.spec] = longer
    return names


def _described(
    baseline: str, plan: Plan, describe: Callable[[Sequence[Asked]], Sequence[MethodInfo]]
) -> Sequence[MethodInfo]:
    """Ask a method of the plan for its canonical spec in the spelling of a baseline.

    Raises:
        UsageError: the plan has no such method.

    """
    try:
        name = parse_method(baseline).name
        return describe(asked(replace(plan, methods=(baseline,)))) if name in map(_name, plan.methods) else []
    except UsageError as error:
        raise _foreign(baseline, plan.methods) from error


def _name(spec: str) -> str:
    return parse_method(spec).name


def _foreign(baseline: str, methods: Sequence[str]) -> UsageError:
    return UsageError(f"--baseline is {baseline!r}, expected one of --methods: {', '.join(methods)}")


def _hash(dataset: Dataset, file: datasets.ImageFile) -> str:
    """Return the sha256 of a file as it is; of one that is not here, that of its manifest, if it has one."""
    return content_hash(dataset.root / file.path, file.sha256)
