"""What the coordinator knows of a metric, without having imported it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from srbench.hashing import file_hash_or, sha256
from srbench.metrics import registry
from srbench.metrics.classical import CLASSICAL
from srbench.metrics.declaration import Metric
from srbench.specs import parse_method

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from srbench.errors import SrbenchError
    from srbench.plan import Plan


class AskedMetric(NamedTuple):
    """What a worker needs to describe a metric: its spec and plug-ins."""

    spec: str
    """As it was typed."""
    plugins: tuple[str, ...]
    """Plug-in files, absolute."""


def asked_metrics(plan: Plan) -> list[AskedMetric]:
    """Return what to ask about each metric of a plan, each spelling once."""
    return [AskedMetric(spec, plan.plugins) for spec in dict.fromkeys(plan.metrics)]


@dataclass(frozen=True)
class MetricInfo:
    """What the coordinator knows about a metric of its plan."""

    asked: AskedMetric
    spec: str
    """The canonical metric spec; with sorted keys only if the metric could not be asked."""
    declared: Metric
    """What its module says of it."""
    code: str = ""
    """The sha256 over all that decides a value but the images; of PSNR and SSIM nothing, as protocols have versions."""
    summary: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    """The sha256 of its weights and option files, by file name."""
    fetches: bool = False
    """Whether loading it fetches weights, which are not here yet."""
    error: SrbenchError | None = None
    """Why nothing else is known: its worker died, or did not answer."""

    @property
    def has_rows(self) -> bool:
        """Return whether its values have rows of their own; those of PSNR and SSIM are fields of a score."""
        return self.spec not in CLASSICAL

    @property
    def facts(self) -> dict[str, Any]:
        """Return what run.json says of the metric."""
        return {**self.declared.facts, "summary": self.summary, "code": self.code, "files": dict(self.files)}


def classical(what: AskedMetric) -> MetricInfo | None:
    """Return PSNR or SSIM, which need no worker; None of any other metric."""
    metric = CLASSICAL.get(what.spec)
    return MetricInfo(what, what.spec, metric, summary=registry.built_in()[what.spec].summary) if metric else None


def undescribed(what: AskedMetric, error: SrbenchError) -> MetricInfo:
    """Return what is known of a metric whose worker could not describe it because of `error`.

    Its code is its file and the error: if either changes, it is measured again.
    """
    spec = parse_method(what.spec)
    found = registry.registry([Path(plugin) for plugin in what.plugins])[spec.name]
    file = file_hash_or(found.source, "") if found.source and found.source.is_file() else ""
    code = sha256(str(spec), file, str(error))
    return MetricInfo(what, str(spec), Metric(label=spec.name, better="higher"), code, found.summary, error=error)


def different(infos: Iterable[MetricInfo]) -> list[MetricInfo]:
    """Return the first of those metrics that are the same, in order."""
    found: dict[str, MetricInfo] = {}
    for info in infos:
        found.setdefault(info.spec, info)
    return list(found.values())


def facts_of(metrics: Iterable[MetricInfo]) -> dict[str, dict[str, Any]]:
    """Return what run.json says of a run's metrics, in their order: the first leads."""
    return {info.spec: info.facts for info in metrics}
