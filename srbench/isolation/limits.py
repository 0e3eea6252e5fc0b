"""Limits of a worker: time, memory, retries, threads."""

from __future__ import annotations

from dataclasses import dataclass

from srbench.errors import UsageError


@dataclass(frozen=True)
class Limits:
    """What a worker may take."""

    timeout: float = 600.0
    """Seconds for each call; 0 for no limit."""
    memory: int = 0
    """Bytes of a worker and all it started; 0 for no limit."""
    retries: int = 1
    """How often a call is made again, in a fresh worker, after a crash or a timeout."""
    threads: int = 0
    """Threads of each worker; 0 for the default of its libraries."""

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            UsageError: a negative limit.

        """
        for name in ("timeout", "memory", "retries", "threads"):
            if not getattr(self, name) >= 0:
                raise UsageError(f"{name} is {getattr(self, name)}, expected 0 or more")
