"""Publishing: the folder of a site takes the place of the one before it as a whole, and of nothing else."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from srbench.boards import data
from srbench.boards.pages import site
from srbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srbench.boards.content import Board

LIST = "assets/files.txt"
"""The list of the files of a site: what tells a board from any other folder, and its own files from others."""


def publish(board: Board, folder: Path) -> int:
    """Write the site of a board as `folder`, and return its size in bytes.

    The site is made beside `folder` and takes its place when it is whole: nobody sees half of it, and no page of an
    earlier board stays. Files that no board wrote, such as CNAME or .git, are taken over.

    Raises:
        UsageError: `folder` holds files, and is not a board.
        OSError: it cannot be written; what was there before is still there.

    """
    folder = folder.resolve()
    check(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        size = _written(board, made)
        for path in _others(folder):
            _copy(path, made / path.relative_to(folder))
        made.chmod(0o777 & ~_umask())
        _exchanged(made, folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return size


def check(folder: Path) -> None:
    """Refuse a folder that a site may not take the place of; raises as `publish`."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"--out is {folder}, a file; expected a folder for the site")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / LIST).is_file():
        raise UsageError(f"{folder} holds files and is no board; choose a new folder with --out")


def _written(board: Board, folder: Path) -> int:
    """Write all files of a site into a new folder."""
    names, size = [], 0
    texts = ((name, text.encode()) for name, text in _data(board))
    for name, content in (*site.files(board), *texts):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        names.append(name)
        size += len(content)
    (folder / LIST).write_text("".join(f"{name}\n" for name in sorted(names)), encoding="utf-8")
    return size


def _data(board: Board) -> Iterator[tuple[str, str]]:
    yield data.JSON, data.json(board)
    yield data.CSV, data.csv(board)
    yield data.TIMES, data.times(board)


def _others(folder: Path) -> Iterator[Path]:
    """Yield the files and links in the folder of a site that no board wrote."""
    if not folder.is_dir():
        return
    own = {*(folder / LIST).read_text(encoding="utf-8").splitlines(), LIST} if (folder / LIST).exists() else set()
    for parent, folders, files in os.walk(folder):
        links = [name for name in folders if Path(parent, name).is_symlink()]
        for path in (Path(parent, name) for name in (*files, *links)):
            if path.relative_to(folder).as_posix() not in own:
                yield path


def _copy(source: Path, target: Path) -> None:
    """Copy a file or a link; what the new site has under this name stays."""
    if not os.path.lexists(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target, follow_symlinks=False)


def _exchanged(made: Path, folder: Path) -> None:
    """Put a folder in the place of another, which is gone then; where that fails, the other is back."""
    before = made.with_name(f"{made.name}.before")
    if folder.exists():
        folder.rename(before)
    try:
        made.rename(folder)
    except OSError:
        with suppress(FileNotFoundError):
            before.rename(folder)
        raise
    shutil.rmtree(before, ignore_errors=True)


def _umask() -> int:
    """Return the mask of new files: a temporary folder is made for its owner alone."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
