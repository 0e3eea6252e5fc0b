"""What srbench costs beside the methods, and what a second job gains: `make bench` measures it, pytest does not.

The bare loop reads, degrades, upscales and scores the same images with the same functions in one process. Both sides
have one thread for each library and run in turn. What an image costs is the slope between image 100 and the last, so
that start-up, which a second job has while the first one scores, and reports do not count; they are told apart.
The bare loop keeps no crops; srbench is measured without them and, as `srbench run` does it, with them.

    python tests/benchmarks/cost.py
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import mean, median
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np

from srbench import datasets, methods
from srbench.errors import DatasetError
from srbench.execution import runner
from srbench.isolation.limits import Limits
from srbench.plan import NOTHING, Execution, Keep, Plan
from srbench.quality import protocols
from srbench.quality.files import read_image, write_image

if TYPE_CHECKING:
    from collections.abc import Callable

METHODS = "nearest,bilinear,bicubic,lanczos"
IMAGES, FEWER, SKIPPED = 500, 300, 100
REPEATS = 3
_SPIN = "import time; start = time.perf_counter(); sum(range(10**8)); print(time.perf_counter() - start)"
_QUIET = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


class Side(NamedTuple):
    """What one process took, in seconds."""

    start: float
    """Until the first row."""
    image: float
    """For each image, when all is running."""
    end: float
    """From the last row on: tables and reports."""


def measure() -> dict[str, float]:
    """Return medians over runs side by side: ratio and milliseconds of an image, seconds of start-up, speed-up."""
    with tempfile.TemporaryDirectory() as name:
        many, few = Path(name, "many"), Path(name, "few")
        make_pictures(many, IMAGES)
        few.mkdir()
        for path in sorted(many.iterdir())[:FEWER]:
            (few / path.name).symlink_to(path.resolve())
        turns = [[_side(kind, many, SKIPPED) for kind in KINDS] for _ in range(REPEATS)]
        bare, ours, crops = (list(side) for side in zip(*turns, strict=True))
        jobs = [
            [_side("crops", few, SKIPPED, "espcn", "srcnn", str(jobs)).image for jobs in (1, 2)] for _ in range(REPEATS)
        ]
        spinning = [(_spin(1), _spin(2)) for _ in range(REPEATS)]
    return {
        "cost ratio to the bare loop": median(each.image / base.image for base, each, _ in turns),
        "cost ratio to the bare loop, with crops": median(each.image / base.image for base, _, each in turns),
        "ms per image, bare loop": 1e3 * median(each.image for each in bare),
        "ms per image, srbench": 1e3 * median(each.image for each in ours),
        "ms per image, srbench with crops": 1e3 * median(each.image for each in crops),
        "start-up seconds, bare loop": median(each.start for each in bare),
        "start-up seconds, srbench": median(each.start for each in ours),
        "report seconds, srbench": median(each.end for each in ours),
        "speed-up of 2 jobs": median(one / two for one, two in jobs),
        "speed-up of 2 busy loops": median(2 * one / two for one, two in spinning),
    }


def make_pictures(folder: Path, count: int) -> None:
    """Fill `folder` with BSDS500 if it is there, else with noise that is rough and smooth as photographs are."""
    folder.mkdir()
    try:
        dataset = datasets.get("bsds500")
        files = [dataset.root / file.path for file in dataset.files]
    except DatasetError:
        files = []
    if os.environ.get("SRBENCH_DATA") and len(files) >= count and all(file.is_file() for file in files[:count]):
        for file in files[:count]:
            (folder / file.name).symlink_to(file)
        return
    random = np.random.default_rng(0)
    for number in range(count):
        octaves = [random.random((5 * 2**step, 8 * 2**step, 3)) * 200 / 2**step for step in range(6)]
        pixels = sum(cv2.resize(octave, (481, 321), interpolation=cv2.INTER_CUBIC) for octave in octaves)
        write_image(folder / f"{number:03}.jpg", np.clip(np.asarray(pixels) * 0.65, 0, 255).astype(np.uint8))


def _side(*arguments: str | Path | int) -> Side:
    """Run this file as a process of its own, and return what it took."""
    begun = time.time()
    command = [sys.executable, __file__, *map(str, arguments)]
    printed = subprocess.run(command, env={**os.environ, **_QUIET}, stdout=subprocess.PIPE, check=True).stdout
    marks: dict[str, Any] = json.loads(printed)
    image = (marks["last"] - marks["running"]) / marks["images"]
    return Side(marks["first"] - begun, image, time.time() - marks["last"])


def _bare(folder: Path, skipped: int) -> dict[str, float]:
    """Score the images of `folder` in a plain loop, and return when."""
    cv2.setNumThreads(1)
    registry = methods.registry([])
    upscalers = [methods.choose(name, registry).load(3, "cpu") for name in METHODS.split(",")]
    protocol = protocols.get("basicsr")
    times = []
    for path in sorted(folder.iterdir()):
        hr = read_image(path)
        lr = protocol.degrade(hr, 3)
        for upscale in upscalers:
            protocol.compare(hr, upscale(lr), 3)
        times.append(time.time())
    return _marks(times, skipped)


def _srbench(  # noqa: PLR0913 - what sides differ by
    folder: Path, skipped: int, names: str = METHODS, protocol: str = "basicsr", jobs: str = "1", keep: Keep = NOTHING
) -> dict[str, float]:
    """Score the images of `folder` in a run, and return when."""
    times: list[float] = []
    plan = Plan(tuple(names.split(",")), datasets=(f"{folder}/",), protocols=(protocol,), device="cpu", timing=False)

    def tick(_what: str, done: int, _total: int) -> None:
        if done >= (1 + len(times)) * len(plan.methods):
            times.append(time.time())

    how = Execution(jobs=int(jobs), limits=Limits(threads=1), keep=keep)
    with tempfile.TemporaryDirectory() as out:
        runner.run(plan, Path(out, "run"), how, tick)
    return _marks(times, skipped)


KINDS: dict[str, Callable[..., dict[str, float]]] = {
    "bare": _bare,
    "srbench": _srbench,
    "crops": partial(_srbench, keep=Keep(crops=True)),
}


def _marks(times: list[float], skipped: int) -> dict[str, float]:
    return {"first": times[0], "running": times[skipped - 1], "last": times[-1], "images": len(times) - skipped}


def _spin(processes: int) -> float:
    """Return the mean seconds of so many busy loops side by side."""
    command = [sys.executable, "-c", _SPIN]
    loops = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(processes)]
    return mean(float(loop.communicate()[0]) for loop in loops)


if __name__ == "__main__":
    if sys.argv[1:]:
        side, where, number, *rest = sys.argv[1:]
        sys.stdout.write(json.dumps(KINDS[side](Path(where), int(number), *rest)))
    else:
        for what, value in measure().items():
            sys.stdout.write(f"{what}: {value:.2f}\n")
