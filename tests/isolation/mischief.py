"""What the workers of the tests are called for: one function per way to go wrong."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from contextlib import suppress
from typing import Any, Literal

import numpy as np

from srbench.errors import Unsupported


def echo(value: Any) -> Any:  # noqa: ANN401 - whatever was given
    """Return `value`."""
    return value


def segfault() -> None:
    """Read what lies at address 0."""
    ctypes.string_at(0)


def leave(code: int) -> None:
    """End the process behind Python's back."""
    os._exit(code)


def kill(number: int) -> None:
    """Send oneself a signal."""
    os.kill(os.getpid(), number)
    time.sleep(60)


def hang() -> None:
    """Wait for ever."""
    time.sleep(600)


def hang_in_native_code() -> None:
    """Wait for ever and let no other thread of Python run."""
    ctypes.PyDLL(None).sleep(600)


def shout(times: int) -> str:
    """Print a hundred kilobytes so many times, on both streams."""
    for _ in range(times):
        print("x" * 50_000)
        print("y" * 50_000, file=sys.stderr)
    print("the end")
    return "done"


def shout_for_ever() -> None:
    """Print without end."""
    while True:
        shout(1)


def whisper_and_die() -> None:
    """Print a line, then crash."""
    print("last words")
    segfault()


def fork_and_return() -> int:
    """Return in two processes."""
    os.fork()
    return os.getpid()


def leave_a_daemon(code: int | None = None) -> None:
    """Start a process in a session of its own, whose parent is gone; then return, or end with `code`."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(600)
        os._exit(0)
    os.wait()
    if code is not None:
        os._exit(code)


def leave_a_thread() -> None:
    """Leave a thread behind that never ends."""
    threading.Thread(target=hang).start()


def eat(megabytes: int, seconds: float = 0) -> int:
    """Take memory for good; then wait."""
    hoard = globals().setdefault("HOARD", [])
    for _ in range(megabytes // 10):
        hoard.append(np.ones(10 * 2**20, np.uint8))
    time.sleep(seconds)
    return len(hoard)


def eat_in_a_child(megabytes: int) -> None:
    """Let a process of one's own take memory, and wait for it."""
    subprocess.run([sys.executable, "-c", f"import time; hoard = b'1' * {megabytes} * 2**20; time.sleep(60)"])  # noqa: PLW1510


def eat_later(megabytes: int) -> None:
    """Take memory for good, once the call is over."""
    threading.Timer(0.05, eat, (megabytes,)).start()


class Lent:
    """What a call returned."""


def lend() -> Lent:
    """Return an object, and remember whether anybody holds it."""
    lent = Lent()
    globals()["LENT"] = weakref.ref(lent)
    return lent


def is_held() -> bool:
    """Tell whether the worker still holds what `lend` returned."""
    return globals()["LENT"]() is not None


def break_off() -> None:
    """Print half a line, then raise."""
    print("half a line", end="")
    raise KeyError


def spawn() -> int | None:
    """Start a process as PyTorch's data loaders do, and return its exit code."""
    process = multiprocessing.get_context("spawn").Process(target=os.getpid)
    process.start()
    process.join()
    return process.exitcode


def close_everything() -> None:
    """Close all files, the one to the coordinator among them."""
    os.closerange(0, 200)


class Unreadable:
    """What can be pickled but not unpickled."""

    def __reduce__(self) -> tuple[type[int], tuple[str]]:
        """Return a call that raises."""
        return int, ("x",)


def send_what_cannot_be_read() -> Any:  # noqa: ANN401 - an odd object
    """Return what breaks where it arrives."""
    return Unreadable()


def scribble() -> None:
    """Write into every open file, the socket to the coordinator among them."""
    for number in range(3, 64):
        with suppress(OSError):
            os.write(number, b"\0\1" * 64)


def leave_a_program() -> int:
    """Start a program with an environment of its own, and return its pid."""
    return subprocess.Popen(["sleep", "600"], env={}).pid  # noqa: S607 - wherever it lies


def send_what_cannot_be_sent() -> Any:  # noqa: ANN401 - a function
    """Return a function without a name."""
    return lambda: None


class Unprintable(Exception):  # noqa: N818 - as bad as it can be
    """An exception whose text raises another."""

    def __str__(self) -> str:
        """Raise."""
        raise ZeroDivisionError


def throw_unprintable() -> None:
    """Raise what has no text."""
    raise Unprintable


def throw(kind: str) -> None:
    """Raise a built-in exception."""
    raise {"KeyError": KeyError, "SystemExit": SystemExit, "KeyboardInterrupt": KeyboardInterrupt}[kind]("oh")


def refuse() -> None:
    """Raise one of srbench's own errors."""
    raise Unsupported("not today")


class NoWeights(Unsupported):
    """A kind of `Unsupported` of a method's own."""


class UsageError(Exception):
    """An exception that bears the name of one of srbench's."""


def refuse_in_own_words() -> None:
    """Raise a method's own kind of `Unsupported`."""
    raise NoWeights("none for x3")


def borrow_a_name() -> None:
    """Raise what is called like one of srbench's errors."""
    raise UsageError("mine")


def end_child(start: Literal["fork", "spawn", "forkserver"]) -> int | None:
    """Start a process as `multiprocessing` does, end it as a pool does, and return its exit code."""
    context: Any = multiprocessing.get_context(start)
    process: multiprocessing.Process = context.Process(target=time.sleep, args=(60,))
    process.start()
    process.terminate()
    process.join(20)
    return process.exitcode


def be_silent(seconds: float) -> float:
    """Close both streams for good, and wait."""
    os.close(1)
    os.close(2)
    time.sleep(seconds)
    return seconds


def process() -> dict[str, Any]:
    """Return what the worker sees of the world."""
    return {
        "pid": os.getpid(),
        "session": os.getsid(0),
        "input": sys.stdin.read(),
        "interrupt": signal.getsignal(signal.SIGINT) not in (signal.SIG_DFL, signal.default_int_handler),
        "threads": os.environ.get("OMP_NUM_THREADS"),
        "path": sys.path,
    }


def opencv_threads() -> int:
    """Return how many threads OpenCV would use."""
    import cv2  # noqa: PLC0415 - here alone

    return cv2.getNumThreads()
