"""How long one call of every built-in method takes on a 640x360 RGB image, at each factor and on each device."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from srbench import Unsupported, methods, testing

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

REGISTRY = methods.built_in()
NAMES = sorted(REGISTRY.keys() - methods._NEEDED.keys())
"""Those that need no file or command line."""


@pytest.mark.timeout(0)  # a benchmark takes as long as its method
@pytest.mark.benchmark(timer=testing.clock)
@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
@pytest.mark.parametrize("factor", testing.FACTORS)
@pytest.mark.parametrize("name", NAMES)
def test_upscale(benchmark: BenchmarkFixture, name: str, factor: int, device: str) -> None:
    """One call, from an idle device to an array."""
    choice = testing.choose(name, REGISTRY)
    try:
        choice.load(factor, device)
    except Unsupported as error:  # such as of a program that is not installed
        pytest.skip(str(error))
    testing.upscales(benchmark, choice, factor, device)
