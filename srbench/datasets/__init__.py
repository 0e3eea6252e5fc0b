"""Datasets by name or by folder: `get("set5")`, `get("bsds500:train")`, `get("./photos")`.

Getting a dataset opens and downloads nothing; `ensure` verifies its files and downloads those that are missing.
"""

from __future__ import annotations

import importlib.util
import os
from dataclasses import replace
from pathlib import Path

from srbench.datasets.dataset import Dataset, Entry, ImageFile
from srbench.datasets.fetch import Progress, ensure
from srbench.datasets.folder import open_folder
from srbench.datasets.manifest import find, load_manifest, names
from srbench.errors import DatasetError
from srbench.folders import cache_folder

__all__ = [
    "Dataset",
    "Entry",
    "ImageFile",
    "Progress",
    "default_root",
    "ensure",
    "get",
    "load_manifest",
    "names",
    "open_folder",
]


def get(spec: str, data: Path | None = None) -> Dataset:
    """Return the dataset that `spec` names: `name[:split]`, or a folder if it contains a path separator.

    Without a split, all splits are meant. `data` is the folder with the files of named datasets, `default_root()` if
    not given.

    Raises:
        UsageError: unknown name or split; the line gives the nearest name and all names.
        DatasetError: a malformed manifest, a folder without images, a package that is not installed.

    """
    if any(separator in spec for separator in {"/", os.sep}):
        return open_folder(Path(spec))
    name, colon, split = spec.partition(":")
    dataset = find(name)
    root = _package_folder(dataset) if dataset.package else (data or default_root()).expanduser().absolute()
    dataset = replace(dataset, root=root)
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
