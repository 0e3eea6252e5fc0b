"""What is measured of single images becomes what is wrong with all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from srbench.diagnosis.faults import Seen, agreed, alike, look
from srbench.quality.alignment.placement import Placement
from srbench.quality.alignment.shift import Shift
from srbench.quality.image import is_grey, luma, stacked

if TYPE_CHECKING:
    from collections.abc import Callable

    from srbench.quality.image import Image

    Scene = Callable[..., Image]

SHAPES = (96, 120, 3), (96, 120, 3)
LOWER = (96, 120, 3), (94, 120, 3)


def seen(down: float, right: float = 0.0, shapes: tuple[tuple[int, ...], tuple[int, ...]] = SHAPES) -> Seen:
    """Return an image that is shifted so far."""
    return Seen(shapes, grey=False, laid=Shift(down, right))


def test_the_median_is_common() -> None:
    """Images that are shifted about alike are shifted by the median, those included that cannot tell."""
    found = agreed([seen(0.48), seen(0.5), seen(0.52), Seen(SHAPES, grey=False, lost=True)])
    assert found.shift is not None
    assert found.shift.common == Shift(0.5, 0.0)
    assert found.lost == (None, None, None, SHAPES)


def test_too_little() -> None:
    """Less than 0.05 px is no shift, and less than 0.15 px no stretching."""
    assert agreed([seen(0.04, -0.04)] * 3).shift is None
    assert agreed([Seen(SHAPES, grey=False, laid=Shift(0.0, 0.0, 0.1, -0.1))]).shift is None
    found = agreed([Seen(SHAPES, grey=False, laid=Shift(0.3, 0.0, 0.1, 0.0))]).shift
    assert found is not None
    assert found.common == Shift(0.3, 0.0)


def test_images_differ() -> None:
    """Where many images are shifted otherwise, each has its own; a single one of many is named and left as it is."""
    found = agreed([seen(1.0), seen(0.0), seen(0.0)])
    assert found.shift is not None
    assert found.shift.per_image == (Shift(1.0, 0.0), None, None)
    assert not any(found.unlike)
    found = agreed([seen(1.0), *[seen(0.0)] * 11])
    assert found.shift is None
    assert found.unlike == (True, *[False] * 11)


def test_sizes() -> None:
    """Of SR of another size the placement is the whole pixels, and the shift what is left."""
    found = agreed([seen(-0.75, shapes=LOWER), seen(-0.75, shapes=LOWER)])
    assert found.placement is not None
    assert found.placement.common == Placement(1, 1, 0, 0)
    assert found.shift is not None
    assert found.shift.common == Shift(0.25, 0.0)
    lost = agreed([Seen(LOWER, grey=False, lost=True)])
    assert not lost.aligned[0]
    assert lost.placement is None


def test_left_as_they_are() -> None:
    """Kinds of faults can be taken out."""
    found = agreed([seen(-0.75, shapes=LOWER)])
    assert found.without(["shift"]).shift is None
    assert found.without(["shift"]).placement == found.placement


def test_looked_at(scene: Scene) -> None:
    """All is measured of one image: placement, order, levels and shift, one beside the other."""
    hr = scene().astype(np.uint8)
    moved = scene(down=0.3, right=-0.25)[1:, 2:-1, ::-1]
    found = look(hr, np.round(16 + moved * (219 / 255)).astype(np.uint8), 3)
    faults = agreed([found])
    assert found.lacking == (1, 3)
    assert faults.placement is not None
    assert faults.placement.common == Placement(1, 0, 2, 1)
    assert faults.channels is not None
    assert faults.channels.common == (2, 1, 0)
    assert faults.levels is not None
    assert faults.levels.common is not None
    assert faults.levels.common.name == "16..235 instead of 0..255"
    assert faults.shift is not None
    assert faults.shift.common is not None
    assert np.allclose(faults.shift.common, (0.3, -0.25, 0, 0), atol=0.02)


def test_alike(scene: Scene) -> None:
    """SR without colours is compared as it is scored: with HR's luma where it has one channel, else with HR's grey."""
    hr = scene().astype(np.uint8)
    grey = hr[..., 0]
    for seen_, shown in (alike(hr, grey), alike(hr, stacked(grey)), alike(grey, hr), alike(stacked(grey), grey)):
        assert is_grey(seen_)
        assert is_grey(shown)
    assert np.allclose(alike(hr, grey)[0] * 255, luma(hr))
    assert alike(hr, hr)[0] is hr
