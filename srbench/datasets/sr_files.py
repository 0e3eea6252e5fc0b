"""SR images that exist, below one folder: which file is of which HR image, at which factor.

The images of all datasets and factors may lie in one folder, or each in its own: `Set5/x3/baby_RCAN_x3.png`,
`x3/Set5/baby.png`, `results-Set5/baby_x3_SR.png` (EDSR), `visualization/Set5/baby_test.png` (BasicSR).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple

from srbench.datasets.folder import has_images, open_folder, subfolders
from srbench.datasets.manifest import find, names
from srbench.datasets.pairing import factors_in, sr_among
from srbench.errors import DatasetError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from srbench.datasets.dataset import Dataset

_DEPTH = 4
"""Folders below the given one that are looked into: `BI/RCAN/Set5/x3`."""

Case = tuple[str, int]
"""The name of a dataset, as rows carry it, and a factor."""


@dataclass(frozen=True)
class SrFiles:
    """What was found in folders."""

    files: Mapping[Case, Mapping[str, Path]]
    """The file of each image that has one, by its name in the dataset."""
    others: tuple[str, ...]
    """Images that belong to none of the datasets at these factors, by their paths below the folders."""


def sr_files(roots: Iterable[Path], sets: Mapping[str, Dataset], factors: Sequence[int]) -> SrFiles:
    """Return the SR files in folders, or below them, of the images of `sets`, which rows call so.

    What the folder of a file says of dataset and factor counts, then its name. With several factors, one of them must
    say it.

    Raises:
        DatasetError: there is no such folder, or no image in it.
        UsageError: two files belong to one image, or a file could be of several factors.

    """
    found: dict[Case, dict[str, Path]] = {case: {} for case in product(sets, factors)}
    others: list[str] = []
    for root in roots:
        here = _below(root.resolve(), sets, factors)
        for case, files in here.files.items():
            if twice := found[case].keys() & files.keys():
                name = min(twice)
                raise UsageError(f"{found[case][name]} and {files[name]} both belong to {name}; remove one")
            found[case] |= files
        others += here.others
    return SrFiles(found, tuple(others))


def opened(root: Path) -> Iterator[Dataset]:
    """Yield the folders of images that a folder of SR images has: itself, or those below it."""
    root = root.resolve()
    return (each.images for each in _folders(root, root, _DEPTH))


def _below(root: Path, sets: Mapping[str, Dataset], factors: Sequence[int]) -> SrFiles:
    """Return the SR files in one folder or below it."""
    folders = list(_folders(root, root, _DEPTH))
    if not folders:
        raise DatasetError(f"{root}: no images in this folder, nor in those below it; expected SR images")
    words = {name: _words_of(name, hr) for name, hr in sets.items()}
    said = {name for name in sets if words[name] & _words(PurePath(root.name))} or set(sets)
    found: dict[Case, Mapping[str, Path]] = {}
    for name in said:
        own = _of_dataset(folders, words[name], set().union(*words.values()))
        for factor in factors:
            found[name, factor] = _of_case(own, sets[name], factor, alone=len(factors) == 1)
    used = {path for files in found.values() for path in files.values()}
    every = [entry.path for folder in folders for entry in folder.images.images]
    return SrFiles(found, tuple(str(each.relative_to(root)) for each in every if each not in used))


class _Folder(NamedTuple):
    """A folder that holds images."""

    below: PurePath
    """Its path below the one that was given."""
    images: Dataset

    @property
    def factors(self) -> list[int]:
        """Return the factors that its path says, the last part first: `x3`, `Set5_x3`, or a part that is `3`."""
        parts = reversed(self.below.parts)
        said = ([int(part)] if part.isdecimal() else factors_in(part) for part in parts)
        return next(filter(None, said), [])


def _folders(root: Path, folder: Path, depth: int) -> Iterator[_Folder]:
    """Yield the folders that hold images: this one, or those below it."""
    if has_images(folder):
        yield _Folder(folder.relative_to(root), open_folder(folder))
    elif depth:
        for each in subfolders(folder):
            yield from _folders(root, each, depth - 1)


def _of_dataset(folders: Sequence[_Folder], words: set[str], others: set[str]) -> list[_Folder]:
    """Return the folders whose path says a dataset; where none does, those that say no dataset at all."""
    own = [each for each in folders if words & _words(each.below)]
    known = others | _known()
    return own or [each for each in folders if not known & _words(each.below)]


def _of_case(folders: Iterable[_Folder], hr: Dataset, factor: int, *, alone: bool) -> dict[str, Path]:
    """Return the files of one dataset at one factor; where there is another, folder or name must say it.

    Raises:
        UsageError: neither does, or two files belong to one image.

    """
    found: dict[str, Path] = {}
    for folder in [each for each in folders if not each.factors or factor in each.factors]:
        for mine, theirs, said in sr_among(hr, folder.images, factor):
            if not (alone or said or folder.factors):
                raise UsageError(
                    f"{theirs.path}: neither its name nor its folder says the factor, and the run has several; name "
                    f"the folder x{factor}, or run one --factor"
                )
            if mine.name in found:
                raise UsageError(f"{found[mine.name]} and {theirs.path} both belong to {mine.name}; remove one")
            found[mine.name] = theirs.path
    return found


def _words_of(name: str, hr: Dataset) -> set[str]:
    """Return the words by which a folder says that its images are of a dataset."""
    names = (name.partition(":")[0], hr.name, *hr.aliases)
    return {_plain(PurePath(each).name) for each in names}


def _words(path: PurePath) -> set[str]:
    """Return the words of a folder's path, and its parts as one word each."""
    return {_plain(word) for part in path.parts for word in (part, *re.split(r"[\W_]+", part)) if word}


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower()


@cache
def _known() -> set[str]:
    """Return the words of all datasets that have names."""
    return {word for name in names() for word in _words_of(name, find(name))}
