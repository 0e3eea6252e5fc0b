"""Every metric that is registered keeps the metric contract, with each value of its Literal options."""

from __future__ import annotations

import pytest

from srbench import testing
from srbench.errors import Unsupported
from srbench.metrics import registry, suite

METRICS = registry.built_in()
SLOW = {"dists", "lpips"}
"""Networks: seconds for each image."""


def specs() -> list[object]:
    """Return the specs of all metrics."""
    names = [spec for name in METRICS for spec in testing.spellings(name, METRICS)]
    return [pytest.param(each, marks=pytest.mark.slow) if each.partition(":")[0] in SLOW else each for each in names]


@pytest.mark.sampled
@pytest.mark.parametrize("spec", specs())
def test_a_built_in_metric_keeps_the_contract(spec: str) -> None:
    """Identical images are best, a blur is worse, the declaration holds, and small images are scored or refused."""
    choice = registry.choose(spec, METRICS)
    try:
        score = choice.load()
    except Unsupported as error:
        pytest.skip(str(error))
    suite.check(choice.metric(), score)


@pytest.mark.parametrize("name", METRICS)
def test_a_built_in_metric_says_what_it_is(name: str) -> None:
    """Its first line is short enough for the list, its hint for a page, and what it sees is declared."""
    assert len(METRICS[name].summary) <= 100
    try:
        metric = METRICS[name].metric()
    except Unsupported as error:
        pytest.skip(str(error))
    assert metric.hint
