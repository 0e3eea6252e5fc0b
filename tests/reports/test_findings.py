"""What is found in a run folder, and with which method others are compared."""

from __future__ import annotations

from typing import Any

import pytest

from srbench.errors import UsageError
from srbench.plan import Plan
from srbench.reports import findings

PLAN = Plan(("bicubic", "espcn"), (2,), ("set",), ("p",))


def test_baseline_in_another_spelling(runs: Any) -> None:  # noqa: ANN401 - of conftest
    """A default that is spelled out means the method without it; another option is another method, and refused."""
    folder = runs.write("a", PLAN)
    assert findings.load(folder).baseline == "bicubic"
    assert findings.load(folder, "espcn:activation=tanh").baseline == "espcn"
    for absent in ("espcn:activation=relu", "espcn:activation=typo", "typo"):
        with pytest.raises(UsageError, match=f"--baseline is '{absent}', expected a method of the run: bicubic, espcn"):
            findings.load(folder, absent)
