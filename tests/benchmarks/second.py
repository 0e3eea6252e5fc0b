"""What the same command costs a second time, when its run folder is finished: `make bench` measures it.

The reference stands alone: a process that imports what the command imports and has its methods described, each in its
worker, as a first run must. A second one has a scout describe them, reads rows, and tells what they come to.
Both run in turn.

python tests/benchmarks/second.py
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import cost  # type: ignore[import-not-found] # beside this script

METHODS = "nearest,bilinear,bicubic,lanczos,bicubic-matlab,espcn,espcn:activation=relu"
IMAGES = 119
"""As many as Set5, Set14 and BSD100 have: 833 rows."""

REPEATS = 7


def measure() -> dict[str, float]:
    """Return medians of runs side by side: the ratio, and the seconds of each."""
    with tempfile.TemporaryDirectory() as name:
        pictures, out = Path(name, "pictures"), Path(name, "run")
        cost.make_pictures(pictures, IMAGES)
        words = ["run", "--methods", METHODS, "--datasets", f"{pictures}/", "--device", "cpu", "--no-timing"]
        command = [sys.executable, "-m", "srbench", *words, "--out", str(out)]
        _seconds([*command, "--jobs", "2"])
        pairs = [(_seconds([sys.executable, __file__, "reference"]), _seconds(command)) for _ in range(REPEATS)]
    return {
        "second run / imports and describing": median(second / reference for reference, second in pairs),
        "seconds, second run": median(second for _, second in pairs),
        "seconds, imports and describing": median(reference for reference, _ in pairs),
    }


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def _reference() -> None:
    """Import what a run imports, and describe its methods."""
    from srbench.execution import runner  # noqa: F401
    from srbench.execution.method_info import asked
    from srbench.execution.worker_group import WorkerGroup
    from srbench.isolation.limits import Limits
    from srbench.plan import Plan
    from srbench.reports.html import page  # noqa: F401 - what is imported is measured

    plan = Plan(tuple(METHODS.split(",")))
    with WorkerGroup(plan.methods, Limits()) as lane:
        lane.describe(asked(plan))


if __name__ == "__main__":
    if sys.argv[1:] == ["reference"]:
        _reference()
    else:
        for what, value in measure().items():
            print(f"{what}: {value:.2f}")
