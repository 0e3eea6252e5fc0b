"""Programs written for a test: shell scripts that are called as `PROGRAM input output width height factor`."""

from __future__ import annotations

import tempfile
import time
from typing import TYPE_CHECKING

import psutil
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ARGUMENTS = ("{input}", "{output}", "{width}", "{height}", "{factor}")


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], tuple[str, ...]]:
    """Return what writes a shell script and returns the words that call it."""

    def write(body: str) -> tuple[str, ...]:
        path = tmp_path / "program"
        path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        path.chmod(0o755)
        return (str(path), *ARGUMENTS)

    return write


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder that temporary files go to."""
    folder = tmp_path / "temporary files"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


@pytest.fixture
def ended() -> Callable[[int], bool]:
    """Return what tells whether a process ends, within seconds."""

    def runs(pid: int) -> bool:
        try:
            return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return False

    def ends(pid: int) -> bool:
        deadline = time.monotonic() + 30
        while runs(pid) and time.monotonic() < deadline:
            time.sleep(0.02)
        return not runs(pid)

    return ends
