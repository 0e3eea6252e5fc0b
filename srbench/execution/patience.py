"""How threads wait for each other in the processes that score, describe or train; those that time keep the default."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENT = {"OMP_WAIT_POLICY": "PASSIVE"}
"""Makes threads of OpenMP sleep while they wait for each other. Spinning, they keep those that they wait for from the
cores as soon as another program runs: two threads on two busy cores took 6 to 12 times as long as sleeping ones."""


def patient() -> dict[str, str]:
    """Return `PATIENT` as variables of a process, but for what the user has set."""
    return {name: os.environ.get(name, value) for name, value in PATIENT.items()}


@contextmanager
def loaded_patiently() -> Iterator[None]:
    """Let a library of OpenMP that is loaded meanwhile, such as torch, be `PATIENT` in this process.

    It reads the variables once, when it is loaded: they are gone afterwards, so that processes started later to time
    methods do not inherit them. One that is loaded already stays as it is.
    """
    own = {name: value for name, value in patient().items() if name not in os.environ}
    os.environ.update(own)
    try:
        yield
    finally:
        for name in own:
            del os.environ[name]
