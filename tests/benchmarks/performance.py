"""`make bench`: how fast srbench is, as ratios of what was measured side by side, with targets; one table and one CSV.

python tests/benchmarks/performance.py
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import comparisons  # type: ignore[import-not-found] # beside this script
import cost  # type: ignore[import-not-found]
import engines  # type: ignore[import-not-found]
import formulas  # type: ignore[import-not-found]
import pandas as pd
import second  # type: ignore[import-not-found]
from rich.console import Console
from rich.table import Table

from srbench.speed import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
RESULT = HERE.parents[1] / "results" / "performance.csv"
ACTIVATIONS = ("tanh", "relu")


class Ratio(NamedTuple):
    """One line."""

    what: str
    ratio: float
    least: float | None = None
    """What it should be at least."""
    most: float | None = None
    """What it should be at most."""

    @property
    def verdict(self) -> str:
        """Return whether the target was met."""
        if self.least is None and self.most is None:
            return ""
        met = (self.least is None or self.ratio >= self.least) and (self.most is None or self.ratio <= self.most)
        return "met" if met else "missed"

    @property
    def target(self) -> str:
        """Return the target as text."""
        return f">= {self.least:g}" if self.least is not None else f"<= {self.most:g}" if self.most is not None else ""


def of_engines() -> Iterator[Ratio]:
    """Yield how engines compare with eager PyTorch, with the machine's limit, and RGB with the network alone."""
    for activation in ACTIVATIONS:
        seconds = engines.measure(activation=activation)
        floor = min(seconds[name] for name in engines.FLOORS)
        for engine in engines.ENGINES:
            network, rgb = seconds[f"{engine} network"], seconds[f"{engine} RGB"]
            fast = engine != "torch"
            where = f"espcn x3 {activation}, 360p to 1080p, {engine}"
            yield Ratio(f"{where}: eager PyTorch / network", seconds["eager"] / network, least=2.5 if fast else 1.4)
            yield Ratio(f"{where}: network / sgemm floor", network / floor, most=1.5 if fast else None)
            yield Ratio(f"{where}: RGB uint8 / network", rgb / network, most=1.4)


def of_runs() -> Iterator[Ratio]:
    """Yield what a run costs beside its methods, and what a second job gains."""
    found = cost.measure()
    where = "nearest,bilinear,bicubic,lanczos x3: an image / bare loop"
    yield Ratio(where, found["cost ratio to the bare loop"], most=1.2)
    yield Ratio(f"{where}, with crops", found["cost ratio to the bare loop, with crops"], most=1.2)
    yield Ratio("espcn, one thread each, with crops: 1 job / 2 jobs", found["speed-up of 2 jobs"], least=1.8)
    yield Ratio("(two busy loops / one, meanwhile)", found["speed-up of 2 busy loops"])
    again = second.measure()["second run / imports and describing"]
    yield Ratio("the same command again, 833 rows / imports and a worker for each method", again, most=1.0)


def of_metrics() -> Iterator[Ratio]:
    """Yield how long others take for what srbench computes, from pytest-benchmark's medians."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "metrics.json")
        tests = [HERE / "test_metrics_speed.py", HERE / "test_degradation_speed.py"]
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "--benchmark-only",
            f"--benchmark-json={file}",
            *map(str, tests),
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        benchmarks = json.loads(file.read_text(encoding="utf-8"))["benchmarks"]
    groups: dict[str, dict[str, float]] = {}
    for each in benchmarks:
        groups.setdefault(each["group"], {})[each["params"]["whose"]] = each["stats"]["median"]
    for group, medians in groups.items():
        own = next(name for name in medians if name.startswith("srbench"))  # with one thread
        others = [name for name in medians if not name.startswith("srbench")]
        yield from (Ratio(f"{group}: {other} / {own}", medians[other] / medians[own]) for other in others)


def of_formulas() -> Iterator[Ratio]:
    """Yield how long packages take for metrics that are formulas, in turn with srbench."""
    own = 0.0
    for line in formulas.measure():
        if line.package == "srbench":
            own = line.milliseconds
        else:
            what = f"{line.metric} {formulas.WIDTH}x{formulas.HEIGHT}: {line.package} / srbench"
            yield Ratio(what, line.milliseconds / own, least=1.0)


def of_comparisons() -> Iterator[Ratio]:
    """Yield how the statistics of a large run compare with scipy's, column by column."""
    found = comparisons.measure()
    what = f"statistics of {comparisons.IMAGES} images, 10 methods, 3 factors: srbench / scipy"
    yield Ratio(what, found["srbench"] / found["scipy"], most=0.1)


def main() -> None:
    """Print the table and write the CSV."""
    ratios = [*of_engines(), *of_runs(), *of_comparisons(), *of_metrics(), *of_formulas()]
    table = Table("what", title=f"{environment.machine()}, {environment.cores()} cores", box=None)
    for heading in ("ratio", "target", ""):
        table.add_column(heading, justify="right")
    for each in ratios:
        table.add_row(each.what, f"{each.ratio:.2f}", each.target, each.verdict)
    Console(width=120).print(table)
    frame = pd.DataFrame([{**each._asdict(), "verdict": each.verdict} for each in ratios])
    frame.to_csv(RESULT, index=False)
    print(f"written to {RESULT}")


if __name__ == "__main__":
    main()
