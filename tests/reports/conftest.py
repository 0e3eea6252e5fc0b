"""A run with any metrics, made by hand."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from srbench.analysis.columns import metrics_of
from srbench.analysis.tables import Order, tables
from srbench.metrics import Metric
from srbench.metrics.classical import CLASSICAL
from srbench.reports import findings
from srbench.store.rows import MetricRow, ScoreRow, TimingRow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from srbench.reports.findings import Findings

DECLARED = CLASSICAL | {
    "ms-ssim": Metric(label="MS-SSIM", better="higher", low=0, high=1),
    "lpips": Metric(label="LPIPS", better="lower", low=0, sees="rgb", version="0.1", hint="distance of features"),
    "lpips:net=vgg": Metric(label="LPIPS", better="lower", low=0, sees="rgb", version="0.1"),
    "dists": Metric(label="DISTS", better="lower", low=0, high=1, sees="rgb"),
    "niqe": Metric(label="NIQE", better="lower", digits=2, sees="rgb", reference=False),
}
SECONDS = {"bicubic": 0.001, "net": 0.01, "blur": 0.1}


@pytest.fixture
def measured() -> Callable[..., Findings]:
    """Return `measured(values, protocol="basicsr", timed=True)`: the findings of a run with these values.

    `values` are, by metric and method, those of each image: numbers, or a status of a value that is missing.
    """
    return measure


def measure(
    values: Mapping[str, Mapping[str, Sequence[Any]]], *, protocol: str = "basicsr", timed: bool = True
) -> Findings:
    """Return the findings of a run: see `measured`."""
    info = {"metrics": {name: DECLARED[name].facts | {"code": "c" * 64, "files": {}} for name in values}}
    methods, count = _methods(values), _images(values)
    rows: list[ScoreRow | MetricRow | TimingRow] = [*rows_of(values, protocol)]
    rows += [_call(method) for method in methods if timed]
    order = Order(methods, {"set": count}, [3], [protocol], metrics_of(info))
    return findings.of(tables(rows, order), Path("run"), info)


def rows_of(values: Mapping[str, Mapping[str, Sequence[Any]]], protocol: str) -> list[ScoreRow | MetricRow]:
    """Return the rows of scores, and of further metrics."""
    about = [
        (number, _about(method, number, protocol)) for method in _methods(values) for number in range(_images(values))
    ]
    further = [name for name in values if name not in CLASSICAL]
    scores = [_score(values, number, each) for number, each in about]
    return [
        *scores,
        *(_value(name, values[name][each["method"]][number], each) for name in further for number, each in about),
    ]


def _methods(values: Mapping[str, Mapping[str, Sequence[Any]]]) -> list[str]:
    return list(next(iter(values.values()), SECONDS))


def _images(values: Mapping[str, Mapping[str, Sequence[Any]]]) -> int:
    return len(next(iter(next(iter(values.values())).values()))) if values else 2


def _about(method: str, number: int, protocol: str) -> dict[str, Any]:
    fixed = {"dataset": "set", "factor": 3, "protocol": protocol, "device": "cpu"}
    return {"method": method, "image": f"{number}.png", **fixed}


def _score(values: Mapping[str, Mapping[str, Sequence[Any]]], number: int, about: dict[str, Any]) -> ScoreRow:
    classical = {name: values[name][about["method"]][number] for name in CLASSICAL if name in values}
    shape: dict[str, Any] = {"height": 300, "width": 300, "channels": 3, "dtype": "uint8"}
    return ScoreRow(**about, **classical, **shape, key=f"{about['method']}/{number}")


def _value(name: str, value: Any, about: dict[str, Any]) -> MetricRow:  # noqa: ANN401 - a number or a status
    score = f"{about['method']}/{about['image'].removesuffix('.png')}"
    if isinstance(value, str):
        return MetricRow(metric=name, value=math.nan, status=value, reason="boom", score=score, **about)  # type: ignore[arg-type]
    return MetricRow(metric=name, value=value, score=score, **about)


def _call(method: str) -> TimingRow:
    size: dict[str, Any] = {"height": 100, "width": 100, "channels": 3, "dtype": "uint8"}
    return TimingRow(method=method, factor=3, device="cpu", phase="call", seconds=SECONDS[method], **size)
