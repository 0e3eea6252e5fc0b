"""Files that survive: replaced in one step, and an error that says what to do."""

from __future__ import annotations

import errno
import json
import os
from typing import TYPE_CHECKING

import pytest

from srbench.errors import RunFolderError
from srbench.store.durable import make_folder, unwritable, write_json

if TYPE_CHECKING:
    from pathlib import Path


def test_file_is_replaced_in_one_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the disk fails before the new file is whole, the old one is untouched and nothing else is left."""
    file = tmp_path / "run.json"
    write_json(file, {"name": "first"})

    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(RunFolderError, match=r"cannot write .*run\.json: No space left on device; free some space"):
        write_json(file, {"name": "second"})
    assert json.loads(file.read_bytes()) == {"name": "first"}
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_any_name_can_be_written(tmp_path: Path) -> None:
    """A folder whose name is no UTF-8 comes back from the file as Python has it."""
    name = os.fsdecode(b"ph\xffto")
    write_json(tmp_path / "run.json", {"name": name})
    assert json.loads((tmp_path / "run.json").read_text(encoding="utf-8")) == {"name": name}


def test_folders_are_made_once(tmp_path: Path) -> None:
    """All folders above are made as well; one that is there is left as it is."""
    for _ in range(2):
        make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


@pytest.mark.parametrize(("number", "todo"), [(errno.ENOSPC, "free some space"), (errno.EROFS, "make it writable")])
def test_error_says_what_to_do(tmp_path: Path, number: int, todo: str) -> None:
    """One line: which file, what the system said, what is safe, what to do."""
    error = unwritable(tmp_path / "rows.jsonl", OSError(number, "system says"), "3 rows are kept")
    assert str(error) == (
        f"cannot write {tmp_path}/rows.jsonl: system says; 3 rows are kept; {todo} and repeat the command with "
        f"--out {tmp_path}"
    )
