"""The fault table: whatever a method does, its own rows say so, and nothing else changes.

Each fault is a method, run between `nearest` and `bicubic`, that goes wrong on image b alone unless the table says
otherwise. Six of them share one run; with the slow tests, all do, those together that make a run end with one code.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.faults.conftest import Bench, Ended

PLUGIN = """
import atexit, ctypes, os, signal, subprocess, sys, threading, time
import numpy as np
{module}
def load(factor, device):
    {load}
    def upscale(image):
        {each}
        if image.shape[0] == 15:  # half of image b
            {call}
        return image.repeat(factor, 0).repeat(factor, 1)
    return upscale
"""


@dataclass(frozen=True)
class Fault:
    """A method's code, and what its rows say."""

    call: str = "pass"
    """What it does when it is called with image b."""
    load: str = "pass"
    """What it does when it is loaded."""
    module: str = ""
    """What it does when it is imported."""
    each: str = "pass"
    """What it does in each call."""
    status: str = "ok"
    reason: str = ""
    """A regular expression that the whole reason matches."""
    hits: str = "b"
    """The images whose rows have this status; all others are `ok`."""
    output: str = ""
    """A regular expression that is found in the output that the row keeps."""
    retries: int = 0

    def text(self) -> str:
        """Return the method as a plug-in."""
        load, call = (code.strip().replace("\n", "\n" + indent) for code, indent in self._parts())
        return PLUGIN.format(module=self.module, each=self.each, load=load, call=call)

    def _parts(self) -> tuple[tuple[str, str], ...]:
        return (self.load, " " * 4), (self.call, " " * 12)


EXIT = r"the worker ended with exit code {} before it had a result"
LATE = r"no answer within 3 s \(--timeout\)"
LARGE = r"the worker took more than 500 MB of memory \(--memory\)"
FORK_AND_STAY = """
if os.fork() == 0:
    time.sleep(600)
"""
DAEMON = """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(600)
    os._exit(0)
os.wait()
"""
CHILD_THAT_EATS = """
if os.fork() == 0:
    hoard = np.ones(800 * 2**20, np.uint8)
    time.sleep(600)
time.sleep(600)
"""
PROGRAM = """
mark = os.environ["SRBENCH_TEST_RUN"]  # that the test recognises it by
hoard = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", mark], env={})
"""
LEAVE_CWD = """
import shutil, tempfile
os.chdir(tempfile.mkdtemp(dir=os.path.dirname(__file__)))
shutil.rmtree(os.getcwd())
"""
GLOBALS = """
import gc, random
import cv2
random.seed(0); np.random.seed(0); np.seterr(all="raise"); np.set_printoptions(precision=1)
cv2.setNumThreads(1); cv2.setUseOptimized(False)
sys.setrecursionlimit(200); gc.disable(); os.umask(0o777); os.nice(5)
os.environ.clear(); sys.path.clear()
import builtins
"""
TORCH = """
import torch
torch.set_num_threads(1); torch.manual_seed(0); torch.set_default_dtype(torch.float64)
"""
MONKEY = """
import cv2, json, pickle
def broken(*args, **kwargs):
    raise RuntimeError("patched")
np.clip = np.dot = np.mean = np.pad = np.array_equal = np.abs = broken
cv2.resize = cv2.imread = cv2.GaussianBlur = cv2.filter2D = json.dumps = broken
"""
DEAF = """
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
    signal.signal(number, signal.SIG_IGN)
time.sleep(600)
"""
PRINTS = """
print('{"run": "mine", "summary": []}')
os.write(1, b'{"by": "descriptor"}')
ctypes.CDLL(None).puts(b'{"by": "C"}')
ctypes.CDLL(None).fflush(None)
"""
SHOUTS = """
for _ in range(200):
    print("x" * 50_000)
    print("y" * 50_000, file=sys.stderr)
"""
KILLS_SIBLINGS = """
import psutil
for each in psutil.process_iter():
    try:
        mark = each.environ().get("SRBENCH_WORKER", "")
    except psutil.Error:
        continue
    if each.pid != os.getpid() and mark.split("-")[0] == os.environ["SRBENCH_WORKER"].split("-")[0]:
        each.kill()
"""
SCRIBBLE = """
for number in range(3, 64):
    try:
        os.write(number, b"\\x00\\x01" * 64)
    except OSError:
        pass
"""
FAULTS = {
    # it dies
    "segfault_in_call": Fault(
        "print('last words'); ctypes.string_at(0)",
        status="crashed",
        reason="the worker was killed by SIGSEGV",
        output="^last words\nFatal Python error: Segmentation fault",
        retries=1,
    ),
    "segfault_on_load": Fault(
        load="ctypes.string_at(0)", status="crashed", reason="the worker was killed by SIGSEGV", hits="abc"
    ),
    "exit_in_call": Fault("os._exit(0)", status="crashed", reason=EXIT.format(0), retries=1),
    "exit_at_import": Fault(module="os._exit(7)", status="crashed", reason=EXIT.format(7), hits="abc"),
    "killed": Fault(
        "os.kill(os.getpid(), signal.SIGKILL)",
        status="crashed",
        reason="the worker was killed by SIGKILL; often that means out of memory",
    ),
    "kills_its_group": Fault(
        "os.killpg(0, signal.SIGKILL)", status="crashed", reason="the worker was killed by SIGKILL.*"
    ),
    "aborts": Fault("os.abort()", status="crashed", reason="the worker was killed by SIGABRT"),
    "terminated": Fault("os.kill(os.getpid(), 15)"),
    "closes_all_files": Fault("os.closerange(0, 200)", status="crashed", reason=EXIT.format(0)),
    "scribbles_on_all_files": Fault(
        SCRIBBLE, status="crashed", reason="the worker stopped in the middle of its answer"
    ),
    # it takes too much
    "allocates_at_once": Fault(
        "hoard = np.ones(900 * 2**20, np.uint8); time.sleep(60)", status="crashed", reason=LARGE
    ),
    "leaks": Fault(
        module="hoard = []",
        each="hoard.append(np.ones(260 * 2**20, np.uint8)); time.sleep(0.5)",
        status="crashed",
        reason=LARGE,
    ),
    "child_allocates": Fault(CHILD_THAT_EATS, status="crashed", reason=LARGE),
    # it does not answer
    "hangs": Fault("print('here'); time.sleep(600)", status="timeout", reason=LATE, output="^here$"),
    "hangs_in_native_code": Fault("ctypes.PyDLL(None).sleep(600)", status="timeout", reason=LATE),
    "stops": Fault("os.kill(os.getpid(), signal.SIGSTOP)", status="timeout", reason=LATE),
    "hangs_at_import": Fault(module="time.sleep(600)", status="timeout", reason=LATE, hits="abc"),
    "deaf_to_signals": Fault(DEAF, status="timeout", reason=LATE),
    # it starts others
    "forks_and_returns_twice": Fault("os.fork()"),
    "forks_and_stays": Fault(FORK_AND_STAY),
    "daemon": Fault(DAEMON),
    "daemon_and_death": Fault(DAEMON + "os._exit(3)", status="crashed", reason=EXIT.format(3)),
    "program_without_environment": Fault(PROGRAM),
    "many_programs": Fault("hoard = [subprocess.Popen(['sleep', '600']) for _ in range(20)]"),
    "thread": Fault("threading.Thread(target=time.sleep, args=(600,)).start(); atexit.register(time.sleep, 600)"),
    "kills_its_siblings": Fault(KILLS_SIBLINGS, retries=1),
    # it writes and reads
    "shouts": Fault(SHOUTS),
    "prints_json": Fault(PRINTS),
    "closes_its_streams": Fault("print('gone'); sys.stdout.close(); sys.stderr = None"),
    "reads_input": Fault("input()", status="failed", reason="EOFError: .*"),
    # it changes its process
    "leaves_its_directory": Fault(LEAVE_CWD),
    "changes_globals": Fault(module=GLOBALS),
    "changes_torch": Fault(load=TORCH),
    "patches_libraries": Fault(module=MONKEY, status="failed", reason="RuntimeError: patched", hits="abc"),
    "writes_into_its_input": Fault("kept = image.copy(); image[:] = 0; image = kept"),
    # it raises or returns what it should not
    "system_exit": Fault("sys.exit(3)", status="failed", reason="SystemExit: 3", output="Traceback"),
    "interrupt": Fault("raise KeyboardInterrupt", status="failed", reason="KeyboardInterrupt:"),
    "recursion": Fault("upscale(image)", status="failed", reason="RecursionError: maximum .*", output="in upscale"),
    "function": Fault("return lambda: None", status="failed", reason="returned a function, expected a numpy array .*"),
    "object_array": Fault("return np.array([[open]])", status="failed", reason="returned .*"),
    "unsendable": Fault(
        module="class Odd(int):\n    def __reduce__(self):\n        raise OSError('no')",
        call="upscale.parameters = Odd(3)",
    ),
    "unreceivable": Fault(module="class Odd(int): pass", call="upscale.parameters = Odd(3)"),
    "unprintable": Fault(
        module="class Odd(Exception):\n    def __str__(self):\n        return 1 / 0",
        call="raise Odd",
        status="failed",
        reason="Odd: its message cannot be formatted",
    ),
}
"""What methods do, and what becomes of their rows."""

TOGETHER = ("segfault_in_call", "exit_at_import", "hangs_in_native_code", "daemon", "prints_json", "system_exit")
"""The faults that the fast tests run, all at once."""

OPTIONS = ("--json", "--timeout", "3", "--memory", "500MB")


@pytest.fixture(scope="module")
def sound(bench: Bench) -> Ended:
    """Return a run of the two methods that nothing is wrong with."""
    return bench.run("--methods", "nearest,bicubic", "--no-timing", *OPTIONS)


@pytest.fixture(scope="module")
def together(bench: Bench) -> Ended:
    """Return a run of several faults at once."""
    plugins = tuple(bench.plugin(name, FAULTS[name].text()) for name in TOGETHER)
    methods = ",".join(("nearest", *TOGETHER, "bicubic"))
    return bench.run("--methods", methods, "--no-timing", *OPTIONS, plugins=plugins)


def check_rows(ended: Ended, sound: Ended, name: str) -> None:
    """Assert what the table says about the rows of one fault; where it did no harm, it is nearest neighbour."""
    fault = FAULTS[name]
    rows = ended.of(name)
    assert [row["image"] for row in rows] == ["a.png", "b.png", "c.png"]
    for row, nearest in zip(rows, sound.of("nearest"), strict=True):
        if row["image"][0] in fault.hits:
            assert row["status"] == fault.status
            assert re.fullmatch(fault.reason, row["reason"]), row["reason"]
            assert re.search(fault.output, row["output"]), row["output"]
        else:
            assert (row["status"], row["reason"], row["output"]) == ("ok", "", "")
        if row["status"] == "ok":
            assert (row["psnr"], row["ssim"]) == (nearest["psnr"], nearest["ssim"])


def check_rest(ended: Ended, sound: Ended) -> None:
    """Assert that other methods, the output and the machine are what they would be without the fault."""
    for method in ("nearest", "bicubic"):
        assert ended.of(method) == sound.of(method)
    summary: list[dict[str, Any]] = json.loads(ended.out)["summary"]
    assert {line["method"] for line in summary} == {row["method"] for row in ended.rows}
    assert ended.err == ""
    assert ended.left == []


@pytest.mark.slow
def test_sound(sound: Ended) -> None:
    """What faults are compared with is a run in which all went well."""
    assert sound.code == 0
    assert [row["status"] for row in sound.rows] == ["ok"] * 6
    check_rest(sound, sound)


@pytest.mark.sampled
@pytest.mark.parametrize("name", TOGETHER)
def test_rows_of_faults_together(together: Ended, sound: Ended, name: str) -> None:
    """Each fault has the rows it would have alone, its other images are scored, and the run says 1."""
    assert together.code == 1
    check_rows(together, sound, name)


@pytest.mark.slow
def test_rest_of_faults_together(together: Ended, sound: Ended) -> None:
    """No other method notices, and nothing is left: no process, no file, no word on standard output."""
    check_rest(together, sound)


def alike(most: int = 8) -> list[tuple[str, ...]]:
    """Return the faults that can share a run: of as many attempts, harmless or not, and none that kills the others."""
    kinds: dict[tuple[bool, ...], list[str]] = {}
    for name, fault in FAULTS.items():
        kinds.setdefault((fault.status == "ok", fault.retries > 0, name == "kills_its_siblings"), []).append(name)
    return [tuple(names[at : at + most]) for names in kinds.values() for at in range(0, len(names), most)]


@pytest.mark.slow
@pytest.mark.parametrize("names", alike(), ids="-".join)
def test_faults(bench: Bench, sound: Ended, names: tuple[str, ...]) -> None:
    """Faults decide their own rows and the exit code, and nothing else."""
    faults = [FAULTS[name] for name in names]
    methods = ",".join(("nearest", *names, "bicubic"))
    harmless = faults[0].status == "ok"
    options = ["--methods", methods, "--no-timing", "--retries", str(faults[0].retries), *OPTIONS]
    if harmless:
        options += ["--timeout", "60"]  # nothing hangs, and torch may take its time to be imported
    ended = bench.run(*options, plugins=tuple(bench.plugin(name, FAULTS[name].text()) for name in names))
    for name in names:
        check_rows(ended, sound, name)
    check_rest(ended, sound)
    assert ended.code == int(not harmless)
