"""What a method declares to take: values that there are, in words, and held against images."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import srbench
from srbench.errors import MethodError
from srbench.takes import EIGHT_BIT, Takes


def test_declared_by_name() -> None:
    """`srbench.Takes` is it, and `import srbench` loads neither it nor anything else for that."""
    assert srbench.Takes is Takes
    code = "import srbench, sys; assert not {'srbench.takes', 'numpy'} & set(sys.modules); srbench.Takes()"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"channels": "bgr"}, "channels is 'bgr', expected one of y, rgb"),
        ({"range": 256}, "range is 256, expected one of 1, 255"),
        ({"luma": "jpeg"}, "luma is 'jpeg', expected one of limited, full"),
        ({"minimum": 0}, "minimum and multiple are pixels, expected integers of at least 1"),
        ({"dtypes": ("uint16",)}, r"dtypes is \('uint16',\), expected some of uint8, float32, float64"),
        ({"dtypes": ()}, r"dtypes is \(\), expected some of"),
    ],
)
def test_what_there_is_not(values: dict[str, Any], line: str) -> None:
    """One line names the value and what there is."""
    with pytest.raises(MethodError, match=line):
        Takes(**values)


@pytest.mark.parametrize(
    ("takes", "image", "line"),
    [
        (Takes(), np.zeros((1, 1)), ""),
        (Takes(dtypes=EIGHT_BIT), np.zeros((9, 9, 3), np.uint8), ""),
        (Takes(dtypes=EIGHT_BIT), np.zeros((9, 9)), "takes uint8 images, and LR is float64 luma"),
        (Takes(minimum=15), np.zeros((15, 14, 3)), "needs at least 15 pixels a side, and LR is 14x15"),
        (Takes(multiple=4), np.zeros((8, 14)), "needs sides that are multiples of 4 pixels, and LR is 14x8"),
    ],
)
def test_refusal(takes: Takes, image: Any, line: str) -> None:  # noqa: ANN401 - an image
    """The reason says what is needed, and what LR is; there is none for an image that is taken."""
    assert takes.refusal(image) == line


def test_words_and_facts() -> None:
    """A declaration reads as a phrase, and as JSON."""
    assert Takes("y").words == "luma in 0..1"
    assert Takes("y", luma="full").words == "luma of full range in 0..1"
    takes = Takes("rgb", 255, minimum=15, multiple=4, dtypes=EIGHT_BIT)
    assert takes.words == "RGB in 0..255, uint8 alone, at least 15 pixels a side, sides that are multiples of 4"
    assert Takes(**json.loads(json.dumps(takes.facts))).facts == takes.facts


@pytest.mark.parametrize(("wanted", "side"), [(1, 16), (16, 16), (17, 20), (20, 20)])
def test_side(wanted: int, side: int) -> None:
    """The next side that is taken."""
    assert Takes(minimum=15, multiple=4).side(wanted) == side
