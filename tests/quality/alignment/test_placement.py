"""SR whose size is not HR's is laid on HR."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from srbench.quality.alignment import placement
from srbench.quality.alignment.placement import Placement

if TYPE_CHECKING:
    from collections.abc import Callable

    from srbench.quality.image import Image

    Scene = Callable[..., Image]


@pytest.mark.parametrize(
    "placed",
    [
        *(Placement(1, 1, 1, 1), Placement(0, 2, 0, 1), Placement(2, 0, 1, 0), Placement(8, 0, 0, 0)),
        *(Placement(-3, -5, 0, -8), Placement(0, -1, 0, 0), Placement(2, -2, 0, 0), Placement(-4, 3, 1, -1)),
        Placement(0, 0, 0, 0),
    ],
)
def test_where_sr_lies(scene: Scene, placed: Placement) -> None:
    """Rows and columns that SR lacks, and those that it has beyond HR, are counted at each side."""
    hr = scene().astype(np.uint8)
    cut = [max(each, 0) for each in placed]
    added = [max(-each, 0) for each in placed]
    sr = hr[cut[0] : hr.shape[0] - cut[1], cut[2] : hr.shape[1] - cut[3]]
    sr = np.pad(sr, (added[:2], added[2:], (0, 0)), mode="edge")
    assert placement.find(hr, sr, 3) == placed
    seen, shown = placement.overlap(hr, sr, placed)
    assert (seen == shown).all()
    assert placed.fits == (placed == (0, 0, 0, 0))


@pytest.mark.parametrize("half", [0.5, -0.5])
def test_half_a_pixel(scene: Scene, half: float) -> None:
    """Where SR lies between two pixels, it is laid inside HR."""
    hr = scene()
    sr = scene(down=half)[1 if half < 0 else 0 : 95 if half > 0 else 96]
    found = placement.find(hr.astype(np.uint8), sr.astype(np.uint8), 3)
    assert found in {Placement(0, 1, 0, 0), Placement(1, 0, 0, 0)}


def test_not_placed(scene: Scene) -> None:
    """Sizes that differ by too much are not compared, nor images of different things."""
    hr = scene().astype(np.uint8)
    assert placement.find(hr, hr[:40], 3) is None
    assert placement.find(hr, np.random.default_rng(1).integers(0, 256, (95, 120, 3), np.uint8), 3) is None
