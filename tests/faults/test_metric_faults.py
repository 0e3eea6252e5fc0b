"""Whatever a metric does, its own values say so; scores, other metrics and processes are as without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.faults.conftest import Bench, Ended

pytestmark = pytest.mark.processes

PLUGIN = """
import ctypes, os, signal, sys, time
import numpy as np
from srbench.metrics import Metric
METRIC = Metric(label="M", better="lower")
def load():
    {load}
    def score(reference, image):
        print("hello", flush=True)
        if image.shape[0] == 26:  # image b, less its shave
            {call}
        return float(np.abs(reference - image).mean())
    return score
"""
FAULTS = {
    "segfault": ({"call": "ctypes.string_at(0)"}, "crashed", "the worker was killed by SIGSEGV"),
    "killed": ({"call": "os.kill(os.getpid(), signal.SIGKILL)"}, "crashed", "the worker was killed by SIGKILL"),
    "ends": ({"call": "os._exit(3)"}, "crashed", "the worker ended with exit code 3 before it had a result"),
    "hangs": ({"call": "time.sleep(600)"}, "timeout", "no answer within 3 s (--timeout)"),
    "nothing": ({"call": "return float('nan')"}, "failed", "returned NaN, expected a number"),
    "absent": ({"load": "import package_that_is_absent"}, "skipped", "needs the package package_that_is_absent"),
    "sound": ({}, "ok", ""),
}
"""What a metric does in its call with image b, or when it is loaded; the status and the reason of its row."""


@pytest.fixture(scope="module")
def ended(bench: Bench) -> Ended:
    """Return what a run with all of these metrics came to."""
    plugins = []
    for name, (code, _, _) in FAULTS.items():
        plugins.append(bench.plugin(name, PLUGIN.format(**{"load": "pass", "call": "pass"} | code)))
    limits = ("--timeout", "3", "--retries", "0")
    metrics = ("--metrics", ",".join(["psnr", *FAULTS]))
    return bench.run("--methods", "nearest", "--no-timing", *limits, *metrics, plugins=tuple(plugins))


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_values_of_a_metric(ended: Ended, name: str) -> None:
    """Each image has a row; that of b says what happened, and what the metric had printed."""
    _, status, reason = FAULTS[name]
    rows = {row["image"]: row for row in ended.of("nearest", "metric") if row["metric"] == name}
    assert len(rows) == 3
    assert rows["b.png"]["status"] == status
    assert rows["b.png"]["reason"].startswith(reason)
    others = {rows[image]["status"] for image in ("a.png", "c.png")}
    assert others == ({"skipped"} if name == "absent" else {"ok"})
    if status in ("crashed", "timeout"):
        assert rows["b.png"]["output"].startswith("hello")


def test_everything_else(ended: Ended) -> None:
    """All scores are there, sound values are right, nothing is left behind, and the exit code is 1."""
    assert [row["status"] for row in ended.of("nearest")] == ["ok"] * 3
    values: dict[str, set[float | None]] = {}
    for row in ended.of("nearest", "metric"):
        values.setdefault(row["image"], set()).add(row["value"])
    assert all(len(each - {None}) == 1 for each in values.values())
    assert ended.code == 1
    assert (ended.err, ended.left) == ("", [])


@pytest.mark.slow
def test_metric_that_dies_when_it_is_loaded(bench: Bench) -> None:
    """It is loaded once, and not for each image: its rows are there, and so are scores."""
    file = bench.plugin("dies", PLUGIN.format(load="open(__file__ + '.log', 'a').write('x'); os._exit(4)", call="pass"))
    ended = bench.run(
        "--methods", "nearest", "--no-timing", "--retries", "1", "--metrics", "psnr,dies", plugins=(file,)
    )
    assert {row["status"] for row in ended.of("nearest", "metric")} == {"crashed"}
    with open(f"{file}.log", encoding="utf-8") as log:  # noqa: PTH123 - text by text
        assert log.read() == "xx"
    assert ended.code == 1


@pytest.mark.slow
def test_skipped_metric_fails_only_a_strict_run(bench: Bench) -> None:
    """What cannot be done here is no failure, unless `--strict` asks for everything."""
    file = bench.plugin("absent", PLUGIN.format(load="import package_that_is_absent", call="pass"))
    options = ("--methods", "nearest", "--no-timing", "--metrics", "psnr,absent")
    assert bench.run(*options, plugins=(file,)).code == 0
    assert bench.run(*options, "--strict", plugins=(file,)).code == 1
