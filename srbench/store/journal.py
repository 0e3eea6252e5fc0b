"""The journal of a run folder: every row is on disk the moment it exists, and one process at a time writes it."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

from srbench.atomic import sync_folder
from srbench.errors import OtherSettings, RunFolderError
from srbench.metrics import Metric, contract
from srbench.opening import read, regular
from srbench.quality.names import today
from srbench.store import journal_reader
from srbench.store.current import current
from srbench.store.durable import unwritable, write_json
from srbench.store.lock import holder, locked
from srbench.store.plans import other_settings, plan_of
from srbench.store.rows import share, to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from io import FileIO
    from pathlib import Path
    from types import TracebackType

    from srbench.plan import Plan
    from srbench.store.rows import Row

SYNC_SECONDS = 1.0
"""How long rows may wait for fsync, which takes milliseconds: as long as scoring an image."""

_NESTED = {
    "methods": ("codes", "files", "models", "decided"),
    "datasets": ("files",),
    "metrics": ("files",),
    "protocol_fields": (),
    "timed": (),
}
"""What run.json says of each method, dataset, metric, protocol and timing, and which of it is an object again."""

_OF_PROTOCOLS = ("protocols", "protocol_fields", "protocol_summaries")
"""What run.json says of protocols, by their names."""

FINISHED = "finished"
"""The status, in run.json, of a run that has all its rows."""

SCHEMA = 5
"""Version of the run folder's layout."""

READABLE = (4, SCHEMA)
"""Versions that are read and continued: before 5 there were no rows of metrics."""


class Journal:
    """An open run folder, locked by the kernel (flock) until it is closed or its process dies.

    Attributes:
        rows: the rows already in the folder, in the order they were written.

    """

    def __init__(self, folder: Path, plan: Plan) -> None:
        """Create `folder` or continue the run of the same `plan` in it.

        Raises:
            RunFolderError: the folder cannot be written, is in use, is damaged, or holds something else.

        """
        self.folder = folder
        self.plan = plan
        self._path = folder / "rows.jsonl"
        self._lock = locked(folder)
        try:
            self.info = self._continued()
            content = journal_reader.sound(self._path)
            self.rows = content.rows
            self._size = content.end
            self._file = self._opened()
        except BaseException:
            self._lock.close()
            raise
        self._waiting = False
        self._synced = time.monotonic()

    def __enter__(self) -> Self:
        """Return the journal."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the files; the kernel drops the lock.

        Raises:
            RunFolderError: the last rows may not be on disk; an error from inside the block is not replaced by it.

        """
        try:
            with self._lock, self._file:
                self.sync()
        except OSError as failure:
            if error is None:
                raise self._unwritable(failure) from failure
        except RunFolderError:
            if error is None:
                raise

    def describe(self, **facts: Any) -> None:  # noqa: ANN401 - JSON values
        """Add facts to run.json, atomically.

        Raises:
            RunFolderError: it cannot be written; the old one is still there.

        """
        self.info |= facts
        write_json(self.folder / "run.json", self.info)

    def append(self, row: Row) -> None:
        """Put one row on disk: safe from a kill at once, from a power cut within `SYNC_SECONDS` or at `sync`.

        Raises:
            RunFolderError: the disk is full or fails; the journal ends with its last whole row.

        """
        line = to_json(row).encode() + b"\n"
        try:
            self._write(line)
        except OSError as error:
            with suppress(OSError):  # the next run cuts what cannot be cut now
                os.ftruncate(self._file.fileno(), self._size)
            raise self._unwritable(error) from error
        self._size += len(line)
        self._waiting = True
        self.rows.append(share(row))
        if time.monotonic() - self._synced > SYNC_SECONDS:
            self.sync()

    def sync(self) -> None:
        """Put on disk what a power cut could still take: the rows since the last time, if any.

        Raises:
            RunFolderError: the disk is full or fails.

        """
        if self._waiting:
            try:
                os.fsync(self._file.fileno())
            except OSError as error:
                raise self._unwritable(error) from error
            self._waiting = False
            self._synced = time.monotonic()

    def _write(self, line: bytes) -> None:
        """Write the whole line; a disk that gets full takes a part of it first."""
        while line:
            line = line[os.write(self._file.fileno(), line) :]

    def _unwritable(self, error: OSError) -> RunFolderError:
        return unwritable(self._path, error, f"the {len(self.rows)} results so far are kept")

    def _continued(self) -> dict[str, Any]:
        """Return run.json, written at once where there is none: from then on the folder is known to be a run's."""
        path = self.folder / "run.json"
        if not path.exists():
            write_json(path, {"schema": SCHEMA, "status": "running", "plan": self.plan.to_json()})
        info = read_info(self.folder)
        if self.plan.differences(plan_of(info)):
            raise OtherSettings(other_settings(self.folder, info, self.plan))
        return info | {"schema": SCHEMA, "plan": self.plan.to_json()}  # which may ask for other metrics

    def _opened(self) -> FileIO:
        """Open the journal behind its last row; what a crash left there is cut off, and its row computed again."""
        try:
            file = open(self._path, "ab", buffering=0, opener=regular)  # noqa: SIM115 - open as long as the run
            try:
                if os.fstat(file.fileno()).st_size > self._size:
                    self.describe(status="running")
                    os.ftruncate(file.fileno(), self._size)
                    os.fsync(file.fileno())
                sync_folder(self.folder)
            except BaseException:
                file.close()
                raise
        except OSError as error:
            raise unwritable(self._path, error) from error
        return file


def status_of(folder: Path, info: Mapping[str, Any]) -> str:
    """Return whether a run, of which `info` is run.json, is `finished`, `running` or `incomplete`."""
    if info["status"] == FINISHED:
        return FINISHED
    return "running" if holder(folder) else "incomplete"


def _why(path: Path, error: Exception) -> str:
    """Return in words why run.json cannot be read."""
    if not isinstance(error, FileNotFoundError):
        return f"{path.name}: {error}"
    return f"it has no {path.name}" if path.parent.is_dir() else "there is no such folder"


def read_info(folder: Path) -> dict[str, Any]:
    """Return run.json of a run folder.

    Raises:
        RunFolderError: it is absent, unreadable or of another schema.

    """
    path = folder / "run.json"
    try:
        info = json.loads(read(path))
    except (OSError, ValueError, RecursionError) as error:
        raise RunFolderError(f"{folder} is not a run folder: {_why(path, error)}") from error
    schema = info.get("schema") if isinstance(info, dict) else None
    if schema not in READABLE:
        raise RunFolderError(f"{path} has schema {schema!r}, expected {SCHEMA}; read it with the srbench that wrote it")
    if not {"plan", "status"} <= set(info):
        raise RunFolderError(f"{path} lacks plan or status; it was cut short or edited: choose another --out")
    for name, parts in _NESTED.items():
        if not _is_nested(info.get(name, {}), parts):
            raise RunFolderError(f"{path} holds {name} that this version cannot read; it was edited: restore it")
    for name, facts in info.get("metrics", {}).items():
        if not _is_metric(facts):
            raise RunFolderError(f"{path} holds a metric {name!r} that this version cannot read; restore it")
    if not _are_labels(info.get("labels", {}), info.get("methods", {})):
        raise RunFolderError(f"{path} holds labels that this version cannot read; it was edited: restore it")
    starts = [each.get("first", 0) for each in info.get("timed", {}).values()]
    named = all(isinstance(info.get(name, {}), dict) for name in _OF_PROTOCOLS)
    if not (named and all(isinstance(each, int) for each in starts)):
        raise RunFolderError(f"{path} holds protocols or timed that this version cannot read: restore it")
    return _with_names_of_today(info)


def _with_names_of_today(info: dict[str, Any]) -> dict[str, Any]:
    """Return run.json with the names that protocols have today, as rows are read with them too."""
    plan = info["plan"]
    if isinstance(plan, dict) and isinstance(plan.get("protocols"), list):
        plan = plan | {"protocols": [today(each) if isinstance(each, str) else each for each in plan["protocols"]]}
    facts = {name: {today(key): each for key, each in info[name].items()} for name in _OF_PROTOCOLS if name in info}
    return info | facts | {"plan": plan}


def _is_nested(found: Any, parts: tuple[str, ...]) -> bool:  # noqa: ANN401 - JSON
    """Tell whether JSON is an object of objects, of which `parts` are objects too where there are any."""
    each = found.values() if isinstance(found, dict) else [None]
    return all(isinstance(one, dict) and all(isinstance(one.get(part, {}), dict) for part in parts) for one in each)


def _are_labels(found: Any, methods: Iterable[str]) -> bool:  # noqa: ANN401 - JSON
    """Tell whether JSON is labels by the specs of methods, and no two methods would look the same."""
    if not isinstance(found, dict) or not all(isinstance(label, str) for label in found.values()):
        return False
    shown = [found.get(spec, spec) for spec in {*methods, *found}]
    return len(shown) == len(set(shown))


def _is_metric(facts: dict[str, Any]) -> bool:
    """Tell whether an object says of a metric what metrics declare."""
    try:
        return not contract.problem(Metric.from_facts(facts))
    except TypeError:
        return False


def rows_of(folder: Path) -> list[Row]:
    """Return the current rows of a run folder, which may be in use; see `current`.

    Raises:
        RunFolderError: there is no run in it, or its journal is damaged.

    """
    info = read_info(folder)
    return current(journal_reader.sound(folder / "rows.jsonl").rows, info)
