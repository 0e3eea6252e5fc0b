"""docs/results.md names every column of every table as the table does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from srbench.analysis import claims, reported, tables
from srbench.analysis.columns import metrics_of, of_metric
from srbench.metrics.declaration import Metric
from srbench.store.rows import DEVICES

METRICS = metrics_of({}) | {"lpips": of_metric("lpips", Metric(label="LPIPS", better="lower"))}

PAGE = (Path(__file__).parents[2] / "docs" / "results.md").read_text(encoding="utf-8")
VALUES = {
    "scores": {"ok", "skipped", "failed", "timeout", "crashed", "training_images", "lr_sha256", "lr_file_sha256"},
    "timings": {"load", "first", "call", "compute", "start", "sgemm", "copy"},
    "summary": {"srcnn"},
    "speeds": {"steady", "noisy", "measured", "estimated", "none", "slower", "faster", "same", "unsure"},
}
"""What a paragraph names besides columns of every run: values, what methods call it, and columns of given LR."""


@pytest.mark.parametrize("name", VALUES)
def test_columns(name: str) -> None:
    """Neither a column that the page does not name, nor a name that no column has."""
    (paragraph,) = re.findall(rf"^\*\*{name}\*\*: (.*?)\n\n", PAGE, re.DOTALL | re.MULTILINE)
    named = set(re.findall(r"`([a-z0-9_*]+)`", paragraph))
    named |= {each.replace("*", device) for each in named if "*" in each for device in DEVICES}
    frame = getattr(tables.tables([], tables.Order(["a"], {"d": 1}, (3,), ["basicsr"], METRICS)), name)
    assert {each for each in named if "*" not in each} - VALUES[name] == set(frame.columns) - VALUES[name]
    assert set(frame.columns) <= named


def test_columns_and_verdicts_of_claims() -> None:
    """docs/reproducing.md explains every column of a table, in its order, and every verdict."""
    page = (Path(__file__).parents[2] / "docs" / "reproducing.md").read_text(encoding="utf-8")
    assert tuple(re.findall(r"^\| `(\w+)` \|", page.partition("## Verdicts")[0], re.MULTILINE)) == claims.COLUMNS
    verdicts = page.partition("## Verdicts")[2].partition("## What comes out")[0]
    assert re.findall(r"^\| `([\w ]+)` \|", verdicts, re.MULTILINE) == list(reported.VERDICTS)
