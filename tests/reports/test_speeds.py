"""The report of speeds: what a sceptic reads, at 80 columns and without colour."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from srbench.analysis.tables import Order, tables
from srbench.reports import findings, formats
from srbench.reports import speeds as report
from srbench.store.rows import TimingRow

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

TEXTS = ("rich", "markdown", "latex")
NOTHING: Any = {"method": "c", "factor": 3, "device": "cpu", "phase": "load", "height": 0, "width": 0, "channels": 0}


def samples(method: str, seconds: float, height: int = 360, **fields: Any) -> list[TimingRow]:  # noqa: ANN401 - any field
    """Return what a method's timing leaves: loading, then five rounds in three processes at 16:9."""
    common: dict[str, Any] = {"method": method, "factor": 3, "device": "cpu"}
    size = {
        "height": height,
        "width": height * 16 // 9,
        "channels": 3,
        "dtype": "uint8",
        "memory": 80_000_000,
        "multiply_adds": 2513.8,
    }
    found = [TimingRow(**common, phase="load", height=0, width=0, channels=0, seconds=1.5)]
    for process in range(3):
        for number in range(1, 6):
            drift = 1 + 0.001 * number
            row = {"phase": "call", "seconds": seconds * drift, "process": process, "round": number, "other_load": 0.0}
            found.append(TimingRow(**(common | size | row | fields)))
    return found


def table(*rows: TimingRow, methods: tuple[str, ...] = ("bicubic", "espcn")) -> pd.DataFrame:
    """Return the table of speeds."""
    return tables(rows, Order(methods, {}, (3,), ("basicsr",))).speeds


def shown(frame: pd.DataFrame, width: int = 80) -> str:
    """Return what is printed."""
    file = io.StringIO()
    report.show(Console(file=file, width=width, color_system=None), frame)
    return file.getvalue()


def test_table() -> None:
    """Milliseconds, interval, per megapixel, the ratio to bicubic with its interval, and the verdict."""
    text = shown(table(*samples("bicubic", 0.002), *samples("espcn", 0.02)))
    assert "x3 on cpu, 640x360 to 1920x1080, RGB uint8" in text
    (bicubic,) = (line for line in text.splitlines() if line.startswith("bicubic") and "steady" in line)
    (espcn,) = (line for line in text.splitlines() if line.startswith("espcn") and "steady" in line)
    assert bicubic.split()[1] == "2.01"
    assert espcn.split()[1:] == ["20.1", "20.0", "-", "20.1", "20.1", "10.0", "(10.0", "-", "10.0)", "steady"]


@pytest.mark.parametrize("form", ["rich", "markdown", "latex", "csv", "json"])
def test_every_format_shows_the_speeds_of_a_run_without_scores(tmp_path: Path, form: str) -> None:
    """What `srbench time` measured is in each: methods, the baseline, size, time, verdict and what was not timed."""
    noisy = samples("a_b:heart:", 0.02, other_load=0.5)
    failed = TimingRow(**NOTHING, status="failed", reason="out of ideas")
    order = Order(("bicubic", "a_b:heart:", "c"), {}, (3,), ("basicsr",))
    found = findings.of(tables([*samples("bicubic", 0.002), *noisy, failed], order), tmp_path, {})
    text = formats.render(form, found)
    words = text.replace("\\", "").replace("{}", "")
    for expected in ("bicubic", "a_b:heart:", "640", "steady", "noisy", *(["2.01", "20.1"] if form in TEXTS else [])):
        assert expected in words, expected
    assert "srbench time" not in text
    assert "out of ideas" in text or form == "latex"


def test_equal_methods_are_said_to_be() -> None:
    """An interval that holds 1 is `same`, whatever its middle."""
    frame = table(*samples("bicubic", 0.002), *samples("espcn", 0.002))
    assert "same (1.00 - 1.00)" in shown(frame)


def test_what_methods_need() -> None:
    """Loading, memory, multiply-adds and frames per second stand in a second table."""
    text = shown(table(*samples("bicubic", 0.002), *samples("espcn", 0.02)))
    line = [line for line in text.splitlines() if line.startswith("espcn")][1]
    assert line.split() == ["espcn", "1.50", "-", "-", "9.67", "49.9", "~12.5", "80", "2,514", "-"]


def test_80_columns_are_enough() -> None:
    """Long names fold, and are never squeezed to nothing; no line but the remarks is longer."""
    long = "espcn:activation=relu:engine=onnxruntime:weights=a-very-long-name.safetensors"
    text = shown(table(*samples("bicubic", 0.002), *samples(long, 12.3), methods=("bicubic", long)))
    assert max(map(len, text.splitlines())) <= 80
    assert sum(line.startswith("espcn:activation") for line in text.splitlines()) == 2
    assert "12300" in text or "12330" in text or "12337" in text


def test_reasons_name_methods_and_sizes() -> None:
    """Noise, failures and absent devices are one line each, with where they hold; markup in names is text."""
    rows = samples("bicubic", 0.002, other_load=0.5)
    rows += samples("[red]x", 0.02)
    rows += samples("[red]x", math.nan, height=720, status="crashed", reason="the worker took more than 4 GB")
    frame = table(*rows, methods=("bicubic", "[red]x"))
    lines = shown(frame, 200).splitlines()
    assert "bicubic (640x360): noisy: other load: 50% of all cores' time" in lines
    assert "[red]x (1280x720): crashed: the worker took more than 4 GB" in lines


def test_curve_needs_three_sizes() -> None:
    """Time against size is drawn, with the power by which it grows."""
    rows = [row for height in (180, 360, 720) for row in samples("bicubic", 0.002 * height**2 / 360**2, height)]
    text = shown(table(*rows, methods=("bicubic",)))
    assert "milliseconds against megapixels of SR" in text
    assert "a: bicubic ~ size^1.00" in text
    assert "size^" not in shown(table(*samples("bicubic", 0.002), methods=("bicubic",)))


def test_nothing_timed() -> None:
    """Where every device is absent, the reasons are all there is."""
    row = TimingRow(
        method="espcn", factor=3, device="cuda", phase="load", height=0, width=0, channels=0, status="skipped",
        reason="no CUDA device",
    )  # fmt: skip
    assert shown(table(row)).strip() == "espcn (on cuda): skipped: no CUDA device"
