"""The lock of a folder: held by one process, seen by others, and gone with its process."""

from __future__ import annotations

import errno
import fcntl
import os
from typing import TYPE_CHECKING

import pytest

from srbench.errors import RunFolderError
from srbench.store.lock import hold, holder

if TYPE_CHECKING:
    from pathlib import Path


def test_holder_is_seen_without_writing(tmp_path: Path) -> None:
    """The pid of the process that holds the lock, nothing once it is free; looking creates no file."""
    assert holder(tmp_path) == ""
    assert list(tmp_path.iterdir()) == []
    with hold(tmp_path / "run.lock"):
        assert holder(tmp_path) == str(os.getpid())
    assert holder(tmp_path) == ""
    assert (tmp_path / "run.lock").read_text(encoding="utf-8") == str(os.getpid())


def test_second_hold_is_refused(tmp_path: Path) -> None:
    """The line names the process that has the lock, and leaves its pid in the file."""
    with hold(tmp_path / "run.lock"):
        for _ in range(2):
            with pytest.raises(RunFolderError, match=f"in use by process {os.getpid()}; wait for it"):
                hold(tmp_path / "run.lock")


def test_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock that cannot be had for another reason is not blamed on a process."""

    def fail(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", fail)
    with pytest.raises(RunFolderError, match=r"cannot lock .*: No locks available"):
        hold(tmp_path / "run.lock")
    assert holder(tmp_path) == ""
