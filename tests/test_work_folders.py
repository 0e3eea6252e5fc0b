"""Private folders go with what made them."""

from __future__ import annotations

import gc
import stat
import tempfile
from typing import TYPE_CHECKING

import pytest

from srbench import work_folders
from srbench.work_folders import MARK, WorkFolder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder that temporary files go to."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv(MARK, "1-abc-2-")
    return tmp_path


@pytest.mark.slow
def test_life(temporary: Path) -> None:
    """Only this user may read it; it is gone when it is closed, or no longer held."""
    for close in (True, False):
        folder = WorkFolder()
        assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
        (folder.path / "file").touch()
        if close:
            folder.close()
            assert not list(temporary.iterdir())
        del folder
        gc.collect()
        assert not list(temporary.iterdir())


def test_marked(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of one worker are removed by its mark, and no others."""
    killed = WorkFolder()
    monkeypatch.setenv(MARK, "1-abc-20-")
    other = WorkFolder()
    (temporary / "srbench-mine").mkdir()
    work_folders.remove_marked("1-abc-2-")
    assert not killed.path.exists()
    assert other.path.is_dir()
    work_folders.remove_marked("1-abc")
    assert [each.name for each in temporary.iterdir()] == ["srbench-mine"]
