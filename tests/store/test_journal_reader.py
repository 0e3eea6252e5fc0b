"""The lines of a journal: what a crash leaves at its end is told from damage."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from srbench.errors import RunFolderError
from srbench.store import journal_reader
from srbench.store.rows import ScoreRow, to_json

if TYPE_CHECKING:
    from pathlib import Path

ROW = ScoreRow(method="m", dataset="d", image="i", factor=3, protocol="p", device="cpu", psnr=1.5, ssim=0.5)
GOOD = to_json(ROW)
FLIPPED = GOOD.replace("1.5", "2.5")


def written(folder: Path, *texts: str, end: str = "\n") -> Path:
    """Write a journal of these lines."""
    (folder / "rows.jsonl").write_text("\n".join(texts) + end, encoding="utf-8")
    return folder / "rows.jsonl"


def test_no_journal_has_no_rows(tmp_path: Path) -> None:
    """A run that was killed before its first row has no file, or an empty one."""
    assert journal_reader.read(tmp_path / "rows.jsonl") == journal_reader.Content()
    (tmp_path / "rows.jsonl").touch()
    assert journal_reader.read(tmp_path / "rows.jsonl") == journal_reader.Content()


def test_rows_and_where_they_end(tmp_path: Path) -> None:
    """Rows come in their order; the end is that of the last row, wherever the file ends."""
    other = replace(ROW, image="j")
    found = journal_reader.sound(written(tmp_path, GOOD, to_json(other), FLIPPED, "{", end=""))
    assert found.rows == [ROW, other]
    assert found.end == len(f"{GOOD}\n{to_json(other)}\n".encode())
    assert [bad.number for bad in found.tail] == [3, 4]
    assert found.damaged == []


def test_damage_before_a_row(tmp_path: Path) -> None:
    """What is bad before a good row is damage; the torn tail beside it is not."""
    file = written(tmp_path, GOOD, FLIPPED, "", GOOD, "{", end="")
    found = journal_reader.read(file)
    assert [bad.number for bad in found.damaged] == [2, 3]
    assert [bad.number for bad in found.tail] == [5]
    with pytest.raises(RunFolderError, match=r"line 2: .* This is not crash damage; the file was left untouched"):
        journal_reader.sound(file)


def test_foreign_line_at_the_end(tmp_path: Path) -> None:
    """Whole JSON that is no row is damage, and so is all that was torn beside it."""
    found = journal_reader.read(written(tmp_path, GOOD, "{}", "{"))
    assert [bad.number for bad in found.damaged] == [2, 3]
    assert found.tail == []


def test_row_without_its_end_is_torn(tmp_path: Path) -> None:
    """A row whose line does not end is computed again."""
    found = journal_reader.read(written(tmp_path, GOOD, GOOD, end=""))
    assert found.rows == [ROW]
    assert [(bad.number, bad.torn) for bad in found.tail] == [(2, True)]


def test_unreadable_journal(tmp_path: Path) -> None:
    """What cannot be read is one line."""
    (tmp_path / "rows.jsonl").mkdir()
    with pytest.raises(RunFolderError, match=r"rows\.jsonl: cannot be read \(Is a directory\)"):
        journal_reader.read(tmp_path / "rows.jsonl")
