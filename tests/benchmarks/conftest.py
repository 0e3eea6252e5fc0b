"""Benchmarks run under `pytest --benchmark-only` and are not even collected otherwise.

Under xdist pytest-benchmark refuses that option by itself, in one line: parallel timings would mean nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:  # noqa: ARG001 - hook
    """Leave this folder out unless benchmarks are asked for."""
    return None if config.getoption("benchmark_only") else True
