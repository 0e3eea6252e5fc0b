"""`srbench env`: what to paste into a bug report."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    Command = Callable[..., Any]


def test_text(srbench: Command) -> None:
    """One fact per line, the versions among them."""
    result = srbench("env")
    assert result.code == 0
    facts = dict(line.split(maxsplit=1) for line in result.out.splitlines())
    assert facts["numpy"] == np.__version__
    assert int(facts["cores"]) >= 1
    assert {"python", "system", "processor", "torch", "cuda_devices"} <= facts.keys()


def test_json(srbench: Command) -> None:
    """JSON keeps the versions together."""
    facts = json.loads(srbench("env", "--json").out)
    assert facts["versions"]["numpy"] == np.__version__
    assert isinstance(facts["cuda_devices"], list)
