"""What is said about given LR."""

from __future__ import annotations

import pytest

from srbench.reports.given_lr import sentences
from srbench.store.given_lr import GivenLr, to_json

MATLAB, OPENCV = "MATLAB bicubic", "OpenCV INTER_CUBIC"


@pytest.mark.parametrize(
    ("own", "differs", "closest", "closest_differs", "expected"),
    [
        (MATLAB, 0.0, MATLAB, 0.0, "these LR images are what this protocol makes of HR: MATLAB bicubic"),
        (
            *(MATLAB, 0.754, OPENCV, 0.0),
            "these LR images were not made by this protocol: 75 % of samples differ; closest: OpenCV INTER_CUBIC",
        ),
        (
            *(MATLAB, 0.0001, MATLAB, 0.0001),
            (
                "these LR images were not made by this protocol: 0.01 % of samples differ; closest: MATLAB bicubic, "
                "from which 0.01 % differ"
            ),
        ),
        (
            *("", 1.0, OPENCV, 0.999),
            "these LR images are given; closest: OpenCV INTER_CUBIC, from which 99.9 % differ",
        ),
    ],
)
def test_sentences(own: str, differs: float, closest: str, closest_differs: float, expected: str) -> None:
    """Whether the protocol makes such LR, how many samples differ, and what is closest; over how many images."""
    said = GivenLr(
        dataset="set5",
        factor=3,
        protocol="basicsr:lr=given",
        images=2,
        of=5,
        own=own,
        differs=differs,
        closest=closest,
        closest_differs=closest_differs,
    )
    (line,) = sentences(to_json([said]))
    assert line == f"set5 x3, basicsr:lr=given: {expected} (2 of 5 images compared)"
