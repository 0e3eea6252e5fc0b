"""What a command is about to write: never one of the files that it reads."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias

from srbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

Identity: TypeAlias = "tuple[int, int] | Path"


def protect(sources: Iterable[Path], targets: Iterable[Path]) -> None:
    """Refuse, before anything is written, to write over a source: under any name, through links, by any spelling.

    A file system that ignores case or normalises Unicode says itself that two names are one file.

    Raises:
        UsageError: one of `targets` is one of `sources`; the line names both.

    """
    check = protecting(sources)
    for target in targets:
        check(target)


def protecting(sources: Iterable[Path]) -> Callable[[Path], None]:
    """Return what raises, as `protect`, where a target is one of `sources`."""
    known = {identity: source for source in sources for identity in _identities(source)}

    def check(target: Path) -> None:
        source = next((known[identity] for identity in _identities(target) if identity in known), None)
        if source is not None:
            also = "" if source.parent.resolve() / source.name == target.absolute() else f" (it is {source})"
            raise UsageError(f"{target} is read by this command{also} and would be overwritten; choose another output")

    return check


def _identities(path: Path) -> Iterator[Identity]:
    """Yield what tells whether two paths are one file: where it lies, and where it is on its disk."""
    with suppress(OSError, RuntimeError):  # not there yet, or a circular link
        yield path.resolve()
        status = path.stat()
        yield status.st_dev, status.st_ino
