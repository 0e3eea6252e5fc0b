"""The janitor ends what a coordinator leaves behind, that alone, and itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from srbench.isolation import janitor
from srbench.work_folders import MARK

if TYPE_CHECKING:
    from collections.abc import Iterator

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
DAEMON = """
import os, subprocess, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(600)
    os._exit(0)
os.wait()
apart = {"env": {}, "stdout": subprocess.DEVNULL}
programs = [subprocess.Popen(["sleep", "600"], start_new_session=own, **apart) for own in (False, True)]
print(*(each.pid for each in programs), flush=True)
time.sleep(600)
"""
SHELL = """
import os, subprocess, sys, time
command = [sys.executable, "-c", "import time; time.sleep(600)"]
print(subprocess.Popen(command, env=os.environ | {"SRBENCH_WORKER": "test-inner-1-"}).pid, flush=True)
time.sleep(600)
"""
COORDINATOR = """
import os, subprocess, sys, time
sys.path[:] = sys.argv[3:]
from srbench.isolation import janitor
from srbench.work_folders import MARK
environment = os.environ | {MARK: janitor.token() + "-0-"}
command = [sys.executable, "-c", "import time; time.sleep(600)"]
worker = subprocess.Popen(command, env=environment, start_new_session=True)
print(janitor.token(), worker.pid, flush=True)
if sys.argv[1] == "kill":
    os.kill(os.getpid(), 9)
if sys.argv[1] == "kill all":
    os.killpg(0, 9)
if sys.argv[1] == "raise":
    raise SystemExit(5)
"""


def runs(pid: int) -> bool:
    """Tell whether a process runs."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[str]]]:
    """Return a list of processes that are ended after the test."""
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        process.kill()
        process.communicate()


def marked(mark: str, command: list[str], started: list[subprocess.Popen[str]]) -> subprocess.Popen[str]:
    """Start a command with a mark, as a worker is started."""
    process = subprocess.Popen(
        command, env=os.environ | {MARK: mark}, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    started.append(process)
    return process


def test_only_what_bears_the_mark(started: list[subprocess.Popen[str]]) -> None:
    """A worker of another run, or of another number, is left alone, and so is whoever asks."""
    ours, other_number, other_run = (
        marked(mark, SLEEP, started) for mark in ("test-run-1-", "test-run-10-", "test-other-1-")
    )
    janitor.end_marked("test-run-1-")
    assert ours.wait(60) == -9
    assert other_number.poll() is None
    assert other_run.poll() is None
    janitor.end_marked("test-run-")
    assert other_number.wait(60) == -9
    assert other_run.poll() is None


def test_whoever_asks_lives() -> None:
    """Even if it bears the mark itself, as a run that a worker of another run starts may."""
    script = "from srbench.isolation import janitor; janitor.end_marked('test-own-'); print('alive')"
    environment = os.environ | {MARK: "test-own-1-", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-P", "-c", script], env=environment, capture_output=True, check=False)
    assert done.stdout == b"alive\n", done.stderr


def test_what_begins_while_it_looks(started: list[subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker may fork while processes are listed: it looks until none is left."""
    look = psutil.process_iter

    def late() -> list[psutil.Process]:
        found = list(look())
        if len(started) == 1:
            fork = psutil.Process(marked("test-late-1-", SLEEP, started).pid)
            while not janitor._mark(fork):
                time.sleep(0.01)
        return found

    marked("test-late-1-", SLEEP, started)
    monkeypatch.setattr(psutil, "process_iter", late)
    janitor.end_marked("test-late-")
    assert [each.wait(20) for each in started] == [-9, -9]


def test_what_has_just_gone(started: list[subprocess.Popen[str]]) -> None:
    """A process that ends between the look and the kill is no error."""
    process = marked("test-gone-2-", SLEEP, started)
    seen = psutil.Process(process.pid)
    process.kill()
    process.wait()
    janitor._kill(seen)


def test_forks_have_tokens_of_their_own() -> None:
    """A process that a coordinator forked is another coordinator: neither ends the other's workers."""
    reader, writer = os.pipe()
    own = janitor.token()
    pid = os.fork()
    if pid == 0:
        os.write(writer, janitor.token().encode())
        os._exit(0)
    os.waitpid(pid, 0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        assert pipe.read() not in {"", own}
    assert janitor.token() == own


def test_what_it_started(started: list[subprocess.Popen[str]]) -> None:
    """A daemon in a session of its own goes with it, and programs with an environment of their own in either."""
    worker = marked("test-tree-1-", [sys.executable, "-c", DAEMON], started)
    assert worker.stdout
    programs = [int(each) for each in worker.stdout.readline().split()]
    found = [each for each in psutil.process_iter() if janitor._mark(each) == "test-tree-1-"]
    assert len(found) == 2
    janitor.end_marked("test-tree-")
    assert not any(runs(each.pid) for each in found)
    assert [runs(each) for each in programs] == [False, False]


def test_session_of_a_worker_that_has_ended(started: list[subprocess.Popen[str]]) -> None:
    """What a worker started is found by the worker's number, too."""
    command = [sys.executable, "-c", "import subprocess\nprint(subprocess.Popen(['sleep', '600'], env={}).pid)"]
    worker = marked("test-gone-1-", command, started)
    assert worker.stdout
    program = int(worker.stdout.readline())
    worker.wait()
    janitor.end_marked("test-gone-1-")
    assert runs(program)
    janitor.end_marked("test-gone-1-", worker.pid)
    assert not runs(program)


def test_session_of_others(started: list[subprocess.Popen[str]]) -> None:
    """Whoever leads the session of something that is marked, a user's shell say, is left alone."""
    shell = marked("", [sys.executable, "-c", SHELL], started)
    assert shell.stdout
    inner = int(shell.stdout.readline())
    while not janitor._mark(psutil.Process(inner)).startswith("test-inner-"):
        time.sleep(0.01)  # the system shows it a moment after the program has begun
    janitor.end_marked("test-inner-")
    assert not runs(inner)
    assert shell.poll() is None


def test_nothing_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits for nothing."""
    monkeypatch.setattr("srbench.isolation.janitor.time.sleep", pytest.fail)
    janitor.end_marked("test-nothing-")


def test_one_for_each_process() -> None:
    """The token is made once, names the process, and no worker could guess another's."""
    assert janitor.token() == janitor.token()
    assert janitor.token().startswith(f"{os.getpid()}-")
    assert len(janitor.token()) > 32


@pytest.mark.sampled
@pytest.mark.parametrize("how", ["kill", "kill all", "raise", "return"])
def test_end_of_the_coordinator(how: str, tmp_path: Path) -> None:
    """However it ends, its worker ends with it, then the janitor, which imports no file beside the user."""
    (tmp_path / "psutil.py").write_text("open('imported', 'w').close()\nraise SystemExit\n", encoding="utf-8")
    command = [sys.executable, "-P", "-c", COORDINATOR, how, "", *sys.path]
    coordinator = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100, start_new_session=True
    )
    assert coordinator.returncode == {"kill": -9, "kill all": -9, "raise": 5, "return": 0}[how], coordinator.stderr
    token, worker = coordinator.stdout.split()
    end = time.monotonic() + (60 if how.startswith("kill") else 0)
    while janitors(token) and time.monotonic() < end:
        time.sleep(0.02)
    assert not janitors(token)
    assert not runs(int(worker))
    assert not (tmp_path / "imported").exists()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux only")
def test_janitor_ignores_what_asks_a_job_to_end() -> None:
    """Signals that go to all processes of a job do not end it before the coordinator."""
    (process,) = janitors(janitor.token())
    expected = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    end = time.monotonic() + 20  # it has to begin first
    while not expected <= ignored(process.pid) and time.monotonic() < end:
        time.sleep(0.02)
    assert expected <= ignored(process.pid)


def ignored(pid: int) -> set[int]:
    """Return the signals that a process ignores."""
    lines = dict(line.split(":\t") for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines())
    mask = int(lines["SigIgn"], 16)
    return {number for number in range(1, 65) if mask >> (number - 1) & 1}


def janitors(token: str) -> list[psutil.Process]:
    """Return the janitor of the coordinator with this token."""
    return [each for each in psutil.process_iter(["cmdline"]) if (each.info["cmdline"] or [""])[-1] == token]
