"""Functions are written where a run is, and nowhere else."""

# ruff: noqa: ANN401 - functions as notebooks have them say nothing of types

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from srbench.errors import RunFolderError, UsageError
from srbench.functions.given import given
from srbench.functions.plugin_files import written
from srbench.store import lock

if TYPE_CHECKING:
    from pathlib import Path


def mine(image: Any) -> Any:
    """Return the image."""
    return image


FUNCTIONS = given(mine).functions


def test_nothing_is_written_without_functions(tmp_path: Path) -> None:
    """The folder is not even made."""
    with written([], tmp_path / "run") as files:
        assert files == []
    assert not (tmp_path / "run").exists()


def test_what_leads_to_no_run_leaves_nothing(tmp_path: Path) -> None:
    """A run that is refused, by its options say, leaves no folder; what was there stays."""
    for folder in (tmp_path / "new", tmp_path):
        with suppress(UsageError), written(FUNCTIONS, folder) as (file,):
            assert file == folder / "functions" / "mine.py"
            assert file.exists()
            raise UsageError("no such dataset")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("described", [False, True])
def test_a_run_that_stays_keeps_its_functions(tmp_path: Path, *, described: bool) -> None:
    """Functions of a run that refuses others are not exchanged; once run.json was written anew, they are."""
    info = tmp_path / "run.json"
    with written(FUNCTIONS, tmp_path):
        info.write_text("one", encoding="utf-8")
    others = given({"mine": lambda image: image, "other": mine}).functions
    before = [(file, file.read_bytes()) for file in sorted((tmp_path / "functions").iterdir())]
    with suppress(RunFolderError), written(others, tmp_path):
        info.write_text("two" if described else "one", encoding="utf-8")
        raise RunFolderError("contains a run with different settings")
    after = [(file, file.read_bytes()) for file in sorted((tmp_path / "functions").iterdir())]
    assert (before == after) is not described


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    """Nothing is written beside files of others."""
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(RunFolderError, match="is not empty and contains no run"), written(FUNCTIONS, tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    """The functions of a run at work are not exchanged."""
    in_use = pytest.raises(RunFolderError, match="is in use by process")
    with lock.locked(tmp_path), in_use, written(FUNCTIONS, tmp_path):
        pass
    assert not (tmp_path / "functions").exists()
