"""Scoring SR images that exist already, as rows that a run has."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from srbench.analysis import tables
from srbench.analysis.tables import Order
from srbench.errors import SrbenchError
from srbench.execution.loading import reason_for
from srbench.execution.pairing import pairs
from srbench.hashing import file_hash
from srbench.quality import protocols
from srbench.quality.files import pixel_hash, read_image
from srbench.quality.image import channels, is_grey, is_neutral, stacked
from srbench.speed import environment
from srbench.store.current import current, image_of
from srbench.store.journal import Journal
from srbench.store.rows import GIVEN, ScoreRow, key_of, to_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from srbench.analysis.tables import Tables
    from srbench.datasets import Dataset, Entry
    from srbench.plan import Plan
    from srbench.quality.image import Image
    from srbench.quality.protocol import Protocol

STACKED = "SR has one channel, HR has R = G = B: SR was scored as R = G = B"
"""What is remarked on such a pair."""


def score(plan: Plan, hr: Dataset, sr: Dataset, out: Path | None = None) -> Tables:
    """Score the images of `sr` against those of `hr` and return the tables; with `out`, write a run folder too.

    Raises:
        UsageError: files do not pair, or there is no such protocol.
        RunFolderError: `out` cannot be used.

    """
    chosen, files = protocols.resolve(plan.protocols, plan.own_protocols)
    fields = {protocol.name: protocol.fields for protocol in chosen}
    plan = replace(
        plan,
        datasets=(hr.spec, sr.spec),  # other folders of these names are another run
        protocols=tuple(fields),
        protocol_files=tuple(map(str, files)),
    )
    (factor,) = plan.factors
    paired = pairs(hr, sr, factor)
    order = Order(plan.methods, {hr.name: len(paired)}, plan.factors, plan.protocols, fields)
    if out is None:
        return tables.tables(_rows(plan, hr.name, paired, chosen, {}), order)
    with Journal(out, plan) as journal:
        done = {row.key: row for row in journal.rows if isinstance(row, ScoreRow) and row.status == "ok"}
        newest = {row.cell: to_json(row) for row in journal.rows if isinstance(row, ScoreRow)}
        found = []
        for row in _rows(plan, hr.name, paired, chosen, done):
            found.append(row)
            if to_json(row) != newest.get(row.cell):
                journal.append(row)
        journal.describe(
            status="finished",
            environment=environment.describe(),
            protocols={protocol.name: protocol.fingerprint for protocol in chosen},
            protocol_fields=fields,
            protocol_summaries=protocols.summaries(chosen),
            datasets={hr.name: {**_facts(hr), "files": {row.image: row.hr_file_sha256 for row in found}}},
            methods={
                plan.methods[0]: {
                    "devices": [GIVEN],
                    "codes": {image_of(hr.name, row.image): row.code for row in found},
                }
            },
        )
        result = tables.tables(current(journal.rows, journal.info), order)
        tables.write(out, result)
    return result


def _facts(hr: Dataset) -> dict[str, Any]:
    return {"images": len(hr.files), "fingerprint": hr.fingerprint}


def _rows(
    plan: Plan,
    dataset: str,
    pairs: Sequence[tuple[Entry, Entry]],
    chosen: Sequence[Protocol],
    done: Mapping[str, ScoreRow],
) -> Iterator[ScoreRow]:
    """Yield a row for each pair and protocol: the one that is `done` for the same pixels, or a new one."""
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
            yield _scored(row, pair, protocol, done)


def _scored(row: ScoreRow, pair: tuple[Entry, Entry], protocol: Protocol, done: Mapping[str, ScoreRow]) -> ScoreRow:
    """Fill in the row of one pair; one that cannot be scored says why."""
    try:
        hr, sr, remark = _read(pair, protocol)
        row = replace(
            row, reason=remark, code=pixel_hash(sr), hr_sha256=pixel_hash(hr), hr_file_sha256=file_hash(pair[0].path)
        )
        key = key_of(row)
        if key in done:
            return replace(done[key], hr_file_sha256=row.hr_file_sha256, reason=remark)
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
    if is_grey(sr) and not is_grey(hr) and is_neutral(hr):
        return hr, stacked(sr), STACKED
    return hr, sr, protocol.remark(hr, sr)
