"""Memory of a process that computes with large tensors: kept between calls, and recognised when it runs out."""

from __future__ import annotations

import ctypes
from contextlib import suppress

MEGABYTE = 2**20

_PHRASES = (
    "can't alloc",
    "not enough memory",
    "allocate memory",
    "failed to allocate",
    "out of memory",
    "bad_alloc",
    "bad allocation",
    "create a memory",
    "create a primitive",
)
"""What torch's allocator, oneDNN, ONNX Runtime and OpenVINO say, whose errors have no class of their own."""


def keep_memory() -> None:
    """Tell glibc to keep what tensors give back: otherwise new pages take a third of the time of a training step.

    For the whole process, and up to a gigabyte; nothing happens with another C library.
    """
    trim, map_from = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of malloc.h
    with suppress(AttributeError, OSError):
        mallopt = ctypes.CDLL(None).mallopt
        if not mallopt(map_from, 1024 * MEGABYTE):
            mallopt(map_from, 32 * MEGABYTE)  # the most that an older glibc takes
        mallopt(trim, 1024 * MEGABYTE)


def trim() -> None:
    """Tell glibc to give back what it kept; nothing happens with another C library."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


def ran_out(error: BaseException) -> bool:
    """Tell whether `error` says that there is not enough memory."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or any(phrase in text for phrase in _PHRASES)
