"""Ten times the images take ten times as long and no more memory."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import psutil
import pytest

from srbench.quality.files import write_image

if TYPE_CHECKING:
    from pathlib import Path

MANY = int(os.environ.get("SRBENCH_SCALE_IMAGES", "800"))
"""How many images the larger run has; the smaller one has a tenth."""


class Cost(NamedTuple):
    """What a run took: seconds of processors, and bytes of its processes together."""

    seconds: float
    memory: int


def images(folder: Path, count: int) -> Path:
    """Make so many small pictures."""
    folder.mkdir()
    random = np.random.default_rng(0)
    for number in range(count):
        write_image(folder / f"{number:05}.png", random.integers(0, 256, (48, 48, 3), dtype=np.uint8))
    return folder


def cost(pictures: Path, out: Path) -> Cost:
    """Score the pictures, and look at the memory of all processes while that goes on."""
    options = ["-m", "nearest,bicubic", "-f", "2", "-d", f"{pictures}/", "--no-timing", "--out", str(out)]
    begun, peak = processors(), 0
    with subprocess.Popen([sys.executable, "-m", "srbench", "run", *options], stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, resident(process.pid))
            time.sleep(0.02)
    assert process.returncode == 0
    return Cost(processors() - begun, peak)


def processors() -> float:
    """Return the seconds of processors that processes which have ended took, those they waited for included."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def resident(pid: int) -> int:
    """Return the resident bytes of a process and all below it."""
    total = 0
    try:
        for each in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
            total += each.memory_info().rss
    except psutil.Error:  # one has just ended
        return 0
    return total


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_ten_times_the_images(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Memory does not grow, work grows in proportion, and so does the journal; resuming is quicker than computing."""
    costs, sizes = [], []
    for count in (MANY // 10, MANY):
        pictures, out = images(tmp_path / f"pictures{count}", count), tmp_path / f"run{count}"
        costs.append(cost(pictures, out))
        sizes.append((out / "rows.jsonl").stat().st_size)
    info = json.loads((out / "run.json").read_bytes())
    (out / "run.json").write_text(json.dumps(info | {"status": "running"}), encoding="utf-8")
    resumed = cost(pictures, out)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{MANY // 10} and {MANY} images: {costs[0].seconds:.1f} and {costs[1].seconds:.1f} s of processors, "
            f"{costs[0].memory / 2**20:.0f} and {costs[1].memory / 2**20:.0f} MiB, journal {sizes[0] / 1e6:.2f} and "
            f"{sizes[1] / 1e6:.2f} MB, resumed in {resumed.seconds:.1f} s\n"
        )
    assert costs[1].memory < 1.1 * costs[0].memory
    assert costs[1].seconds < 12 * costs[0].seconds
    assert sizes[1] == pytest.approx(10 * sizes[0], rel=0.02)
    assert resumed.seconds < costs[1].seconds
