"""What run.json says of given LR is read back; what an edited file says besides is left out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from srbench.store import given_lr
from srbench.store.given_lr import GivenLr

SAID = GivenLr(
    dataset="set5",
    factor=3,
    protocol="basicsr:lr=given",
    images=5,
    of=5,
    own="MATLAB bicubic",
    differs=0.79,
    closest="OpenCV INTER_CUBIC",
    closest_differs=0.0,
    files="ab",
)


def test_it_is_read_as_it_was_written() -> None:
    """Also after a journey through JSON."""
    assert given_lr.read(json.loads(json.dumps(given_lr.to_json([SAID])))) == [SAID]
    assert given_lr.read({}) == []


@pytest.mark.parametrize(
    "found",
    [None, {}, 3, [3], [[]], [{}], [{"dataset": "set5"}], [{**vars(SAID), "factor": "3"}], [{**vars(SAID), "x": 1}]],
)
def test_anything_else_is_left_out(found: Any) -> None:  # noqa: ANN401 - any JSON
    """It is a remark, without which a run can be read."""
    assert given_lr.read({given_lr.KEY: found}) == []
