"""What is said about given LR."""

from __future__ import annotations

from typing import Any

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
            (
                "these LR images were not made by this protocol: 75 % of samples differ; closest: OpenCV INTER_CUBIC, "
                "exactly (lr=bicubic-opencv)"
            ),
        ),
        (
            *(MATLAB, 0.0001, MATLAB, 0.0001),
            (
                "these LR images were not made by this protocol: 0.01 % of samples differ; no named degradation is "
                "closer"
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
        lr="lr=bicubic-opencv",
    )
    (line,) = sentences(to_json([said]))
    assert line == f"set5 x3, basicsr:lr=given: {expected} (2 of 5 images compared)"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (
            {"exact": 4, "others": "bird.png", "differs": 0.53, "closest_differs": 0.2},
            (
                "4 of 5 images are what this protocol makes of HR; bird.png differs (53 % of samples); closest: OpenCV "
                "INTER_CUBIC, from which 20 % differ"
            ),
        ),
        (
            {"differs": 0.97, "closest_differs": 0.96, "away": 30.0},
            (
                "these LR images were not made by this protocol: 97 % of samples differ; close to no named "
                "degradation; LR may not belong to HR"
            ),
        ),
        (
            {"differs": 0.0, "not_compared": "a.png not compared: LR is grey, HR has colours"},
            (
                "these LR images are what this protocol makes of HR: MATLAB bicubic; a.png not compared: LR is grey, "
                "HR has colours"
            ),
        ),
    ],
)
def test_exceptions(facts: dict[str, Any], expected: str) -> None:
    """Images that differ from the others, LR that is like nothing, and images that were not compared are named."""
    case: dict[str, Any] = {"dataset": "set5", "factor": 3, "protocol": "p", "images": 5, "of": 5, "own": MATLAB}
    (line,) = sentences(to_json([GivenLr(**{**case, "closest": OPENCV, "closest_differs": 0.0, **facts})]))
    assert line == f"set5 x3, p: {expected} (5 of 5 images compared)"


def test_what_protocols_have_no_name_for() -> None:
    """LR may be of a kind that no protocol makes: then there is nothing to type."""
    case: dict[str, Any] = {"dataset": "set5", "factor": 2, "protocol": "basicsr:lr=given", "images": 5, "of": 5}
    facts = GivenLr(**case, own=MATLAB, differs=0.5, closest="torch bicubic of uint8", closest_differs=0.0, lr="")
    (line,) = sentences(to_json([facts]))
    assert line.endswith("closest: torch bicubic of uint8, exactly (5 of 5 images compared)")
