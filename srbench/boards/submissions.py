"""Submissions: the run folders of a board as they can be read, and those that cannot."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from srbench.analysis.load_run import order_of
from srbench.analysis.tables import tables
from srbench.boards import private
from srbench.boards.content import Refused
from srbench.boards.names import digest, slug
from srbench.errors import SrbenchError
from srbench.maintain import side
from srbench.store.journal import FINISHED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from srbench.analysis.columns import Metrics
    from srbench.analysis.tables import Tables


Tick: TypeAlias = "Callable[[str, int, int], None]"
"""Is told what is done, how much of it, and of how much."""


@dataclass(frozen=True)
class Submission:
    """A sound run; its methods are named as the board names them, with no folder of their files."""

    folder: Path
    id: str
    info: dict[str, Any]
    """run.json, whose methods and labels are by these names."""
    tables: Tables
    called: dict[str, str] = field(default_factory=dict)
    """Datasets that the board calls otherwise, by the names that the run gives them."""

    @property
    def name(self) -> str:
        """Return what its folder is called."""
        return self.folder.resolve().name

    @property
    def started(self) -> str:
        """Return when it was started (ISO 8601, UTC)."""
        return str(self.info.get("started") or max((str(each.get("started", "")) for each in self._parts), default=""))

    @property
    def ended(self) -> str:
        """Return when it ended, or empty."""
        return str(self.info.get("ended") or max((str(each.get("ended", "")) for each in self._parts), default=""))

    @cached_property
    def digest(self) -> str:
        """Return a hash of what it holds."""
        return self.tables.digest

    @property
    def _parts(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.info.get("merged", [])
        return found

    @property
    def merged(self) -> tuple[str, ...]:
        """Return the folders that it was merged from."""
        return tuple(str(each.get("run", "")).rstrip("/").rpartition("/")[2] for each in self._parts)

    @property
    def srbench(self) -> str:
        """Return the version of srbench; empty where run.json does not say."""
        return str(self.environment.get("srbench", ""))

    @property
    def commit(self) -> str:
        """Return the commit of srbench; empty where it was no checkout."""
        return str(self.environment.get("commit") or "")

    @property
    def finished(self) -> bool:
        """Tell whether it has all that it was asked for."""
        return bool(self.info.get("status") == FINISHED)

    @property
    def metrics(self) -> Metrics:
        """Return its metrics, those that it has no values of among them."""
        return self.tables.metrics

    @property
    def environment(self) -> dict[str, Any]:
        """Return what it was computed with; of a run that was merged from several machines nothing."""
        return self.info.get("environment") or {}

    def checkout(self, method: str) -> dict[str, str]:
        """Return the `commit`, `date` and `subject` of a plug-in's own checkout; empty where it is in none."""
        found: dict[str, str] = self.info.get("checkouts", {}).get(method, {})
        return found

    @cached_property
    def labels(self) -> dict[str, str]:
        """Return what its methods are shown as, by their names."""
        found: dict[str, str] = self.info.get("labels", {})
        return found

    def facts(self, method: str) -> dict[str, Any]:
        """Return what run.json says of a method."""
        found: dict[str, Any] = self.info.get("methods", {}).get(method, {})
        return found


def read(folders: Iterable[Path], tick: Tick) -> tuple[list[Submission], list[Refused]]:
    """Return the sound runs, the oldest first, and the folders that hold none, with reasons; a folder counts once."""
    found: list[Submission] = []
    refused: list[Refused] = []
    different = {each.resolve(): each for each in folders}
    for number, folder in enumerate(different.values()):
        tick("runs read", number, len(different))
        try:
            found.append(_submission(folder))
        except (SrbenchError, OSError) as error:
            reason = str(error).replace(str(folder), folder.resolve().name)
            refused.append(Refused(folder.resolve().name, reason))
    found, copies = _each_once(found)
    return _identified(found), sorted([*refused, *copies], key=lambda each: (each.folder, each.reason))


def _submission(folder: Path) -> Submission:
    """Return a run; what is damaged is refused as a whole: what is left of it may be what somebody chose to leave.

    Raises:
        SrbenchError: it is no run, damaged, or has no results.

    """
    read = side.read(folder)
    if read.problems:
        raise SrbenchError(f"{'; '.join(read.problems)}; srbench results verify says more")
    if not read.scores and not any(row.method for row in read.timings):
        raise SrbenchError("no results yet")
    names = private.short_specs(read.methods)
    named = read.renamed(names)
    info = _renamed(read.info, names)
    order = replace(order_of(info), labels={})
    return Submission(folder, "", info, tables([*named.results, *named.timings], order))


def _renamed(info: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """Return run.json with other names of methods."""
    plan = info["plan"] | {"methods": [names.get(each, each) for each in info["plan"]["methods"]]}
    by_method = {
        part: {names.get(spec, spec): facts for spec, facts in info.get(part, {}).items()}
        for part in ("methods", "labels", "checkouts")
    }
    return info | {"plan": plan} | by_method


def _each_once(found: Sequence[Submission]) -> tuple[list[Submission], list[Refused]]:
    """Return the runs in order of time, and copies of them: folders with the same rows."""
    ordered = sorted(found, key=lambda each: (each.started, each.name, each.digest, str(each.folder)))
    kept: dict[tuple[str, str], Submission] = {}
    copies = []
    for each in ordered:
        key = (each.started, each.digest)
        if kept.setdefault(key, each) is not each:
            copies.append(Refused(each.name, f"holds the same results as {kept[key].name}: it counts once"))
    return list(kept.values()), copies


def _identified(found: Sequence[Submission]) -> list[Submission]:
    """Return the runs with ids: the names of their folders, with a hash where several have one name."""
    slugs = [slug(each.name) for each in found]
    return [
        replace(
            each,
            id=own if slugs.count(own) == 1 else f"{own}-{digest(each.started, each.digest)}",
        )
        for each, own in zip(found, slugs, strict=True)
    ]
