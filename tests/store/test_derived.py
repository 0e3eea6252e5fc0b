"""Tests of srbench.store.derived."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from srbench.store import derived

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ["a.csv", "b.csv"]
OURS = derived.source("rows")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Return a folder whose two files were made from `OURS`."""
    for name in NAMES:
        (tmp_path / name).write_bytes(b"0123456789")
    derived.note(tmp_path, NAMES, OURS)
    return tmp_path


def test_files_as_they_were_made_are_current(run: Path) -> None:
    """Of the same source; a file made later is noted beside them."""
    assert derived.is_current(run, NAMES, OURS)
    (run / "page").write_bytes(b"page")
    derived.note(run, ["page"], OURS)
    assert derived.is_current(run, [*NAMES, "page"], OURS)


def test_other_sources_are_not_current(run: Path) -> None:
    """Nor is what was never noted."""
    assert not derived.is_current(run, NAMES, derived.source("other rows"))
    assert not derived.is_current(run, [*NAMES, "page"], OURS)


def test_edited_files_are_not_current(run: Path) -> None:
    """Of the same size and time neither, and whether they are gone."""
    times = (run / "a.csv").stat()
    (run / "a.csv").write_bytes(b"0123456780")
    os.utime(run / "a.csv", ns=(times.st_atime_ns, times.st_mtime_ns))
    assert not derived.is_current(run, NAMES, OURS)
    (run / "a.csv").unlink()
    assert not derived.is_current(run, NAMES, OURS)


@pytest.mark.parametrize("note", [b"", b"[]", b'{"a.csv": 3}', b"[" * 9999, b"\xff"])
def test_damaged_notes_say_nothing(run: Path, note: bytes) -> None:
    """The files are made again, and noted."""
    (run / derived.FILE).write_bytes(note)
    assert not derived.is_current(run, NAMES, OURS)
    derived.note(run, NAMES, OURS)
    assert derived.is_current(run, NAMES, OURS)


def test_a_file_made_of_another_source_is_noted_no_more(run: Path) -> None:
    """Each file has one source."""
    derived.note(run, NAMES[:1], derived.source("other rows"))
    assert not derived.is_current(run, NAMES, OURS)
    assert derived.is_current(run, NAMES[1:], OURS)
