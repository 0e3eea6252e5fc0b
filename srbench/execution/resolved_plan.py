"""A plan resolved: the names that were typed become methods, protocols and datasets, once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from srbench import datasets
from srbench.analysis.columns import metrics_of
from srbench.analysis.tables import Order
from srbench.datasets.row_names import row_names
from srbench.errors import UsageError
from srbench.execution import method_labels
from srbench.execution.given_sr import given_sr
from srbench.execution.method_info import asked
from srbench.execution.metric_info import asked_metrics, different, facts_of
from srbench.execution.scoring import Scoring
from srbench.quality import protocols
from srbench.quality.files import content_hash
from srbench.run_options import check_names_of_sr
from srbench.specs import parse_method

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from srbench.datasets import Dataset, ImageFile
    from srbench.execution.given_sr import GivenSr
    from srbench.execution.method_info import Asked, MethodInfo
    from srbench.execution.metric_info import AskedMetric, MetricInfo
    from srbench.plan import Plan
    from srbench.quality.protocol import Protocol
    from srbench.store.rows import ScoreRow


@dataclass(frozen=True)
class Resolved:
    """The methods, metrics, protocols and datasets that a plan names, as they are today."""

    plan: Plan
    """With every name in its canonical spelling."""
    infos: Sequence[MethodInfo]
    metrics: Sequence[MetricInfo]
    protocols: Sequence[Protocol]
    sets: Mapping[str, Dataset]
    """The datasets by the name that rows carry."""
    baseline: str
    """The method that others are compared with, as `plan` spells it; empty for the default."""
    labels: Mapping[str, str]
    """What methods are shown as, where that is not their canonical spec."""
    given: Sequence[GivenSr] = ()
    """The methods whose SR images exist; `infos` are those that are computed."""

    @property
    def scoring(self) -> Scoring:
        """Return what each image is scored with."""
        metrics = [info for info in self.metrics if info.has_rows]
        return Scoring([*self.infos, *self.given], self.plan.factors, self.protocols, metrics)

    @property
    def order(self) -> Order:
        """Return the order of tables."""
        sizes = {name: len(each.files) for name, each in self.sets.items()}
        metrics = metrics_of(self.facts)
        return Order(
            self.plan.methods, sizes, self.plan.factors, self.plan.protocols, metrics, self._fields, self.labels
        )

    @property
    def _fields(self) -> dict[str, dict[str, Any]]:
        """Return the choices of each protocol."""
        return {each.name: each.fields for each in self.protocols}

    @cached_property
    def files(self) -> dict[str, dict[str, str]]:
        """Return the sha256 of each HR file by dataset and image, hashed now; empty where it cannot be read."""
        return {name: {file.name: _hash(each, file) for file in each.files} for name, each in self.sets.items()}

    @cached_property
    def lr_files(self) -> dict[str, dict[str, dict[str, str]]]:
        """Return the sha256 of each given LR file by dataset, factor (as `x3`) and image; empty where LR is made."""
        if not _needs_lr(self.plan, self.protocols):
            return {}
        return {
            name: {
                f"x{factor}": {file.name: _hash(each, file) for file in each.lr[factor]} for factor in self.plan.factors
            }
            for name, each in self.sets.items()
        }

    def lr_of(self, dataset: Dataset) -> dict[str, dict[int, ImageFile]]:
        """Return the given LR files of a dataset by image and factor; none where LR is made."""
        found: dict[str, dict[int, ImageFile]] = {}
        for factor in self.plan.factors if self.lr_files else ():
            for file in dataset.lr[factor]:
                found.setdefault(file.name, {})[factor] = file
        return found

    def is_of_today(self, row: ScoreRow) -> bool:
        """Return whether a score is of the files that there are now, as far as these can be read."""
        file = self.files[row.dataset][row.image]
        lr = self.lr_files[row.dataset][f"x{row.factor}"][row.image] if row.lr_sha256 else row.lr_file_sha256
        return bool(file) and file == row.hr_file_sha256 and lr == row.lr_file_sha256

    @property
    def facts(self) -> dict[str, Any]:
        """Return what run.json records: what `store.current` decides by, and what reports show."""
        return {
            "methods": {info.spec: info.facts for info in self.scoring.infos},
            "metrics": facts_of(self.metrics),
            "protocols": {each.name: each.fingerprint for each in self.protocols},
            "protocol_fields": self._fields,
            "datasets": {name: self._facts_of(name) for name in self.sets},
            "baseline": self.baseline,
            "labels": self.labels,
            **({"protocol_summaries": summaries} if (summaries := protocols.summaries(self.protocols)) else {}),
        }

    def _facts_of(self, name: str) -> dict[str, Any]:
        """Return what run.json says of a dataset."""
        each = self.sets[name]
        lr = {"lr": self.lr_files[name]} if name in self.lr_files else {}
        return {"images": len(each.files), "fingerprint": each.fingerprint, "files": self.files[name], **lr}


def resolve(
    plan: Plan,
    data: Path | None,
    baseline: str,
    describe: Callable[[Sequence[Asked]], Sequence[MethodInfo]],
    describe_metrics: Callable[[Sequence[AskedMetric]], Sequence[MetricInfo]],
) -> Resolved:
    """Return what `plan` names; `describe` asks the methods, `describe_metrics` the metrics, last, as it takes longest.

    Raises:
        UsageError: a protocol, dataset, method, metric or option that there is not, a baseline that is no method, or
            factors that no protocol is defined for.
        DatasetError: a dataset that cannot be read.

    """
    chosen, files = protocols.resolve(plan.protocols, plan.own_protocols)
    check_factors(plan, chosen)
    sets = datasets_of(plan, data, chosen)
    named = {info.asked.spec: info for info in describe(asked(plan))}
    given = given_sr(plan, sets)
    labels = method_labels.labels(plan.computed, named)
    check_names_of_sr(plan.given, {*labels, *labels.values()})
    metrics = different(describe_metrics(asked_metrics(plan)))
    _check_metrics(metrics, chosen)
    infos = {named[spec].spec: named[spec] for spec in reversed(plan.computed)}  # the first of those that are the same
    computed = tuple(dict.fromkeys(named[spec].spec for spec in plan.computed))
    methods = (*computed, *plan.given)
    shown = {labels.get(spec, spec): spec for spec in methods}
    reference = baseline and (shown.get(baseline) or _meant(baseline, plan, named, describe))
    if baseline and reference not in methods:
        raise _foreign(baseline, list(shown))
    plan = replace(
        plan,
        methods=methods,
        metrics=tuple(info.spec for info in metrics),
        datasets=tuple(each.spec for each in sets.values()),
        protocols=tuple(each.name for each in chosen),
        protocol_files=tuple(map(str, files)),
    )
    return Resolved(plan, [infos[spec] for spec in computed], metrics, chosen, sets, reference, labels, given)


def _needs_lr(plan: Plan, chosen: Iterable[Protocol]) -> bool:
    """Return whether LR is read from files: SR images that exist need none."""
    return bool(plan.computed) and any(each.given for each in chosen)


def datasets_of(plan: Plan, data: Path | None, chosen: Sequence[Protocol]) -> dict[str, Dataset]:
    """Return the datasets by the name that their rows carry; with LR where one of the protocols takes given LR.

    Raises:
        UsageError: there is no such dataset, HR and LR files do not pair, or LR is named that no protocol takes.
        DatasetError: a dataset that cannot be read, or has no LR.

    """
    found = list({each.spec: each for each in (datasets.get(text, data) for text in plan.datasets)}.values())
    if _needs_lr(plan, chosen):
        found = [datasets.with_lr(each, plan.factors) for each in found]
    else:
        _refuse_unused_lr(found, chosen)
        found = [datasets.without_lr(each) for each in found]
    return dict(zip(row_names(found), found, strict=True))


def check_factors(plan: Plan, chosen: Sequence[Protocol]) -> None:
    """Refuse factors that none of the protocols is defined for: nothing could be scored.

    Raises:
        UsageError: there are no others.

    """
    defined = {each.name: each.degradation.factors for each in chosen}
    if plan.scoring and not any(not factors or set(factors) & set(plan.factors) for factors in defined.values()):
        what = "; ".join(f"{name} is defined for factor {' and '.join(map(str, defined[name]))}" for name in defined)
        usable = sorted({factor for factors in defined.values() for factor in factors})
        raise UsageError(f"--factor is {_numbers(plan.factors)}, but protocol {what}; use --factor {_numbers(usable)}")


def _numbers(factors: Iterable[int]) -> str:
    return ",".join(map(str, factors))


def _refuse_unused_lr(found: Iterable[Dataset], chosen: Sequence[Protocol]) -> None:
    """Refuse a folder of LR images that no protocol would read.

    Raises:
        UsageError: there is one.

    """
    named = next((each.lr_root for each in found if each.lr_root), None)
    if named and all(each.has_hr for each in chosen):
        base = parse_method(chosen[0].name, "protocol").name
        raise UsageError(
            f"LR folder {named} is given, but the protocol {chosen[0].name} makes its own LR; use --protocol "
            f"{base}:lr=given, or leave the folder out"
        )
    if named:
        raise UsageError(
            f"LR folder {named} is given, but images without HR are upscaled as they are; name that folder alone"
        )


def _check_metrics(metrics: Iterable[MetricInfo], chosen: Sequence[Protocol]) -> None:
    """Refuse metrics that compare with HR where there is none; rows say of others why they cannot be used.

    Raises:
        UsageError: there are such metrics, or some protocols have HR and others not.

    """
    if all(each.has_hr for each in chosen):
        return
    if any(each.has_hr for each in chosen):
        raise UsageError("protocol none has no HR to compare with, and others have; run it alone (--no-reference)")
    if comparing := [info.spec for info in metrics if info.declared.reference and not info.error]:
        raise UsageError(
            f"{', '.join(comparing)}: compared with HR, and without reference (--no-reference) there is none; leave "
            "out, or name metrics that need no reference, such as niqe"
        )


def _meant(
    baseline: str,
    plan: Plan,
    named: Mapping[str, MethodInfo],
    describe: Callable[[Sequence[Asked]], Sequence[MethodInfo]],
) -> str:
    """Return the canonical spec of a baseline; in a spelling that is not among the plan's, its method says.

    Raises:
        UsageError: the plan has no such method.

    """
    try:
        if baseline in named:
            return named[baseline].spec
        known = parse_method(baseline).name in map(_name, plan.methods)
        return describe(asked(replace(plan, methods=(baseline,))))[0].spec if known else ""
    except UsageError as error:
        raise _foreign(baseline, plan.methods) from error


def _name(spec: str) -> str:
    return parse_method(spec).name


def _foreign(baseline: str, methods: Sequence[str]) -> UsageError:
    return UsageError(f"--baseline is {baseline!r}, expected one of --methods: {', '.join(methods)}")


def _hash(dataset: Dataset, file: datasets.ImageFile) -> str:
    """Return the sha256 of a file as it is; of one that is not here, that of its manifest, if it has one."""
    return content_hash(dataset.root / file.path, file.sha256)
