"""What is said beside the table: sureness, intervals, reported values, charts, telling images."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from srbench.analysis.columns import metrics_of
from srbench.analysis.tables import Order, tables
from srbench.reports import findings, terminal
from srbench.store.rows import ScoreRow, TimingRow

METRICS = metrics_of({})

IMAGES = [f"{number:02}" for number in range(10)]


def score(method: str, image: str, psnr: float, **others: Any) -> ScoreRow:  # noqa: ANN401 - fields
    """Return a row."""
    fields = {"dataset": "d", "factor": 3, "protocol": "basicsr", "device": "cpu", "channels": 3, "dtype": "uint8"}
    return ScoreRow(method=method, image=image, psnr=psnr, ssim=psnr / 50, **{**fields, **others})


def timing(method: str, seconds: float) -> TimingRow:
    """Return a warm call on 100x100 LR pixels."""
    size = {"height": 100, "width": 100, "channels": 3, "dtype": "uint8"}
    return TimingRow(method=method, factor=3, device="cpu", phase="call", seconds=seconds, **size)  # type: ignore[arg-type]


def shown(rows: list[ScoreRow | TimingRow], width: int = 80, baseline: str = "") -> str:
    """Return the report of rows."""
    methods = list(dict.fromkeys(row.method for row in rows))
    sizes = {row.dataset: 0 for row in rows if isinstance(row, ScoreRow)}
    sizes = {
        name: len({row.image for row in rows if isinstance(row, ScoreRow) and row.dataset == name}) for name in sizes
    }
    text = io.StringIO()
    found = findings.of(tables(rows, Order(methods, sizes, [3], ["basicsr", "srcnn"], METRICS)), Path(), {}, baseline)
    terminal.show_run(Console(file=text, width=width), found)
    return text.getvalue()


@pytest.fixture
def rows() -> list[ScoreRow | TimingRow]:
    """Return ten images of bicubic, a method that is always better, and one that is as often worse."""
    found: list[ScoreRow | TimingRow] = []
    for number, image in enumerate(IMAGES):
        found += [score("bicubic", image, 30.0), score("up", image, 31.0 + number / 10)]
        found += [score("even", image, 30.0 + (-1) ** number)]
    return found


@pytest.mark.slow
def test_what_is_significant(rows: list[ScoreRow | TimingRow]) -> None:
    """Ten images decide where all agree, and not where they do not; the table says how."""
    lines = [line.split() for line in shown(rows).splitlines()]
    assert ["up", "31.45", "0.6290", "+1.450", "yes", "-"] in lines
    assert ["even", "30.00", "0.6000", "+0.000", "no", "-"] in lines
    few = " ".join(shown([row for row in rows if isinstance(row, ScoreRow) and row.image < "05"]).split())
    assert "few: too few images to tell: with 5, p cannot be below 0.125" in few


@pytest.mark.slow
def test_unfair_means_are_not_judged(rows: list[ScoreRow | TimingRow]) -> None:
    """A method that was trained on these images, or lacks many, has no verdict, and is none whose images tell."""
    seen = [score("seen", image, 40.0, trained_on=True) for image in IMAGES]
    part = [score("part", image, 39.0) for image in IMAGES[:4]]
    part += [score("part", image, 0, status="failed", reason="r") for image in IMAGES[4:]]
    text = shown([*rows, *seen, *part])
    lines = [line.split() for line in text.splitlines()]
    assert ["seen", "*40.00", "0.8000", "10", "of", "10", "-", "-"] in lines
    assert ["part", "39.00", "0.7800", "4", "of", "10", "-", "-"] in lines
    text = " ".join(text.split())
    assert "d x3, basicsr: seen is not compared: it was trained on 10 of the 10 scored" in text
    assert "d x3, basicsr: part is not compared: it has a score of 4 of 10 images" in text
    assert "gain of up over bicubic" in text
    assert "gain of seen" not in text
    assert "gain of part" not in text


@pytest.mark.slow
def test_intervals_where_there_is_room(rows: list[ScoreRow | TimingRow]) -> None:
    """From 120 columns on each difference has its interval."""
    assert "interval" not in shown(rows, 119)
    assert "+1.233 to +1.667" in shown(rows, 120)  # 1.45 and 2.262 (Student's t) of 10 values' standard error, 0.0957


def test_another_baseline(rows: list[ScoreRow | TimingRow]) -> None:
    """Differences are to the method that was asked for."""
    lines = [line.split() for line in shown(rows, baseline="up").splitlines()]
    assert ["bicubic", "30.00", "0.6000", "-1.450", "yes", "-"] in lines


@pytest.mark.slow
def test_images_that_tell(rows: list[ScoreRow | TimingRow]) -> None:
    """The best method's largest and smallest gain are named."""
    assert "d x3, basicsr: gain of up over bicubic: highest on 09 (+1.900 dB), lowest on 00 (+1.000 dB)" in shown(rows)


@pytest.mark.slow
def test_a_loss_is_not_called_a_gain(rows: list[ScoreRow | TimingRow]) -> None:
    """Where the best method is worse than the baseline on an image, the line has the difference, not a gain."""
    text = shown(rows, baseline="up")
    assert "d x3, basicsr: PSNR of bicubic minus up's: highest on 00 (-1.000 dB), lowest on 09 (-1.900 dB)" in text
    assert "gain of" not in text


@pytest.mark.slow
def test_images_of_methods_that_tie(rows: list[ScoreRow | TimingRow]) -> None:
    """All best methods are named: in one line where they gain alike."""
    alike = [score("twin", image, 31.0 + number / 10) for number, image in enumerate(IMAGES)]
    turned = [score("turned", image, 31.9 - number / 10) for number, image in enumerate(IMAGES)]
    text = shown([*rows, *alike, *turned])
    assert "gain of up, twin over bicubic: highest on 09 (+1.900 dB), lowest on 00 (+1.000 dB)" in text
    assert "gain of turned over bicubic: highest on 00 (+1.900 dB), lowest on 09 (+1.000 dB)" in text


@pytest.mark.slow
def test_chart(rows: list[ScoreRow | TimingRow]) -> None:
    """Three methods with times are drawn, and one that another beats in both is told."""
    text = shown([*rows, timing("bicubic", 0.001), timing("up", 0.01), timing("even", 0.02)])
    assert "PSNR (dB) against milliseconds per output megapixel on CPU" in text
    assert "b: up\n" in text
    assert "c: even (another is at least as fast and as good)" in text


@pytest.mark.slow
def test_reported(rows: list[ScoreRow | TimingRow]) -> None:
    """A cell that a paper has is beside what was measured; without any there is no column."""
    assert "report" not in shown(rows)
    text = shown([score("bicubic-matlab", image, 30.0, dataset="set5", protocol="srcnn") for image in IMAGES])
    assert "30.39" in text
    assert "reported: PSNR as printed in the first paper that has it" in text
    assert "numbers that papers report: " in text
