"""The default folder of a run: its own, named after the time, and gone if it was not used."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from srbench.errors import RunFolderError
from srbench.store import new_folder

if TYPE_CHECKING:
    from datetime import tzinfo
    from pathlib import Path


def test_runs_of_one_second_have_their_own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs that start together, or after the clock was set back, never share a default folder."""

    class Stopped(datetime):
        """A clock that stands still."""

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Stopped:
            """Return the same time, always."""
            return cls(2026, 1, 2, 3, 4, 5, tzinfo=tz)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(new_folder, "datetime", Stopped)
    with ThreadPoolExecutor(8) as pool:
        folders = list(pool.map(lambda _: new_folder.new_folder(), range(40)))
    assert len(set(folders)) == 40
    assert {path.name for path in (tmp_path / "results").iterdir()} == {folder.name for folder in folders}
    assert "20260102-030405" in {folder.name for folder in folders}


@pytest.mark.slow
def test_command_that_writes_nothing_leaves_no_folder(tmp_path: Path) -> None:
    """A default folder that was never used is removed; one that holds a run stays."""
    for method, code, left in (("nope", 2, 0), ("nearest", 0, 1)):
        command = [sys.executable, "-m", "srbench", "run", "--methods", method, "--no-timing"]
        assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == code
        assert len(list((tmp_path / "results").iterdir())) == left


def test_no_place_for_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file called `results` is one line."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").touch()
    with pytest.raises(RunFolderError, match="cannot write a run folder below results: File exists; choose another"):
        new_folder.new_folder()
