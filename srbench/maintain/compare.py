"""Comparing two runs: what of them may be compared, and what changed from the first to the second."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from srbench.analysis import score_changes, speed_changes
from srbench.analysis.gate import check, evaluate
from srbench.analysis.labelled import labelled
from srbench.analysis.tables import Order, tables
from srbench.errors import RunFolderError
from srbench.maintain.protocol_choices import choices
from srbench.maintain.renames import renames
from srbench.maintain.side import read
from srbench.specs import differences, listed
from srbench.store.rows import UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import Any

    import pandas as pd

    from srbench.analysis.columns import Metrics
    from srbench.analysis.gate import Limit, Offender, Outcome
    from srbench.maintain.side import Side
    from srbench.store.rows import ScoreRow

_MACHINE = ("processor", "cores", "cuda_devices", "system")
"""What of the environment decides a time."""


@dataclass(frozen=True)
class Comparison:
    """What changed from run A to run B."""

    a: Side
    b: Side
    cells: pd.DataFrame
    """See `analysis.score_changes.cells`."""
    settings: pd.DataFrame
    """See `analysis.score_changes.settings`."""
    metrics: Metrics
    """Those that both runs have, shown as A shows them."""
    other_metrics: list[str]
    """Which metrics are not compared, or may have changed themselves, a sentence each."""
    speeds: pd.DataFrame
    """See `analysis.speed_changes.changes`; empty where times cannot be compared."""
    refused: str
    """Why times cannot be compared; empty where they can, or where one of the runs has none."""
    renamed: dict[str, str]
    """Methods of A that are compared with one of another name in B."""
    outcome: Outcome
    """What its gate found."""

    @property
    def failures(self) -> list[Offender]:
        """Return what exceeds a limit; without limits nothing does."""
        return self.outcome.failures


def compare(  # noqa: PLR0913 - what can be asked of a comparison
    a: Path,
    b: Path,
    *,
    limits: Iterable[Limit] = (),
    allow_missing: bool = False,
    renamed: Iterable[str] = (),
    across: bool = False,
) -> Comparison:
    """Compare two run folders; `across` machines, times are compared relative to the baseline.

    `limits` may not be exceeded, nor what they are about be missing in B, unless `allow_missing`. Methods are `renamed`
    as `OLD=NEW`, a method of A and the one of B that it is compared with.

    Raises:
        UsageError: a method of `renamed` is absent, or would be compared twice; or a limit is of no metric of theirs.
        RunFolderError: there is no run in a folder; an image or a protocol of one name is not the same in both; or they
            have neither scores nor times of the same thing.

    """
    limits = list(limits)
    one, two = read(a), read(b)
    names = renames(renamed, one, two)
    labels = _labels(one, two, names)
    one = one.renamed(names)
    _check_protocols(one, two)
    _check_pixels(one, two)
    check(limits, one.metrics | two.metrics)
    metrics = {name: metric for name, metric in one.metrics.items() if name in two.metrics}
    missing = {name: metric for name, metric in one.metrics.items() if name not in two.metrics}
    rows = (one.results, two.results) if metrics else ([], [])
    cells = score_changes.cells(*rows, two.asked, metrics)
    settings = score_changes.settings(cells, metrics)
    speeds = _speeds(one, two, across=across)
    lost = bool((speeds["verdict"] == "lost").all())
    refused = "" if across or lost else "; ".join(_machines(one, two))
    if refused:
        refused = f"times of {a} and {b} are of different machines: {refused}; --across-machines compares ratios"
    comparable = (cells["status_a"] + cells["status_b"]).notna().any()
    if not comparable and (refused or lost):
        raise RunFolderError(refused or _nothing(one, two, labels))
    cells, settings, speeds = (labelled(frame, labels) for frame in (cells, settings, speeds))
    speeds = speeds.iloc[:0] if refused else speeds
    outcome = evaluate(limits, cells, settings, speeds, metrics, refused, lost=missing, allow_missing=allow_missing)
    others = list(_other_metrics(one, two))
    shown = {one.labels.get(old, old): two.labels.get(new, new) for old, new in names.items()}
    return Comparison(one, two, cells, settings, metrics, others, speeds, refused, shown, outcome)


def _labels(a: Side, b: Side, names: Mapping[str, str]) -> dict[str, str]:
    """Return what methods are shown as: as in B, and what B has not as in A; what would look alike by its spec."""
    shown = {names.get(spec, spec): a.labels.get(spec, spec) for spec in a.methods}
    shown |= {spec: b.labels.get(spec, spec) for spec in b.methods}
    alike = Counter(shown.values())
    return {spec: label for spec, label in shown.items() if label != spec and alike[label] == 1}


def _other_metrics(a: Side, b: Side) -> Iterator[str]:
    """Yield which metrics only one of the runs has, and which are not the same in both."""
    for side, other in ((a, b), (b, a)):
        names = [name for name in side.metrics if name not in other.metrics]
        if names:
            yield f"only {side.folder} has {', '.join(names)}: not compared"
    for name in a.metrics:
        one, two = (side.info.get("metrics", {}).get(name, {}) for side in (a, b))
        if one and two and any(one.get(key) != two.get(key) for key in ("version", "code")):
            versions = differences({"version": one.get("version")}, {"version": two.get("version")})
            what = ", ".join(versions) or "its code, weights or packages changed"
            yield f"{name} is not the same in both runs ({what}): that alone may change scores"


def _check_protocols(a: Side, b: Side) -> None:
    """Refuse scores of protocols that share their name and nothing else, or of which none is in both."""
    prints = [{row.protocol: row.protocol_fingerprint for row in side.scores} for side in (a, b)]
    common = [name for name in prints[0] if name in prints[1]]
    pairs = [(name, name) for name in common if prints[0][name] != prints[1][name]]
    if all(prints) and not common:
        pairs = [(next(iter(prints[0])), next(iter(prints[1])))]
    for one, two in pairs:
        name = f"protocol {one}" if one == two else f"protocols {one} and {two}"
        what = "; ".join(choices(_fields(a, one), prints[0][one], _fields(b, two), prints[1][two]))
        raise RunFolderError(
            f"scores of {a.folder} and {b.folder} are not comparable: {name}: {what}; run one of them again"
        )


def _fields(side: Side, protocol: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = side.info.get("protocol_fields", {}).get(protocol)
    return found


def _check_pixels(a: Side, b: Side) -> None:
    pixels = {key: pixels for row in a.scores for key, (_, pixels) in _pixels(row).items()}
    for key, (what, after) in (each for row in b.scores for each in _pixels(row).items()):
        before = pixels.get(key, "")
        if before != after and not {before, after} & {"", UNREADABLE}:
            raise RunFolderError(
                f"scores of {a.folder} and {b.folder} are not comparable: {what} has different pixels: "
                f"{after[:12]}, not {before[:12]}; run one of them again"
            )


def _pixels(row: ScoreRow) -> dict[tuple[object, ...], tuple[str, str]]:
    """Return the hashes of HR and of given LR, with their names."""
    image = f"{row.image} of {row.dataset}"
    lr = f"the given LR of {image} at x{row.factor}"
    return {
        (row.dataset, row.image): (image, row.hr_sha256),
        (row.dataset, row.image, row.factor, row.protocol): (lr, row.lr_sha256),
    }


def _speeds(a: Side, b: Side, *, across: bool) -> pd.DataFrame:
    found = [tables(each.timings, _order(each)) for each in (a, b)]
    return speed_changes.changes(found[0].timings, found[1].timings, [each.speeds for each in found], across=across)


def _order(side: Side) -> Order:
    methods = list(dict.fromkeys(row.method for row in side.timings if row.method))
    return Order(methods, {}, sorted({row.factor for row in side.timings}), (), side.metrics)


def _machines(a: Side, b: Side) -> Iterator[str]:
    """Yield what differs between the machines of two runs; older and merged runs do not say everything."""
    one, two = (side.info.get("environment") or {} for side in (a, b))
    known = [name for name in _MACHINE if name in one and name in two]
    yield from differences({name: one[name] for name in known}, {name: two[name] for name in known})
    for name in ("machine", "threads"):
        values = [{getattr(row, name) for row in side.timings if row.method} - {""} for side in (a, b)]
        if all(values) and values[0] != values[1]:
            yield f"{name}: {', '.join(sorted(values[1]))}, not {', '.join(sorted(values[0]))}"


def _nothing(a: Side, b: Side, labels: Mapping[str, str]) -> str:
    if a.metrics.keys() ^ b.metrics.keys() and not a.metrics.keys() & b.metrics.keys():
        one, two = (f"{side.folder} has {', '.join(side.metrics) or 'none'}" for side in (a, b))
        return f"{a.folder} and {b.folder} have no metric in common: {one}; {two}"
    hint = "" if set(a.methods) & set(b.methods) else "; --map OLD=NEW compares a method with one of another name"
    return f"{a.folder} and {b.folder} have nothing in common: {_has(a, labels)}, and {_has(b, labels)}{hint}"


def _has(side: Side, labels: Mapping[str, str]) -> str:
    """Say what a run has rows of, by `labels` of methods."""
    name = {spec: labels.get(spec, spec) for spec in side.methods}
    scored = {f"{name[row.method]} x{row.factor} on {row.dataset}, {row.protocol}": None for row in side.scores}
    timed = {f"times of {name[row.method]} x{row.factor} on {row.device}": None for row in side.timings if row.method}
    return f"{side.folder} has {listed([*scored, *timed], separator='; ') or 'no rows'}"
