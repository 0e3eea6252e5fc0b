"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from srbench.atomic import clear, replacing, sync_folder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("durable", [False, True])
def test_failure_leaves_the_old_file(tmp_path: Path, *, durable: bool) -> None:
    """Whatever ends the writing, the old file is as it was and nothing lies beside it; then it is replaced."""
    file = tmp_path / "a"
    file.write_bytes(b"old")
    with suppress(KeyboardInterrupt), replacing(file, durable=durable) as partial:
        partial.write_bytes(b"ha")
        raise KeyboardInterrupt
    assert file.read_bytes() == b"old"
    with replacing(file, durable=durable) as partial:
        partial.write_bytes(b"new")
    assert file.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [file]


def test_a_durable_file_is_synced_before_it_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Content first, while the old file stands; then the name. Others are not synced."""
    synced = []
    file = tmp_path / "a"
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append((os.fstat(descriptor).st_ino, file.exists())))
    with replacing(file) as partial:
        partial.touch()
    assert not synced
    file.unlink()
    with replacing(file, durable=True) as partial:
        partial.touch()
    assert synced == [(file.stat().st_ino, False), (tmp_path.stat().st_ino, True)]


def test_folder_without_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that cannot sync folders is no obstacle; a disk that fails is an error."""
    answers = {"number": errno.EINVAL}

    def answer(_: int) -> None:
        raise OSError(answers["number"], "said so")

    monkeypatch.setattr(os, "fsync", answer)
    sync_folder(tmp_path)
    answers["number"] = errno.EIO
    with pytest.raises(OSError, match="said so"):
        sync_folder(tmp_path)


def test_the_longest_names(tmp_path: Path) -> None:
    """A name of all the bytes that a file system takes can be replaced, whatever is written meanwhile."""
    file = tmp_path / ("\u732b" * 85)
    for content in (b"one", b"two"):
        with replacing(file) as partial:
            partial.write_bytes(content)
        assert file.read_bytes() == content
    assert list(tmp_path.iterdir()) == [file]


def test_what_a_killed_process_leaves(tmp_path: Path) -> None:
    """It is found by the number of the process, and nothing else is removed."""
    file = tmp_path / "a"
    file.write_bytes(b"old")
    with replacing(file) as partial:
        partial.write_bytes(b"new")
        clear(file, os.getpid() + 1)
        assert partial.exists()
        clear(file, os.getpid())
        assert not partial.exists()
        partial.write_bytes(b"new")
    assert file.read_bytes() == b"new"
