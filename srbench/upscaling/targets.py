"""Which file is written for which: names, formats, and what nothing may be written over."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from srbench import datasets
from srbench.errors import SrbenchError, UsageError
from srbench.outputs import protecting
from srbench.quality.files import IMAGE_SUFFIXES, format_of
from srbench.specs import counted, listed, unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

SAME = "same"
"""The format of each source."""


class Pair(NamedTuple):
    """An image to read and a file to write."""

    source: Path
    target: Path
    error: str = ""
    """Why it is not written."""


def pairs(sources: Sequence[Path], out: str | Path, kind: str = "") -> list[Pair]:
    """Return what to write for each of `sources`, files or folders of images; folders on the way are made.

    Args:
        sources: files and folders.
        out: a file for one image, or a folder: one that is there or is written with a / behind it, or for several.
        kind: the suffix that names the format, such as `png`, or `same` for that of each source; by default that of a
            file `out`, or `png` in a folder.

    Raises:
        UsageError: nothing can be written there, at all.
        DatasetError: a folder without images.

    """
    kind = kind.lower().removeprefix(".")
    allowed = [suffix[1:] for suffix in IMAGE_SUFFIXES if suffix != ".pbm"]
    if kind and kind not in (SAME, *allowed):
        raise unknown("format", kind, (SAME, *allowed))
    for source in sources:
        if source.is_dir() and Path(out).is_dir() and source.samefile(out):
            raise UsageError(
                f"{out} is read by this command: the next one would upscale the results; name another folder"
            )
    files = list(dict.fromkeys(file for source in sources for file in _files(source)))
    is_folder = len(sources) > 1 or sources[0].is_dir() or Path(out).is_dir() or str(out).endswith(("/", os.sep))
    found = _in_folder(files, Path(out), kind or "png") if is_folder else [Pair(files[0], _file(Path(out), kind))]
    check = protecting(files)
    judged = [pair if pair.error else pair._replace(error=_problem(pair, check)) for pair in found]
    if all(pair.error for pair in judged):
        raise UsageError(judged[0].error)
    if is_folder:
        _make(Path(out))
    return judged


def left_out(sources: Sequence[Path], out: Path) -> list[str]:
    """Return one line for each folder that has folders in it, but for `out`, that are not upscaled."""
    lines = []
    for source in filter(Path.is_dir, sources):
        found = (each for each in source.iterdir() if each.is_dir() and each.resolve() != out.resolve())
        if inner := sorted(each.name for each in found if not each.name.startswith(".")):
            folders = f"{counted(len(inner), 'folder')} in it {'is' if len(inner) == 1 else 'are'} left out"
            lines.append(
                f"{source}: {folders}: {listed(inner, most=3)}; name {'it' if len(inner) == 1 else 'them'}, too"
            )
    return lines


def _files(source: Path) -> list[Path]:
    if not source.is_dir():
        return [source]
    return [source / image.path.name for image in datasets.open_folder(source).images]


def _in_folder(files: Sequence[Path], folder: Path, kind: str) -> Iterator[Pair]:
    """Yield a file in a folder for each; the first of several that would have one name gets it."""
    taken: dict[Path, Path] = {}
    for file in files:
        target = folder / f"{file.stem}{file.suffix if kind == SAME else f'.{kind}'}"
        first = taken.setdefault(target, file)
        also = f"{file}: {target} is written from {first} already; rename one, or use another folder"
        yield Pair(file, target, "" if first == file else also)


def _file(target: Path, kind: str) -> Path:
    if not target.parent.is_dir():
        expected = "expected an image file to write, in a folder that exists"
        raise UsageError(f"there is no folder {target.parent}; {expected}")
    if kind and kind != SAME and not target.suffix:
        target = target.with_name(f"{target.name}.{kind}")
    written = format_of(target)
    if kind not in ("", SAME) and format_of(Path(f"a.{kind}")) != written:
        raise UsageError(f"{target} is to be a file of {written}, and --format is {kind}; leave one out")
    return target


def _problem(pair: Pair, check: Callable[[Path], None]) -> str:
    """Return why a file is not to be written, in one line."""
    try:
        if not pair.source.exists():
            return f"{pair.source}: there is no such file or folder"
        format_of(pair.target)
        check(pair.target)
    except SrbenchError as error:
        return str(error)
    return ""


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot use {folder}: {error.strerror}; name another folder") from error
