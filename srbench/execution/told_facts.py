"""What run.json tells of methods, metrics, protocols and datasets, held against what they are on this machine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from srbench.errors import UsageError
from srbench.quality.files import content_hash
from srbench.quality.protocol import Protocol
from srbench.specs import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from srbench.datasets import Dataset, ImageFile
    from srbench.execution.method_info import MethodInfo
    from srbench.execution.metric_info import MetricInfo


def of_methods(info: Mapping[str, Any], described: Iterable[MethodInfo]) -> Iterator[str]:
    """Yield which files and weights run.json tells of and methods of the same code do not have."""
    for each in described:
        told = info.get("methods", {}).get(each.spec, {})
        same = _same(each, told)
        digests, models, here = told.get("files", {}), told.get("models", {}), json.loads(json.dumps(each.models))
        if other := [name for name, digest in each.files.items() if same and digests.get(name) != digest]:
            yield f"{each.spec}: the code is the same, and run.json has another sha256 of {listed(other)}"
        if other := [name for name in same if models.get(name) != here.get(name)]:
            yield f"{each.spec}: the code is the same, and run.json tells of another training at {other[0]}"


def _same(method: MethodInfo, told: Mapping[str, Any]) -> list[str]:
    """Return the factors, as `x3`, at which the code of a method is the one that run.json tells."""
    codes: Mapping[str, str] = told.get("codes", {})
    same = [case for case, code in method.facts["codes"].items() if codes.get(case) == code]
    return list(dict.fromkeys(case.partition(" ")[0] for case in same))


def of_metrics(info: Mapping[str, Any], described: Iterable[MetricInfo]) -> Iterator[str]:
    """Yield the metrics of which run.json tells that the worse values are the better ones."""
    for each in described:
        better = each.facts["better"]
        if info["metrics"][each.spec].get("better") != better:
            yield f"{each.spec}: {better} values are better, and run.json has it the other way"


def of_protocols(info: Mapping[str, Any]) -> Iterator[str]:
    """Yield the protocols whose choices, which readers see, are not those of their fingerprint."""
    for name, fields in info.get("protocol_fields", {}).items():
        try:
            found = Protocol.from_fields(name, fields)
        except UsageError:  # of another version, of which nothing is known here
            continue
        if found.fingerprint != info.get("protocols", {}).get(name):
            yield f"protocol {name}: its choices in run.json are not those of its fingerprint"


def of_dataset(told: Mapping[str, Any], dataset: Dataset) -> Iterator[str]:
    """Yield in what the images that run.json tells of are not those of the dataset here."""
    names, here = told.get("files", {}), {file.name: file for file in dataset.files}
    lacking, more = [name for name in here if name not in names], [name for name in names if name not in here]
    other = [name for name, file in here.items() if name in names and _hash(dataset, file) not in {"", names[name]}]
    for which, what in ((lacking, "not in the run"), (more, "not here"), (other, "of another file in the run")):
        if which:
            yield f"{counted(len(which), 'image')} of {len(here)} of {dataset.name} {what}: {listed(which)}"


def _hash(dataset: Dataset, file: ImageFile) -> str:
    return file.sha256 or content_hash(dataset.root / file.path, "")
