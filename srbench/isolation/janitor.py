"""A small process that outlives the coordinator by a moment and ends whatever its workers left behind.

It holds one end of a pipe. When the coordinator ends, however it ends, the pipe closes.
"""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
import time
import uuid
from functools import lru_cache

import psutil

from srbench import work_folders
from srbench.work_folders import MARK

_PATIENCE = 5.0  # seconds that the kernel has to end what was killed
_PAUSE = 0.01  # seconds until one looks again: a process may fork while the others are looked for


def token() -> str:
    """Return this coordinator's token, having started a janitor for it; its forks have another one."""
    return _hired(os.getpid())


@lru_cache(maxsize=1)
def _hired(pid: int) -> str:
    own = f"{pid}-{uuid.uuid4().hex}"
    command = [sys.executable, "-P", "-m", __name__, own]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    janitor = subprocess.Popen(  # noqa: S603 - ourselves
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=environment,
    )
    atexit.register(_dismiss, janitor)
    return own


def end_marked(prefix: str, worker: int = 0) -> None:
    """Kill every process whose mark begins with `prefix`, forks of forks and daemons among them; remove their folders.

    Killed, too, are those in a session that one of them leads, or that `worker` led, which has ended, and whatever all
    these started: a program that was started with an environment of its own bears no mark.
    """
    _kill_marked(prefix, worker)
    work_folders.remove_marked(prefix)


def _kill_marked(prefix: str, worker: int) -> None:
    sessions = {worker} - {0}
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        present = list(psutil.process_iter())
        marked = [each for each in present if _mark(each).startswith(prefix)]
        sessions |= {each.pid for each in marked}  # a session has its leader's number: never one that others lead
        ours = [each for each in present if each in marked or _session(each) in sessions]
        if not ours:
            return
        for process in _with_children(ours, present):
            _kill(process)
        time.sleep(_PAUSE)


def _with_children(ours: list[psutil.Process], present: list[psutil.Process]) -> list[psutil.Process]:
    """Return processes with those of the `present` ones that they started, and so on; never this one."""
    found, others = list(ours), [each for each in present if each not in ours and each.pid != os.getpid()]
    parents = {each: _parent(each) for each in others}
    for process in found:  # which grows
        found += [each for each in others if parents[each] == process.pid and each not in found]
    return found


def _parent(process: psutil.Process) -> int:
    """Return the process that started another, 0 if that has ended."""
    try:
        return int(process.ppid())
    except (psutil.Error, OSError):
        return 0


def _mark(process: psutil.Process) -> str:
    try:
        if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
            return ""
        return str(process.environ().get(MARK, ""))
    except (psutil.Error, OSError):  # another user's, or just gone
        return ""


def _session(process: psutil.Process) -> int:
    """Return the session of a process, 0 if it has ended."""
    try:
        return 0 if process.status() == psutil.STATUS_ZOMBIE else os.getsid(process.pid)
    except (psutil.Error, OSError):
        return 0


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.Error:
        return


def _dismiss(janitor: subprocess.Popen[bytes]) -> None:
    janitor.communicate()  # closes its input and waits


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # the coordinator's end is what counts
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    end_marked(sys.argv[1])
