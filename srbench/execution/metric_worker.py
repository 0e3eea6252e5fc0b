"""A metric's worker: what its metric is, loading it, measuring."""

from __future__ import annotations

import traceback
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from srbench.errors import MetricError, SrbenchError, Unsupported, UsageError
from srbench.execution.metric_info import MetricInfo
from srbench.hashing import file_hash, sha256
from srbench.isolation.serving import text_of
from srbench.metrics import contract, registry
from srbench.speed import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srbench.execution.metric_info import AskedMetric
    from srbench.metrics.declaration import Score
    from srbench.metrics.registry import Choice
    from srbench.quality.image import Image


def describe(asked: AskedMetric) -> MetricInfo:
    """Return what there is to know about a metric.

    Raises:
        UsageError: a metric, an option or a plug-in file that there is not, or a metric that declares nonsense.
        SrbenchError: it cannot be imported.

    """
    for cached in (_chosen, _identity, _loaded):
        cached.cache_clear()  # a plug-in file may have been edited since
    choice = _chosen(asked.spec, asked.plugins)
    if problem := choice.plugin.problem():
        raise UsageError(problem)
    declared = choice.metric()
    if _identity(choice).error:
        return MetricInfo(asked, choice.spec, declared, _code_of(choice), choice.plugin.summary)
    files = {path.name: file_hash(path) for path in choice.files()}
    fetches = not all(path.is_file() for path in choice.weights())
    return MetricInfo(asked, choice.spec, declared, _code_of(choice), choice.plugin.summary, files, fetches)


def prepare(info: MetricInfo) -> None:
    """Load the metric, which stays here.

    Raises:
        Exception: what prevents it.

    """
    _ready(info)


def measure(info: MetricInfo, reference: Image, image: Image) -> float:
    """Return the value that a metric gives to `image`; both are what it sees (`quality.pairs`).

    Raises:
        Exception: whatever the metric raises, or a `MetricError` where the value is none.

    """
    score = _ready(info)
    with _located(info):
        return contract.measure(info.declared, score, reference, image)


@contextmanager
def _located(info: MetricInfo) -> Iterator[None]:
    """Say of an exception where in the metric's own code it was raised."""
    try:
        yield
    except SrbenchError:
        raise
    except Exception as error:
        traceback.print_exc()  # which its row keeps
        own = set(_chosen(info.asked.spec, info.asked.plugins).plugin.code_files())
        frames = [each for each in traceback.extract_tb(error.__traceback__) if Path(each.filename) in own]
        where = f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
        raise MetricError(f"{type(error).__name__}{where}: {text_of(error)}") from error


def _ready(info: MetricInfo) -> Score:
    """Return the metric's function, loaded once; its code must be the one that rows will name.

    Raises:
        Unsupported: the code was edited since the run began.
        Exception: what else prevents it.

    """
    choice = _chosen(info.asked.spec, info.asked.plugins)
    if _code_of(choice) != info.code:
        raise Unsupported("its code or weights were edited during the run; the same command measures it again")
    score = _loaded(choice)
    if isinstance(score, BaseException):
        with _located(info):
            raise score
    return score


@lru_cache(maxsize=8)
def _chosen(spec: str, plugins: tuple[str, ...]) -> Choice:
    return registry.choose(spec, registry.registry([Path(plugin) for plugin in plugins]))


def _code_of(choice: Choice) -> str:
    """Return a sha256 over all that decides a value but the images."""
    return sha256(_identity(choice).code, environment.deciding_versions())


class _Identity(NamedTuple):
    """What a metric's values are traced to."""

    code: str
    """sha256 over its code, files and options; without files where they cannot be determined."""
    error: SrbenchError | None = None
    """Why they cannot be determined: then it is not loaded, as a value would not be computed again after an edit."""


@lru_cache(maxsize=8)
def _identity(choice: Choice) -> _Identity:
    try:
        return _Identity(choice.fingerprint())
    except SrbenchError as error:
        return _Identity(sha256(choice.spec, *choice.plugin.code_hashes(), str(error)), error)


@lru_cache(maxsize=8)
def _loaded(choice: Choice) -> Score | BaseException:
    """Load a metric once per process; the error that prevents it is kept as well."""
    if error := _identity(choice).error:
        return error
    try:
        return choice.load()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a metric may raise anything
        return error
