"""History: what differs from run to run, in a word and in detail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from srbench.boards.gathering import gather
from srbench.plan import Plan

if TYPE_CHECKING:
    from srbench.boards.content import Event

PLAN = Plan(("mine",), (2,), ("set",), ("p",), timing=False)
FIRST, SECOND = "2026-01-01T00:00:00+00:00", "2026-02-01T00:00:00+00:00"


def second(runs: Any, before: dict[str, Any], after: dict[str, Any], **rows: Any) -> Event:  # noqa: ANN401 - of conftest
    """Return the second event of a method whose second run has other facts, and other fields of rows."""
    scores = runs.scores(PLAN)
    changed = [runs.keyed(row, **rows) for row in scores]
    a = runs.write("a", PLAN, scores, started=FIRST, **before)
    b = runs.write("b", PLAN, changed, started=SECOND, **after)
    (method,) = gather([b, a]).methods
    (history,) = method.histories
    assert [event.run for event in history.events] == ["a", "b"]
    assert history.events[0].changed == ()
    return history.events[1]


def method(code: str, **files: str) -> dict[str, Any]:
    """Return what run.json says of the method."""
    return {"methods": {"mine": {"devices": ["cpu"], "codes": {"x2 on cpu": code}, "files": files, "models": {}}}}


def environment(numpy: str, commit: str) -> dict[str, Any]:
    """Return what run.json says of versions."""
    versions = {"numpy": numpy, "pandas": numpy}
    return {"environment": {"processor": "one", "versions": versions, "commit": commit, "srbench": "0.1.0"}}


def test_equal(runs: Any) -> None:  # noqa: ANN401
    """Equal code on equal images by an equal protocol changes nothing, whatever the commit."""
    event = second(runs, environment("2", "one"), environment("2", "two"))
    assert (event.changed, event.details, event.commit, event.srbench) == ((), (), "two", "0.1.0")


@pytest.mark.slow
def test_code(runs: Any) -> None:  # noqa: ANN401
    """Where neither weights nor libraries differ, it was the code; the commits of srbench are named."""
    event = second(runs, environment("2", "one"), environment("2", "two"), code="other")
    assert event.changed == ("code",)
    assert event.details == ("other, not mine x2 (srbench at two, not one)",)


@pytest.mark.slow
def test_weights(runs: Any) -> None:  # noqa: ANN401
    """Other files are other weights."""
    before, after = method("mine x2", **{"w.pth": "a" * 64}), method("other", **{"w.pth": "b" * 64})
    event = second(runs, before, after, code="other")
    assert (event.changed, event.details) == (("weights",), ("w.pth bbbbbbbb, not aaaaaaaa",))
    assert event.weights == {"w.pth": "b" * 64}


@pytest.mark.slow
def test_library(runs: Any) -> None:  # noqa: ANN401
    """Of libraries those are named that scores depend on; another commit may be part of the reason."""
    event = second(runs, environment("2", "one"), environment("3", "two"), code="other")
    assert event.changed == ("library", "code?")
    assert event.details == ("numpy 3, not 2", "the code may have changed, too (srbench at two, not one)")


@pytest.mark.slow
def test_data(runs: Any) -> None:  # noqa: ANN401
    """Other pixels under one name are other data; the scores stand in one history, and in no table together."""
    event = second(runs, {}, {}, hr_sha256="others", psnr=20.0)
    assert (event.changed, event.details) == (("data",), ("other images under the name set",))
    assert event.values == {"psnr": 20.0, "ssim": pytest.approx(0.9)}


@pytest.mark.slow
def test_protocol(runs: Any) -> None:  # noqa: ANN401
    """Another protocol of one name is said with the choice that differs."""
    fields = [{"protocol_fields": {"p": {"scored": each}}} for each in ("y", "rgb")]
    after = {"protocols": {"p": "other"}, **fields[1]}
    event = second(runs, fields[0], after, protocol_fingerprint="other")
    assert (event.changed, event.details) == (("protocol",), ("scored: rgb, not y",))


@pytest.mark.slow
def test_metric(runs: Any) -> None:  # noqa: ANN401
    """A metric by other code is said, too."""
    facts = [{"metrics": {"psnr": runs.metrics()["psnr"] | {"version": version}}} for version in "12"]
    event = second(runs, *facts)
    assert (event.changed, event.details) == (("metric",), ("PSNR: version 2, not version 1",))
