"""Runs of the command line in a process of their own, and all that they may leave behind: processes and files."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import termios
import time
import uuid
from contextlib import contextmanager, suppress
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import psutil
import pytest

from srbench.quality.files import write_image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MARK = "SRBENCH_TEST_RUN"
"""An environment variable that a run has, and with it all that it starts: its workers, theirs, and the janitor."""


SETTINGS = {"COLUMNS": "200", "TERM": "xterm", "SRBENCH_REPORT": "0"}
"""What else is in its environment; a page for each run would take a third of the time."""


class Ended(NamedTuple):
    """What a run came to."""

    code: int
    out: str
    err: str
    rows: list[dict[str, Any]]
    left: list[str]
    """The processes and the files that were left behind."""

    def of(self, method: str, kind: str = "score") -> list[dict[str, Any]]:
        """Return the rows of one method."""
        return [row for row in self.rows if (row["method"], row["row"]) == (method, kind)]


class Run:
    """A command that runs in a folder of its own."""

    def __init__(self, folder: Path, command: list[str], *, prefix: list[str], **streams: Any) -> None:  # noqa: ANN401 - Popen's
        """Start `command`, by way of `prefix`, in an empty current directory and with an empty temporary one."""
        self.folder = folder
        self._value = uuid.uuid4().hex
        for name in ("here", "temporary"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        own = ("SRBENCH_", "PYTHONUNBUFFERED")  # what whoever runs the tests has set
        plain = {name: value for name, value in os.environ.items() if not name.startswith(own)}
        self.process = subprocess.Popen(
            [*prefix, sys.executable, "-m", "srbench", *command],
            cwd=folder / "here",
            env=plain | {MARK: self._value, "TMPDIR": str(folder / "temporary"), **SETTINGS},
            **streams,
        )

    def processes(self) -> list[psutil.Process]:
        """Return what still runs of it."""
        return [
            each
            for each in psutil.process_iter()
            if self._value in (_variable(each, MARK), *_of(each, "cmdline", [])) and each.pid != os.getpid()
        ]

    def workers(self) -> list[psutil.Process]:
        """Return the processes that bear the mark of a worker of this run."""
        prefix = f"{self.process.pid}-"
        return [each for each in psutil.process_iter() if _variable(each, "SRBENCH_WORKER").startswith(prefix)]

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows that are in its journal so far."""
        file = self.folder / "out" / "rows.jsonl"
        return [json.loads(line) for line in file.read_bytes().splitlines()] if file.exists() else []

    def wait_for(self, what: Callable[[], Any], seconds: float = 100) -> None:
        """Wait until `what` is true, of a run that goes on or of one that has ended."""
        end = time.monotonic() + seconds
        while not what():
            if time.monotonic() > end:
                self.clear()
                pytest.fail(f"waited {seconds} s in vain; {len(self.rows())} rows so far")
            self.look()
            time.sleep(0.02)

    def look(self) -> None:
        """Do what there is to do while one waits."""

    def end(self, seconds: float = 100) -> Ended:
        """Wait for its end."""
        self.wait_for(lambda: self.process.poll() is not None, seconds)
        files = [path for name in ("here", "temporary") for path in (self.folder / name).rglob("*")]
        left = [*map(str, files), *(" ".join(_of(each, "cmdline", [])) for each in self.processes())]
        self.clear()
        out, err = (self._text(name) for name in ("out.txt", "err.txt"))
        return Ended(self.process.wait(), out, err, self.rows(), left)

    def close(self) -> None:
        """End its input, if that is a pipe, and see it out."""
        if self.process.stdin:
            self.process.stdin.close()
        self.process.wait()

    def clear(self) -> None:
        """Kill what still runs of it: a test that fails must not leave it to the others."""
        for each in self.processes():
            _of(each, "kill", None)

    def _text(self, name: str) -> str:
        file = self.folder / name
        return file.read_text(encoding="utf-8") if file.exists() else ""


LEAD = """
import fcntl, os, signal, sys, termios
for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
    signal.signal(number, signal.SIG_DFL)
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Makes a terminal that of its session, as a login does, then becomes the command."""


class OnTerminal(Run):
    """A command that runs in the foreground of a terminal of its own."""

    def __init__(self, folder: Path, command: list[str]) -> None:
        """Start `command`."""
        self._ours, self._theirs = pty.openpty()
        os.set_blocking(self._ours, False)
        self.screen = b""
        self.before = termios.tcgetattr(self._theirs)
        streams = dict.fromkeys(("stdin", "stdout", "stderr"), self._theirs)
        super().__init__(folder, command, prefix=[sys.executable, "-c", LEAD], start_new_session=True, **streams)

    def press(self, key: bytes) -> None:
        """Press a key."""
        os.write(self._ours, key)

    def look(self) -> None:
        """Keep what is drawn: a terminal that nobody reads holds up who writes to it."""
        with suppress(OSError):
            while self._ours >= 0 and (drawn := os.read(self._ours, 2**16)):
                self.screen += drawn

    def attributes(self) -> list[Any]:
        """Return how the terminal is set, echo among it."""
        return termios.tcgetattr(self._theirs)

    def hang_up(self) -> None:
        """Close the terminal's window."""
        os.close(self._ours)
        self._ours = -1

    def end(self, seconds: float = 100) -> Ended:
        """Wait for its end; what was drawn counts as output."""
        ended = super().end(seconds)
        self.look()
        return ended._replace(out=self.screen.decode())

    def put_away(self) -> None:
        """End what still runs and close the terminal."""
        self.clear()
        self.process.wait()
        for descriptor in {self._ours, self._theirs} - {-1}:
            os.close(descriptor)


class Bench:
    """Three tiny pictures, and runs on them."""

    def __init__(self, root: Path) -> None:
        """Make pictures of 24, 30 and 36 rows, so that a method can tell them apart by their LR."""
        self.root = root
        self._numbers = count()
        random = np.random.default_rng(1)
        (root / "pictures").mkdir()
        for name, height in zip("abc", (24, 30, 36), strict=True):
            write_image(root / "pictures" / f"{name}.png", random.integers(0, 256, (height, 24, 3), dtype=np.uint8))

    def plugin(self, name: str, text: str) -> str:
        """Write the plug-in file of a method and return its path."""
        file = self.root / f"plugins-{next(self._numbers)}" / f"{name}.py"
        file.parent.mkdir()
        file.write_text(text, encoding="utf-8")
        return str(file)

    def command(self, folder: Path, *options: str, plugins: tuple[str, ...] = ()) -> list[str]:
        """Return the arguments of `srbench` for a run at x2 on the CPU whose rows go to `folder`."""
        fixed = ["--factor", "2", "--device", "cpu", "--datasets", f"{self.root / 'pictures'}/"]
        named = [part for plugin in plugins for part in ("--plugin", plugin)]
        return ["run", *fixed, "--out", str(folder / "out"), *named, *options]

    def folder(self) -> Path:
        """Return the folder of a new run."""
        folder = self.root / f"run-{next(self._numbers)}"
        folder.mkdir()
        return folder

    def start(self, *options: str, plugins: tuple[str, ...] = (), folder: Path | None = None) -> Run:
        """Start a run whose input never ends and whose output goes to files, out of reach of the tests' own group."""
        folder = folder or self.folder()
        with (folder / "out.txt").open("wb") as out, (folder / "err.txt").open("wb") as err:
            command = self.command(folder, *options, plugins=plugins)
            streams: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": out, "stderr": err}
            return Run(folder, command, prefix=[], start_new_session=True, **streams)

    @contextmanager
    def on_terminal(self, *options: str, plugins: tuple[str, ...] = ()) -> Iterator[OnTerminal]:
        """Start a run on a terminal; in the end nothing is left of it."""
        folder = self.folder()
        run = OnTerminal(folder, self.command(folder, *options, plugins=plugins))
        try:
            yield run
        finally:
            run.put_away()

    def run(self, *options: str, plugins: tuple[str, ...] = (), folder: Path | None = None) -> Ended:
        """Return what a run came to."""
        run = self.start(*options, plugins=plugins, folder=folder)
        try:
            return run.end()
        finally:
            run.close()


def _variable(process: psutil.Process, name: str) -> str:
    ended = _of(process, "status", psutil.STATUS_ZOMBIE) == psutil.STATUS_ZOMBIE
    return "" if ended else str(_of(process, "environ", {}).get(name, ""))


def _of(process: psutil.Process, what: str, default: Any) -> Any:  # noqa: ANN401 - whatever psutil says
    try:
        return getattr(process, what)()
    except (psutil.Error, OSError):  # another user's, or just gone
        return default


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Return a folder with three tiny pictures to run methods on."""
    return Bench(tmp_path_factory.mktemp("bench"))
