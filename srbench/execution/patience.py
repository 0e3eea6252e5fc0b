"""How threads wait for each other in the worker processes that score and describe; those that time keep the default."""

from __future__ import annotations

import os

PATIENT = {"OMP_WAIT_POLICY": "PASSIVE"}
"""Makes threads of OpenMP sleep while they wait for each other. Spinning, they keep those that they wait for from the
cores as soon as another program runs: two threads on two busy cores took 6 to 12 times as long as sleeping ones."""


def patient() -> dict[str, str]:
    """Return `PATIENT` as variables of a process, but for what the user has set."""
    return {name: os.environ.get(name, value) for name, value in PATIENT.items()}
