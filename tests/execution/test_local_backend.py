"""Lanes side by side: rows in the order they are finished, few tasks at a time, and an end that all of them hear of."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from srbench.execution import local_backend

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WAIT = 10
"""Seconds after which a test gives up on a thread."""


class FakeGroup:
    """A worker group whose rows are made by the test."""

    def __init__(self) -> None:
        """Run."""
        self.stopped = threading.Event()

    def stop(self) -> None:
        """Be stopped."""
        self.stopped.set()


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Iterator[Any]]:
    """Return a function that gives the rows of tasks, which a script stands for the scoring of."""

    def start(
        script: Callable[[Any, FakeGroup], Iterator[Any]],
        tasks: Any,  # noqa: ANN401 - of any kind
        worker_groups: list[FakeGroup],
        stop: threading.Event | None = None,
    ) -> Iterator[Any]:
        monkeypatch.setattr(local_backend, "score_image", script)
        return local_backend.rows(tasks, worker_groups, stop or threading.Event())  # type: ignore[arg-type]

    return start


def named(task: Any, _workers: FakeGroup) -> Iterator[str]:  # noqa: ANN401 - of any kind
    """Yield two rows of a task."""
    yield f"{task} 1"
    yield f"{task} 2"


def test_each_row_comes_once_it_exists(rows: Callable[..., Iterator[Any]]) -> None:
    """A row is there before the next one of the same image is begun."""
    seen = threading.Event()

    def script(task: str, _workers: FakeGroup) -> Iterator[str]:
        yield f"{task} 1"
        assert seen.wait(WAIT)
        yield f"{task} 2"

    found = rows(script, ["a"], [FakeGroup()])
    assert next(found) == "a 1"
    seen.set()
    assert list(found) == ["a 2"]


def test_all_tasks_are_done_once(rows: Callable[..., Iterator[Any]]) -> None:
    """Several worker groups share the tasks between them."""
    found = list(rows(named, range(50), [FakeGroup() for _ in range(3)]))
    assert sorted(found) == sorted(f"{task} {number}" for task in range(50) for number in (1, 2))


def test_tasks_are_made_when_there_is_room(rows: Callable[..., Iterator[Any]]) -> None:
    """No more tasks are taken than worker groups work on: memory does not grow with the dataset."""
    made = []
    go_on = threading.Event()

    def tasks() -> Iterator[int]:
        for number in range(20):
            made.append(number)
            yield number

    def script(task: int, _workers: FakeGroup) -> Iterator[int]:
        yield task
        assert go_on.wait(WAIT)

    found = rows(script, tasks(), [FakeGroup(), FakeGroup()])
    assert {next(found), next(found)} == {0, 1}
    assert made == [0, 1]
    go_on.set()
    assert sorted(found) == list(range(2, 20))


@pytest.mark.parametrize("kind", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_exception_in_a_lane(rows: Callable[..., Iterator[Any]], kind: type[BaseException]) -> None:
    """It comes out where the rows are used, and the other worker groups, busy as they may be, are stopped."""
    worker_groups = [FakeGroup(), FakeGroup()]

    def script(task: str, workers: FakeGroup) -> Iterator[str]:
        if task == "bad":
            raise kind("broken")
        assert workers.stopped.wait(WAIT)
        yield task

    stop = threading.Event()
    with pytest.raises(kind, match="broken"):
        list(rows(script, ["good", "bad", "later"], worker_groups, stop))
    assert stop.is_set()
    assert all(workers.stopped.is_set() for workers in worker_groups)
    assert not [each for each in threading.enumerate() if each.name.startswith("worker group")]


@pytest.mark.parametrize("kind", [RuntimeError, KeyboardInterrupt])
def test_exception_where_rows_are_used(rows: Callable[..., Iterator[Any]], kind: type[BaseException]) -> None:
    """It stops all worker groups too, and nothing is left at work."""
    worker_groups = [FakeGroup(), FakeGroup()]

    def script(task: str, workers: FakeGroup) -> Iterator[str]:
        yield task
        assert workers.stopped.wait(WAIT)

    found = rows(script, ["a", "b", "c"], worker_groups)
    next(found)
    with pytest.raises(kind):
        found.throw(kind)  # type: ignore[attr-defined] # it is a generator
    assert all(workers.stopped.is_set() for workers in worker_groups)
    assert not [each for each in threading.enumerate() if each.name.startswith("worker group")]


def test_nothing_for_a_while(rows: Callable[..., Iterator[Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    """While no row comes there is a None now and then, so that the caller can look after the journal."""
    monkeypatch.setattr(local_backend, "IDLE", 0.01)
    go_on = threading.Event()

    def script(task: str, _workers: FakeGroup) -> Iterator[str]:
        assert go_on.wait(WAIT)
        yield task

    found = rows(script, ["a"], [FakeGroup()])
    assert [next(found), next(found)] == [None, None]
    go_on.set()
    assert [row for row in found if row] == ["a"]


def test_stop_lets_the_row_in_flight_finish(rows: Callable[..., Iterator[Any]]) -> None:
    """Once it is set, the row it is at still comes, and none after it: neither of this image nor of others."""
    stop, begun, go_on = (threading.Event() for _ in range(3))
    workers = FakeGroup()

    def script(task: str, _workers: FakeGroup) -> Iterator[str]:
        yield f"{task} 1"
        begun.set()
        assert go_on.wait(WAIT)
        yield f"{task} 2"
        yield f"{task} 3"

    found = rows(script, ["a", "b"], [workers], stop)
    assert next(found) == "a 1"
    assert begun.wait(WAIT)
    stop.set()
    go_on.set()
    assert list(found) == ["a 2"]
    assert not workers.stopped.is_set()


def test_stop_with_nothing_in_flight(rows: Callable[..., Iterator[Any]]) -> None:
    """An image without new rows does not make a worker group miss it."""
    stop = threading.Event()
    taken = []

    def script(task: int, _workers: FakeGroup) -> Iterator[int]:
        taken.append(task)
        stop.set()
        yield from ()

    assert list(rows(script, range(5), [FakeGroup()], stop)) == []
    assert taken == [0]
