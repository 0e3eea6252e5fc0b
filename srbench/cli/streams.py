"""Standard output and error: text in whatever encoding they have, and for whoever still reads."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import IO, Any


def prepare() -> None:
    """Let both streams write an escape for what their encoding cannot hold."""
    for stream in _streams():
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def write(text: str) -> None:
    """Write to standard output; where nobody reads any more, nowhere."""
    try:
        print(text, end="", flush=True)  # noqa: T201 - the one place
    except BrokenPipeError:
        drop(sys.stdout)


def finish() -> None:
    """Write what waits in the streams, so that the interpreter does not complain at its end."""
    for stream in _streams():
        try:
            stream.flush()
        except BrokenPipeError:
            drop(stream)
        except (OSError, ValueError):  # a full disk, or closed
            continue


def drop(stream: IO[str]) -> None:
    """Lead a stream whose reader is gone to nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with suppress(OSError, ValueError):  # a stream of a notebook or a test has no descriptor
        os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _streams() -> list[Any]:
    """Return the streams that are open."""
    return [stream for stream in (sys.stdout, sys.stderr) if stream is not None]
