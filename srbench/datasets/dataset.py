"""A dataset in memory: named, hashed images under one folder, and what is known about them."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from srbench.errors import UsageError
from srbench.quality.files import content_hash

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class ImageFile:
    """One image file as it is declared, whether or not it is on this disk."""

    name: str
    """Unique within its dataset: `baby`; in a folder the whole file name, `baby.png`."""
    path: str
    """Its path below the root of the dataset, with forward slashes; absolute for LR in a folder."""
    bytes: int
    sha256: str = ""
    """64 hex digits; empty in a folder of the user, whose files are taken as they are."""
    url: str = ""
    """Where it can be downloaded; empty if it cannot."""
    split: str = ""
    pixels: str = ""
    """`files.pixel_hash` of the image: given for test sets, whose images are known by it in any file."""


class Entry(NamedTuple):
    """An image to open: its name within the dataset and its absolute path, for `files.read_image`."""

    name: str
    path: Path


@dataclass(frozen=True)
class Dataset:
    """HR images, published LR images if there are any, and their folder."""

    name: str
    """Canonical: aliases are resolved. A folder has its own name."""
    spec: str
    """Canonical text that `datasets.get` turns into this dataset again: `name[:split]`, or the path of a folder or of a
    manifest; where the user names the folder of LR images, `::` and that follow."""
    title: str
    summary: str
    licence: str
    citation: str
    files: tuple[ImageFile, ...]
    root: Path = Path()
    """Absolute once `datasets.get` returns; all paths of files are below it."""
    homepage: str = ""
    share_alike: bool = False
    """Whether the licence asks that what is made of the images is passed on under the same licence."""
    aliases: tuple[str, ...] = ()
    package: str = ""
    """The installed package that holds the files instead of the data folder, if any."""
    lr: Mapping[int, tuple[ImageFile, ...]] = field(default_factory=dict, hash=False)
    """LR files for each factor, named after their HR images: published ones, or those that `layout.with_lr` found."""
    lr_root: Path | None = None
    """Absolute folder of the LR images, if the user names one."""
    ignored: tuple[str, ...] = ()
    """What a folder holds besides images: other files, and subfolders with a trailing slash."""

    @property
    def images(self) -> list[Entry]:
        """Return the HR images, in the order of the manifest or sorted by file name."""
        return [Entry(file.name, self.root / file.path) for file in self.files]

    def published_lr(self, factor: int) -> list[Entry]:
        """Return the published LR images of the files at hand; empty if there are none for `factor`."""
        names = {file.name for file in self.files}
        return [Entry(file.name, self.root / file.path) for file in self.lr.get(factor, ()) if file.name in names]

    @property
    def attribution(self) -> str:
        """Return whom to name, under which licence, and where the images are."""
        return "; ".join(filter(None, (self.citation or self.title, self.licence, self.homepage)))

    @property
    def is_declared(self) -> bool:
        """Return whether a manifest says what its files are; those of a folder are taken as they are."""
        return all(file.sha256 for file in self.files)

    @property
    def is_listed(self) -> bool:
        """Return whether others can have it, by its name; a folder or manifest of the user has a path."""
        return os.sep not in self.spec

    @property
    def splits(self) -> tuple[str, ...]:
        """Return the splits of the files, in their order; a folder has none."""
        return tuple(dict.fromkeys(file.split for file in self.files if file.split))

    def select(self, split: str) -> Dataset:
        """Return the part that belongs to `split`; where it is the only one, that is the dataset itself.

        Raises:
            UsageError: there is no such split; the line lists all.

        """
        if split not in self.splits:
            raise UsageError(f"dataset {self.name} has no split {split!r} (available: {', '.join(self.splits)})")
        if len(self.splits) == 1:
            return self
        chosen = tuple(file for file in self.files if file.split == split)
        return replace(self, spec=f"{self.spec}:{split}", files=chosen)

    def missing(self) -> tuple[ImageFile, ...]:
        """Return the HR files that are not on this disk; those that are may still be the wrong ones."""
        return tuple(file for file in self.files if not (self.root / file.path).exists())

    @cached_property
    def fingerprint(self) -> str:
        """Return 64 hex digits over the sorted sha256 of all HR files.

        Names and folders do not count, so a folder that holds a copy of Set5 has the fingerprint of `set5`. Files of a
        folder are hashed on first use: names and sizes alone would not show an edited BMP, whose size stays.
        """
        hashes = sorted(file.sha256 or self._hash(file) for file in self.files)
        return hashlib.sha256("\n".join(hashes).encode()).hexdigest()

    def _hash(self, file: ImageFile) -> str:
        """Return the hash of a file as it is now; reading it fails by name later, here it must not stop the others."""
        path = self.root / file.path
        return content_hash(path, f"unreadable {path.name}")
