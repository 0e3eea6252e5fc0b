"""Which program is it? Its file, the files that are its arguments, and its version line."""

from __future__ import annotations

import re
import shutil
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from srbench.errors import SrbenchError, Unsupported
from srbench.hashing import file_hash_or
from srbench.programs.running import run

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_PATIENCE = 5.0  # seconds for a version line


def first_of(*names: str) -> str:
    """Return the first of several programs, names or paths, that is there.

    Raises:
        Unsupported: none is on PATH.

    """
    for name in names:
        if shutil.which(name):
            return name
    raise Unsupported(f"needs the program {' or '.join(names)}, which is not on PATH")


def file_of(program: str) -> Path:
    """Return the file that a program's name leads to, through PATH and links.

    Raises:
        Unsupported: it is not on PATH.

    """
    return Path(shutil.which(first_of(program)) or program).resolve()


def files_of(words: Sequence[str], named: Iterable[Path] = ()) -> list[Path]:
    """Return the files that a command's output depends on: its program, arguments that are files, and those `named`.

    An argument may be a path, or end with one after `=`: a script, a network.

    Raises:
        Unsupported: the program is not on PATH.

    """
    program, *arguments = words
    paths = (Path(path) for word in arguments for path in (word, word.partition("=")[2]) if path)
    given = [path.resolve() for path in paths if _is_file(path)]
    return list(dict.fromkeys([file_of(program), *given, *named]))


def networks_beside(program: str, folder: Path) -> tuple[Path, ...]:
    """Return the networks of ncnn, `.param` and `.bin`, in a folder that a program reads: beside it, or a path.

    Raises:
        Unsupported: the program is not on PATH.

    """
    homes = (home for home in (folder, file_of(program).parent / folder) if home.is_dir())
    home = next(homes, None)
    return tuple(sorted(each for each in home.iterdir() if each.suffix in {".param", ".bin"})) if home else ()


def version_of(program: str, arguments: tuple[str, ...]) -> str:
    """Return the first line that a program prints when it is asked for its version; empty if that has no digit.

    The libraries behind a program decide, too, and are in no file of its own: this line is what tells them apart.

    Raises:
        Unsupported: it is not on PATH.

    """
    file = file_of(program)
    return _version(program, arguments, file, file_hash_or(file, "")) if arguments else ""


@lru_cache(maxsize=64)
def _version(program: str, arguments: tuple[str, ...], _file: Path, _content: str) -> str:
    try:
        said = run([program, *arguments], _PATIENCE)
    except SrbenchError:
        return ""
    return said.first_line if not said.code and re.search(r"\d", said.first_line) else ""


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a long text, or one with a zero byte
        return False
