"""Whether `srbench time` can be believed: equal methods, a slower one, and two other tools beside it.

`python tests/benchmarks/agreement.py same` times a method under two names and one that takes 10 % longer, twenty times:
equal methods must not differ, the slower one must. `... tools` times bicubic and espcn with srbench,
torch.utils.benchmark and pyperf, in turn, five times: the medians must agree.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

RUNS, REPEATS = 20, 5
SIZE, FACTOR = (360, 640), 3
METHODS = ("bicubic", "espcn")
THREADS = str(len(os.sched_getaffinity(0)))

_SAME = '''"""Bicubic, and then some."""
import time
import cv2
def load(factor, device):
    def upscale(image):
        start = time.perf_counter()
        sr = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
        end = time.perf_counter() + {more} * (time.perf_counter() - start)
        while {more} and time.perf_counter() < end:
            pass
        return sr
    return upscale
'''


def timed(*arguments: str) -> list[dict[str, Any]]:
    """Return the lines of `srbench time` at 640x360 on this CPU."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "srbench", "time", "--device", "cpu", "--sizes", f"{SIZE[1]}x{SIZE[0]}"]
        command += ["--json", "--out", f"{folder}/run", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    speeds: list[dict[str, Any]] = json.loads(done.stdout)["speeds"]
    return speeds


def same(runs: int = RUNS) -> dict[str, int]:
    """Return in how many runs each verdict was given on equal methods, and in how many 10 % were found."""
    counts = {"same": 0, "unsure": 0, "slower": 0, "faster": 0, "10 % found": 0}
    with tempfile.TemporaryDirectory() as folder:
        plugins = {name: Path(folder, f"{name}.py") for name in ("one", "two", "slower")}
        for name, file in plugins.items():
            file.write_text(_SAME.format(more=0.1 if name == "slower" else 0.0), encoding="utf-8")
        named = [word for file in plugins.values() for word in ("--plugin", str(file))]
        for number in range(1, runs + 1):
            lines = {line["method"]: line for line in timed(*named, "--methods", "one,two,slower")}
            two, slower = lines["two"], lines["slower"]
            counts[two["ratio_verdict"]] += 1
            counts["10 % found"] += slower["ratio_verdict"] == "slower"
            intervals = "; ".join(
                f"{each['method']} {each['ratio']:.3f} ({each['ratio_low']:.3f} - {each['ratio_high']:.3f})"
                for each in (two, slower)
            )
            print(f"{number}: {intervals}; {two['verdict']} {two['reason']}", flush=True)
    return counts


def tools(repeats: int = REPEATS) -> dict[str, dict[str, list[float]]]:
    """Return the median milliseconds of each method by each tool, once for each repeat; the tools take turns."""
    found: dict[str, dict[str, list[float]]] = {name: {"srbench": [], "torch": [], "pyperf": []} for name in METHODS}
    for _ in range(repeats):
        for line in timed("--methods", ",".join(METHODS), "--threads", THREADS):
            found[line["method"]]["srbench"].append(line["call"] * 1e3)
        for name in METHODS:
            found[name]["torch"].append(_by("torch", name) * 1e3)
            found[name]["pyperf"].append(_by("pyperf", name) * 1e3)
    return found


def _by(tool: str, method: str) -> float:
    """Return the median seconds by another tool, in processes of its own."""
    environment = {**os.environ, "OMP_NUM_THREADS": THREADS}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "result.json")
        options = [
            "--inherit-environ",
            "OMP_NUM_THREADS,PYTHONPATH,SUBJECT",
            "-p",
            "5",
            "-n",
            "5",
            "-w",
            "3",
            "-o",
            str(file),
        ]
        command = [sys.executable, __file__, f"by-{tool}", *(options if tool == "pyperf" else [])]
        done = subprocess.run(
            command, env={**environment, "SUBJECT": method}, capture_output=True, text=True, check=True
        )
        if tool == "torch":
            return float(done.stdout)
        import pyperf  # noqa: PLC0415 - a tool of developers

        return float(pyperf.Benchmark.load(str(file)).median())


def _subject(method: str) -> Any:  # noqa: ANN401 - a call
    """Return the call that is timed: what `srbench time` times."""
    import cv2  # noqa: PLC0415 - after threads are set

    from srbench import methods  # noqa: PLC0415

    cv2.setNumThreads(int(THREADS))
    upscaler = methods.choose(method, methods.registry()).load(FACTOR, "cpu")
    image = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), dtype=np.uint8)
    return lambda: upscaler(image)


def _by_torch() -> None:
    """Print the median seconds that torch's own timer finds."""
    from torch.utils.benchmark import Timer  # noqa: PLC0415

    call = _subject(os.environ["SUBJECT"])
    for _ in range(20):
        call()
    timer = Timer("call()", globals={"call": call}, num_threads=int(THREADS))
    print(timer.blocked_autorange(min_run_time=2).median)


def _by_pyperf() -> None:
    """Let pyperf time, with the arguments of the command line."""
    import pyperf  # noqa: PLC0415

    sys.argv.pop(1)
    runner = pyperf.Runner(program_args=(__file__, "by-pyperf"))
    runner.parse_args()
    call = _subject(os.environ.get("SUBJECT", METHODS[0]))
    runner.bench_func(os.environ.get("SUBJECT", "subject"), call)


def _show_tools() -> None:
    for method, by_tool in tools().items():
        ours = statistics.median(by_tool["srbench"])
        for tool, values in by_tool.items():
            print(
                f"{method} by {tool}: median {statistics.median(values):.3f} ms,"
                f" srbench / it {ours / statistics.median(values):.3f}: {[round(each, 3) for each in values]}"
            )


if __name__ == "__main__":
    what = sys.argv[1] if len(sys.argv) > 1 else "same"
    if what == "by-torch":
        _by_torch()
    elif what == "by-pyperf":
        _by_pyperf()
    elif what == "tools":
        _show_tools()
    else:
        print(same(int(sys.argv[2]) if len(sys.argv) > 2 else RUNS))
