"""A worker process: calls go in, answers come out, and faults stay contained.

One process and one socket, no pool: a death is the death of the one call that was made. `docs/architecture.md` says
why it is neither Pebble nor loky.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from contextlib import suppress
from itertools import count
from multiprocessing.connection import Connection
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

import psutil

from srbench import errors
from srbench.errors import Crashed, MethodError, SrbenchError, TimedOut
from srbench.isolation import janitor
from srbench.isolation.channel import Channel, window
from srbench.work_folders import MARK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from srbench.isolation.limits import Limits
    from srbench.isolation.serving import Answer

TICK = 0.1
"""Seconds between two looks at a worker that computes: is it alive, is it in time, how much memory has it."""

TAIL = 2000
"""Characters of a worker's output that are kept, the last ones."""

_READS = 32  # of 64 KiB
_STALLS = {socket.SO_RCVTIMEO: 10, socket.SO_SNDTIMEO: 60}
"""Seconds without a byte inside a message: a method may write into the socket; a fresh worker imports first."""

_PATIENCE = 1.0  # seconds that an idle worker has to go by itself
_BOOT = "import sys; sys.path[:] = sys.argv[5:]; from srbench.isolation.serving import serve; serve(*sys.argv[1:5])"
_numbers = count()


class Guard:
    """One worker process, started when it is needed, and afresh after it died.

    Its standard output and error are kept apart from ours, its input is empty, it is out of reach of Ctrl-C, and the
    current directory is not on its import path unless it is on ours.
    """

    def __init__(self, limits: Limits, module: str, variables: Mapping[str, str] = MappingProxyType({})) -> None:
        """Start nothing yet; a worker begins with importing `module`, which its calls are of.

        It has our environment and `variables`.
        """
        self._limits = limits
        self._module = module
        self._variables = variables
        self._mark = f"{janitor.token()}-{next(_numbers)}-"
        self._process: subprocess.Popen[bytes] | None = None
        self._output = b""
        self._looked = time.monotonic()
        self._closed = False

    def __enter__(self) -> Self:
        """Return the guard."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def start(self) -> None:
        """Start the worker if there is none, without waiting for it.

        Raises:
            Crashed: it cannot be started, or the guard was closed.

        """
        if self._closed:
            raise Crashed("the run was stopped")
        if self._process and self._process.poll() is None:
            return
        if self._process:
            self._end()
        try:
            ours, theirs, pixels = _ends()
        except OSError as error:
            raise Crashed(f"no worker could be started: {error.strerror}") from error
        for way, seconds in _STALLS.items():
            ours.setsockopt(socket.SOL_SOCKET, way, struct.pack("ll", seconds, 0))
        self._channel = Channel(Connection(ours.detach()), pixels)
        with theirs:
            descriptors = theirs.fileno(), self._channel.file
            arguments = [*map(str, (*descriptors, self._limits.threads)), self._module, *sys.path]
            try:
                self._process = subprocess.Popen(  # noqa: S603 - ourselves
                    [sys.executable, "-P", "-c", _BOOT, *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    pass_fds=descriptors,
                    start_new_session=True,
                    env=self._environment(),
                )
            except OSError as error:
                self._channel.close()
                raise Crashed(f"no worker could be started: {error.strerror}") from error
        os.set_blocking(self._stdout(), False)
        self._poll = select.poll()
        for descriptor in (self._channel.connection.fileno(), self._stdout()):
            self._poll.register(descriptor, select.POLLIN)
        if self._closed:  # meanwhile, by another thread
            self._process.kill()
        self._output = b""

    def call(self, function: Callable[..., Any], *args: Any) -> Any:  # noqa: ANN401 - whatever the function takes
        """Return `function(*args)` as the worker computes it.

        Arrays are not copied, neither here nor there: they are as they are until the next call.

        Raises:
            Crashed: the worker died, or took more memory than it may.
            TimedOut: it did not answer in time.
            SrbenchError: what the function raised, a `MethodError` with its type and text if it is none of ours; its
                `output` is the tail of what the worker printed.

        """
        self.start()
        self._read_output()
        self._output = b""
        try:
            self._channel.send((function, args))
        except OSError as error:
            raise self._died() from error
        answer = self._answer()
        self._read_output()
        if answer.error:
            raise self._raised(answer)
        if time.monotonic() > self._looked + TICK and self._excessive():
            self._end()  # it leaks; the next call gets a fresh one, and this one has its result
        return answer.value

    def call_with_retries(self, function: Callable[..., Any], *args: Any) -> Any:  # noqa: ANN401 - as `call`
        """Return what `call` returns, trying again in a fresh worker as often as the limits say."""
        for left in reversed(range(1 + self._limits.retries)):
            try:
                return self.call(function, *args)
            except (Crashed, TimedOut):
                if not left:
                    raise
        raise AssertionError

    def stop(self) -> None:
        """Kill the worker, from another thread than that of a call, which then raises as further calls do."""
        self._closed = True
        process = self._process
        if process:
            process.kill()

    def rest(self) -> None:
        """End the worker and all it started; the next call starts a fresh one."""
        self._end()

    def close(self) -> None:
        """End the worker and all it started; further calls raise."""
        self._closed = True
        self._end()

    def _environment(self) -> dict[str, str]:
        threads = str(self._limits.threads)
        names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS") if self._limits.threads else ()
        return {**os.environ, **self._variables, **dict.fromkeys(names, threads), MARK: self._mark}

    def _answer(self) -> Answer:
        """Wait for the answer, draining what the worker prints, however much that is."""
        begun = time.monotonic()
        process = self._running()
        while True:
            ready = [descriptor for descriptor, _ in self._poll.poll(1000 * TICK)]
            if self._channel.connection.fileno() in ready:
                return self._received()
            if ready:
                self._read_output()
            if process.poll() is not None:  # what it forked may still hold the socket
                raise self._died()
            self._check(time.monotonic() - begun)

    def _received(self) -> Answer:
        """Return the answer that has begun to arrive."""
        try:
            answer: Answer = self._channel.receive()
        except (EOFError, OSError) as error:
            if not isinstance(error, BlockingIOError):
                raise self._died() from error
            raise self._ended(Crashed("the worker stopped in the middle of its answer")) from error
        except Exception as error:
            what = f"{type(error).__name__}: {error}"
            raise self._ended(Crashed(f"the worker's answer cannot be read ({what})")) from error
        return answer

    def _check(self, seconds: float) -> None:
        if self._limits.timeout and seconds > self._limits.timeout:
            raise self._ended(TimedOut(f"no answer within {self._limits.timeout:g} s (--timeout)"))
        if taken := self._excessive():
            limit = f"{self._limits.memory / 1e6:.0f} MB"
            error = Crashed(f"the worker took more than {limit} of memory (--memory)")
            error.memory = taken
            raise self._ended(error)

    def _excessive(self) -> int:
        """Return the bytes of resident memory of the worker and its children if they may not have so many, else 0."""
        if not self._limits.memory:
            return 0
        self._looked = time.monotonic()
        total = 0
        with suppress(psutil.Error):
            worker = psutil.Process(self._running().pid)
            for process in (worker, *worker.children(recursive=True)):
                with suppress(psutil.Error):
                    total += process.memory_info().rss
        return total if total > self._limits.memory else 0

    def _read_output(self) -> None:
        """Take what the worker has printed, without waiting for more, and keep the tail."""
        for _ in range(_READS):  # more than a pipe holds; one that prints without end must not keep us here
            try:
                text = os.read(self._stdout(), 2**16)
            except BlockingIOError:
                return
            if not text:  # closed: ready for ever, and silent
                with suppress(KeyError):  # for the second time
                    self._poll.unregister(self._stdout())
                return
            self._output = (self._output + text)[-4 * TAIL :]  # a character has up to four bytes

    def _raised(self, answer: Answer) -> SrbenchError:
        """Return what the function raised, as one of our errors."""
        if answer.ours:
            return self._with_output(getattr(errors, answer.error)(answer.text))
        return self._with_output(MethodError(f"{answer.error}: {answer.text}"))

    def _died(self) -> SrbenchError:
        """Return what is known about a worker that hung up."""
        process = self._running()
        try:
            code = process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            return self._ended(Crashed("the worker closed its connection without a result"))
        if code >= 0:
            return self._ended(Crashed(f"the worker ended with exit code {code} before it had a result"))
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        hint = "; often that means out of memory" if -code == signal.SIGKILL else ""
        return self._ended(Crashed(f"the worker was killed by {name}{hint}"))

    def _ended(self, error: SrbenchError) -> SrbenchError:
        """End the worker and return `error` with what it printed."""
        self._running().kill()
        self._read_output()
        self._end()
        return self._with_output(error)

    def _with_output(self, error: SrbenchError) -> SrbenchError:
        error.output = self._output.decode("utf-8", "replace")[-TAIL:].strip()
        return error

    def _end(self) -> None:
        """Let go of the worker: an idle one leaves by itself, everything else that bears its mark is killed."""
        if self._process is None:
            return
        process, self._process = self._process, None
        self._channel.close()
        try:
            process.wait(_PATIENCE if process.poll() is None else 0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        janitor.end_marked(self._mark, process.pid)
        if process.stdout:
            process.stdout.close()

    def _stdout(self) -> int:
        """Return the descriptor of what the worker prints."""
        pipe = self._running().stdout
        assert pipe  # noqa: S101 - it was asked for
        return pipe.fileno()

    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process  # noqa: S101 - between start and end
        return self._process


def _ends() -> tuple[socket.socket, socket.socket, int]:
    """Return both ends of a conversation and its window; where one cannot be made, nothing stays open."""
    ours, theirs = socket.socketpair()
    try:
        return ours, theirs, window()
    except OSError:
        ours.close()
        theirs.close()
        raise
