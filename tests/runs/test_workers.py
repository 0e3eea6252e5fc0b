"""Where tasks run does not change what comes back; a worker that dies gives one clear error."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from srbench.errors import SrbenchError
from srbench.runs import workers

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_in_process_items_come_one_by_one() -> None:
    """With one job each item is handed over before the next is computed, so that it can be put on disk."""
    begun = []

    def letters(word: str) -> Iterator[str]:
        for letter in word:
            begun.append(letter)
            yield letter

    results = workers.each(letters, ["ab", "c"], 1)
    assert next(results) == ["a"]
    assert begun == ["a"]
    assert list(results) == [["b"], ["c"]]


def test_processes_return_the_same() -> None:
    """Two processes return what one does, task by task, in whatever order they finish; none of it runs here."""

    def numbers(task: int) -> Iterator[tuple[int, int, int]]:
        for number in range(task):
            yield task, number, os.getpid()

    found = list(workers.each(numbers, range(7), 2))
    here = [item[:2] for items in workers.each(numbers, range(7), 1) for item in items]
    assert sorted(item[:2] for items in found for item in items) == here
    assert [len(items) for items in sorted(found)] == list(range(7))
    assert os.getpid() not in {item[2] for items in found for item in items}


def test_window_is_bounded() -> None:
    """Tasks are taken when there is room for them, not all at the start."""
    taken = []

    def tasks() -> Iterator[int]:
        for number in range(40):
            taken.append(number)
            yield number

    def echo(task: int) -> Iterator[int]:
        yield task

    results = workers.each(echo, tasks(), 2)
    first = next(results)
    assert len(taken) <= 4
    assert sorted(first + [item for items in results for item in items]) == list(range(40))


def test_dying_worker() -> None:
    """A worker that crashes in native code ends the run with what happened and what to do."""

    def die(task: int) -> Iterator[int]:
        os._exit(task)

    with pytest.raises(SrbenchError, match=r"a worker process died .* with this --out continues"):
        list(workers.each(die, [3], 2))


def test_error_of_a_task_arrives() -> None:
    """An exception inside a worker is raised here as itself."""

    def broken(task: int) -> Iterator[int]:
        yield 1 // task

    with pytest.raises(ZeroDivisionError):
        list(workers.each(broken, [1, 0], 2))


def test_cores_are_shared_out() -> None:
    """OpenCV in each of two workers keeps to its half of the cores."""

    def threads(_: int) -> Iterator[int]:
        import cv2  # noqa: PLC0415 - in the worker

        yield cv2.getNumThreads()

    assert list(workers.each(threads, [0], 2)) == [[max(1, (os.cpu_count() or 1) // 2)]]
