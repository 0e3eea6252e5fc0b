"""Scoring SR images that exist already, as rows that a run has."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from srbench.analysis import tables
from srbench.analysis.columns import metrics_of
from srbench.analysis.tables import Order
from srbench.datasets.pairing import pairs
from srbench.errors import SrbenchError, UsageError
from srbench.execution.loading import reason_for
from srbench.execution.metric_info import asked_metrics, different, facts_of
from srbench.execution.scoring import value_of, value_row
from srbench.execution.worker_group import WorkerGroup
from srbench.hashing import file_hash
from srbench.isolation.limits import Limits
from srbench.metrics.registry import check_names
from srbench.quality import protocols
from srbench.quality.files import pixel_hash, read_image
from srbench.quality.image import channels, is_grey, is_neutral, stacked
from srbench.quality.pairs import seen
from srbench.speed import environment
from srbench.store.current import current, image_of
from srbench.store.journal import Journal
from srbench.store.rows import GIVEN, MetricRow, ScoreRow, TimingRow, key_of, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from srbench.analysis.tables import Tables
    from srbench.datasets import Dataset, Entry
    from srbench.execution.metric_info import MetricInfo
    from srbench.plan import Plan
    from srbench.quality.image import Image
    from srbench.quality.pairs import Pair
    from srbench.quality.protocol import Protocol

    Further: TypeAlias = Callable[[Mapping[str, Any]], Mapping[str, Any]]

_Row: TypeAlias = ScoreRow | MetricRow

STACKED = "SR has one channel, HR has R = G = B: SR was scored as R = G = B"
"""What is remarked on such a pair."""


def score(plan: Plan, hr: Dataset, sr: Dataset, out: Path | None = None) -> Tables:
    """Return the tables of `run`; raises as it does."""
    return run(plan, hr, sr, out).tables


class Ran(NamedTuple):
    """What there is to report: the tables, and what run.json says, or would say."""

    tables: Tables
    info: Mapping[str, Any]


def run(plan: Plan, hr: Dataset, sr: Dataset, out: Path | None = None, further: Further = lambda _: {}) -> Ran:
    """Score the images of `sr` against those of `hr`; with `out`, write a run folder too.

    Once the scores are written, `further` adds to run.json, of which it is given what there is.

    Raises:
        UsageError: files do not pair, or there is no such protocol or metric.
        RunFolderError: `out` cannot be used.

    """
    chosen, files = protocols.resolve(plan.protocols, plan.own_protocols)
    if not all(each.has_hr for each in chosen):
        raise UsageError("protocol none compares with nothing; choose one that compares SR with HR, such as basicsr")
    plan = replace(
        plan,
        datasets=(hr.spec, sr.spec),  # other folders of these names are another run
        protocols=tuple(each.name for each in chosen),
        protocol_files=tuple(map(str, files)),
    )
    (factor,) = plan.factors
    paired = pairs(hr, sr, factor)
    check_names(plan.metrics, plan.plugin_files)
    with WorkerGroup((), Limits(), plan.metrics) as workers:
        metrics = different(workers.describe_metrics(asked_metrics(plan)))
        plan = replace(plan, metrics=tuple(info.spec for info in metrics))
        order = _order(plan, hr, len(paired), chosen, metrics)
        make = partial(_rows, plan, hr.name, paired, chosen, _Measuring(metrics, workers))
        describe = partial(_facts, plan, hr, chosen, metrics)
        if out is None:
            rows = list(make({}))
            info = describe(rows)
            return Ran(tables.tables(rows, order), {**info, **further(info)})
        with Journal(out, plan) as journal:
            journal.describe(**describe(_written(journal, make)))
            result = tables.tables(current(journal.rows, journal.info), order)
            tables.write(out, result)
            if facts := further(journal.info):
                journal.describe(**facts)
    return Ran(result, journal.info)


def _order(plan: Plan, hr: Dataset, images: int, chosen: Sequence[Protocol], metrics: Sequence[MetricInfo]) -> Order:
    shown = metrics_of({"metrics": facts_of(metrics)})
    fields = {each.name: each.fields for each in chosen}
    return Order(plan.methods, {hr.name: images}, plan.factors, plan.protocols, shown, fields)


def _written(journal: Journal, make: Callable[[Mapping[str, _Row]], Iterable[_Row]]) -> list[_Row]:
    """Write the rows that are not there, and return all."""
    rows = [row for row in journal.rows if not isinstance(row, TimingRow)]
    newest = {row.cell: to_json(row) for row in rows}
    found = []
    for row in make({row.key: row for row in rows if row.status == "ok"}):
        if to_json(row) != newest.get(row.cell):
            journal.append(row)
        found.append(row)
    return found


def _facts(
    plan: Plan, hr: Dataset, chosen: Sequence[Protocol], metrics: Sequence[MetricInfo], rows: Iterable[_Row]
) -> dict[str, Any]:
    """Return what run.json says of the run."""
    scores = [row for row in rows if isinstance(row, ScoreRow)]
    files = {row.image: row.hr_file_sha256 for row in scores}
    codes = {image_of(hr.name, row.image): row.code for row in scores}
    return {
        "status": "finished",
        "environment": environment.describe(),
        "metrics": facts_of(metrics),
        "protocols": {protocol.name: protocol.fingerprint for protocol in chosen},
        "protocol_fields": {protocol.name: protocol.fields for protocol in chosen},
        "protocol_summaries": protocols.summaries(chosen),
        "datasets": {hr.name: {"images": len(hr.files), "fingerprint": hr.fingerprint, "files": files}},
        "methods": {plan.methods[0]: {"devices": [GIVEN], "codes": codes}},
    }


class _Measuring(NamedTuple):
    """The metrics of a run, and what computes them."""

    metrics: Sequence[MetricInfo]
    workers: WorkerGroup


def _rows(  # noqa: PLR0913 - what rows are made of
    plan: Plan,
    dataset: str,
    pairs: Sequence[tuple[Entry, Entry]],
    chosen: Sequence[Protocol],
    measuring: _Measuring,
    done: Mapping[str, _Row],
) -> Iterator[_Row]:
    """Yield the rows of each pair and protocol: those that are `done` for the same pixels, or new ones."""
    for protocol in chosen:
        for pair in pairs:
            row = ScoreRow(
                method=plan.methods[0],
                dataset=dataset,
                image=pair[0].name,
                factor=plan.factors[0],
                protocol=protocol.name,
                device=GIVEN,
                protocol_fingerprint=protocol.fingerprint,
            )
            scored = _scored(row, pair, protocol, done)
            yield scored
            if scored.status == "ok":
                yield from _measured(scored, pair, protocol, measuring, done)


def _measured(
    score: ScoreRow, pair: tuple[Entry, Entry], protocol: Protocol, measuring: _Measuring, done: Mapping[str, _Row]
) -> Iterator[MetricRow]:
    """Yield the rows of the metrics of one score."""
    see = cache(partial(_seen, pair, protocol, score.factor))
    for metric in [each for each in measuring.metrics if each.has_rows]:
        row = value_row(score, metric)
        known = done.get(row.key)
        if isinstance(known, MetricRow):
            yield replace(row, value=known.value, reason=known.reason)
        else:
            yield value_of(measuring.workers, metric, row, see(metric.declared.sees))


def _seen(
    pair: tuple[Entry, Entry], protocol: Protocol, factor: int, sees: Literal["scored", "rgb"]
) -> Pair | SrbenchError:
    try:
        hr, sr, _ = _read(pair, protocol)
        return seen(protocol, protocol.truth(hr, factor), sr, factor, sees)
    except SrbenchError as error:
        return error


def _scored(row: ScoreRow, pair: tuple[Entry, Entry], protocol: Protocol, done: Mapping[str, _Row]) -> ScoreRow:
    """Fill in the row of one pair; one that cannot be scored says why."""
    try:
        hr, sr, remark = _read(pair, protocol)
        row = replace(
            row, reason=remark, code=pixel_hash(sr), hr_sha256=pixel_hash(hr), hr_file_sha256=file_hash(pair[0].path)
        )
        key = key_of(row)
        if isinstance(known := done.get(key), ScoreRow):
            return replace(known, protocol=row.protocol, hr_file_sha256=row.hr_file_sha256, reason=remark)
        score = protocol.compare(hr, sr, row.factor)
    except SrbenchError as error:
        status, reason = reason_for(error)
        broken = replace(row, status=status, reason=reason)
        return replace(broken, key=key_of(broken))
    size = {"height": sr.shape[0], "width": sr.shape[1], "channels": channels(sr), "dtype": str(sr.dtype)}
    return replace(row, psnr=score.psnr, ssim=score.ssim, key=key, **size)


def _read(pair: tuple[Entry, Entry], protocol: Protocol) -> tuple[Image, Image, str]:
    """Return HR, SR, and what is to be said of their channels; SR is stacked where a program saved R = G = B as one."""
    hr, sr = (read_image(entry.path) for entry in pair)
    counted = protocol.degradation.read(hr)
    if is_grey(sr) and not is_grey(counted) and is_neutral(counted):
        return hr, stacked(sr), STACKED
    return hr, sr, protocol.remark(hr, sr)
