"""Datasets by name, folder or manifest: `get("set5")`, `get("bsds500:train")`, `get("./photos")`, `get("./mine.toml")`.

Getting a dataset opens no image and downloads nothing; `with_lr` looks for LR images, and `ensure` verifies files and
downloads those that are missing.
"""

from __future__ import annotations

import importlib.util
import os
import re
from dataclasses import replace
from pathlib import Path

from srbench.datasets.dataset import Dataset, Entry, ImageFile
from srbench.datasets.fetch import Progress, ensure
from srbench.datasets.folder import open_folder, subfolders
from srbench.datasets.layout import SEPARATOR, hr_folder, with_lr, without_lr
from srbench.datasets.manifest import find, load_manifest, names, open_manifest
from srbench.errors import DatasetError, UsageError
from srbench.folders import cache_folder

__all__ = [
    "Dataset",
    "Entry",
    "ImageFile",
    "Progress",
    "default_root",
    "ensure",
    "folder_of",
    "get",
    "load_manifest",
    "names",
    "open_folder",
    "reference",
    "with_lr",
    "without_lr",
]

_MANIFEST = re.compile(r"(.+\.toml)(?::(.*))?", re.DOTALL)


def get(spec: str, data: Path | None = None) -> Dataset:
    """Return the dataset that `spec` names, with the folder of its LR images where that follows `::`.

    A dataset is `name[:split]`, `FILE.toml[:split]` (a manifest), or a folder if it contains a path separator: that
    folder, or its only subfolder called HR if it has no images itself. Without a split, all splits are meant. `data` is
    the folder with the files of named datasets, `default_root()` if not given.

    Raises:
        UsageError: unknown name or split; the line gives the nearest name and all names.
        DatasetError: a malformed manifest, a folder without images, a package that is not installed.

    """
    spec, separator, lr = (spec, "", "") if Path(spec).is_dir() else spec.partition(SEPARATOR)
    dataset = _get(spec, data)
    if not separator:
        return dataset
    if not lr:
        raise UsageError(
            f"{spec}{separator}: the folder of LR images is missing; expected HR_FOLDER{separator}LR_FOLDER"
        )
    lr_root = Path(lr).expanduser().resolve()
    subfolders(lr_root)  # refuses what is no folder
    return replace(dataset, spec=f"{dataset.spec}{separator}{lr_root}", lr_root=lr_root)


def reference(text: str, factor: int, progress: Progress | None = None, data: Path | None = None) -> Dataset:
    """Return the HR images that SR is compared with: of a folder, or of a dataset by its name, fetched if need be.

    LR images that lie beside HR in one folder are left out; a dataset has its published ones at this factor.

    Raises:
        UsageError: there is no such dataset.
        DatasetError: there is no such folder, or the dataset is not complete.

    """
    folder = Path(text).expanduser()
    if folder.is_dir() or os.sep in text:
        return without_lr(get(str(folder.absolute())))
    try:
        dataset = get(text, data)
    except UsageError as error:
        raise UsageError(f"{text} is no folder, and as a dataset: {error}") from error
    ensure(dataset, progress, factors=[factor] if dataset.published_lr(factor) else [])
    return dataset


def folder_of(spec: str) -> Path | None:
    """Return the folder of HR that the spec of a dataset names; None where that is a name or a manifest."""
    text = spec.partition(SEPARATOR)[0]
    return Path(text) if os.sep in text and not _MANIFEST.fullmatch(text) else None


def _get(spec: str, data: Path | None) -> Dataset:
    root = (data or default_root()).expanduser().absolute()
    if found := _MANIFEST.fullmatch(spec):
        dataset = open_manifest(Path(found[1]), root)
        return dataset if found[2] is None else dataset.select(found[2])
    if any(separator in spec for separator in {"/", os.sep}):
        return open_folder(hr_folder(Path(spec).expanduser()))
    name, colon, split = spec.partition(":")
    dataset = find(name)
    dataset = replace(dataset, root=_package_folder(dataset) if dataset.package else root)
    return dataset.select(split) if colon else dataset


def default_root() -> Path:
    """Return the folder of named datasets: `$SRBENCH_DATA`, or a folder in the user's cache."""
    given = os.environ.get("SRBENCH_DATA")
    return Path(given) if given else cache_folder() / "datasets"


def _package_folder(dataset: Dataset) -> Path:
    """Locate an installed package without importing it."""
    found = importlib.util.find_spec(dataset.package)
    if found is None or not found.origin:
        raise DatasetError(f"dataset {dataset.name} comes with the package {dataset.package}, which is not installed")
    return Path(found.origin).parent
