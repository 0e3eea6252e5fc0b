"""What pytest runs for every method and metric, built in or not: contracts, and benchmarks with a synchronising timer.

`srbench.pytest_plugin` makes tests of this for what the ini options `srbench_methods` and `srbench_metrics` name; in a
test of your own:

>>> keeps_contract(choose("mine", registry([Path("mine.py")])), 3)
>>> keeps_metric_contract("sharpness", [Path("sharpness.py")])

It needs pytest, which nothing else inside srbench imports.
"""

from __future__ import annotations

import itertools
import shlex
import sys
import time
import tomllib
import traceback
import typing
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pytest

from srbench import contract, method_options, methods, plugins
from srbench import registry as registries
from srbench.errors import MethodError, MetricError, Unsupported
from srbench.execution import loading
from srbench.methods import Choice, choose, registry
from srbench.metrics import contract as metric_contract
from srbench.metrics import registry as metrics
from srbench.metrics import suite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pytest_benchmark.fixture import BenchmarkFixture

    from srbench.contract import Upscaler
    from srbench.quality.image import Image

__all__ = [
    "DEVICES",
    "FACTORS",
    "REFERENCE",
    "choose",
    "clock",
    "keeps_contract",
    "keeps_metric_contract",
    "registry",
    "spellings",
    "upscales",
]

FACTORS = (2, 3, 4)
DEVICES = ("cpu", "cuda")
REFERENCE = "bicubic"
"""The method that benchmarks of one method stand beside."""

Test: TypeAlias = "tuple[str, Callable[..., None]]"
"""The name of a test and what it calls."""

# whose frames are of no use to an author
_MODULES = (contract, loading, method_options, methods, metric_contract, metrics, plugins, registries, suite)
_HARNESS = {module.__file__ for module in _MODULES} | {__file__}


class _Clock:
    """A timer for pytest-benchmark that waits for a device before it looks at the time, at the start and the end."""

    __name__ = "srbench.testing.clock"  # in the JSON

    def __init__(self) -> None:
        self._synchronize: Callable[[], object] = _nothing

    def __call__(self) -> float:
        """Return seconds, once the work that was given to the device is done."""
        self._synchronize()
        return time.perf_counter()

    @contextmanager
    def waiting_for(self, upscaler: Upscaler) -> Iterator[None]:
        """Wait for the device of `upscaler`, if it says how."""
        self._synchronize = getattr(upscaler, "synchronize", _nothing)
        try:
            yield
        finally:
            self._synchronize = _nothing


def _nothing() -> None:
    pass


clock = _Clock()
"""Give it to benchmarks that call `upscales`: `@pytest.mark.benchmark(timer=clock)`."""


def spellings(name: str, known: Mapping[str, registries.Plugin]) -> list[str]:
    """Return a plug-in's name, alone and with each other value of its Literal options; alone if a package is missing.

    Raises:
        MethodError, MetricError: it cannot be imported.

    """
    plugin = known[name]
    try:
        load = plugin.module().load
    except Unsupported:  # its tests will say so
        return [name]
    options = plugin.defaults()
    hints = {key: method_options.hint(load, option) for key, option in options.items()}
    choices = {key: typing.get_args(hint) for key, hint in hints.items() if typing.get_origin(hint) is typing.Literal}
    others = ((key, value) for key, values in choices.items() for value in values if value != options[key].default)
    return [name, *(f"{name}:{key}={value}" for key, value in others)]


def keeps_contract(choice: Choice, factor: int, device: str = "cpu") -> None:
    """Hold a method to the contract: skips where it cannot run, and fails in one block without code of srbench.

    A method that can run nowhere here fails: skips alone would look as if it had been tested.
    """
    with _verdict(choice):
        contract.check(loading.load(choice, factor, device), factor)


def keeps_metric_contract(spec: str, plugins: Iterable[Path] = ()) -> None:
    """Hold a metric to the contract, and fail in one block without code of srbench, also where it cannot run."""
    files = list(plugins)
    known = metrics.registry(files)
    package = _package_of(sys._getframe(1).f_code.co_filename, spec)  # noqa: SLF001 - the test that calls this
    if package and spec.partition(":")[0] not in known:
        what = f"{spec} is not installed; first: pip install -e {shlex.quote(str(package))}"
        raise pytest.fail.Exception(what, pytrace=False)
    try:
        metrics.check_names([spec], files)
        choice = metrics.choose(spec, known)
        suite.check(choice.metric(), choice.load())
    except Unsupported as error:
        raise pytest.fail.Exception(f"{spec}: nothing was tested: {explain(error)}", pytrace=False) from None
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a metric may raise anything
        raise pytest.fail.Exception(f"{spec}: {explain(error)}", pytrace=False) from None


def _package_of(test: str, spec: str) -> Path | None:
    """Return the folder of the package that a test belongs to, if its pyproject.toml offers the metric."""
    home = next((folder for folder in Path(test).parents if (folder / "pyproject.toml").is_file()), None)
    if home is None:
        return None
    points = tomllib.loads((home / "pyproject.toml").read_text("utf-8")).get("project", {}).get("entry-points", {})
    return home if spec.partition(":")[0] in points.get(metrics.MetricPlugin.GROUP, {}) else None


def upscales(benchmark: BenchmarkFixture, choice: Choice, factor: int, device: str) -> None:
    """Benchmark one call on a 640x360 RGB image, from an idle device to an array; skips and fails as above."""
    lr: Image = np.random.default_rng(0).integers(0, 256, (360, 640, 3), dtype=np.uint8)
    benchmark.group = f"upscale 640x360 RGB uint8 x{factor} on {device}"
    benchmark.extra_info |= {"method": choice.spec, "factor": factor, "device": device}
    with _verdict(choice):
        upscaler = loading.load(choice, factor, device)
        contract.upscale(upscaler, lr, factor)
        with clock.waiting_for(upscaler):
            benchmark(lambda: np.asarray(upscaler(lr)))


def contracts(specs: Sequence[str], files: Sequence[Path]) -> Iterator[Test]:
    """Yield the contract tests of `specs`; of one without options, for each value of its Literal options.

    Raises:
        SrbenchError: there is no such method or option, or a method cannot be imported.

    """
    known = registry(files)
    methods.check_names(specs, files)
    for spec in _spelled_out(specs, known):
        choice = choose(spec, known)
        for factor, device in itertools.product(FACTORS, loading.devices_of(choice)):
            yield f"contract[{spec}-x{factor}-{device}]", partial(keeps_contract, choice, factor, device)


def metric_contracts(specs: Sequence[str], files: Sequence[Path]) -> Iterator[Test]:
    """Yield the contract tests of metrics; of one without options, for each value of its Literal options.

    Raises:
        SrbenchError: there is no such metric or option, or a metric cannot be imported.

    """
    known = metrics.registry(files)
    metrics.check_names(specs, files)
    for spec in _spelled_out(specs, known):
        metrics.choose(spec, known)
        yield f"contract[{spec}]", partial(keeps_metric_contract, spec, files)


def _spelled_out(specs: Iterable[str], known: Mapping[str, registries.Plugin]) -> Iterator[str]:
    """Yield specs that have options as they are, and others with each of their spellings."""
    return itertools.chain.from_iterable([each] if ":" in each else spellings(each, known) for each in specs)


def benchmarks(specs: Iterable[str], files: Iterable[Path]) -> Iterator[Test]:
    """Yield the benchmarks of `specs`, and of `REFERENCE`.

    Raises:
        SrbenchError: there is no such method or option.

    """
    known = registry(files)
    for spec, factor, device in itertools.product(dict.fromkeys([*specs, REFERENCE]), FACTORS, DEVICES):
        yield f"upscale[{spec}-x{factor}-{device}]", _benchmark(choose(spec, known), factor, device)


def _benchmark(choice: Choice, factor: int, device: str) -> Callable[..., None]:
    @pytest.mark.benchmark(timer=clock)
    @pytest.mark.filterwarnings("ignore:Benchmark fixture was not used")  # a method that fails says why itself
    def test(benchmark: BenchmarkFixture) -> None:
        upscales(benchmark, choice, factor, device)

    return test


CONTRACTS = {"methods": contracts, "metrics": metric_contracts}
BENCHMARKS = {"methods": benchmarks}
"""What makes tests of the specs that a file declares, and of all plug-in files."""


def explain(error: BaseException) -> str:
    """Return what went wrong, then where in the author's own code, if there."""
    origin = (error.__cause__ if isinstance(error, MethodError | MetricError) else None) or error
    frames = reversed(traceback.extract_tb(origin.__traceback__))
    own = [*itertools.takewhile(lambda frame: frame.filename not in _HARNESS, frames)][::-1]
    own = [frame for frame in own if not frame.filename.startswith("<frozen")]
    where = [*traceback.format_list(own), *traceback.format_exception_only(origin)] if own else []
    return "\n".join([loading.reason_for(error)[1], *"".join(where).splitlines()])


@contextmanager
def _verdict(choice: Choice) -> Iterator[None]:
    """Turn what a method cannot do into a skip, and whatever else it raises into a failure."""
    try:
        yield
    except Unsupported as error:
        if not _runs_somewhere(choice):
            nowhere = "it runs at none of x2, x3 and x4 here, so nothing was tested"
            raise pytest.fail.Exception(f"{choice.spec}: {nowhere}: {explain(error)}", pytrace=False) from None
        pytest.skip(str(error))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a method may raise anything
        raise pytest.fail.Exception(f"{choice.spec}: {explain(error)}", pytrace=False) from None


def _runs_somewhere(choice: Choice) -> bool:
    """Tell whether a method, with its options or without, loads at any factor on any of its devices."""
    cases = itertools.product({choice, Choice(choice.method)}, FACTORS, loading.devices_of(choice))
    return any(not isinstance(loading.loaded(*case), Unsupported) for case in cases)
