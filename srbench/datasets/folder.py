"""A folder of the user as a dataset: every image file directly in it, sorted by name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from srbench.datasets.dataset import Dataset, ImageFile
from srbench.errors import DatasetError
from srbench.quality.files import IMAGE_SUFFIXES

if TYPE_CHECKING:
    from pathlib import Path


def open_folder(path: Path) -> Dataset:
    """Return the images directly in `path` as a dataset named after the folder.

    Images are named by their whole file name, so `a.png` and `a.jpg` stay two images. Nothing is opened here: an
    unreadable image fails by name when it is read, and never stops the others. Subfolders are not entered; they and
    files that are no images are listed in `ignored`. Hidden files do not count at all.

    Raises:
        DatasetError: there is no such folder, it cannot be read, or it holds no image.

    """
    path = path.expanduser()
    entries = _scan(path)
    images = [entry for entry in entries if _is_image(entry)]
    rest = [entry for entry in entries if not _is_image(entry)]
    if not images:
        held = f"{len(rest)} other {'files or folders' if rest[1:] else 'file or folder'}" if rest else "nothing"
        raise DatasetError(f"{path}: no images in this folder (it holds {held}); expected {', '.join(IMAGE_SUFFIXES)}")
    root = path.resolve()
    return Dataset(
        name=root.name or str(root),
        spec=str(root),
        title=root.name or str(root),
        summary=f"{len(images)} images of the folder {root}",
        licence="unknown",
        citation="",
        root=root,
        files=tuple(ImageFile(_printable(entry.name), entry.name, _size(entry)) for entry in images),
        ignored=tuple(entry.name + "/" * _is_folder(entry) for entry in rest),
    )


def _scan(path: Path) -> list[os.DirEntry[str]]:
    """Return what is in `path`, sorted by name, without hidden files."""
    try:
        with os.scandir(path) as entries:
            return sorted((entry for entry in entries if not entry.name.startswith(".")), key=lambda entry: entry.name)
    except OSError as error:
        hint = "give the folder it is in" if path.is_file() else "check its name and permissions"
        raise DatasetError(f"{path}: cannot be read as a folder ({error.strerror}); {hint}") from error


def _is_image(entry: os.DirEntry[str]) -> bool:
    """Tell by the suffix; a dangling link counts, so that it fails by name instead of vanishing."""
    return entry.name.lower().endswith(IMAGE_SUFFIXES) and not _is_folder(entry)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a circular link, or one into a closed folder
        return False


def _printable(name: str) -> str:
    """Return `name` as text that any file can hold: bytes that are no UTF-8 are written as escapes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat().st_size
    except OSError:  # a dangling or circular link
        return 0
