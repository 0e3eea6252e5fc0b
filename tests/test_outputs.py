"""No command writes over what it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from srbench.errors import UsageError
from srbench.outputs import protect

if TYPE_CHECKING:
    from pathlib import Path


def test_any_name_of_a_source_is_refused(tmp_path: Path) -> None:
    """The path itself, another spelling, a link, a link to its folder, a hard link, and the target of a link."""
    folder = tmp_path / "folder"
    folder.mkdir()
    source = folder / "a.png"
    source.touch()
    (tmp_path / "link.png").symlink_to(source)
    (tmp_path / "other").symlink_to(folder)
    (tmp_path / "hard.png").hardlink_to(source)
    names = ("folder/a.png", "folder/../folder/a.png", "link.png", "other/a.png", "hard.png")
    for name in names:
        with pytest.raises(UsageError, match=r"a\.png|link\.png|hard\.png.* is read by this command"):
            protect([source], [tmp_path / name])
    with pytest.raises(UsageError, match=r"folder/a\.png is read by this command \(it is .*link\.png\)"):
        protect([tmp_path / "link.png"], [source])


def test_other_files_are_not(tmp_path: Path) -> None:
    """What is not there yet, an older result and a circular link are no sources."""
    for name in ("a.png", "old.png"):
        (tmp_path / name).touch()
    (tmp_path / "round.png").symlink_to(tmp_path / "round.png")
    protect([tmp_path / "a.png"], [tmp_path / name for name in ("old.png", "new.png", "round.png", "A.png")])
