"""The lines of a journal: which are rows, which a crash left incomplete, and which are damaged otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from srbench.errors import RunFolderError
from srbench.opening import opened
from srbench.store.rows import from_json, is_whole

if TYPE_CHECKING:
    from pathlib import Path

    from srbench.store.rows import Row


class Bad(NamedTuple):
    """A line that is no row; one that is `torn` is not even JSON with the right checksum."""

    number: int
    problem: str
    torn: bool


@dataclass
class Content:
    """What a journal holds.

    Attributes:
        rows: its rows, in the order they were written.
        bad: its lines that are no rows.
        last: the number of the line of its last row; the first is 1.
        end: where that line ends, in bytes.

    """

    rows: list[Row] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)
    last: int = 0
    end: int = 0

    @property
    def tail(self) -> list[Bad]:
        """Return the bad lines at the very end that a crash explains: half a line, or the zeros of a power cut."""
        after = [bad for bad in self.bad if bad.number > self.last]
        return after if all(bad.torn for bad in after) else []

    @property
    def damaged(self) -> list[Bad]:
        """Return the bad lines that no crash explains."""
        return self.bad[: len(self.bad) - len(self.tail)]

    def add(self, number: int, line: bytes, end: int) -> None:
        """Take the next line, which ends at `end`."""
        try:
            row = from_json(line)
        except RunFolderError as error:
            self.bad.append(Bad(number, str(error), torn=not is_whole(line)))
            return
        if not line.endswith(b"\n"):
            self.bad.append(Bad(number, "its end is missing", torn=True))
            return
        self.rows.append(row)
        self.last, self.end = number, end


def read(path: Path) -> Content:
    """Return what the journal `path` holds, read line by line; nothing where there is no such file.

    Raises:
        RunFolderError: it cannot be read.

    """
    content, end = Content(), 0
    try:
        with opened(path) as file:
            for number, line in enumerate(file, 1):
                end += len(line)
                content.add(number, line, end)
    except (FileNotFoundError, NotADirectoryError):
        return content
    except OSError as error:
        raise RunFolderError(
            f"{path}: cannot be read ({error.strerror}); check its permissions and its disk"
        ) from error
    return content


def sound(path: Path) -> Content:
    """Return what the journal `path` holds, which is nothing but rows and what a crash leaves at the end.

    Raises:
        RunFolderError: a line is damaged otherwise; the error names it.

    """
    content = read(path)
    for bad in content.damaged:
        raise RunFolderError(
            f"{path}, line {bad.number}: {bad.problem}. This is not crash damage; the file was left untouched: srbench "
            f"results verify {path.parent} lists all damage, and a line that is deleted is computed again"
        )
    return content
