"""Whether runs can be merged: two of them must not contradict each other."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

from srbench.errors import RunFolderError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence
    from pathlib import Path

    from srbench.maintain.merge_part import Shard
    from srbench.store.rows import MetricRow, ScoreRow, TimingRow

Fact = tuple["Hashable", str, str]
"""What a fact is about, what it says, and its name in an error."""


def check(shards: Sequence[Shard]) -> None:
    """Pass if the runs agree.

    Raises:
        RunFolderError: two of them do not; the line names both and what they say.

    """
    rules = (
        (_devices, "runs of one command have one --device"),
        (_datasets, "images of one name must be the same; rename a folder and run it again"),
        (_folders, "one dataset must have one name; merge runs of equal --datasets"),
        (_sources, "a method's SR is either computed or read; give the images another name"),
        (_protocols, "run the older one again"),
        (_codes, "method, weights or a library changed; run one of them again"),
        (_sr_files, "score one of the two again, or give it another name"),
        (_metrics, "metric, weights or a library changed; run the older one again"),
        (_pixels, "the image changed between them; run the older one again"),
        (_scores, "one of them is wrong; srbench results verify checks each"),
        (_values, "one of them is wrong, or they were computed on machines that differ in the last digits"),
    )
    for facts, todo in rules:
        _agree(((shard.folder, fact) for shard in shards for fact in facts(shard)), todo)
    _check_names(shards)
    _check_machines(shards)


def _agree(facts: Iterable[tuple[Path, Fact]], todo: str) -> None:
    first: dict[Hashable, tuple[Path, str]] = {}
    for folder, (about, value, name) in facts:
        other, seen = first.setdefault(about, (folder, value))
        if seen != value:
            raise RunFolderError(f"{other} and {folder} contradict each other: {name}: {seen} and {value}; {todo}")


def _devices(shard: Shard) -> Iterator[Fact]:
    if not shard.given:
        yield "device", shard.plan.device, "--device"


def _datasets(shard: Shard) -> Iterator[Fact]:
    for name, facts in shard.info["datasets"].items():
        yield name, str(facts.get("fingerprint"))[:12], f"fingerprint of dataset {name}"


def _folders(shard: Shard) -> Iterator[Fact]:
    for name, spec in shard.specs.items():
        yield spec, name, f"name of {spec}"


def _sources(shard: Shard) -> Iterator[Fact]:
    for method in shard.plan.methods:
        source = "SR images that exist" if method in shard.plan.given else "computed SR"
        yield method, source, f"source of {shard.info.get('labels', {}).get(method, method)}"


def _check_names(shards: Sequence[Shard]) -> None:
    """Refuse images that two runs call otherwise: rows pair by names, so that none of theirs would."""
    for other, shard in combinations(shards, 2):
        names = {facts.get("fingerprint"): name for name, facts in other.info["datasets"].items()}
        for name, facts in shard.info["datasets"].items():
            theirs = names.get(facts.get("fingerprint"), name)
            if name != theirs and name not in other.info["datasets"] and theirs not in shard.info["datasets"]:
                raise RunFolderError(
                    f"{other.folder} and {shard.folder} have the same images under two names, {theirs} and {name}, so "
                    f"no row of one would pair with one of the other; make one of them again under the other's name: "
                    f"{_other_name(shard, other.specs.get(theirs, theirs))}"
                )


def _other_name(shard: Shard, spec: str) -> str:
    """Say how a run is made with a dataset of another spec."""
    return f"srbench score --hr {spec}" if shard.given else f"srbench run --datasets {spec}"


def _protocols(shard: Shard) -> Iterator[Fact]:
    for name, fingerprint in shard.info["protocols"].items():
        yield name, str(fingerprint)[:12], f"fingerprint of protocol {name}"


def _codes(shard: Shard) -> Iterator[Fact]:
    rows: list[ScoreRow | TimingRow] = [*shard.computed, *shard.timings]
    for row in rows:
        yield (row.method, row.factor, row.device), row.code[:12], f"code of {row.method} x{row.factor} on {row.device}"
    computed = {name: facts for name, facts in shard.info["methods"].items() if name not in shard.plan.given}
    for method, facts in computed.items():
        for case, code in facts["codes"].items():
            yield (method, case), code[:12], f"code of {method} {case}"


def _sr_files(shard: Shard) -> Iterator[Fact]:
    for row in shard.read:
        if row.code:  # one that could not be read has none
            yield row.cell, row.code[:12], f"SR file of {_name(row)}"


def _metrics(shard: Shard) -> Iterator[Fact]:
    for metric, facts in shard.info.get("metrics", {}).items():
        yield metric, str(facts.get("code"))[:12], f"code of metric {metric}"


def _pixels(shard: Shard) -> Iterator[Fact]:
    for row in shard.scores:
        if row.status == "ok":
            yield (row.dataset, row.image), row.hr_sha256[:12], f"pixels of {row.image} in {row.dataset}"
            if row.lr_sha256:
                what = f"pixels of the given LR of {row.image} at x{row.factor} in {row.dataset}"
                yield (row.dataset, row.image, row.factor), row.lr_sha256[:12], what


def _scores(shard: Shard) -> Iterator[Fact]:
    for row in shard.scores:
        if row.status == "ok":
            yield row.cell, f"{row.psnr!r} dB, SSIM {row.ssim!r}", _name(row)


def _values(shard: Shard) -> Iterator[Fact]:
    for row in shard.values:
        if row.status == "ok":
            yield row.cell, repr(row.value), f"{row.metric} of {_name(row)}"


def _name(row: ScoreRow | MetricRow) -> str:
    return f"{row.method} x{row.factor} on {row.image} of {row.dataset}, protocol {row.protocol}"


def _check_machines(shards: Sequence[Shard]) -> None:
    """Refuse timings of two machines: in one table they would be taken for the methods' difference."""
    timed = [shard for shard in shards if any(row.status == "ok" for row in shard.timings)]
    for other, shard in combinations(timed, 2):
        names = [sorted({row.machine for row in each.timings if row.machine}) for each in (other, shard)]
        machines = [", ".join(each) for each in names] if all(names) else [_hardware(other), _hardware(shard)]
        if machines[0] != machines[1]:
            raise RunFolderError(
                f"{other.folder} and {shard.folder} contradict each other: timings of two machines: {machines[0]} and "
                f"{machines[1]}; time all methods on one, and merge runs with --no-timing of the others"
            )


def _hardware(shard: Shard) -> str:
    """Describe the machine of a run from before rows named it."""
    facts: dict[str, Any] = shard.info.get("environment", {})
    gpus = ", ".join(facts.get("cuda_devices") or ["no CUDA device"])
    return f"{facts.get('processor')} with {facts.get('cores')} cores and {gpus}"
