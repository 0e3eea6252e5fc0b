"""Where the numbers come from: protocols in words, datasets, machine, versions, weights."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from srbench.errors import UsageError
from srbench.metrics.declaration import Metric
from srbench.quality.protocol import Protocol
from srbench.quality.protocols import get
from srbench.store.journal import FINISHED, status_of
from srbench.store.plans import command_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from srbench.reports.findings import Findings


_SEES = {
    "scored": "sees what the protocol scores, after rounding and shave",
    "rgb": "sees the whole image, in RGB",
}
_DIGITS = 12
"""Of hashes that are not to be checked, but told apart."""


class Facts(NamedTuple):
    """A protocol of the run: what it does in words, and its fields."""

    name: str
    fingerprint: str
    words: list[str]
    fields: list[tuple[str, str]]


def protocols(findings: Findings) -> Iterator[Facts]:
    """Yield the protocols of a run; those of another version have no words, and such choices as run.json keeps."""
    kept, said = findings.info.get("protocol_fields", {}), findings.info.get("protocol_summaries", {})
    for name, fingerprint in findings.info.get("protocols", {}).items():
        known = _known(name, fingerprint, kept.get(name, {}), said.get(name, ""))
        if known is not None:
            summary = {"summary": known.summary} if known.summary else {}
            words, fields = known.words, summary | known.fields
        else:
            words = ["This run followed another version of the protocol than this srbench has."]
            fields = kept.get(name, {})
        shown = [(key.replace("_", " "), format_value(value)) for key, value in fields.items()]
        yield Facts(name, fingerprint, words, [(key, text) for key, text in shown if text])


def _known(name: str, fingerprint: str, fields: Mapping[str, Any], summary: str) -> Protocol | None:
    """Return the protocol of that fingerprint: by its name, or of a file that may be gone by the fields kept of it."""
    finders: list[Callable[[], Protocol]] = [lambda: get(name), lambda: Protocol.from_fields(name, fields, summary)]
    for find in finders:
        with suppress(UsageError):
            found = find()
            if found.fingerprint == fingerprint:
                return found
    return None


def short(findings: Findings) -> list[tuple[str, str]]:
    """Return where, when and with which versions, for the top of the page."""
    info = findings.info
    environment = info.get("environment", {})
    versions = environment.get("versions", {})
    devices = environment.get("cuda_devices") or []
    status = _status(findings)
    facts = {
        "Run": findings.folder.name,
        "Ended": _time(info.get("ended")),
        "Status": {"": "", FINISHED: "", "running": "running when this page was made"}.get(status, status),
        "Processor": f"{environment.get('processor', '')}, {environment.get('cores', '?')} cores"
        if environment
        else "",
        "GPU": format_value(devices),
        "torch": versions.get("torch", ""),
        "Commit": str(environment.get("commit") or "")[:10],
    }
    return [(name, str(value)) for name, value in facts.items() if value]


def _status(findings: Findings) -> str:
    return status_of(findings.folder, findings.info) if "status" in findings.info else ""


def details(findings: Findings) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return groups of facts, each with its heading; empty ones are left out."""
    info = findings.info
    environment = dict(info.get("environment", {}))
    versions = environment.pop("versions", {})
    if "memory" in environment:
        environment["memory"] = f"{environment['memory'] / 1e9:.1f} GB"
    run = {
        "folder": findings.folder.name,
        "command": command_of(info),
        "started": _time(info.get("started")),
        "ended": _time(info.get("ended")),
        "status": _status(findings),
    }
    methods, metrics = info.get("methods", {}).items(), info.get("metrics", {}).items()
    weights = {
        f"{findings.labels.get(spec, spec)}: {file}": sha
        for spec, facts in methods
        for file, sha in facts.get("files", {}).items()
    }
    datasets = info.get("datasets", {}).items()
    sets = {
        name: {key: value for key, value in facts.items() if key not in ("files", "lr")} for name, facts in datasets
    }
    groups: dict[str, dict[str, Any]] = {
        "Methods by their labels": findings.specs,
        "Metrics": {}
        if findings.tables.scores.empty
        else {findings.metrics[name].label: "; ".join(_metric(name, facts)) for name, facts in metrics},
        "The command": run,
        "Datasets": sets,
        "Machine": environment,
        "Versions": versions,
        "Files of methods, by sha256": weights,
        "What methods decided": {" ".join(case): facts for case, facts in findings.decided.items()},
        "Files of metrics, by sha256": {
            f"{name}: {file}": sha for name, facts in metrics for file, sha in facts.get("files", {}).items()
        },
    }
    found = {
        heading: [(str(key), format_value(value)) for key, value in facts.items()] for heading, facts in groups.items()
    }
    kept = {heading: [fact for fact in facts if fact[1]] for heading, facts in found.items()}
    return [(heading, facts) for heading, facts in kept.items() if facts]


def _metric(name: str, facts: dict[str, Any]) -> Iterator[str]:
    """Yield what run.json says of a metric, in words."""
    metric = Metric.from_facts(facts)
    yield f"{facts.get('summary') or metric.hint}".removeprefix(f"{metric.label}: ").rstrip(".")
    yield f"{metric.better} is better"
    yield from _range(metric)
    yield _SEES[metric.sees]
    yield "compares with HR" if metric.reference else "needs no HR"
    yield f"{name}, version {metric.version}"
    if code := facts.get("code"):
        yield f"sha256 {code[:_DIGITS]}"


def _range(metric: Metric) -> Iterator[str]:
    low, high = (f"{end:g}" if math.isfinite(end) else "" for end in (metric.low, metric.high))
    unit = f" {metric.unit}" if metric.unit else ""
    if low or high:
        yield f"{low} to {high}{unit}" if low and high else f"from {low}{unit}" if low else f"up to {high}{unit}"


def format_value(value: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    """Return a value of JSON in one line of words."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {format_value(each)}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(format_value, value))
    return "" if value is None else str(value)


def _time(text: Any) -> str:  # noqa: ANN401 - whatever run.json holds
    return str(text or "").replace("T", " ").replace("+00:00", " UTC")
