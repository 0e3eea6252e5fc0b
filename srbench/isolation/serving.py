"""The worker's side of `guard`: take a call, answer it, until the coordinator hangs up."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import traceback
from contextlib import suppress
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from srbench import errors
from srbench.errors import SrbenchError
from srbench.isolation.channel import Channel

if TYPE_CHECKING:
    from collections.abc import Callable


_OURS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that some systems send to all processes of a job: the coordinator acts on them, a worker does not."""


class Answer(NamedTuple):
    """What a call came to: its value, or the name and the text of what it raised."""

    value: Any = None
    error: str = ""
    text: str = ""
    ours: bool = False
    """Whether the error is one of `srbench.errors`, by that name: a method's own may be called the same."""


def serve(connection: str, window: str, threads: str, module: str) -> None:
    """Import `module` and answer calls over two inherited file descriptors; never returns.

    OpenCV keeps to `threads`, unless that is 0. The arguments are those of a command line.
    """
    _prepare(int(threads))
    import_module(module)
    channel = Channel(Connection(int(connection)), int(window))
    own = os.getpid()
    with suppress(EOFError, OSError):  # the coordinator has gone
        while True:
            function, args = channel.receive()
            answer = _answer(function, args)
            if os.getpid() != own:
                os._exit(0)  # a copy that the method forked: the call is answered once
            _send(channel, answer)
            del function, args, answer  # what they hold, images above all, is not kept until the next call
    os._exit(0)  # threads and exit handlers that a method left cannot hold it up


def _prepare(threads: int) -> None:
    faulthandler.enable()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr] # a crash must not swallow what was printed
    for number in _OURS:
        signal.signal(number, _nothing)  # SIG_IGN would stay with what a method starts, which could not be ended so
        signal.siginterrupt(number, False)
    os.register_at_fork(before=_hold, after_in_parent=_release, after_in_child=_as_others)
    with suppress(OSError):  # where there is such a thing: if memory runs out, this process goes before the coordinator
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")
    if threads:
        import cv2  # noqa: PLC0415 - only where its threads are to be fewer

        cv2.setNumThreads(threads)


def _nothing(_number: int, _frame: object) -> None:
    pass


def _hold() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, _OURS)


def _release() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _OURS)


def _as_others() -> None:
    """Let a copy of this process, such as one of a method's pool, end by signals, those held meanwhile too."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    _release()


def _answer(function: Callable[..., Any], args: tuple[Any, ...]) -> Answer:
    try:
        return Answer(function(*args))
    except SrbenchError as error:
        return Answer(error=kind_of(error), text=text_of(error), ours=True)
    except BaseException as error:  # noqa: BLE001 - a method may raise anything, KeyboardInterrupt too
        traceback.print_exc()
        return Answer(error=type(error).__name__, text=text_of(error))
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError, AttributeError):  # a method may close or replace them
                stream.flush()


def kind_of(error: SrbenchError) -> str:
    """Return the name of the nearest class of `srbench.errors` that an error is of."""
    return next(each.__name__ for each in type(error).__mro__ if each.__module__ == errors.__name__)


def text_of(error: BaseException) -> str:
    """Return the text of an error, whatever making it raises."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - a method's exceptions may raise anything in turn
        return "its message cannot be formatted"


def _send(channel: Channel, answer: Answer) -> None:
    try:
        channel.send(answer)
    except (OSError, EOFError):
        raise
    except Exception as error:  # noqa: BLE001 - pickling runs the method's code
        text = f"its result cannot be sent: {type(error).__name__}: {text_of(error)}"
        channel.send(Answer(error="MethodError", text=text, ours=True))
