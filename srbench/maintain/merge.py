"""Joining runs: the rows of several folders in a new one, with the plan that one command would have had."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from srbench.analysis import tables
from srbench.analysis.columns import metrics_of
from srbench.analysis.tables import Order
from srbench.errors import RunFolderError
from srbench.maintain import merge_conflicts, merge_part
from srbench.metrics.classical import CLASSICAL
from srbench.plan import Plan
from srbench.specs import listed
from srbench.store import given_lr, pictures
from srbench.store.coverage import missing
from srbench.store.current import current
from srbench.store.journal import Journal, read_info
from srbench.store.rows import ScoreRow, to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from srbench.analysis.tables import Tables
    from srbench.maintain.merge_part import Shard
    from srbench.store.coverage import Gap
    from srbench.store.rows import MetricRow, Row

_FACTS = (
    *("schema", "status", "plan", "command", "started", "ended"),
    *("environment", "protocols", "protocol_fields", "protocol_summaries"),
    *("datasets", "methods", "labels", "metrics", "timed", "merged"),
)
"""What run.json keeps of each of the runs."""


_CLASSICAL = {name: metric.facts for name, metric in CLASSICAL.items()}
"""What is said of the metrics of a run from before it said so."""


@dataclass(frozen=True)
class Merged:
    """A joined run: its tables, its plan, what it has no row for, and whether `srbench run` can compute that."""

    tables: Tables
    plan: Plan
    labels: dict[str, str]
    """What methods are shown as, by their specs, where that is not the spec itself."""
    gaps: list[Gap]
    apart: str
    """What the runs have scores of, where no image has scores of two methods, so that nothing can be compared."""
    continuable: bool


def merge(folders: Sequence[Path], out: Path) -> Merged:
    """Join the runs in `folders` in the new run folder `out`; merging the same again completes what was interrupted.

    Rows that are equal are kept once, and a good one rather than a bad one about the same thing.

    Raises:
        RunFolderError: a folder holds no run or a damaged one, two contradict each other, or `out` is not new.

    """
    parts = [merge_part.read(folder) for folder in folders]
    merge_conflicts.check(parts)
    names = [str(folder) for folder in folders]
    _check_new(out, names)
    plan, images = _plan(parts), {name: size for part in _scoring(parts) for name, size in part.sizes.items()}
    rows = [*_best(row for part in parts for row in part.scores), *_best(row for part in parts for row in part.values)]
    rows += _timings(parts)
    with Journal(out, plan) as journal:
        journal.describe(**_facts(parts), merged=[_kept(part) for part in parts])
        _take_pictures(out, rows, folders)
        there = {to_json(row) for row in journal.rows}
        for row in rows:
            if to_json(row) not in there:
                journal.append(row)
        standing = current(journal.rows, journal.info)
        labels = journal.info["labels"]
        gaps = missing(plan, images, standing, labels)
        untimed = any(part.plan.timing and not part.finished for part in parts)
        info = journal.info
        pictures.link(out, (row for row in standing if isinstance(row, ScoreRow)), labels)
        fields = info.get("protocol_fields", {})
        order = Order(plan.methods, images, plan.factors, plan.protocols, metrics_of(info), fields, labels)
        result = tables.tables(standing, order)
        tables.renew(out, result)
        journal.describe(status="running" if gaps or untimed else "finished")
    return Merged(result, plan, labels, gaps, _apart(parts, standing), continuable=bool(plan.computed))


def _apart(parts: Sequence[Shard], rows: Iterable[Row]) -> str:
    """Return what each run has scores of where no image has those of two methods; nothing else, or of one method."""
    methods: dict[tuple[str, str, int, str], set[str]] = {}
    for row in rows:
        if isinstance(row, ScoreRow) and row.status == "ok":
            methods.setdefault((row.dataset, row.image, row.factor, row.protocol), set()).add(row.method)
    if len(set().union(*methods.values())) < 2 or any(len(each) > 1 for each in methods.values()):  # noqa: PLR2004
        return ""
    have = [
        f"{part.folder} has {listed(f'{dataset} x{factor} {protocol}' for dataset, factor, protocol in part.settings)}"
        for part in parts
        if part.settings
    ]
    return "; ".join(have)


def _check_new(out: Path, names: list[str]) -> None:
    """Pass if `out` holds no other run; one that this merge has begun is continued."""
    if not (out / "run.json").exists():
        return
    from_before = read_info(out).get("merged", [])
    if [each.get("run") for each in from_before] != names:
        raise RunFolderError(f"{out} already contains a run; choose another --out")


def _scoring(parts: Sequence[Shard]) -> Sequence[Shard]:
    """Return the runs that score, else all: the datasets of `srbench time` only make what is timed."""
    return [part for part in parts if part.plan.scoring] or parts


def _plan(parts: Sequence[Shard]) -> Plan:
    """Return the plan that asks for what the runs were asked for together."""
    scoring = _scoring(parts)
    specs = {name: spec for part in reversed(scoring) for name, spec in part.specs.items()}  # the first spec of a name
    return Plan(
        methods=tuple(dict.fromkeys([*_all("computed", parts), *_all("given", parts)])),
        factors=tuple(dict.fromkeys(each for part in parts for each in part.plan.factors)),
        datasets=tuple(dict.fromkeys(specs[name] for part in scoring for name in part.specs)),
        protocols=tuple(dict.fromkeys(each for part in scoring for each in part.plan.protocols)),
        device=next((part.plan.device for part in parts if not part.given), "auto"),
        timing=all(part.plan.timing for part in parts),
        protocol_files=tuple(dict.fromkeys(each for part in scoring for each in part.plan.protocol_files)),
        plugins=tuple(dict.fromkeys(each for part in parts for each in part.plan.plugins)),
        scoring=scoring[0].plan.scoring,
        sizes=tuple(dict.fromkeys(each for part in scoring for each in part.plan.sizes)),
        output_sizes=tuple(dict.fromkeys(each for part in scoring for each in part.plan.output_sizes)),
        threads=tuple(dict.fromkeys(each for part in scoring for each in part.plan.threads)),
        metrics=tuple(dict.fromkeys(each for part in scoring for each in part.plan.metrics)),
        sr=tuple(dict.fromkeys(_all("sr", parts))),
    )


def _all(field: str, parts: Iterable[Shard]) -> Iterator[str]:
    """Yield what a field of the plans of all parts holds."""
    return (each for part in parts for each in getattr(part.plan, field))


def _best(rows: Iterable[ScoreRow | MetricRow]) -> list[Row]:
    """Return one row of each cell, a good one rather than a bad one."""
    best: dict[Any, Row] = {}
    for row in rows:
        if row.cell not in best or row.status == "ok":
            best[row.cell] = row
    return list(best.values())


def _timings(parts: Iterable[Shard]) -> list[Row]:
    """Return all samples, equal ones once; the processes of each run have their own numbers."""
    found: dict[str, Row] = {}
    before = 0
    for part in parts:
        new = {text: row for row in part.timings if (text := to_json(row)) not in found}
        found |= {text: replace(row, process=row.process + before) for text, row in new.items()}
        before += 1 + max((row.process for row in part.timings), default=-1)
    return list(found.values())


def _take_pictures(out: Path, rows: Iterable[Row], folders: Sequence[Path]) -> None:
    """Copy the pictures of the rows that are joined, as far as there are any."""
    for row in rows:
        if isinstance(row, ScoreRow) and row.status == "ok":
            pictures.take_over(out, [*pictures.crops_of(row), *pictures.images_of(row)], folders)


def _facts(parts: Sequence[Shard]) -> dict[str, Any]:
    """Return what run.json says of the whole, as that of a run which was always one."""
    plain = ("protocols", "protocol_fields", "protocol_summaries", "datasets")
    joined: dict[str, dict[str, Any]] = {name: {} for name in (*plain, "metrics", "methods")}
    lr: dict[str, dict[str, Any]] = {}
    for part in parts:
        for name in plain:
            joined[name] |= part.info.get(name, {})
        for name, facts in part.info.get("datasets", {}).items():
            lr[name] = lr.get(name, {}) | facts.get("lr", {})
        joined["metrics"] |= part.info.get("metrics", _CLASSICAL)
        for method, facts in part.info["methods"].items():
            joined["methods"][method] = _method(joined["methods"].get(method, {}), facts)
    environments = [part.info.get("environment") for part in parts]
    alike = all(each == environments[0] for each in environments)
    joined["datasets"] = {
        name: facts | ({"lr": lr[name]} if lr[name] else {}) for name, facts in joined["datasets"].items()
    }
    given = {each: None for part in parts for each in given_lr.read(part.info)}
    return {
        **joined,
        **(given_lr.to_json(given) if given else {}),
        **({"environment": environments[0]} if alike else {}),
        "labels": _labels(parts),
        **_asked(parts),
        "processes": sum(int(part.info.get("processes", 1)) for part in parts),
        "timed": _timed(parts),
    }


def _asked(parts: Sequence[Shard]) -> dict[str, str]:
    """Return the frame budget that the first of the runs was asked for, if any was."""
    asked = [part.info["frame_budget"] for part in parts if part.info.get("frame_budget")]
    return {"frame_budget": asked[0]} if asked else {}


def _labels(parts: Sequence[Shard]) -> dict[str, str]:
    """Return what methods are shown as: as in the first run that has them, and by their specs if that is taken."""
    shown: dict[str, str] = {}
    for spec in dict.fromkeys(each for part in parts for each in part.plan.methods):
        label = next(part.info.get("labels", {}).get(spec, spec) for part in parts if spec in part.plan.methods)
        shown[spec] = spec if label in shown.values() else label
    return {spec: label for spec, label in shown.items() if label != spec}


def _method(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Join what two runs say of a method: codes, files and models, each of its own factors."""
    nested = {name: _joined(one.get(name, {}), facts) for name, facts in other.items() if isinstance(facts, dict)}
    devices = dict.fromkeys([*one.get("devices", ()), *other.get("devices", ())])
    return nested | {"devices": list(devices)}


def _joined(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Join two objects; where one says nothing, as of an SR image that it has not, the other counts."""
    return one | {name: value for name, value in other.items() if value or name not in one}


def _timed(parts: Sequence[Shard]) -> dict[str, Any]:
    """Return how factors and devices were timed; one that several runs timed was not timed as one command would."""
    cases = [case for part in parts for case in part.info.get("timed", {}).items()]
    names = [name for name, _ in cases]
    return {name: {"first": 0, "how": facts.get("how") if names.count(name) == 1 else None} for name, facts in cases}


def _kept(part: Shard) -> dict[str, Any]:
    return {"run": str(part.folder)} | {name: part.info[name] for name in _FACTS if name in part.info}
