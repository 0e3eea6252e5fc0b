"""Hand-made runs with crops, of which reports are made."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from srbench.analysis.columns import metrics_of
from srbench.analysis.tables import Order, tables
from srbench.metrics.classical import further
from srbench.quality import crops
from srbench.reports import findings
from srbench.store import pictures
from srbench.store.rows import MetricRow, ScoreRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from srbench.analysis.columns import Metrics
    from srbench.quality.image import Image
    from srbench.reports.findings import Findings
    from srbench.store.rows import TimingRow


BOX = crops.Box(12, 8, 16, 12)
"""Where the crops of the hand-made run lie in HR, which is 40 pixels wide and 30 high; its factor is 2."""


def scene(image: str) -> Image:
    """Return the HR image of the hand-made run, (30, 40, 3) uint8: no two of its pixels are alike, none above 200."""
    y, x = np.mgrid[:30, :40]
    red = np.full_like(x, 20 + 40 * (sum(map(ord, image)) % 5))
    return np.stack([red, 5 * x, 6 * y], axis=-1).astype(np.uint8)


@pytest.fixture(scope="session")
def make_scene() -> Callable[[str], Image]:
    """Return `scene`."""
    return scene


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[..., Findings]:
    """Return `make_run(rows, cropped=True, full=False, timings=(), info={})`: the findings of a run with crops.

    `rows` are fields of its score rows, and values of the metrics that `info` has beside; the factor is 2.
    SR of a method is HR, lighter by 10 for each letter that its name is longer
    than four, up to 50; so `same` reproduces HR.
    """

    def make_run(
        rows: Sequence[dict[str, Any]],
        *,
        cropped: bool = True,
        full: bool = False,
        timings: Sequence[TimingRow] = (),
        info: dict[str, Any] | None = None,
    ) -> Findings:
        metrics = metrics_of(info or {})
        found = [_row(number, fields, metrics) for number, fields in enumerate(rows)]
        values = [each for row, fields in zip(found, rows, strict=True) for each in _values(row, fields, metrics)]
        for row in found:
            if row.status == "ok" and cropped:
                pictures.keep(tmp_path, _pictures(row, full=full))
        methods = dict.fromkeys([*(row.method for row in found), *(row.method for row in timings)])
        images = {name: len({row.image for row in found if row.dataset == name}) for name in _each(found, "dataset")}
        order = Order(list(methods), images, (2,), _each(found, "protocol"), metrics)
        return findings.of(tables([*found, *values, *timings], order), tmp_path, info or {})

    return make_run


def _each(rows: Sequence[ScoreRow], name: str) -> list[str]:
    return list(dict.fromkeys(getattr(row, name) for row in rows))


def _row(number: int, fields: dict[str, Any], metrics: Metrics) -> ScoreRow:
    about: dict[str, Any] = {"dataset": "set", "image": "a", "factor": 2, "protocol": "basicsr", "device": "cpu"}
    row = ScoreRow(**about | {name: each for name, each in fields.items() if name not in further(metrics)})
    return replace(row, key=f"{number:064x}", hr_sha256=f"{row.dataset}/{row.image}", protocol_fingerprint=row.protocol)


def _values(row: ScoreRow, fields: dict[str, Any], metrics: Metrics) -> Iterator[MetricRow]:
    """Yield the values of further metrics, in their rows."""
    about = {name: getattr(row, name) for name in ("method", "dataset", "image", "factor", "protocol", "device")}
    for name in further(metrics):
        if name in fields:
            yield MetricRow(metric=name, value=fields[name], score=row.key, **about)


def _pictures(row: ScoreRow, *, full: bool) -> dict[str, bytes]:
    hr = scene(row.image)
    sr, lr = hr + np.uint8(10 * min(5, max(0, len(row.method) - 4))), hr[::2, ::2]
    names = pictures.crops_of(row)
    where = json.dumps({"box": list(BOX), "whole": [40, 30]})
    found = {
        names.sr: crops.png(BOX.of(sr)),
        names.hr: crops.png(BOX.of(hr), where),
        names.lr: crops.png(BOX.of(lr, 2)),
        names.whole: crops.small(hr),
    }
    if row.protocol == "none":
        found |= {names.lr: crops.png(BOX.of(lr, 2), where)}
        del found[names.hr]
    if full:
        whole = pictures.images_of(row)
        found |= {whole.sr: crops.png(sr), whole.hr: crops.png(hr), whole.lr: crops.png(lr)}
    return found
