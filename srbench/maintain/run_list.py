"""Which runs are in a folder: what each is of, when it began, how large it is, and whether it is complete."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srbench.errors import RunFolderError, SrbenchError
from srbench.opening import read
from srbench.specs import listed
from srbench.store.journal import FINISHED, READABLE, SCHEMA, read_info, rows_of, status_of
from srbench.store.plans import plan_of
from srbench.store.rows import ScoreRow

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEPTH = 3
"""Folders below the given one that are looked into."""


@dataclass(frozen=True)
class ListedRun:
    """One run folder."""

    run: str
    status: str
    """`finished`, `running`, `incomplete`, `damaged` or `other version`."""
    started: str
    """ISO 8601, in UTC; empty where it is not known."""
    ended: str
    bytes: int
    """Of all files in the folder."""
    methods: tuple[str, ...] = ()
    """As tables call them."""
    datasets: tuple[str, ...] = ()
    factors: tuple[int, ...] = ()
    protocols: tuple[str, ...] = ()
    timed: bool = False
    scores: int | None = None
    """How many there are so far; None where the run is finished."""
    problem: str = ""
    """Why a damaged one cannot be read."""

    @property
    def facts(self) -> dict[str, Any]:
        """Return it as JSON-ready values."""
        return asdict(self)

    def cells(self, below: Path) -> tuple[str, ...]:
        """Return it as the cells of a table of the runs in a folder."""
        path = Path(self.run)
        name = str(path.relative_to(below)) if path != below and path.is_relative_to(below) else self.run
        started = datetime.fromisoformat(self.started).strftime("%Y-%m-%d %H:%M") if self.started else "-"
        so_far = f", {self.scores} scores" if self.scores is not None else ""
        about = " ".join([listed(self.datasets), *(f"x{each}" for each in self.factors), listed(self.protocols)])
        return (
            name,
            started,
            _size(self.bytes),
            self.status + so_far,
            self.problem or f"{listed(self.methods, 5)} on {about}",
        )


def runs_in(folder: Path) -> list[ListedRun]:
    """Return the runs in a folder and in those below it, the newest first; a damaged one says why.

    Raises:
        RunFolderError: there is no such folder.

    """
    if not folder.is_dir():
        raise RunFolderError(f"{folder} is no folder; name the one that your runs are in")
    found = [run for each in _folders(folder, _DEPTH) if (run := _listed(each))]
    return sorted(found, key=lambda each: (each.started, each.run), reverse=True)


def _folders(folder: Path, depth: int) -> Iterator[Path]:
    """Yield the run folders at or below a folder; those that cannot be read hold none."""
    if (folder / "run.json").exists():
        yield folder
    elif depth:
        try:
            inside = sorted(each for each in folder.iterdir() if each.is_dir() and not each.is_symlink())
        except OSError:
            return
        for each in inside:
            yield from _folders(each, depth - 1)


def _schema(folder: Path) -> object:
    """Return the schema that run.json says, if it can be read."""
    try:
        return json.loads(read(folder / "run.json"))["schema"]
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        return SCHEMA


def _listed(folder: Path) -> ListedRun | None:
    """Return a run; None of results to check against, such as those that srbench ships, which no run can continue."""
    if (schema := _schema(folder)) not in READABLE and not (folder / "rows.jsonl").exists():
        return None
    size = _bytes(folder)
    if schema not in READABLE:
        problem = f"a run of another version of srbench (layout {schema!r}, this one reads {SCHEMA}), which can read it"
        return ListedRun(str(folder), "other version", "", "", size, problem=problem)
    try:
        info = read_info(folder)
        plan = plan_of(info)
        status = status_of(folder, info)
        scores = None if status == FINISHED else sum(isinstance(row, ScoreRow) for row in rows_of(folder))
    except SrbenchError as error:
        return ListedRun(str(folder), "damaged", "", "", size, problem=str(error))
    parts = info.get("merged", [])
    started = info.get("started") or min((each.get("started", "") for each in parts), default="")
    labels = info.get("labels", {})
    return ListedRun(
        run=str(folder),
        status=status,
        started=started,
        ended=info.get("ended", ""),
        bytes=size,
        methods=tuple(labels.get(each, each) for each in plan.methods),
        datasets=tuple(info.get("datasets", {})) or plan.datasets,
        factors=plan.factors,
        protocols=plan.protocols if plan.scoring else (),
        timed=bool(info.get("timed")),
        scores=scores,
    )


def _bytes(folder: Path) -> int:
    """Return the size of all files in a folder; those that vanish meanwhile have none."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(parent, name)).st_size  # noqa: PTH118 - as os.walk has it
            except OSError:
                continue
    return total


def _size(size: int) -> str:
    number, units = float(size), ["B", "kB", "MB", "GB"]
    while number >= 1000 and units[1:]:  # noqa: PLR2004 - as units are
        number, units = number / 1000, units[1:]
    return f"{number:.0f} {units[0]}" if units[0] == "B" else f"{number:.1f} {units[0]}"
