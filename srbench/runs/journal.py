"""The journal of a run folder: every row is on disk the moment it exists, and one process at a time writes it."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

from srbench.errors import RunFolderError
from srbench.results.rows import Row, from_json, to_json
from srbench.runs.lock import locked
from srbench.runs.plan import Plan

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

SYNC_SECONDS = 1.0
"""How long rows may wait for fsync, which takes milliseconds: as long as scoring an image."""

SCHEMA = 1
"""Version of the run folder's layout."""


class Journal:
    """An open run folder, locked by the kernel (flock) until it is closed or its process dies.

    Attributes:
        rows: the rows already in the folder, in the order they were written.

    """

    def __init__(self, folder: Path, plan: Plan) -> None:
        """Create `folder` or continue the run of the same `plan` in it.

        Raises:
            RunFolderError: the folder cannot be written, is in use, or holds something else.

        """
        self.folder = folder
        self.plan = plan
        self._lock = locked(folder)
        try:
            self.info = self._continued()
            self.rows = self._recovered()
            self._synced = time.monotonic()
            self._file = (folder / "rows.jsonl").open("ab")
        except BaseException:
            self._lock.close()
            raise

    def __enter__(self) -> Self:
        """Return the journal."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the files; the kernel drops the lock."""
        os.fsync(self._file.fileno())
        self._file.close()
        self._lock.close()

    @property
    def finished(self) -> bool:
        """Tell whether the run in the folder was complete."""
        return bool(self.info["status"] == "finished")

    def describe(self, **facts: Any) -> None:  # noqa: ANN401 - JSON values
        """Add facts to run.json, atomically."""
        self.info |= facts
        write_json(self.folder / "run.json", self.info)

    def append(self, row: Row) -> None:
        """Put one row on disk: safe from a kill at once, from a power cut within `SYNC_SECONDS`."""
        self._file.write(to_json(row).encode() + b"\n")
        self._file.flush()
        self.rows.append(row)
        if time.monotonic() - self._synced > SYNC_SECONDS:
            os.fsync(self._file.fileno())
            self._synced = time.monotonic()

    def _continued(self) -> dict[str, Any]:
        """Return run.json, written at once where there is none: from then on the folder is known to be a run's."""
        path = self.folder / "run.json"
        if not path.exists():
            write_json(path, {"schema": SCHEMA, "status": "running", "plan": self.plan.to_json()})
        info = read_info(self.folder)
        differences = self.plan.differences(Plan.from_json(info["plan"]))
        if differences:
            what = "; ".join(differences)
            raise RunFolderError(
                f"{self.folder} holds another run ({what}); choose another --out, or repeat its command"
            )
        return info

    def _recovered(self) -> list[Row]:
        """Read the rows; a last line torn by a crash is cut off."""
        path = self.folder / "rows.jsonl"
        with suppress(FileNotFoundError):
            whole = path.read_bytes()
            complete = whole[: whole.rfind(b"\n") + 1]
            if len(complete) < len(whole):
                os.truncate(path, len(complete))
            return parse_rows(path, complete)
        return []


def read_info(folder: Path) -> dict[str, Any]:
    """Return run.json of a run folder.

    Raises:
        RunFolderError: it is absent, unreadable or of another schema.

    """
    path = folder / "run.json"
    try:
        info = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise RunFolderError(f"{folder} is not a run folder: {path.name}: {error}") from error
    schema = info.get("schema") if isinstance(info, dict) else None
    if schema != SCHEMA:
        raise RunFolderError(f"{path} has schema {schema!r}, expected {SCHEMA}; read it with the srbench that wrote it")
    if not {"plan", "status"} <= set(info):
        raise RunFolderError(f"{path} lacks plan or status; it was cut short or edited: choose another --out")
    return dict(info)


def is_finished(folder: Path) -> bool:
    """Tell whether `folder` holds a complete run."""
    return (folder / "run.json").exists() and read_info(folder)["status"] == "finished"


def parse_rows(path: Path, content: bytes) -> list[Row]:
    """Return the rows of a journal.

    Raises:
        RunFolderError: a line is no row; the error names it.

    """
    rows = []
    for number, line in enumerate(content.splitlines(), 1):
        try:
            rows.append(from_json(line))
        except RunFolderError as error:
            raise RunFolderError(f"{path}, line {number}: {error}") from error
    return rows


def write_json(path: Path, values: dict[str, Any]) -> None:
    """Replace a JSON file in one step: readers see the old or the new one, never half of it."""
    temporary = path.with_name(f"{path.name}.tmp")
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(values, file, indent=2, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
