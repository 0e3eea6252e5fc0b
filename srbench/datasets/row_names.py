"""The names of a run's datasets, as its rows carry them: each another."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from srbench.datasets.folder import folder_name
from srbench.datasets.layout import SEPARATOR
from srbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from srbench.datasets.dataset import Dataset


def row_names(datasets: Sequence[Dataset]) -> list[str]:
    """Return the name of each dataset: its spec, or that of its folder or manifest.

    Those that are alike are told apart by the folders above them, and by the folder of LR images that the user named.

    Raises:
        UsageError: they cannot be.

    """
    names = [_short(each) for each in datasets]
    while alike := [number for number, name in enumerate(names) if _is_alike(name, names, datasets[number])]:
        for number in alike:
            longer = _longer(datasets[number], names[number])
            if longer == names[number]:
                raise UsageError(f"two datasets are called {longer!r}: one is {datasets[number].spec}; rename it")
            names[number] = longer
    return names


def _is_alike(name: str, names: Sequence[str], dataset: Dataset) -> bool:
    return not dataset.is_listed and Counter(names)[name] > 1


def _short(dataset: Dataset) -> str:
    """Return the name of a dataset without regard to others; a split is part of it."""
    path, split = _typed(dataset)
    return f"{dataset.name}{split}" if path else split


def _longer(dataset: Dataset, name: str) -> str:
    """Return the name with one more folder in front; the folder of LR images follows the name."""
    if dataset.lr_root:
        known = name[len(_short(dataset)) + 2 :]
        return f"{_short(dataset)}::{folder_name(dataset.lr_root, known.count('/') + 1 + bool(known))}"
    path, split = _typed(dataset)
    return f"{folder_name(path, name.count('/') + 2)}{split}" if path else name


def _typed(dataset: Dataset) -> tuple[Path | None, str]:
    """Return the folder or the manifest (without suffix) that was named, if any, and the rest of the spec."""
    spec = dataset.spec.removesuffix(f"{SEPARATOR}{dataset.lr_root}")
    if os.sep not in spec:
        return None, spec
    path, _, split = spec.rpartition(".toml") if dataset.is_declared else (spec, "", "")
    return Path(path), split
