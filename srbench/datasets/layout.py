"""Where LR images lie beside their HR images, in the layouts of public data sets.

Each of these has LR of `HR/baby.png` at x3: `LR_bicubic/X3/baby_LRBI_x3.png`, `LRbicx3/baby.png` beside `GTmod12/`
(BasicSR), `DIV2K_valid_LR_bicubic/X3/0801x3.png` beside `DIV2K_valid_HR/`, and in one folder with HR
`img_001_SRF_3_LR.png` (SelfExSR) or `Canon_001_LR3.png` (RealSR).
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from srbench.datasets.dataset import Dataset, ImageFile
from srbench.datasets.folder import has_images, open_folder, subfolders
from srbench.datasets.pairing import are_pairs, lr_pairs
from srbench.errors import DatasetError
from srbench.printable import of_file
from srbench.specs import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SEPARATOR = "::"
"""Between the folder of HR and that of LR, where a user names both."""

_N = r"[2-9]|1[0-6]"
_FACTOR = re.compile(rf"(?:[a-z]*x|scale|srf|lr|lq)?({_N})|({_N})x")
"""A word of a folder's name that says a factor: `X3`, `3x`, `LRbicx3`, `3` in `image_SRF_3`; not `Set5`."""

_HR = re.compile(r"(?:hr|gt|hq)(?:mod\d+|x\d+)?|high(?:res)?")
_HR_LESS = re.compile(r"orig(?:inals?)?|ground|truth|groundtruth|target|reference")
_LR = re.compile(r"(?:lr|lq)[a-z]*(?:x?\d+)?|low(?:res)?")
_HR_FILE = re.compile(r"(?:^|[_\-. ])(?:hr|gt|hq)(?=$|[_\-. ])", re.IGNORECASE)
_LR_FILE = re.compile(r"(?:^|[_\-. ])(?:lr|lq)(?:bi|bic|bicubic|bd|dn)?(?=$|[_\-. \d])", re.IGNORECASE)


class NoLrError(DatasetError):
    """No folder looks as if it held LR images of a factor."""


def hr_folder(path: Path) -> Path:
    """Return the folder with the HR images of `path`: itself if it has images, else its only subfolder called HR.

    Raises:
        DatasetError: there is no such folder, or several of its subfolders are called so.

    """
    if has_images(path):
        return path
    inside = subfolders(path)
    for pattern in (_HR, _HR_LESS):
        found = [each for each in inside if _says(pattern, each) and has_images(each)]
        if len(found) > 1:
            raise DatasetError(f"{path}: HR could be in {_listed(found)}; name one of them")
        if found:
            return found[0]
    return path


def is_hr(folder: Path) -> bool:
    """Return whether the name of a folder says that it holds HR."""
    return _says(_HR, folder) or _says(_HR_LESS, folder)


def with_lr(dataset: Dataset, factors: Sequence[int], *, complete: bool = True) -> Dataset:
    """Return the dataset with an LR file of each image at each of `factors`, paired by name.

    Where HR and LR lie in one folder, only the HR images remain images of the dataset. If they need not be `complete`,
    images may lack LR, and LR files whose names say another factor are left out. Those of a manifest need not be.

    Raises:
        DatasetError: there are no LR images, some are missing, or several folders could hold them.
        UsageError: files do not pair, or their names say another factor.

    """
    if dataset.is_declared and not dataset.lr_root:
        for factor in factors:
            _check_published(dataset, factor)
        return dataset
    hr, beside = _split(dataset)
    lr = {factor: beside or _lr_folder(hr, factor) for factor in factors}
    used = {f"{of_file(part)}/" for each in lr.values() for part in _below(each.root, hr.root)}
    ignored = tuple(name for name in hr.ignored if name not in used)
    return replace(
        hr, lr={factor: _paired(hr, each, factor, complete=complete) for factor, each in lr.items()}, ignored=ignored
    )


def _below(folder: Path, root: Path) -> tuple[str, ...]:
    """Return the first part of the path of a folder below `root`; nothing if it is elsewhere."""
    return folder.relative_to(root).parts[:1] if folder.is_relative_to(root) else ()


def without_lr(dataset: Dataset) -> Dataset:
    """Return the dataset without the LR images that lie in one folder with HR, if each HR image has its own there."""
    try:
        hr, beside = _split(dataset)
    except DatasetError:  # all are called LR: they are what there is
        return dataset
    if dataset.is_declared or beside is None or not are_pairs(hr, beside):
        return dataset
    low = [of_file(file.path) for file in beside.files]
    return replace(hr, ignored=(f"{listed(low)} (LR of the other images)", *hr.ignored))


def _check_published(dataset: Dataset, factor: int) -> None:
    if not dataset.published_lr(factor):
        has = ", ".join(f"x{each}" for each in dataset.lr) or "none"
        kind = "published " if dataset.is_listed else ""
        raise DatasetError(
            f"{dataset.spec}: no {kind}LR images at x{factor} (available: {has}); to give your own: "
            f"--datasets {dataset.spec}{SEPARATOR}LR_FOLDER"
        )


def _split(dataset: Dataset) -> tuple[Dataset, Dataset | None]:
    """Return HR, and LR if it lies in the same folder."""
    if dataset.lr_root:
        return dataset, None
    stems = {file: Path(file.path).stem for file in dataset.files}
    low = tuple(file for file, stem in stems.items() if _LR_FILE.search(stem))
    if not low:
        return dataset, None
    high = tuple(file for file, stem in stems.items() if _HR_FILE.search(stem) and file not in low)
    high = high or tuple(file for file in dataset.files if file not in low)
    if not high:
        raise DatasetError(
            f"{dataset.root}: all images are called LR; name the folder of HR: HR_FOLDER{SEPARATOR}{dataset.root}"
        )
    rest = tuple(of_file(file.path) for file in dataset.files if file not in {*high, *low})
    return replace(dataset, files=high, ignored=(*dataset.ignored, *rest)), replace(dataset, files=low)


def _paired(hr: Dataset, lr: Dataset, factor: int, *, complete: bool) -> tuple[ImageFile, ...]:
    return tuple(
        ImageFile(mine.name, str(theirs.path), theirs.path.stat().st_size if theirs.path.exists() else 0)
        for mine, theirs in lr_pairs(hr, lr, factor, complete=complete)
    )


def _lr_folder(hr: Dataset, factor: int) -> Dataset:
    """Return the folder that holds the LR images of one factor, by its name."""
    if hr.lr_root:
        found = _of_factor([hr.lr_root], factor) or [hr.lr_root] * has_images(hr.lr_root)
    else:
        inside = [each for each in subfolders(hr.root) if _says(_LR, each)]
        found = _of_factor(inside or _beside(hr.root), factor)
    if len(found) > 1:
        raise DatasetError(
            f"{hr.root}: LR images at x{factor} could be in {_listed(found)}; name one: "
            f"--datasets {hr.spec}{SEPARATOR}{found[0]}"
        )
    if not found:
        where = f"in {hr.lr_root}" if hr.lr_root else f"in or beside {hr.root}"
        raise NoLrError(
            f"no LR images at x{factor} {where} (folders such as LR_bicubic/X{factor} or LRbicx{factor}, or files such "
            f"as baby_LR.png); to name their folder: --datasets HR_FOLDER{SEPARATOR}LR_FOLDER"
        )
    return open_folder(found[0])


def _beside(root: Path) -> list[Path]:
    """Return the folders beside `root` that are called LR, and otherwise as it is: `valid_LR` beside `valid_HR`."""
    own = {word for word in _words(root) if not any(each.fullmatch(word) for each in (_HR, _HR_LESS))}
    return [each for each in subfolders(root.parent) if _says(_LR, each) and each != root and own <= {*_words(each)}]


def _of_factor(folders: Iterable[Path], factor: int) -> list[Path]:
    """Return what of `folders` holds images of one factor: their subfolders of that name, else themselves."""
    found: list[Path] = []
    for folder in folders:
        said = {each: _factors(each) for each in subfolders(folder)}
        named = [each for each, factors in said.items() if factor in factors and has_images(each)]
        if not named and has_images(folder) and factor in (_factors(folder) or [factor]):
            named = [folder]
        found += named or [each for inner, factors in said.items() if not factors for each in _named(inner, factor)]
    return found


def _named(folder: Path, factor: int) -> list[Path]:
    return [each for each in subfolders(folder) if factor in _factors(each) and has_images(each)]


def _factors(folder: Path) -> list[int]:
    matches = filter(None, map(_FACTOR.fullmatch, _words(folder)))
    return [int(match[1] or match[2]) for match in matches]


def _says(pattern: re.Pattern[str], folder: Path) -> bool:
    return any(map(pattern.fullmatch, _words(folder)))


def _words(folder: Path) -> list[str]:
    return [word for word in re.split(r"[\W_]+", folder.name.lower()) if word]


def _listed(folders: Sequence[Path]) -> str:
    return " or ".join(map(str, folders))
