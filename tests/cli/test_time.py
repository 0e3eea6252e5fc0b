"""`srbench time`: thorough timing, alone, with a verdict."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from srbench.analysis import load_run
from srbench.maintain import verify
from srbench.speed import environment, timing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., Any]


BRIEF = replace(timing.THOROUGH, rounds=5, seconds=0, samples=1, warm_up=0, pause=0, patience=0, machine=False)
"""As little as has an interval: three processes of five samples."""


@pytest.fixture
def run(srbench: Command) -> Command:
    """Return a function that runs the command on the CPU, in one process for each method."""
    return partial(srbench, "time", "--device", "cpu", "--processes", "1")


@pytest.mark.slow
@pytest.mark.processes
def test_sizes_as_json(run: Command, tmp_path: Path) -> None:
    """Each size is a line per method, with what it takes; the run folder holds every sample, and is sound."""
    out = tmp_path / "run"
    done = run("--methods", "bicubic,nearest", "--sizes", "64x36,32x18", "--limit", "4", "--json", "--out", out)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    lines = [(line["method"], line["width"], line["height"], line["dtype"]) for line in found["speeds"]]
    assert lines == [
        (name, *size) for size in ((32, 18, "uint8"), (64, 36, "uint8")) for name in ("bicubic", "nearest")
    ]
    assert all(line["call"] > 0 and line["limit_share"] > 0 and line["verdict"] for line in found["speeds"])
    assert {line["baseline"] for line in found["speeds"]} == {"bicubic"}
    found_again = load_run.load(out)
    assert len(found_again.scores) == 0
    assert set(found_again.timings["phase"]) == {"load", "first", "warm-up", "call", "sgemm", "copy"}
    pd.testing.assert_frame_equal(found_again.speeds, pd.read_parquet(out / "speeds.parquet"))
    assert {check.verdict for check in verify.verify(out)} == {"ok"}
    again = run("--methods", "bicubic,nearest", "--sizes", "64x36,32x18", "--limit", "4", "--json", "--out", out)
    assert json.loads(again.out) == found  # nothing is timed twice


@pytest.mark.slow
@pytest.mark.usefixtures("brief")
def test_budget_of_a_screen(
    srbench: Command, run: Command, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One command answers which method is the best within a budget; asked again with another, nothing is timed anew."""
    monkeypatch.setattr(timing, "THOROUGH", BRIEF)
    given = ("--methods", "bicubic,nearest", "--factor", "2")
    scored = srbench("run", *given, "--datasets", f"{photos}/", "--no-timing", "--out", tmp_path / "scores")
    assert scored.code == 0, scored.err
    asked = (*given, "--output-size", "16x12", "--threads", "1", "--out", tmp_path / "run")
    done = run(*asked, "--budget", "1s", "--scores", tmp_path / "scores", "--processes", "3", "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    (only,) = found["budget"]["answers"]
    assert (only["thread_limit"], only["best"], only["width"]) == (1, "bicubic", 8)
    assert {each["fit"] for each in found["budget"]["verdicts"]} == {"within"}
    again = run(*asked, "--budget", "1ms", "--processes", "3", "--json")
    assert json.loads(again.out)["speeds"] == found["speeds"]
    assert json.loads(again.out)["budget"]["seconds"] == 0.001
    assert "Budget of 2.00" in srbench("report", tmp_path / "run", "--budget", "500fps", "--format", "markdown").out


@pytest.mark.slow
@pytest.mark.processes
def test_sizes_of_a_dataset(run: Command, photos: Path) -> None:
    """Without --sizes, LR of the dataset's images is timed; an unreadable image among them stops nothing."""
    (photos / "0.png").write_bytes(b"no image")
    done = run("--methods", "nearest", "--datasets", f"{photos}/", "--factor", "2", "--out", photos.parent / "run")
    assert done.code == 0, done.err
    assert "x2 on cpu, 30x25 to 60x50, RGB uint8" in done.out
    assert "run folder:" in done.out


@pytest.mark.slow
def test_nothing_readable(run: Command, tmp_path: Path) -> None:
    """A folder without one good image is one line."""
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "0.png").write_bytes(b"no image")
    done = run("--methods", "nearest", "--datasets", f"{tmp_path / 'bad'}/", "--out", tmp_path / "run")
    assert done.code == 2
    assert done.err.startswith("srbench: no image can be timed; the last error: ")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--sizes", "640", "size is '640', expected WIDTHxHEIGHT of LR in pixels, such as 640x360"),
        ("--sizes", "0x36", "size is '0x36', expected"),
        ("--output-size", "1280", "output size is '1280', expected WIDTHxHEIGHT of SR in pixels, such as 1280x720"),
        ("--budget", "33", "budget is '33', expected a time for each image with its unit: 33ms, 0.5s or 30fps"),
        ("--scores", "nowhere", "nowhere is not a run folder"),
        ("--threads", "1,0", "threads is '0', expected integers of at least 1, such as 2 or 1,2,4"),
        ("--processes", "0", "--processes is '0', expected one integer of at least 1"),
        ("--limit", "-1", "--limit is '-1', expected seconds, or 0 for no limit"),
    ],
)
def test_bad_values(run: Command, option: str, value: str, message: str, tmp_path: Path) -> None:
    """Each is one line and exit code 2, before anything runs."""
    done = run("--methods", "nearest", option, value, "--out", tmp_path / "run")
    assert done.code == 2
    assert message in done.err
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
@pytest.mark.processes
def test_a_method_that_returns_early_fails(run: Command, tmp_path: Path) -> None:
    """It has no time, the line says why, and the exit code is 1; others keep theirs."""
    plugin = tmp_path / "early.py"
    plugin.write_text(
        "import threading, time\n"
        "import numpy as np\n"
        "def load(factor, device):\n"
        "    def work(image, sr):\n"
        "        time.sleep(0.05)\n"
        "        sr[:] = image.repeat(factor, 0).repeat(factor, 1)\n"
        "    def upscale(image):\n"
        "        sr = np.zeros((image.shape[0] * factor, image.shape[1] * factor, 3), np.uint8)\n"
        "        threading.Thread(target=work, args=(image, sr)).start()\n"
        "        return sr\n"
        "    return upscale\n",
        encoding="utf-8",
    )
    done = run("--plugin", plugin, "--methods", "nearest,early", "--sizes", "64x36", "--out", tmp_path / "run")
    assert done.code == 1
    assert "early (64x36): failed: returned before its work was done" in done.out
    speeds = load_run.load(tmp_path / "run").speeds
    assert dict(zip(speeds["method"], speeds["call"].notna(), strict=True)) == {"nearest": True, "early": False}


@pytest.mark.slow
def test_limit_that_loading_takes(run: Command, tmp_path: Path) -> None:
    """No table is empty without a word: each method and size says that nothing was timed, and the exit code is 1."""
    done = run("--methods", "bicubic,nearest", "--sizes", "8x6,16x12", "--limit", "1e-6", "--out", tmp_path / "run")
    assert done.code == 1
    for name in ("bicubic", "nearest"):
        assert re.search(
            rf"^{name} \(8x6, 16x12\): skipped: loading took .* s of the time limit of 1e-06 s, so nothing was timed",
            done.out,
            re.MULTILINE,
        )
    again = run("--methods", "bicubic,nearest", "--sizes", "8x6,16x12", "--limit", "1e-6", "--out", tmp_path / "run")
    assert again.code == 1


@pytest.mark.slow
def test_absent_device_is_said(run: Command, tmp_path: Path) -> None:
    """A CUDA device that there is not is the reason in the table, and no failure."""
    if environment.cuda_devices():
        pytest.skip("there is a CUDA device")
    done = run("--methods", "nearest", "--sizes", "8x6", "--device", "cuda", "--out", tmp_path / "run")
    assert done.code == 0, done.err
    assert "nearest (on cuda): skipped: no CUDA device" in done.out
