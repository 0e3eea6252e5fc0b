"""Where tasks run: in this process, or in parallel ones. Workers return rows; only the coordinator writes."""

from __future__ import annotations

import os
import signal
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from srbench.errors import SrbenchError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")
R = TypeVar("R")


def each(function: Callable[[T], Iterator[R]], tasks: Iterable[T], jobs: int) -> Iterator[list[R]]:
    """Yield what `function` gives for each task, as it comes: item by item here, task by task from other processes.

    Raises:
        SrbenchError: a worker process died.

    """
    if jobs == 1:
        for task in tasks:
            for item in function(task):
                yield [item]
        return
    executor = _executor(jobs)
    try:
        yield from _windowed(executor, function, tasks, 2 * jobs)
    except BrokenProcessPool as error:
        raise SrbenchError(
            "a worker process died (killed, out of memory or crashed in native code); the rows so far are kept, and "
            "the same command with this --out continues; if it dies again, run the methods one by one to find which"
        ) from error
    finally:
        executor.shutdown(wait=True, kill_workers=True)


def _windowed(
    executor: Any,  # noqa: ANN401 - anything shaped like concurrent.futures.Executor
    function: Callable[[T], Iterator[R]],
    tasks: Iterable[T],
    window: int,
) -> Iterator[list[R]]:
    """Keep at most `window` tasks submitted, so that memory does not grow with the number of tasks."""
    remaining = iter(tasks)
    pending: set[Future[list[R]]] = {executor.submit(_collect, function, task) for task in islice(remaining, window)}
    while pending:
        done, pending = wait(pending, return_when=FIRST_COMPLETED)
        for future in done:
            yield future.result()
        pending |= {executor.submit(_collect, function, task) for task in islice(remaining, len(done))}


def _collect(function: Callable[[T], Iterator[R]], task: T) -> list[R]:
    return list(function(task))


def _executor(jobs: int) -> Any:  # noqa: ANN401 - loky has no types
    """Start loky's processes: fresh ones, which do not run the user's main module again and share the cores."""
    from loky import ProcessPoolExecutor  # noqa: PLC0415 - needed with --jobs alone, and not on every machine
    from loky.backend import get_context  # noqa: PLC0415

    threads = str(max(1, (os.cpu_count() or 1) // jobs))
    environment = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), threads)
    return ProcessPoolExecutor(jobs, context=get_context("loky"), initializer=_prepare, env=environment)


def _prepare() -> None:
    """Leave Ctrl-C to the coordinator, which shuts the workers down; keep OpenCV to this worker's share of cores."""
    import cv2  # noqa: PLC0415 - in the worker alone

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(int(os.environ["OMP_NUM_THREADS"]))
