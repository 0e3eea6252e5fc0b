"""`make gpu`: all that needs a CUDA device, in at most five minutes; one file of results.

Runs from the checkout with the Python it is started by, and installs nothing: it needs the packages of the `dev` extra
without pooch, openvino and what only other tests import. Exit code 0: all went well; 1: something failed; 2: there is
no CUDA device. `--device cpu` rehearses the same steps on a machine without one.

python tests/gpu.py [--device cpu] [--out FILE] [--minutes 1]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.etree import ElementTree as ET

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from srbench.formats import strict_json  # noqa: E402 - nothing is installed
from srbench.speed import environment, roofline  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

METHODS = ("espcn", "espcn:precision=tf32", "espcn:precision=bfloat16", "espcn:precision=float16")
FACTOR, SIZES = 3, "640x360,1280x720"
"""LR sizes, of which x3 makes 1080p and 4K."""

LIMITS = {"tests": 100, "copy": 20, "times": 110, "training": 70}
"""Seconds of each step; together five minutes."""

COPIED = 2**28
"""Numbers, float32, of the array that is copied on the device: 1 GiB, far more than its caches hold."""

COPIES = 20
_TAIL = 3000


class Done(NamedTuple):
    """What came of a command."""

    code: int | None
    """Its exit code; None where its time ran out."""
    output: str
    """The end of what it wrote on standard error, or said last."""
    printed: str


class Setting(NamedTuple):
    """What all steps share."""

    device: str
    folder: Path
    minutes: float


def tests(setting: Setting) -> dict[str, Any]:
    """Run the tests that are marked `gpu`, and the contract of every method with them."""
    files = [path for path in sorted((ROOT / "tests").rglob("test_*.py")) if _is_marked(path)]
    report = setting.folder / "tests.xml"
    options = ["-q", "-m", "gpu", "-p", "no:cacheprovider", "-o", "addopts=", "--import-mode=importlib", "-W"]
    done = _run("tests", "pytest", *options, "default::pytest.PytestWarning", f"--junitxml={report}", *files)
    cases = [_case(each) for each in ET.parse(report).iter("testcase")] if report.exists() else []  # noqa: S314 - ours
    counts = Counter(case["outcome"] for case in cases)
    found = _outcome(done) | {"counts": counts, "cases": cases}
    if setting.device == "cuda" and done.code == 0 and not counts["passed"]:
        found |= {"status": "failed", "output": f"every test was skipped, the last: {cases[-1]['reason']}"}
    return found


def copy(setting: Setting) -> dict[str, Any]:
    """Measure how many bytes per second the device copies, read and written."""
    done = _run("copy", str(Path(__file__)), "--measure-copy", "--device", setting.device, module=False)
    return _outcome(done) | ({"bytes_per_second": float(done.printed)} if done.code == 0 else {})


def times(setting: Setting) -> dict[str, Any]:
    """Time ESPCN in each precision from LR to 1080p and to 4K."""
    options = ["--factor", FACTOR, "--sizes", SIZES, "--device", setting.device, "--processes", 3, "--limit", 40]
    out = setting.folder / "times"
    done = _run("times", "srbench", "time", "--methods", ",".join(METHODS), *options, "--out", out, "--json")
    speeds = json.loads(done.printed)["speeds"] if done.printed else []
    found = _outcome(done) | {"speeds": speeds}
    if done.code == 0 and not any(line["call"] for line in speeds):
        found |= {"status": "failed", "output": f"nothing was timed: {[line['reason'] for line in speeds]}"}
    return found


def training(setting: Setting) -> dict[str, Any]:
    """Train for a minute, on the embedded photographs."""
    options = ["--recipe", "article", "--data", "sample", "--set", "precision=bfloat16", "--minutes", setting.minutes]
    out = setting.folder / "training"
    command = ("srbench", "train", "espcn", "--factor", FACTOR, *options, "--device", setting.device, "--out", out)
    done = _run("training", *command, "--json")
    return _outcome(done) | (json.loads(done.printed) if done.printed else {})


STEPS: dict[str, Callable[[Setting], dict[str, Any]]] = {
    "tests": tests,
    "copy": copy,
    "times": times,
    "training": training,
}


def measured_copy(device: str) -> float:
    """Return bytes per second of a copy within the memory of `device`: on CUDA between two of its events."""
    if device == "cpu":
        timed = roofline.probes()["copy"]
        return roofline.copy_rate(min(timed.sample()[0].seconds for _ in range(COPIES)), *roofline.COPIED)
    import torch

    source, target = (torch.ones(COPIED, device=device) for _ in range(2))
    seconds = []
    for _ in range(COPIES):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
        start.record()
        target.copy_(source)
        end.record()
        end.synchronize()
        seconds.append(start.elapsed_time(end) / 1e3)
    return roofline.copy_rate(statistics.median(seconds[COPIES // 4 :]), 1, COPIED)


def against_copy(line: dict[str, Any], rate: float) -> dict[str, Any]:
    """Return one line of times, with how often the device could have copied the luma that the network reads and writes.

    `copy_ratio` is the network's time over that of the traffic: LR's luma in, SR's luma out, float32.
    """
    pixels = line["height"] * line["width"]
    seconds = 4 * pixels * (1 + line["factor"] ** 2) / rate
    compute = line["compute"]
    kept = ("method", "height", "width", "call", "compute", "device_seconds", "device_memory", "verdict", "reason")
    ratio = compute / seconds if compute else None
    return {key: line[key] for key in kept} | {"copy_seconds": seconds, "copy_ratio": ratio}


def main() -> int:
    """Run all steps, print what came of them, and write the file."""
    given = _arguments()
    if given.measure_copy:
        print(measured_copy(given.device))
        return 0
    found: dict[str, Any] = {"device": given.device, "environment": environment.describe()}
    if given.device == "cuda" and not environment.cuda_devices():
        _write(given.out, found | {"error": "no CUDA device: nothing was run"})
        print(f"no CUDA device here: nothing was run (--device cpu rehearses it); written to {given.out}")
        return 2
    print(", ".join(environment.cuda_devices()) if given.device == "cuda" else "a rehearsal on the CPU")
    found["steps"] = steps = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, outcome in _outcomes(Setting(given.device, Path(folder), given.minutes)):
            print(f"{name}: {outcome['status']}, {outcome['seconds']:.0f} s, {_told(name, outcome)}", flush=True)
            steps[name] = outcome
            _write(given.out, found)
    if steps["copy"]["status"] == "ok":
        lines = [against_copy(line, steps["copy"]["bytes_per_second"]) for line in steps["times"]["speeds"]]
        print(*map(_line, lines), sep="\n")
        _write(given.out, found | {"times": lines})
    print(f"written to {given.out}")
    return int(any(step["status"] != "ok" for step in steps.values()))


def _outcomes(setting: Setting) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, step in STEPS.items():
        begun = time.monotonic()
        yield name, step(setting) | {"seconds": time.monotonic() - begun}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "gpu.json")
    parser.add_argument("--minutes", type=float, default=1.0, help="of training")
    parser.add_argument("--measure-copy", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _run(step: str, *command: object, module: bool = True) -> Done:
    """Run a module, or a file, with this Python and the checkout on its path."""
    words = [sys.executable, *(["-m"] if module else []), *map(str, command)]
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            words, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=LIMITS[step], check=False
        )
    except subprocess.TimeoutExpired:
        return Done(None, f"not finished after {LIMITS[step]} s", "")
    return Done(done.returncode, (done.stderr or done.stdout)[-_TAIL:], done.stdout)


def _outcome(done: Done) -> dict[str, Any]:
    status = {0: "ok", None: "timeout"}.get(done.code, "failed")
    return {"status": status} if status == "ok" else {"status": status, "exit_code": done.code, "output": done.output}


def _is_marked(path: Path) -> bool:
    return "mark.gpu" in path.read_text(encoding="utf-8") and "benchmarks" not in path.parts


def _case(element: ET.Element) -> dict[str, Any]:
    """Return one test: its name, what came of it, and why."""
    kinds = {"failure": "failed", "error": "failed", "skipped": "skipped"}
    found = next((each for each in element if each.tag in kinds), None)
    outcome, reason = ("passed", "") if found is None else (kinds[found.tag], found.get("message", ""))
    name = f"{element.get('classname')}::{element.get('name')}"
    return {"test": name, "outcome": outcome, "reason": reason, "seconds": float(element.get("time", 0))}


def _told(name: str, outcome: dict[str, Any]) -> str:
    """Return what the terminal says of a step beside its status."""
    if outcome["status"] != "ok":
        return str(outcome["output"])
    if name == "tests":
        return ", ".join(f"{count} {what}" for what, count in outcome["counts"].items())
    if name == "copy":
        return f"{outcome['bytes_per_second'] / 1e9:.0f} GB/s"
    return f"{outcome['steps']} steps" if name == "training" else f"{len(outcome['speeds'])} lines"


def _line(line: dict[str, Any]) -> str:
    size = f"{line['width'] * FACTOR}x{line['height'] * FACTOR}"
    if not line["compute"]:
        return f"{line['method']:28} {size:>10}  {line['verdict']}: {line['reason']}"
    return (
        f"{line['method']:28} {size:>10}  call {line['call'] * 1e3:8.2f} ms, network {line['compute'] * 1e3:8.2f} ms, "
        f"{line['copy_ratio']:.1f} times the copy of its luma"
    )


def _write(file: Path, found: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(strict_json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
