"""What a user says of a model file takes the place of what is found, where it can be said of its network."""

from __future__ import annotations

from typing import Any

import pytest

from srbench.errors import MethodError
from srbench.networks.choices import Choices
from srbench.takes import ANY, EIGHT_BIT, Takes

LUMA = Takes("y", dtypes=ANY)
RGB = Takes("rgb", dtypes=EIGHT_BIT, minimum=3)


@pytest.mark.parametrize(
    ("found", "said", "takes"),
    [
        (RGB, {}, RGB),
        (RGB, {"range": 255, "multiple": 8}, Takes("rgb", 255, dtypes=EIGHT_BIT, minimum=3, multiple=8)),
        (RGB, {"channels": "rgb", "dtypes": "any", "minimum": 1}, Takes("rgb", dtypes=ANY)),
        (LUMA, {"channels": "y", "luma": "full", "dtypes": "8-bit"}, Takes("y", luma="full", dtypes=EIGHT_BIT)),
    ],
)
def test_over(found: Takes, said: dict[str, Any], takes: Takes) -> None:
    """What is not said stays as it was found."""
    assert Choices(**said).over(found) == takes


@pytest.mark.parametrize(
    ("found", "said", "line"),
    [
        (RGB, {"channels": "y"}, "its network takes RGB; leave channels=y out"),
        (LUMA, {"channels": "rgb"}, "its network takes luma; leave channels=rgb out"),
        (RGB, {"luma": "full"}, "its network takes RGB, and no luma; leave luma=full out"),
        (LUMA, {"minimum": -4}, "minimum and multiple are pixels, expected integers of at least 1"),
    ],
)
def test_what_cannot_be_said(found: Takes, said: dict[str, Any], line: str) -> None:
    """It is one line, and not an error of the network."""
    with pytest.raises(MethodError, match=line):
        Choices(**said).over(found)
