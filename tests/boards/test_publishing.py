"""Writing a site: as a whole, over boards alone, without what an earlier one left."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from srbench.boards.gathering import gather
from srbench.boards.publishing import LIST, publish
from srbench.errors import UsageError
from srbench.plan import Plan

if TYPE_CHECKING:
    from pathlib import Path

    from srbench.boards.content import Board

PLAN = Plan(("bicubic", "mine"), (2,), ("set",), ("p",), timing=False)


@pytest.fixture
def board(runs: Any) -> Board:  # noqa: ANN401 - of conftest
    """Return the board of one run."""
    return gather([runs.write("a", PLAN)])


def files(folder: Path) -> dict[str, bytes]:
    """Return the files in a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_the_same_bytes(board: Board, tmp_path: Path) -> None:
    """A board gives the same files wherever and whenever it is written, with its data for programs."""
    size = publish(board, tmp_path / "one")
    publish(board, tmp_path / "deep" / "two")
    first = files(tmp_path / "one")
    assert first == files(tmp_path / "deep" / "two")
    assert size == sum(len(content) for name, content in first.items() if name != LIST)
    assert {"index.html", "board.json", "board.csv", "times.csv", "methods/mine.html"} <= set(first)
    assert sorted([*first[LIST].decode().splitlines(), LIST]) == sorted(first)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.slow
def test_replaced_as_a_whole(board: Board, runs: Any, tmp_path: Path) -> None:  # noqa: ANN401
    """No page of the board before stays; files of others do, with links."""
    site = tmp_path / "site"
    publish(board, site)
    (site / "CNAME").write_text("example.org")
    (site / ".git").mkdir()
    (site / ".git" / "HEAD").write_text("main")
    (site / "newest").symlink_to("index.html")
    publish(gather([runs.write("b", replace(PLAN, methods=("bicubic",)))]), site)
    assert not (site / "methods" / "mine.html").exists()
    assert (site / "CNAME").read_text() == "example.org"
    assert (site / ".git" / "HEAD").read_text() == "main"
    assert (site / "newest").is_symlink()
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []


@pytest.mark.slow
def test_through_a_link(board: Board, tmp_path: Path) -> None:
    """A link to the folder stays a link."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    publish(board, tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "index.html").is_file()


@pytest.mark.parametrize("name", ["a", "full", "file"])
def test_not_over_anything_else(board: Board, tmp_path: Path, name: str) -> None:
    """A run folder, any other folder that holds files, and a file are refused, and stay as they are."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "index.html").write_text("mine")
    (tmp_path / "file").write_text("mine")
    before = files(tmp_path)
    with pytest.raises(UsageError, match=r"is no board; choose a new folder with --out|a file; expected a folder"):
        publish(board, tmp_path / name)
    assert files(tmp_path) == before


@pytest.mark.slow
def test_a_failure_leaves_the_old_one(board: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the new site cannot be written, that before it is as it was, and nothing is left beside it."""
    site = tmp_path / "site"
    publish(board, site)
    before = files(site)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("srbench.boards.data.times", full)
    with pytest.raises(OSError, match="No space left"):
        publish(replace(board, title="another"), site)
    assert files(site) == before
    assert {each.name for each in tmp_path.iterdir()} == {"a", "site"}
