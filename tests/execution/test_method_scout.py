"""Tests of srbench.execution.method_scout: describing methods of a finished run in copies of one process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from srbench.errors import UsageError
from srbench.execution import method_scout
from srbench.execution.method_info import asked
from srbench.execution.metric_info import asked_metrics
from srbench.execution.worker_group import WorkerGroup
from srbench.isolation import worker
from srbench.isolation.limits import Limits
from srbench.plan import Plan

if TYPE_CHECKING:
    from pathlib import Path

    from srbench.execution.method_info import MethodInfo

pytestmark = pytest.mark.processes

LOAD = "\ndef load(factor, device):\n    return lambda image: image.repeat(factor, 0).repeat(factor, 1)\n"
BAD = {
    "dies": "import os\nos._exit(3)",
    "is killed": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "raises": "raise RuntimeError('no')",
    "ends": "import sys\nsys.exit(3)",
    "kills the scout": "import os, psutil\nparent = psutil.Process(os.getppid())\n"
    "if 'srbench.execution.method_scout' in parent.cmdline():\n    parent.kill()",
    "closes all": "import os\nos.closerange(3, 99)",
    "leaves a daemon": "import os, time\nif os.fork() == 0:\n    time.sleep(2)\n    os._exit(0)",
    "spoils others": "from srbench.execution import method_worker\nmethod_worker.describe = None\n"
    "import srbench.hashing\nsrbench.hashing.file_hash = lambda path: 'spoilt'",
}

KILLER = "kills the scout"


def described(plan: Plan, *, scouted: bool = True) -> list[MethodInfo]:
    """Return what is said of the methods of a plan."""
    limits = Limits(timeout=30, retries=0)
    with WorkerGroup(plan.methods, limits) as workers, worker.new(limits, method_scout.__name__) as scout:
        return workers.describe_at_once(asked(plan), scout) if scouted else workers.describe(asked(plan))


def test_a_scout_says_what_workers_say() -> None:
    """Of all kinds of methods, options included."""
    plan = Plan(("nearest", "bicubic-matlab", "espcn:activation=relu"), (2, 3))
    assert described(plan) == described(plan, scouted=False)


@pytest.mark.slow
@pytest.mark.parametrize("names", [[name for name in BAD if name != KILLER], [KILLER]], ids=["many", KILLER])
def test_no_method_spoils_what_is_said_of_another(tmp_path: Path, names: list[str]) -> None:
    """Whatever methods do when they are imported, the others are described as without them."""
    files = [tmp_path / f"bad_{number}.py" for number, _ in enumerate(names)]
    for file, name in zip(files, names, strict=True):
        file.write_text(BAD[name] + LOAD, encoding="utf-8")
    plugins = tuple(map(str, files))
    first, *_, last = described(Plan(("nearest", *(file.stem for file in files), "bicubic"), (2,), plugins=plugins))
    others = described(Plan(("nearest", "bicubic"), (2,), plugins=plugins), scouted=False)
    assert [first.facts, last.facts] == [each.facts for each in others]


@pytest.mark.slow
def test_what_a_scout_cannot_say_is_said_by_workers(tmp_path: Path) -> None:
    """One that dies has its reason; an option that there is not is the user's error."""
    bad = tmp_path / "bad.py"
    bad.write_text(BAD["dies"] + LOAD, encoding="utf-8")
    (info,) = described(Plan(("bad",), (2,), plugins=(str(bad),)))
    assert "exit code 3" in str(info.error)
    with pytest.raises(UsageError, match="unknown option"):
        described(Plan(("nearest:a=1",), (2,)))


@pytest.mark.slow
def test_a_scout_describes_metrics(tmp_path: Path) -> None:
    """As workers of their own do, those that it cannot among them; PSNR and SSIM need no process."""
    for name, code in {"good": "", "dead": "import os\nos._exit(3)\n"}.items():
        text = (
            f"{code}from srbench.metrics import Metric\nMETRIC = Metric(label='M', better='lower')\ndef load(): pass\n"
        )
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    plugins = tuple(str(tmp_path / f"{name}.py") for name in ("good", "dead"))
    asked = asked_metrics(Plan(("nearest",), plugins=plugins, metrics=("psnr", "good", "ssim", "dead")))
    limits = Limits(timeout=30, retries=0)
    with WorkerGroup((), limits, ("good", "dead")) as workers, worker.new(limits, method_scout.__name__) as scout:
        found = workers.describe_metrics(asked, scout)
        alone = workers.describe_metrics(asked)
    assert [info.facts for info in found] == [info.facts for info in alone]
    assert [info.spec for info in found] == ["psnr", "good", "ssim", "dead"]
    assert [info.has_rows for info in found] == [False, True, False, True]
    assert "exit code 3" in str(found[3].error)
