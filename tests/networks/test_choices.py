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
    ("declared", "said", "complete"),
    [
        (
            Takes("y", 255, "full", 15, 8),
            {},
            Choices("y", 255, "full", minimum=15, multiple=8, dtypes="any"),
        ),
        (
            Takes("y", 255, "full", 15, 8),
            {"range": 1, "luma": "limited", "minimum": 2, "dtypes": "8-bit"},
            Choices("y", 1, "limited", minimum=2, multiple=8, dtypes="8-bit"),
        ),
        (RGB, {}, Choices("rgb", 1, minimum=3, multiple=1, dtypes="8-bit")),
        (Takes(dtypes=("float32",)), {}, Choices("rgb", 1, minimum=1, multiple=1)),
    ],
)
def test_completed(declared: Takes, said: dict[str, Any], complete: Choices) -> None:
    """What a file declares is taken where nothing is said, and what is said overrules it, a default too."""
    assert Choices(**said).completed(declared) == complete


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
