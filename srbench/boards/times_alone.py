"""Histories of what was timed and not scored, as `srbench time` does it: a method at one factor, on one kind of LR."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from srbench.analysis.speeds import kind
from srbench.boards.content import Event, History
from srbench.boards.history import checkout, clock, in_order, speed
from srbench.boards.names import DIGITS
from srbench.boards.versions import weights
from srbench.store.current import case_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from srbench.boards.common import Common
    from srbench.boards.submissions import Submission
    from srbench.boards.times import Time


def histories(common: Common, known: Mapping[str, Iterable[History]]) -> dict[str, list[History]]:
    """Return the histories of the times of each method in runs whose times are in none of its histories `known`."""
    told = {
        (method, speed.run)
        for method, every in known.items()
        for history in every
        for event in history.events
        for speed in event.speeds
    }
    found: dict[tuple[str, str, str], list[Time]] = defaultdict(list)
    for time in reversed(common.times):  # the oldest run first
        if (time.method, time.submission.id) not in told:
            name = f"x{time.factor} of {kind(time.channels, time.dtype)}, times"
            found[time.method, name, time.conditions.device].append(time)
    by_method: dict[str, list[History]] = defaultdict(list)
    for (method, name, device), times in found.items():
        by_method[method].append(_history(common, method, name, device, times))
    return by_method


def _history(common: Common, method: str, name: str, device: str, times: Sequence[Time]) -> History:
    runs = list({time.submission.id: time.submission for time in times}.values())
    ordered = in_order(runs, [checkout(each, method) for each in runs])
    events: list[Event] = []
    for submission in ordered:
        own = [time for time in times if time.submission is submission]
        case = case_of(own[0].factor, device)
        code = str(submission.facts(method).get("codes", {}).get(case, ""))
        events.append(_event(submission, method, own, code, events[-1].code if events else code))
    clocks = {each.id: each for each in map(clock, times)}
    return History(common.method_ids[method], name, device, (), tuple(events), tuple(clocks.values()))


def _event(submission: Submission, method: str, times: Iterable[Time], code: str, before: str) -> Event:
    """Return a version, of which there are times alone; `before` is the code of the one before it."""
    return Event(
        run=submission.id,
        line="",
        when=submission.started,
        srbench=submission.srbench,
        commit=submission.commit,
        code=code,
        weights=weights(submission, method),
        values={},
        images=0,
        changed=("code",) if code != before else (),
        details=(f"{code[:DIGITS]}, not {before[:DIGITS]}",) if code != before else (),
        checkout=checkout(submission, method),
        speeds=tuple(map(speed, times)),
    )
