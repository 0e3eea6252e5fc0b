"""A folder of the user as a dataset: every image file directly in it, sorted by name."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import is_normalized

from srbench.datasets.dataset import Dataset, ImageFile
from srbench.errors import DatasetError
from srbench.printable import exactly, of_file
from srbench.quality.files import IMAGE_SUFFIXES
from srbench.specs import counted, listed

if TYPE_CHECKING:
    from collections.abc import Sequence

_GENERIC = {
    *("hr", "lr", "sr", "gt", "hq", "lq", "high", "low", "res", "resolution", "original", "originals", "orig"),
    *("ground", "truth", "target", "reference", "bicubic", "image", "images", "img", "imgs", "data", "dataset", "png"),
    *("test", "testing", "train", "training", "val", "valid", "validation", "eval", "input", "output", "result"),
    *("results", "srf", "lrbi", "lrbicubic", "mod", "scale", "factor"),
}
"""Words of a folder's name that say what its images are, not which."""

_FACTOR = re.compile(r"x?\d{1,2}x?|(?:hr|lr|gt|sr|bi|bd|dn)x\d{1,2}|scale\d{1,2}|mod\d{1,2}")


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
        inside = listed(each for each in subfolders(path) if has_images(each))
        expected = f"name one of its folders: {inside}" if inside else f"expected {', '.join(IMAGE_SUFFIXES)}"
        raise DatasetError(f"{path}: no images in this folder (it holds {held}); {expected}")
    root = path.resolve()
    return Dataset(
        name=folder_name(root),
        spec=str(root),
        title=folder_name(root),
        summary=f"{counted(len(images), 'image')} of the folder {root}",
        licence="unknown",
        citation="",
        root=root,
        files=tuple(
            ImageFile(name, entry.name, _size(entry))
            for name, entry in zip(_names([entry.name for entry in images]), images, strict=True)
        ),
        ignored=tuple(of_file(entry.name) + "/" * _is_folder(entry) for entry in rest),
    )


def has_images(path: Path) -> bool:
    """Return whether images lie directly in `path`; raises as `open_folder`."""
    return any(map(_is_image, _scan(path)))


def subfolders(path: Path) -> list[Path]:
    """Return the folders in `path`, sorted by name, without hidden ones and those that cannot be read."""
    return [Path(entry.path) for entry in _scan(path) if _is_folder(entry) and os.access(entry.path, os.R_OK | os.X_OK)]


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


def folder_name(root: Path, least: int = 1) -> str:
    """Return the name of an absolute folder, with those of at least `least` - 1 folders above it.

    A name that only says what images are, not of which set (`HR`, `x4`, `test_images`), follows that of the folder
    above it, so that Set5/HR and Set14/HR have names of their own.
    """
    parts = root.parts[1:]
    length = next((count for count, part in enumerate(reversed(parts), 1) if not _is_generic(part)), len(parts))
    return "/".join(map(of_file, parts[-max(length, least) :])) or str(root)


def _is_generic(name: str) -> bool:
    words = [word for word in re.split(r"[\W_]+", name.lower()) if word]
    return any(word in _GENERIC or (_FACTOR.fullmatch(word) and not word.isdecimal()) for word in words) and all(
        word in _GENERIC or word.isdecimal() or _FACTOR.fullmatch(word) for word in words
    )


def _names(files: Sequence[str]) -> list[str]:
    """Return the names of images, each another: of two that differ in Unicode form alone, one is spelt in ASCII."""
    plain = [of_file(name) for name in files]
    count = Counter(plain)
    return [
        exactly(file) if count[name] > 1 and not is_normalized("NFC", file) else name
        for name, file in zip(plain, files, strict=True)
    ]


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat().st_size
    except OSError:  # a dangling or circular link
        return 0
