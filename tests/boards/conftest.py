"""Run folders for boards."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def runs(runs: Any) -> Any:  # noqa: ANN401 - of the conftest above
    """Return what makes run folders without tables, which a board makes anew from rows."""
    runs.with_tables = False
    return runs
