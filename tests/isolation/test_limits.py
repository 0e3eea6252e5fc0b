"""What a worker may take: numbers that make sense."""

from __future__ import annotations

from typing import Any

import pytest

from srbench.errors import UsageError
from srbench.isolation.limits import Limits


@pytest.mark.parametrize("name", ["timeout", "memory", "retries", "threads"])
@pytest.mark.parametrize("value", [-1, float("nan")])
def test_limits_that_cannot_be(name: str, value: Any) -> None:  # noqa: ANN401 - as somebody may give it
    """A negative limit, and one that is no number, is refused by its name."""
    with pytest.raises(UsageError, match=f"{name} is {value}, expected 0 or more"):
        Limits(**{name: value})


def test_zero_is_no_limit() -> None:
    """It can be said of each."""
    assert Limits(timeout=0, memory=0, retries=0, threads=0).timeout == 0
