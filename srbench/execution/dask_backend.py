"""The quality pass on a Dask cluster: batches of images go out, rows come back, and the coordinator alone writes.

Dask does the scheduling: a worker that dies has its batches done elsewhere. What travels is method specs, names and
hashes of images, and rows.
"""

from __future__ import annotations

import socket
import time
import uuid
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

from srbench import datasets
from srbench.errors import Crashed, SrbenchError, UsageError
from srbench.execution import dask_tasks
from srbench.execution.dask_tasks import Setup
from srbench.execution.scoring import IDLE, unscored
from srbench.extras import INSTALL
from srbench.quality.files import content_hash
from srbench.specs import unknown

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable, Iterator

    from distributed import Client, Future

    from srbench.datasets import ImageFile
    from srbench.execution.scoring import Scored, Scoring, Wanted
    from srbench.execution.timing_jobs import TimingJob
    from srbench.isolation.limits import Limits
    from srbench.store.rows import TimingRow

SECONDS = 1.0
"""How long a batch should take: long beside the hundredths of a second that it takes to send and schedule it."""

RATE = 100
"""Batches that a scheduler gets each second at most, a third of what one was measured to do: then they are longer."""

LARGEST = 1000
"""Images in a batch at most."""

AHEAD = 2
"""Batches on their way for each thread of the cluster: one to compute, one to follow."""

BEGINNING = 10.0
"""Seconds that a scheduler has to begin to listen, and a worker that is named to join."""

PATIENCE = 60.0
"""Seconds that a cluster may be without a scheduler, or without any worker at the start."""

Batch: TypeAlias = "tuple[Wanted, ...]"


@contextmanager
def connect(address: str, machine: str, limits: Limits) -> Iterator[DaskBackend]:
    """Connect to the scheduler at `address`, such as `tcp://scheduler:8786`, that has at least one worker.

    Raises:
        UsageError: Dask is not installed, nobody answers at the address, or no worker is called `machine`.
        SrbenchError: no worker has joined.

    """
    try:
        from distributed import Client  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise UsageError(f"--cluster needs Dask ({error}): {INSTALL['cluster']}") from error
    try:
        _check_address(address)
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, RuntimeError) as error:
        raise UsageError(f"no Dask scheduler answers at {address!r} ({error}); expected tcp://HOST:PORT") from error
    with client:
        _wait_for_workers(client, address)
        if machine:
            _wait_for(machine, client)
        try:
            yield DaskBackend(client, machine, limits)
        finally:
            if client.status == "running":
                client.run(dask_tasks.dismiss, on_error="ignore")


def _check_address(address: str) -> None:
    """Pass if somebody listens there: Dask's client would keep trying, and hang when it gives up.

    Raises:
        OSError, ValueError: nobody does, or it is no address.

    """
    end = time.monotonic() + BEGINNING
    parts = urlsplit(address)
    while True:
        try:
            with socket.create_connection((parts.hostname or "", parts.port or 0), BEGINNING):
                return
        except ConnectionRefusedError:  # it may be about to listen
            if time.monotonic() > end:
                raise
        time.sleep(0.2)


def _wait_for_workers(client: Client, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError as error:
        what = f"no worker has joined the scheduler at {address} within {PATIENCE:g} s"
        raise SrbenchError(f"{what}; start some: dask worker {address}") from error


def _wait_for(machine: str, client: Client) -> None:
    end = time.monotonic() + BEGINNING
    while machine not in (names := _workers(client)):
        if time.monotonic() > end:
            raise unknown("worker", machine, sorted(names))
        time.sleep(0.2)


def _workers(client: Client) -> dict[str, str]:
    """Return the addresses of the workers by their names."""
    return {str(facts["name"]): address for address, facts in client.scheduler_info(n_workers=-1)["workers"].items()}


@dataclass(frozen=True)
class DaskBackend:
    """A Dask cluster as the backend of a run."""

    client: Client
    machine: str
    """The name of the worker that times; none does if it is empty."""
    limits: Limits

    def rows(self, scoring: Scoring, images: Iterable[Wanted], stop: threading.Event) -> Iterator[Scored | None]:
        """Yield the rows of `images` as batches of them come back, and None when there was none for a while.

        Once `stop` is set, what is on its way is finished.

        Raises:
            SrbenchError: the cluster is gone, or cannot run srbench.

        """
        flight = _Flight(self.client, self._setup(scoring))
        remaining = map(_hashed, images)
        try:
            while True:
                if not stop.is_set():
                    flight.fill(remaining)
                if not flight.batches:
                    return
                idle = True
                for row in flight.landed(again=not stop.is_set()):
                    idle = False
                    yield row
                if idle:
                    yield None
        finally:
            self.client.cancel(list(flight.batches))

    def timings(self, job: TimingJob) -> list[TimingRow]:
        """Return the timing rows of the machine that was named.

        Raises:
            SrbenchError: an image is not there, or the worker died.

        """
        if not self.machine:
            return []
        inputs = [each._replace(image=_hashed(each.image)) for each in job.inputs]
        future = self.client.submit(
            dask_tasks.time_methods,
            replace(job, inputs=inputs),
            self.limits,
            workers=[_workers(self.client)[self.machine]],
            pure=False,
        )
        try:
            found: list[TimingRow] = future.result()
        except SrbenchError:
            raise
        except Exception as error:
            what = f"the timing on {self.machine} ended without a result: {type(error).__name__}: {error}"
            raise SrbenchError(what) from error
        return found

    def _setup(self, scoring: Scoring) -> Setup:
        return Setup(uuid.uuid4().hex, scoring, self.limits)


def _hashed(image: Wanted) -> Wanted:
    """Return the image with the hash of its file, by which other machines know it; a manifest has it already."""
    folder = datasets.folder_of(image.spec)
    if folder is None:
        return image
    lr = {factor: _hashed_file(folder, file) for factor, file in image.lr.items()}
    return replace(image, file=_hashed_file(folder, image.file), lr=lr)


def _hashed_file(folder: Path, file: ImageFile) -> ImageFile:
    return replace(file, sha256=content_hash(folder / file.path, ""))


@dataclass
class _Flight:
    """The batches that are on their way."""

    client: Client
    setup: Setup
    batches: dict[Future[Any], Batch] = field(default_factory=dict)
    _pace: float = SECONDS
    """Seconds for each image of the last batch; those of the first, in which methods were loaded, count no longer."""
    _last: int = 1
    """Images of that batch; the next ones have twice as many at most."""
    _alone: list[Batch] = field(default_factory=list)
    """Images of a batch that took its workers down: the one that does it will be alone next time."""

    def fill(self, tasks: Iterator[Wanted]) -> None:
        """Send batches until each thread of the cluster has its share."""
        threads = self._threads()
        size = max(1, min(LARGEST, 2 * self._last, round(max(SECONDS, threads / RATE) / self._pace)))
        for _ in range(AHEAD * threads - len(self.batches)):
            batch = self._alone.pop() if self._alone else tuple(islice(tasks, size))
            if not batch:
                return
            self._send(batch)

    def landed(self, *, again: bool) -> Iterator[Scored]:
        """Yield the rows of the batches that have come back; wait for one, but not for long.

        What was lost with a scheduler is sent again, or given up.
        """
        from distributed import wait  # noqa: PLC0415 - an extra

        with suppress(TimeoutError, CancelledError), self.client.as_current():  # cancelled: lost with the scheduler
            wait(list(self.batches), timeout=IDLE, return_when="FIRST_COMPLETED")
        if self.client.status == "closed":
            what = f"the scheduler has been gone for {PATIENCE:g} s; the results so far are kept"
            raise SrbenchError(f"{what}; to continue: the same command with this --out")
        for future in [future for future in self.batches if future.status != "pending"]:
            batch = self.batches.pop(future)
            found = self._rows_of(future, batch)
            if found is not None:
                yield from found
            elif again:
                self._send(batch)

    def _threads(self) -> int:
        """Return how many threads the cluster has; none while it has no scheduler."""
        try:
            return sum(self.client.nthreads().values())
        except OSError:
            return 0

    def _send(self, batch: Batch) -> None:
        self.batches[self.client.submit(dask_tasks.score_batch, self.setup, batch, pure=False)] = batch

    def _rows_of(self, future: Future[Any], batch: Batch) -> list[Scored] | None:
        """Return the rows of a batch; None if they were lost with a scheduler, be it on their way here."""
        if future.status == "error":
            return self._failed(future.exception(), batch)
        if future.status != "finished":
            return None
        try:
            rows, seconds = future.result()
        except (OSError, CancelledError):
            return None
        if rows:  # what was there already takes no time, and tells nothing
            self._pace = max(seconds / len(batch), 1e-6)
            self._last = len(batch)
        return list(rows)

    def _failed(self, error: BaseException | None, batch: Batch) -> list[Scored]:
        """Take a batch apart that took its workers down; an image that does so alone is a row."""
        from distributed import KilledWorker  # noqa: PLC0415 - an extra

        if not isinstance(error, KilledWorker):
            raise SrbenchError(f"the cluster cannot run srbench: {type(error).__name__}: {error}")
        if len(batch) > 1:
            self._alone += [(image,) for image in batch]
            return []
        problem = Crashed("it killed every cluster worker that processed it")
        tasks = [image.at(Path(image.file.path), self.setup.scoring) for image in batch]
        return [row for task in tasks for row in unscored(task, problem)]
