"""Manifests: datasets declared as TOML files in `datasets/`, or anywhere, checked as strictly as they are trusted.

A manifest gives `title`, `summary`, `licence`, `citation` and `files`, and may give `homepage`, `aliases`, `package`,
`share_alike = true` and published LR files as `[lr]` with keys `x2`, `x3`, ... The name of the dataset is the stem of
the file. One that a user wrote may give `folder`, where the files are: a path from the manifest's own folder. Nothing
is downloaded there, so its files have no `url`.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from srbench import toml
from srbench.datasets import address
from srbench.datasets.dataset import Dataset, ImageFile
from srbench.errors import DatasetError, UsageError
from srbench.folders import folder
from srbench.printable import of_file

if TYPE_CHECKING:
    from collections.abc import Sequence

_TOP: dict[str, type] = {
    **dict.fromkeys(("title", "summary", "licence", "citation", "homepage", "package", "folder"), str),
    **dict.fromkeys(("aliases", "files"), list),
    "lr": dict,
    "share_alike": bool,
}
_FILE: dict[str, type] = {
    "name": str,
    "path": str,
    "split": str,
    "bytes": int,
    "sha256": str,
    "pixels": str,
    "url": str,
}
_OPTIONAL = {"homepage", "package", "folder", "aliases", "lr", "share_alike", "name", "split", "pixels", "url"}


def names() -> list[str]:
    """Return the names of all declared datasets, sorted."""
    return sorted(path.stem for path in folder("datasets").glob("*.toml"))


def find(name: str) -> Dataset:
    """Return the declared dataset called `name` or one of its aliases, upper or lower case.

    Raises:
        UsageError: there is none; the line gives the nearest name and all names.
        DatasetError: its manifest is malformed.

    """
    wanted, known = name.lower(), names()
    if wanted in known:
        return load_manifest(folder("datasets") / f"{wanted}.toml")
    declared = [load_manifest(folder("datasets") / f"{known_name}.toml") for known_name in known]
    aliases = {alias: dataset for dataset in declared for alias in dataset.aliases}
    if wanted in aliases:
        return aliases[wanted]
    near = get_close_matches(wanted, [*known, *aliases], 1)
    hint = f"; did you mean {near[0]}?" if near else ""
    hint = f"; for the folder of that name write ./{name}" if Path(name).is_dir() else hint
    raise UsageError(f"unknown dataset {name!r}{hint} (available: {', '.join(known)}, or a folder such as ./photos)")


def open_manifest(path: Path, root: Path) -> Dataset:
    """Return the dataset of a manifest that a user names, read anew.

    Its files are in the folder that it gives (its own, if it gives none) if any of them is there, else in `root`; in
    neither, the folder that it gives is meant. Files with a `url` always are in `root`.

    Raises:
        DatasetError: as `load_manifest`.

    """
    path = path.expanduser().resolve()
    dataset = _load(path)
    own = Path(os.path.normpath(path.parent / dataset.root))
    is_here = any(not file.url and (own / file.path).exists() for file in dataset.files)
    is_named = dataset.root != Path() and not any((root / file.path).exists() for file in dataset.files)
    return replace(dataset, name=of_file(path.stem), spec=str(path), root=own if is_here or is_named else root)


@cache
def load_manifest(path: Path) -> Dataset:
    """Return the dataset of a manifest; its root stays as the manifest has it, relative to it.

    Raises:
        DatasetError: it cannot be read, or a key is missing, unknown, of the wrong type or impossible.

    """
    return _load(path)


def _load(path: Path) -> Dataset:
    try:
        raw = toml.parse(toml.read(path))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DatasetError(
            f"{path}: cannot be read as a manifest in TOML ({reason}); check its name and text"
        ) from error
    _check_keys(raw, _TOP, str(path))
    files = tuple(_image_file(table, f"{path}: files[{i}]") for i, table in enumerate(raw.pop("files")))
    lr = {_factor(key, path): _lr_files(tables, f"{path}: lr.{key}") for key, tables in raw.pop("lr", {}).items()}
    _check_names(files, lr, path)
    aliases = tuple(str(alias) for alias in raw.pop("aliases", ()))
    root = _root(raw.pop("folder", ""), [*files, *(file for group in lr.values() for file in group)], path)
    return Dataset(name=path.stem, spec=path.stem, files=files, lr=lr, aliases=aliases, root=root, **raw)


def _root(text: str, files: Sequence[ImageFile], path: Path) -> Path:
    if text and any(file.url for file in files):
        raise DatasetError(
            f"{path}: key 'folder' is {text!r}, but files have a 'url'; give one of them: downloads go "
            "to the data folder"
        )
    if "\0" in text or "\\" in text:
        raise DatasetError(f"{path}: key 'folder' is {text!r}, expected a path with forward slashes")
    return Path(text)


def _check_keys(table: object, kinds: dict[str, type], where: str) -> None:
    """Refuse a table that lacks a key, has an unknown one, or one of another type."""
    if not isinstance(table, dict):
        raise DatasetError(f"{where}: got {table!r}, expected a table with the keys {', '.join(kinds)}")
    if unknown := sorted(table.keys() - kinds):
        raise DatasetError(f"{where}: unknown key {unknown[0]!r}, expected {', '.join(kinds)}")
    for key, kind in kinds.items():
        if key not in table and key not in _OPTIONAL:
            raise DatasetError(f"{where}: key {key!r} is missing")
        if key in table and type(table[key]) is not kind:
            raise DatasetError(f"{where}: key {key!r} is {table[key]!r}, expected {kind.__name__}")


def _image_file(table: dict[str, Any], where: str) -> ImageFile:
    _check_keys(table, _FILE, where)
    path = PurePosixPath(table["path"])
    wrong = {
        "path": not is_plain(table["path"]),
        "bytes": table["bytes"] <= 0,
        "sha256": not re.fullmatch("[0-9a-f]{64}", table["sha256"]),
        "pixels": "pixels" in table and not re.fullmatch("[0-9a-f]{64}", table["pixels"]),
        "url": "url" in table and not address.is_trusted(table["url"]),
    }
    expected = {
        "path": "a relative path with forward slashes that stays below the data folder",
        "bytes": "a positive number",
        "sha256": "64 lower-case hex digits",
        "pixels": "64 lower-case hex digits",
        "url": "an https address",
    }
    for key in (key for key, is_wrong in wrong.items() if is_wrong):
        raise DatasetError(f"{where}: key {key!r} is {table[key]!r}, expected {expected[key]}")
    return ImageFile(**({"name": path.stem} | table))


def is_plain(text: str) -> bool:
    """Return whether a path is relative, stays below its folder, and is one on every system."""
    path = PurePosixPath(text)
    is_below = path.stem and not path.is_absolute() and ".." not in path.parts
    return bool(is_below) and text.isprintable() and not any(each in text for each in "\\:")


def _lr_files(tables: object, where: str) -> tuple[ImageFile, ...]:
    if not isinstance(tables, list):
        raise DatasetError(f"{where}: got {tables!r}, expected a list of files")
    return tuple(_image_file(table, f"{where}[{i}]") for i, table in enumerate(tables))


def _factor(key: str, path: Path) -> int:
    if not re.fullmatch("x[1-9][0-9]*", key):
        raise DatasetError(f"{path}: unknown key 'lr.{key}', expected x2, x3, ...")
    return int(key[1:])


def _check_names(files: tuple[ImageFile, ...], lr: dict[int, tuple[ImageFile, ...]], path: Path) -> None:
    """Refuse an empty set, two images of one name, and LR files without an HR image."""
    if not files:
        raise DatasetError(f"{path}: key 'files' is empty, expected at least one image")
    seen = {file.name for file in files}
    for group in (files, *lr.values()):
        listed = [file.name for file in group]
        for name in listed:
            if listed.count(name) > 1 or name not in seen:
                problem = "occurs twice" if name in seen else "is the name of no image in 'files'"
                raise DatasetError(f"{path}: key 'name': {name!r} {problem}")
