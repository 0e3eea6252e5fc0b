"""What several tests share: the folders with data that the repository does not hold."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest


def pytest_configure() -> None:
    """Let Ctrl-C reach the processes that tests start, also where this one was started with SIGINT ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _folder(variable: str) -> Path:
    """Return the folder that an environment variable names, or skip."""
    given = os.environ.get(variable)
    if not given:
        pytest.skip(f"{variable} is not set")
    return Path(given)


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Return the folder with the published sets, `SRBENCH_DATA`."""
    return _folder("SRBENCH_DATA")


@pytest.fixture(scope="session")
def golden_folder() -> Path:
    """Return the folder with the golden vectors, `SRBENCH_GOLDEN`."""
    return _folder("SRBENCH_GOLDEN")
