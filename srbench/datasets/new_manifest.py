"""A manifest for images of a user: what their files are, and what is said about their licence."""

from __future__ import annotations

import os
import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from srbench import toml
from srbench.atomic import replacing
from srbench.datasets.layout import NoLrError, is_hr, with_lr
from srbench.datasets.manifest import is_plain
from srbench.errors import DatasetError, ImageError
from srbench.hashing import file_hash
from srbench.opening import opened
from srbench.printable import of_file, printable
from srbench.quality.files import pixel_hash, read_image
from srbench.specs import counted, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from srbench.datasets.dataset import Dataset, ImageFile

FACTORS = range(2, 17)
"""Factors at which LR images are looked for."""

UNKNOWN = "unknown"

_LICENCE_FILE = re.compile(r"(?:un)?licen[cs]e|copying|readme", re.IGNORECASE)
_LICENCE = re.compile(
    r"licen[cs]e|copyright|creative commons|\bCC[ -](?:BY|0)|public domain|research (?:use|purposes)", re.IGNORECASE
)
_HEADING = re.compile(r"(?:the )?(?:licen[cs]e|copying|copyright|legal)[ :.]*", re.IGNORECASE)
"""A line that says of no licence which it is."""
_MOST = 200
"""Characters of what is said about a licence."""
_READ = 2**16
"""Bytes of a file in which that is looked for."""


@dataclass
class Manifest:
    """A manifest as it is written, and what could not be part of it."""

    root: Path
    """The folder that all files are in."""
    licence: str = UNKNOWN
    files: list[dict[str, str | int]] = field(default_factory=list)
    lr: dict[int, list[dict[str, str | int]]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    """Why some files are not in it, a line for each."""

    def text(self, title: str, target: Path) -> str:
        """Return it as TOML, to be written to `target`."""
        where = Path(os.path.relpath(self.root, target.resolve().parent)).as_posix()
        head = {
            "title": title,
            "summary": f"{counted(len(self.files), 'image')} of the folder {of_file(self.root.name)}",
            "licence": self.licence,
            "citation": "",
            "folder": where,
        }
        lines = [f"{key} = {toml.value(each)}" for key, each in head.items()]
        lines += ["", *_listed("files", self.files)]
        if self.lr:
            lines += ["", "# `name` is the HR image", "[lr]"]
            lines += [line for factor, files in self.lr.items() for line in _listed(f"x{factor}", files)]
        return "\n".join(lines) + "\n"


def _listed(key: str, files: Iterable[dict[str, str | int]]) -> list[str]:
    return [f"{key} = [", *(f"    {toml.inline(each)}," for each in files), "]"]


def describe(dataset: Dataset, tick: Callable[[str, int, int], None]) -> Manifest:
    """Read all images of a folder, and its LR images if there are any, and return its manifest.

    Raises:
        DatasetError: none of the images can be read, or LR images could be in several folders.
        UsageError: LR images do not pair with HR images by their names.

    """
    dataset, lr, left_out = _with_lr(dataset)
    every = [*dataset.files, *(file for files in lr.values() for file in files)]
    paths = {file: dataset.root / file.path for file in every}
    root = Path(os.path.commonpath([path.parent for path in paths.values()]))
    above = [dataset.root.parent] if is_hr(dataset.root) else []
    made = Manifest(root, _licence([dataset.root, root, *above]), left_out=left_out)
    names = _names(dataset.files)
    for number, (file, path) in enumerate(paths.items()):
        tick(f"reading {dataset.name}", number, len(every))
        try:
            entry = {"name": names[file.name], **_facts(path, root)}
        except (ImageError, OSError, ValueError) as error:
            made.left_out.append(str(error))
            continue
        factor = next((factor for factor, files in lr.items() if file in files), 0)
        if not factor:
            made.files.append(entry)
        elif entry["name"] in (each["name"] for each in made.files):
            made.lr.setdefault(factor, []).append(entry)
    if not made.files:
        raise DatasetError(f"no image can be declared: {made.left_out[0]}")
    return made


def _with_lr(dataset: Dataset) -> tuple[Dataset, dict[int, tuple[ImageFile, ...]], list[str]]:
    """Return the HR images of a dataset, the LR images that there are for each factor, and why some do not count."""
    found: dict[int, tuple[ImageFile, ...]] = {}
    misfits: dict[str, str] = {}
    hr, size = dataset, cache(_size)
    for factor in FACTORS:
        try:
            paired = with_lr(dataset, [factor], complete=False)
        except NoLrError:
            continue
        hr = replace(paired, lr={})
        images = {entry.name: entry.path for entry in paired.images}
        wrong = {file: _misfit(size(images[file.name]), size(Path(file.path)), factor) for file in paired.lr[factor]}
        if fitting := tuple(file for file, misfit in wrong.items() if not misfit):
            found[factor] = fitting
        misfits = {file.path: misfit for file, misfit in wrong.items() if misfit} | misfits
    there = {file.path for files in found.values() for file in files}
    misfits = {path: misfit for path, misfit in misfits.items() if path not in there}
    return hr, found, [*_alike(misfits), *_without_lr(hr, found)]


def _size(path: Path) -> tuple[int, int] | None:
    """Return height and width of an image; None if it cannot be read."""
    with suppress(ImageError):
        return read_image(path).shape[:2]
    return None


def _misfit(hr: tuple[int, int] | None, lr: tuple[int, int] | None, factor: int) -> str:
    """Return what is wrong with the size of LR; empty if nothing is, or one of the images cannot be read."""
    if hr is None or lr is None or lr == (hr[0] // factor, hr[1] // factor):
        return ""
    return f"got {lr[1]}x{lr[0]} pixels, expected {hr[1] // factor}x{hr[0] // factor} at x{factor}"


def _alike(misfits: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for LR images whose sizes do not fit: the first with its sizes, the others by name."""
    for path, misfit in list(misfits.items())[:1]:
        others = listed(map(os.path.basename, list(misfits)[1:]))
        yield f"{path}: {misfit}" + (f"; sizes of {counted(len(misfits) - 1, 'other')} too: {others}" if others else "")


def _without_lr(hr: Dataset, found: Mapping[int, tuple[ImageFile, ...]]) -> Iterator[str]:
    """Yield a line for each factor at which some images have LR and others not."""
    for factor, files in found.items():
        missing = [file.name for file in hr.files if file.name not in {each.name for each in files}]
        if missing:
            yield f"LR at x{factor} of {listed(missing)}: there is none that fits"


def _facts(path: Path, root: Path) -> dict[str, str | int]:
    """Return what a manifest says about a file.

    Raises:
        ImageError: it cannot be read as an image.
        ValueError: a manifest cannot hold its name.

    """
    relative = path.relative_to(root).as_posix()
    if not is_plain(relative):
        raise ValueError(f"{of_file(str(path))}: a manifest cannot hold that name; rename it")
    pixels = pixel_hash(read_image(path))
    return {"path": relative, "bytes": path.stat().st_size, "sha256": file_hash(path), "pixels": pixels}


def _names(files: Iterable[ImageFile]) -> dict[str, str]:
    """Return what images are called: their names without suffix, where no two are then alike."""
    stems = {file.name: of_file(PurePath(file.path).stem) for file in files}
    count = Counter(stems.values())
    return {name: stem if count[stem] == 1 else name for name, stem in stems.items()}


def _licence(folders: Iterable[Path]) -> str:
    """Return what the licence and readme files of folders say about a licence, or `UNKNOWN`."""
    files = [path for folder in dict.fromkeys(folders) for path in sorted(folder.iterdir())]
    named = [path for path in files if _LICENCE_FILE.match(path.name) and path.is_file()]
    said = ((path, _said(path)) for path in sorted(named, key=lambda path: path.name.lower().startswith("readme")))
    return next((f"{text} ({of_file(path.name)})" for path, text in said if text), UNKNOWN)


def _said(path: Path) -> str:
    """Return the first line of a licence file, or of a readme that mentions a licence; of a file that is text."""
    try:
        with opened(path) as file:
            text = file.read(_READ).decode("utf-8", "replace")
    except OSError:
        return ""
    if re.search(r"[\x00-\x08\x0e-\x1f\x7f]", text):
        return ""
    lines = [line.strip(" #*=-\t") for line in text.splitlines()]
    is_readme = path.name.lower().startswith("readme")
    wanted = (
        line for line in lines if line and not _HEADING.fullmatch(line) and (not is_readme or _LICENCE.search(line))
    )
    return printable(next(wanted, ""))[:_MOST]


def write(target: Path, text: str) -> None:
    """Write a manifest to where nothing is yet.

    Raises:
        DatasetError: it cannot be written.

    """
    try:
        with replacing(target) as partial:
            partial.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DatasetError(f"{target}: cannot be written ({error.strerror}); choose another with --out") from error
