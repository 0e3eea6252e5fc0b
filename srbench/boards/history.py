"""History: what one method scored in one setting, run by run, and what changed between them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from srbench.boards.common import number
from srbench.boards.content import Checkout, Clock, Event, History, Speed
from srbench.boards.metric_codes import code_of, described
from srbench.boards.names import DIGITS, digest, short
from srbench.boards.versions import weights
from srbench.maintain.protocol_choices import choices
from srbench.specs import listed
from srbench.speed.environment import DECIDING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pandas as pd

    from srbench.boards.common import Common
    from srbench.boards.pools import Pool
    from srbench.boards.standings import Standing
    from srbench.boards.submissions import Submission
    from srbench.boards.times import Time
    from srbench.boards.versions import Version

T = TypeVar("T")


@dataclass(frozen=True)
class _Moment:
    """One version of a method as one run has it."""

    submission: Submission
    pool: Pool
    version: Version
    line: str
    times: Sequence[Time]
    """Those that this run took of it."""

    @cached_property
    def checkout(self) -> Checkout | None:
        """Return the commit of the method's own repository."""
        return checkout(self.submission, self.version.method)

    @property
    def rows(self) -> pd.DataFrame:
        """Return its scores in this run."""
        rows = self.pool.scores
        own = rows["run"].eq(self.submission.id) & rows["method"].eq(self.version.method)
        return rows[own & rows["device"].eq(self.version.device) & rows["status"].eq("ok")]


def histories(standings: Sequence[Standing], common: Common) -> dict[str, tuple[History, ...]]:
    """Return the histories of each method, one per setting, in the order of the tables."""
    found: dict[tuple[str, str, str], dict[str, _Moment]] = defaultdict(dict)
    for standing in standings:
        for line, version in standing.versions.items():
            key = (version.method, standing.part.pool.title, version.device)
            for each in version.submissions:  # a table of one metric alone has runs that another has, too
                own = [time for time in standing.times[line] if time.submission is each]
                found[key].setdefault(_place(each, standing), _Moment(each, standing.part.pool, version, line, own))
    by_method: dict[str, list[History]] = defaultdict(list)
    for (method, title, device), moments in found.items():
        runs = sorted(moments.values(), key=lambda each: common.submissions.index(each.submission))
        ordered = in_order(runs, [each.checkout for each in runs])
        by_method[method].append(_history(common.method_ids[method], title, device, ordered))
    return {method: tuple(every) for method, every in by_method.items()}


def in_order(versions: Sequence[T], checkouts: Sequence[Checkout | None]) -> list[T]:
    """Return versions, which are in the order of their runs, by the dates of their commits where all have one."""
    dates = [each.date for each in checkouts if each]
    if len(dates) < len(versions):
        return list(versions)
    return [versions[place] for place in sorted(range(len(versions)), key=lambda place: dates[place])]


def checkout(submission: Submission, method: str) -> Checkout | None:
    """Return the commit of a method's own repository; None where it is in none, or in srbench's."""
    facts = submission.checkout(method)
    if not facts:
        return None
    date = datetime.fromisoformat(facts["date"]).astimezone(UTC).isoformat()
    return Checkout(facts["commit"], date, facts["subject"])


def clock(time: Time) -> Clock:
    """Return the machine and conditions of a time: times of one clock may be compared."""
    found = time.conditions.facts
    return Clock(digest(time.machine.id, *found), time.machine.name, found)


def speed(time: Time) -> Speed:
    """Return a time as content has it."""
    ends = number(time.low), number(time.high)
    return Speed(clock(time).id, time.ms_per_mpx, *ends, time.steady, time.submission.id, time.doubt)


def _place(submission: Submission, standing: Standing) -> str:
    pool = standing.part.pool
    return f"{submission.id} {pool.dataset.id} {pool.fingerprint} {pool.lr}"


def _history(method: str, title: str, device: str, moments: Sequence[_Moment]) -> History:
    last = moments[-1].submission
    columns = {name: column for each in moments for name, column in each.submission.metrics.items()}
    metrics = tuple(described(column, code_of(last, name)) for name, column in columns.items())
    before = [None, *moments[:-1]]
    events = tuple(_event(one, each, list(columns)) for one, each in zip(before, moments, strict=True))
    clocks = {each.id: each for moment in moments for each in map(clock, moment.times)}
    return History(method, title, device, metrics, events, tuple(clocks.values()))


def _event(before: _Moment | None, now: _Moment, metrics: Iterable[str]) -> Event:
    rows, submission = now.rows, now.submission
    changed = list(_changes(before, now)) if before else []
    return Event(
        run=submission.id,
        line=now.line,
        when=submission.started,
        srbench=submission.srbench,
        commit=submission.commit,
        code=now.version.code,
        weights=weights(submission, now.version.method),
        values={name: number(rows[name].mean()) if name in rows else None for name in metrics},
        images=len(rows),
        changed=tuple(dict.fromkeys(what for what, _ in changed)),
        details=tuple(detail for _, detail in changed),
        checkout=now.checkout,
        speeds=tuple(map(speed, now.times)),
    )


def _changes(before: _Moment, now: _Moment) -> Iterator[tuple[str, str]]:
    """Yield what differs from the run before, in a word, and in more words."""
    if before.pool.dataset.id != now.pool.dataset.id or before.pool.lr != now.pool.lr:
        yield "data", f"other images under the name {now.pool.dataset.name}"
    if before.pool.fingerprint != now.pool.fingerprint:
        one, two = (each.submission.info.get("protocol_fields", {}).get(each.pool.protocol) for each in (before, now))
        yield "protocol", "; ".join(choices(one, before.pool.fingerprint, two, now.pool.fingerprint))
    for name, column in now.submission.metrics.items():
        codes = [code_of(each.submission, name) for each in (before, now)]
        if name in before.submission.metrics and codes[0] != codes[1]:
            yield "metric", f"{column.label}: {codes[1].words}, not {codes[0].words}"
    if before.version.code != now.version.code:
        yield from _causes(before, now)


def _causes(before: _Moment, now: _Moment) -> Iterator[tuple[str, str]]:
    """Yield what made the code of a method another: its weights, a library, or else its code."""
    files = [weights(each.submission, each.version.method) for each in (before, now)]
    if changed := [name for name in {**files[0], **files[1]} if files[0].get(name) != files[1].get(name)]:
        yield "weights", listed(f"{name} {_short(files[1], name)}, not {_short(files[0], name)}" for name in changed)
    versions: list[dict[str, Any]] = [each.submission.environment.get("versions", {}) for each in (before, now)]
    libraries = [name for name in DECIDING if versions[0].get(name) != versions[1].get(name)] if all(versions) else []
    for name in libraries:
        yield "library", f"{name} {versions[1].get(name, 'absent')}, not {versions[0].get(name, 'absent')}"
    if not changed and not libraries:
        yield "code", f"{now.version.code[:DIGITS]}, not {before.version.code[:DIGITS]}{_commits(before, now)}"
    elif commits := _commits(before, now):
        yield "code?", f"the code may have changed, too{commits}"


def _short(files: dict[str, str], name: str) -> str:
    return files.get(name, "absent")[:DIGITS]


def _commits(before: _Moment, now: _Moment) -> str:
    if before.checkout and now.checkout and before.checkout.commit != now.checkout.commit:
        return f" (its commit {short(now.checkout.commit)}, not {short(before.checkout.commit)})"
    one, two = before.submission.commit, now.submission.commit
    return f" (srbench at {short(two)}, not {short(one)})" if one and two and one != two else ""
