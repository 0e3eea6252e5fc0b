"""One run of a program: no shell, no input, no terminal; nothing that it started is left."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from threading import Thread
from typing import IO, TYPE_CHECKING, NamedTuple

from srbench.errors import MethodError, TimedOut

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TAIL = 400
"""Characters of what a program prints that are kept, the last ones."""

_PLAIN = {"LC_ALL": "C.UTF-8", "TERM": "dumb"}
_WINDOWS = ("DISPLAY", "WAYLAND_DISPLAY")
_PATIENCE = 1.0  # seconds until the output of what has ended is no longer waited for: a daemon may hold it open


class Ended(NamedTuple):
    """How a program ended, and what it printed first and last."""

    code: int
    """Its exit code; negative for a signal."""
    first_line: str
    output: str
    """The last `TAIL` characters, in one line."""

    @property
    def failure(self) -> str:
        """Return how it failed and what it printed last, in one line; empty if it did not fail."""
        if not self.code:
            return ""
        how = f"was killed by {_signal(-self.code)}" if self.code < 0 else f"ended with exit code {self.code}"
        return f"{how}: {self.output}" if self.output else f"{how} and printed nothing"


def run(words: Sequence[str], timeout: float | None = None, variables: Mapping[str, str] | None = None) -> Ended:
    """Run a program to its end, then kill what it started and left.

    Its output is drained, however much it is, and the tail of it kept in one line. It has our environment without the
    windows of the desktop, in English, and `variables`.

    Raises:
        MethodError: it cannot be started.
        TimedOut: it did not end within `timeout` seconds; None leaves that to the harness, which kills the worker.

    """
    environment = {name: value for name, value in os.environ.items() if name not in _WINDOWS}
    try:
        process = subprocess.Popen(  # noqa: S603 - what the user asked for
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=environment | _PLAIN | dict(variables or {}),
        )
    except (OSError, ValueError) as error:
        raise MethodError(f"{words[0]} cannot be started: {getattr(error, 'strerror', None) or error}") from error
    assert process.stdout  # noqa: S101 - it was asked for
    drain = _Drain(process.stdout)
    try:
        code = process.wait(timeout)
    except subprocess.TimeoutExpired as error:
        raise TimedOut(f"{words[0]} did not end within {timeout:g} s") from error
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        drain.join(_PATIENCE)
    return Ended(code, drain.first_line, drain.tail)


class _Drain(Thread):
    """Reads a pipe to its end, so that whoever writes never waits, and keeps its beginning and its end."""

    def __init__(self, pipe: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self._pipe = pipe
        self._begun = self._kept = b""
        self.start()

    def run(self) -> None:
        with self._pipe:
            while piece := os.read(self._pipe.fileno(), 2**16):
                self._begun = (self._begun + piece)[: 4 * TAIL]  # a character has up to four bytes
                self._kept = (self._kept + piece)[-4 * TAIL :]

    @property
    def first_line(self) -> str:
        """Return the first line that is not empty, `TAIL` characters at most."""
        lines = (" ".join(line.split()) for line in self._begun.decode("utf-8", "replace").splitlines())
        return next(filter(None, lines), "")[:TAIL]

    @property
    def tail(self) -> str:
        """Return the last `TAIL` characters in one line."""
        return " ".join(self._kept.decode("utf-8", "replace").split())[-TAIL:]


def _signal(number: int) -> str:
    return signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
