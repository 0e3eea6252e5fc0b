"""A board for programs: its main table, times, and all of it as JSON."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import Any

import pytest

from srbench.boards import data
from srbench.boards.gathering import gather
from srbench.plan import Plan

PLAN = Plan(("bicubic", "mine"), (2,), ("set",), ("p",))
MACHINE = {"processor": "a processor", "cores": 2, "cuda_devices": [], "system": "Linux", "commit": "abc"}


@pytest.fixture
def written(runs: Any) -> Any:  # noqa: ANN401 - of conftest
    """Return the board of a run with times, in which `mine` is exact on an image."""
    scores = [
        runs.keyed(row, psnr=float("inf")) if row.method == "mine" and row.image == "0.png" else row
        for row in runs.scores(PLAN)
    ]
    times = [replace(row, channels=0, process=number) for row in runs.samples(PLAN) for number in range(3)]
    return gather([runs.write("a", PLAN, [*scores, *times], environment=MACHINE, started="2026-01-01T00:00:00+00:00")])


@pytest.mark.slow
def test_lines(written: Any) -> None:  # noqa: ANN401
    """There is one line per method, setting and metric, with all that says where it comes from."""
    lines = list(csv.DictReader(io.StringIO(data.csv(written))))
    assert [(line["method"], line["metric"], line["position"]) for line in lines] == [
        ("mine", "psnr", "1"),
        ("mine", "ssim", "1"),
        ("bicubic", "psnr", "2"),
        ("bicubic", "ssim", "1"),
    ]
    first = lines[0]
    assert tuple(first) == data.COLUMNS
    expected = {
        "dataset": "set",
        "factor": "2",
        "protocol": "p",
        "device": "cpu",
        "unit": "dB",
        "standing": "current",
        "value": "inf",
        "images": "2",
        "of": "2",
        "next": "bicubic",
        "next_difference": "inf",
        "run": "a",
        "machine": "a processor, 2 cores",
        "system": "Linux",
        "commit": "abc",
        "code": "mine x2",
        "protocol_fingerprint": "print of p",
        "dataset_fingerprint": "print of set",
        "table": "set-x2-p",
    }
    assert {name: first[name] for name in expected} == expected


def test_times(written: Any) -> None:  # noqa: ANN401
    """Times are lines of their own, each with its chart: those of one chart alone may be compared."""
    lines = list(csv.DictReader(io.StringIO(data.times(written))))
    assert [(line["method"], line["device"], line["sizes"]) for line in lines] == [
        ("mine", "cpu", "10x10"),
        ("bicubic", "cpu", "10x10"),
    ]
    assert float(lines[0]["ms_per_mpx"]) == pytest.approx(100 / 4e-4)
    assert tuple(lines[0]) == data.TIMES_COLUMNS


@pytest.mark.slow
def test_json(written: Any) -> None:  # noqa: ANN401
    """All content is strict JSON: infinity is text, and pictures are names of files."""
    found = json.loads(data.json(written), parse_constant=lambda text: pytest.fail(f"{text} is no JSON"))
    assert found["tables"][0]["lines"][0]["values"]["psnr"]["mean"] == "inf"
    assert [each["folder"] for each in found["runs"]] == ["a"]
    assert found["images"][0]["grounds"][0]["hr_crop"] is None
