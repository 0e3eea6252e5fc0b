"""The table of columns: how numbers are shown, and that nothing else names the metrics."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pandas as pd
import pytest

import srbench
from srbench.analysis.columns import (
    SPEEDS,
    TIMES,
    Column,
    bound,
    leading,
    metrics_of,
    probability,
    scoreboard_columns,
)
from srbench.metrics.classical import PSNR
from srbench.metrics.declaration import Metric
from srbench.quality.protocol import Score
from srbench.store.rows import ScoreRow

METRICS = metrics_of({})
COLUMNS = scoreboard_columns(METRICS)
HOME = Path(srbench.__file__).parent
KNOW_METRICS = {"analysis/claims.py", "analysis/reported.py"}
"""What may: the metric of a claim that names none, and the tolerances of claims."""


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("psnr", 30.004, "30.00 dB"),
        ("psnr", math.inf, "inf dB"),
        ("ssim", 0.91236, "0.9124"),
        ("ssim", math.nan, "-"),
        ("cpu_ms_per_mpx", 1234.5, "1234 ms/Mpx"),
        ("cuda_ms_per_mpx", 0.01234, "0.0123 ms/Mpx"),
        ("parameters", 22729, "22,729"),
        ("parameters", pd.NA, "-"),
    ],
)
def test_numbers(name: str, value: float, text: str) -> None:
    """A number has its column's digits and unit; what is absent is a dash."""
    found = COLUMNS[name].measure(value)
    assert found == (text if text != "-" else f"- {COLUMNS[name].unit}".strip())


def test_scales() -> None:
    """Speeds are in seconds and bytes in the table, and shown in the unit of the column."""
    assert SPEEDS["call"].measure(0.00123) == "1.23 ms"
    assert SPEEDS["memory"].measure(123_456_789) == "123 MB"


def test_metrics_are_those_of_rows() -> None:
    """Each metric is a number that protocols compute and rows hold; all have digits."""
    assert list(METRICS) == list(Score._fields)
    assert all(str(ScoreRow.__dataclass_fields__[name].default) == "nan" for name in METRICS)
    assert next(iter(METRICS.values())) == leading(METRICS)
    assert all(metric.digits and metric.better for metric in METRICS.values())
    assert all(time.better == "lower" for time in TIMES.values())


def test_nothing_else_names_metrics() -> None:
    """Tables, charts, comparisons and gates go through the table: no code of theirs has a metric as a name or a key."""
    pattern = re.compile(rf"[\"'.](?:{'|'.join(METRICS)})(?:[\"']|_\w|\b(?=[\s,)\]}}]))")
    files = [
        file
        for room in ("reports", "analysis")
        for suffix in ("py", "js")
        for file in (HOME / room).rglob(f"*.{suffix}")
    ]
    named = {
        file.relative_to(HOME).as_posix()
        for file in files
        if any(pattern.search(line.split("#")[0]) for line in file.read_text(encoding="utf-8").splitlines())
    }
    # what weights say of their training, and what `srbench explain` explains: PSNR and SSIM
    assert named - KNOW_METRICS <= {"reports/html/training.py", "reports/explanation.py", "reports/claims.py"}


def test_metrics_of_a_run() -> None:
    """Names, units, digits and directions are those of run.json, in its order; without, PSNR and SSIM."""
    facts = Metric(label="NIQE", better="lower", digits=3, hint="naturalness", reference=False).facts
    found = metrics_of({"metrics": {"niqe": {**facts, "code": "sha", "summary": "NIQE: ..."}, "psnr": PSNR.facts}})
    assert list(found) == ["niqe", "psnr"]
    assert found["niqe"] == Column("niqe", "NIQE", "", 3, "lower", "naturalness")
    assert (found["niqe"].sign, found["niqe"].text(4.5)) == (-1, "4.500")
    assert list(metrics_of({})) == ["psnr", "ssim"]


def test_scoreboard_of_another_metric() -> None:
    """Difference, reported value and rank are of the metric that leads, with its label, unit and digits."""
    metrics = metrics_of({"metrics": {"lpips": Metric(label="LPIPS", better="lower", unit="u").facts}})
    board = scoreboard_columns(metrics)
    assert "psnr" not in board
    assert (board["difference"].unit, board["difference"].digits, board["difference"].better) == ("u", 5, "")
    assert board["reported"].text(0.12345) == "0.1235"
    assert "LPIPS" in board["rank"].hint
    assert list(board)[:4] == ["method", "dataset", "lpips", "images"]


@pytest.mark.parametrize(("p", "shown"), [(0.125, "0.125"), (0.0625, "0.0625"), (1.0, "1"), (7 * 2**-9, "0.013671")])
def test_bounds_of_p_are_true(p: float, shown: str) -> None:
    """What p cannot be below has all its digits, or as many as six, and is not rounded up; p has three."""
    assert bound(p) == shown
    assert float(bound(p)) <= p
    assert probability(0.125) == "0.125"
