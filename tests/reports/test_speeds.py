"""The report of speeds: what a sceptic reads, at 80 columns and without colour."""

from __future__ import annotations

import io
import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from srbench.analysis.columns import metrics_of
from srbench.analysis.tables import Order, tables
from srbench.reports import findings, formats
from srbench.reports import speeds as report
from srbench.reports.html import page
from srbench.reports.remarks import noise
from srbench.store.rows import ScoreRow, TimingRow

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

METRICS = metrics_of({})

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
        "threads": "openmp=2",
    }
    loaded: dict[str, Any] = {"height": 0, "width": 0, "channels": 0, "seconds": 1.5, "processor": "Fast CPU, 2 cores"}
    found = [TimingRow(**common, phase="load", **loaded)]
    for process in range(3):
        for number in range(1, 6):
            drift = 1 + 0.001 * number
            row = {"phase": "call", "seconds": seconds * drift, "process": process, "round": number, "other_load": 0.0}
            found.append(TimingRow(**(common | size | row | fields)))
    return found


def table(*rows: TimingRow, methods: tuple[str, ...] = ("bicubic", "espcn")) -> pd.DataFrame:
    """Return the table of speeds."""
    return tables(rows, Order(methods, {}, (3,), ("basicsr",), METRICS)).speeds


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
    assert espcn.split()[1:] == [
        "20.1",
        "20.0",
        "to",
        "20.1",
        "20.1",
        "10.0",
        "(10.0",
        "to",
        "10.0)",
        "slower",
        "steady",
    ]
    assert "Timed on Fast CPU, 2 cores (threads: openmp=2)." in readable(text)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["rich", "markdown", "latex", "csv", "json"])
def test_every_format_shows_the_speeds_of_a_run_without_scores(tmp_path: Path, form: str) -> None:
    """What `srbench time` measured is in each: methods, the baseline, size, time, verdict and what was not timed."""
    noisy = samples("a_b:heart:", 0.02, other_load=0.5)
    failed = TimingRow(**NOTHING, status="failed", reason="out of ideas")
    order = Order(("bicubic", "a_b:heart:", "c"), {}, (3,), ("basicsr",), METRICS)
    found = findings.of(tables([*samples("bicubic", 0.002), *noisy, failed], order), tmp_path, {})
    text = formats.render(form, found)
    words = text.replace("\\", "").replace("{}", "")
    for expected in ("bicubic", "a_b:heart:", "640", "steady", "noisy", *(["2.01", "20.1"] if form in TEXTS else [])):
        assert expected in words.replace("Bicubic", "bicubic"), expected
    assert "srbench time" not in text
    assert "out of ideas" in text or form == "latex"


def readable(text: str) -> str:
    """Return text without what escapes it."""
    return text.replace("\\textasciitilde", "~").replace("\\", "").replace("{}", "")


@pytest.mark.slow
@pytest.mark.parametrize("form", [*TEXTS, "csv", "json"])
def test_ratio_stands_beside_its_interval_and_what_that_proves(tmp_path: Path, form: str) -> None:
    """Equal methods are `same`; where processes differ or there is one, a ratio far from 1 is shown, and `unsure`."""
    uneven = [replace(row, seconds=row.seconds * 4**row.process) for row in samples("a", 0.004)]
    one = [row for row in samples("b", 0.5) if not row.process]
    rows = [*samples("bicubic", 0.002), *samples("espcn", 0.002), *uneven, *one]
    order = Order(("bicubic", "espcn", "a", "b"), {}, (3,), ("basicsr",), METRICS)
    text = formats.render(form, findings.of(tables(rows, order), tmp_path, {}))
    if form in TEXTS:
        assert "1.00 (1.00 to 1.00) same" in readable(text)
        assert re.search(r" 8\.00 \(0\.\d+ to \d{4,}\) unsure", readable(text))
        assert "250 unsure" in text
    else:
        assert [text.count(word) for word in ("same", "unsure", "slower")] == [1, 2, 0]


@pytest.mark.slow
@pytest.mark.parametrize("form", [*TEXTS, "csv", "json"])
def test_estimates_are_marked(tmp_path: Path, form: str) -> None:
    """1080p was timed, 720p and 4K follow, and of other LR nothing follows: each format tells the three apart."""
    rows = [*samples("bicubic", 0.0005, 180), *samples("bicubic", 0.002)]
    rows += [*samples("bicubic", 0.001, 90, channels=1), *samples("bicubic", 0.002, 180, channels=1)]
    text = formats.render(form, findings.of(tables(rows, Order(("bicubic",), {}, (3,), (), METRICS)), tmp_path, {}))
    if form in TEXTS:
        assert " 499 " in readable(text)
        assert "~125 " in readable(text)
        assert "~499" not in readable(text)
    else:
        assert (text.count("estimated"), text.count('measured"' if form == "json" else "measured,")) == (4, 2)
    if form != "latex":
        assert "no estimate: it is 16 times larger than LR 320x180" in text


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("form", "scored"), [("rich", False), ("markdown", False), ("latex", False), ("markdown", True)]
)
def test_tables_name_the_machine(tmp_path: Path, form: str, scored: bool) -> None:
    """Times without the machine that they are of say nothing, also where they stand beside scores."""
    cell = {"method": "bicubic", "dataset": "set", "image": "a", "factor": 3, "protocol": "basicsr", "device": "cpu"}
    scores = [ScoreRow(**cell, psnr=30.0, ssim=0.9, channels=3)] * scored  # type: ignore[arg-type]
    order = Order(("bicubic",), {"set": 1}, (3,), ("basicsr",), METRICS)
    text = formats.render(form, findings.of(tables([*scores, *samples("bicubic", 0.002)], order), tmp_path, {}))
    assert "Timed on Fast CPU, 2 cores (threads: openmp=2)." in readable(text)


@pytest.mark.slow
def test_what_methods_need() -> None:
    """Loading, memory, multiply-adds and frames per second stand in a second table."""
    text = shown(table(*samples("bicubic", 0.002), *samples("espcn", 0.02)))
    line = [line for line in text.splitlines() if line.startswith("espcn")][1]
    assert line.split() == ["espcn", "1.50", "-", "-", "9.67", "49.9", "80", "2,514", "-"]


@pytest.mark.slow
def test_80_columns_are_enough() -> None:
    """Long names fold, and are never squeezed to nothing; no line but the remarks is longer."""
    long = "espcn:activation=relu:engine=onnxruntime:weights=a-very-long-name.safetensors"
    uneven = [replace(row, seconds=row.seconds * 1.3**row.process) for row in samples(long, 12.3)]
    text = shown(table(*samples("bicubic", 0.002), *uneven, methods=("bicubic", long)))
    remarks = ("no frames per second", ": noisy:")
    assert max(len(line) for line in text.splitlines() if not any(each in line for each in remarks)) <= 80
    assert sum(line.startswith("espcn:activation") for line in text.splitlines()) == 2
    assert "16038 (6150 to " not in text


@pytest.mark.slow
def test_reasons_name_methods_and_sizes() -> None:
    """Noise, failures and absent devices are one line each, with where they hold; markup in names is text."""
    rows = samples("bicubic", 0.002, other_load=0.5)
    rows += samples("[red]x", 0.02)
    rows += samples("[red]x", math.nan, height=720, status="crashed", reason="the worker took more than 4 GB")
    frame = table(*rows, methods=("bicubic", "[red]x"))
    lines = shown(frame, 200).splitlines()
    assert "bicubic (640x360): noisy: other load: 50% of all cores' time" in lines
    assert "[red]x (1280x720): crashed: the worker took more than 4 GB" in lines


@pytest.mark.slow
def test_reasons_name_threads() -> None:
    """Where several numbers of threads were timed, a remark says of which it is."""
    rows = [*samples("bicubic", 0.002, other_load=0.5, thread_limit=1), *samples("bicubic", 0.002, thread_limit=2)]
    assert "bicubic (640x360 with 1 thread): noisy: other load: 50% of all cores' time" in shown(table(*rows), 200)


@pytest.mark.slow
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


STARTS = "espcn x3 (640x360): of 10.0 ms, the program takes 2.01 ms to start, and writing LR and reading SR 4.01 ms"


def started() -> list[TimingRow]:
    """Return the rows of a method that starts a program for each image, beside bicubic."""
    phases = (samples("espcn", seconds, phase=phase)[1:] for phase, seconds in (("compute", 0.006), ("start", 0.002)))
    return [*samples("bicubic", 0.001), *samples("espcn", 0.01), *(row for each in phases for row in each)]


@pytest.mark.slow
def test_start_of_a_program() -> None:
    """What is start has a column, and what is start and files a line; others have neither."""
    text = shown(table(*started()), 120)
    assert STARTS in text
    assert re.search(r"compute +start", text)
    assert "start: start of the program, which is in each call" in text
    assert "start" not in shown(table(*samples("bicubic", 0.001)), 120)


def test_files_take_no_negative_time() -> None:
    """On a noisy machine the median of whole calls may be below that of the program alone."""
    rows = [*samples("espcn", 0.01), *samples("espcn", 0.012, phase="compute")[1:]]
    text = shown(table(*rows, *samples("espcn", 0.002, phase="start")[1:]), 120)
    assert "writing LR and reading SR 0.00 ms" in text


@pytest.mark.slow
@pytest.mark.parametrize("form", ["rich", "markdown", "html"])
def test_start_beside_scores(tmp_path: Path, form: str) -> None:
    """Reports of scores and times say it as well."""
    cell = {"dataset": "set", "image": "a", "factor": 3, "protocol": "basicsr", "device": "cpu"}
    scores = [ScoreRow(**cell, method=name, psnr=30.0, ssim=0.9, channels=3) for name in ("bicubic", "espcn")]  # type: ignore[arg-type]
    order = Order(("bicubic", "espcn"), {"set": 1}, (3,), ("basicsr",), METRICS)
    found = findings.of(tables([*scores, *started()], order), tmp_path, {})
    text = page.render(found) if form == "html" else formats.render(form, found)
    assert STARTS in " ".join(readable(text).split())


@pytest.mark.slow
def test_noise_beside_scores_says_why() -> None:
    """Each reason is a line, with its methods and the worst case; nothing sends readers to a file."""
    busy = [*samples("bicubic", 0.002, other_load=0.5), *samples("bicubic", 0.008, 720, other_load=0.25)]
    few = [row for row in samples("espcn", 0.02, other_load=0.3) if not row.process]
    assert list(noise(table(*busy, *few))) == [
        "noisy times of all methods: other load: 50% of all cores' time at most",
        "noisy times of espcn: too few samples: 5, expected 15",
        "noisy times of espcn: processes: 1, expected 3 (srbench time --processes, or a longer --limit)",
        "for reliable times: srbench time, on an idle machine",
    ]
    assert list(noise(table(*samples("bicubic", 0.002)))) == []
