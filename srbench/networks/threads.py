"""How many threads a method may use."""

from __future__ import annotations

import os

from srbench.speed.environment import cores


def threads() -> int:
    """Return `OMP_NUM_THREADS`, which torch obeys by itself and the harness sets, else the cores of this process."""
    given = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    return int(given) if given.isdecimal() and int(given) else cores()
