"""A shift of SR is found to a hundredth of a pixel, and undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from srbench.quality.alignment import shift
from srbench.quality.alignment.shift import Shift
from srbench.quality.degradation import bicubic
from srbench.quality.image import from_255, stacked
from srbench.quality.metrics import psnr
from srbench.quality.resize import imresize

if TYPE_CHECKING:
    from collections.abc import Callable

    from srbench.quality.image import Image

    Scene = Callable[..., Image]


def saved(values: Image) -> Image:
    """Return values on 0..255 as files hold them."""
    return from_255(values, np.dtype(np.uint8))


@pytest.mark.parametrize(
    ("down", "right"),
    [(0, 0), (0.1, 0), (0, -0.1), (-0.25, 0.25), (0.5, 0.5), (1, -0.5), (1, 1), (-3.4, 6.7), (9, -12)],
)
def test_shifts_are_found(scene: Scene, down: float, right: float) -> None:
    """Any shift is found to 0.02 px in 8-bit images, fractions of pixels and several pixels."""
    factor = 2 if down < 0 else 3 if right <= 0 else 4
    found = shift.find(saved(scene()), saved(scene(down=down, right=right)), factor)
    assert found is not None
    assert found[:2] == pytest.approx((down, right), abs=0.02)
    assert found[2:] == pytest.approx((0, 0), abs=0.1)


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_blurrier_sr_is_not_shifted(scene: Scene, factor: int) -> None:
    """SR that bicubic made lies where HR lies, though it is much blurrier."""
    hr = saved(scene(96, 120))
    sr = imresize(bicubic().apply(hr, factor), factor)
    found = shift.find(hr, sr, factor)
    assert found is not None
    assert found.farthest < 0.05


def test_levels_do_not_matter(scene: Scene) -> None:
    """The shift of SR with less contrast, inverted or with a gamma is that of SR."""
    hr, moved = saved(scene()), scene(down=0.3, right=-0.2)
    for values in (16 + moved * 219 / 255, 255 - moved, 255 * (moved / 255) ** 2.2):
        found = shift.find(hr, saved(values), 3)
        assert found is not None
        assert found[:2] == pytest.approx((0.3, -0.2), abs=0.05)


def test_stretching_is_found_and_undone(scene: Scene) -> None:
    """SR that is enlarged from corner to corner is stretched; undone, it is HR."""
    hr, sr = saved(scene()), saved(scene(size=1 + 2 / 95))
    found = shift.find(hr, sr, 3)
    assert found is not None
    assert found == pytest.approx((0, 0, 2, 2 * 119 / 95), abs=0.1)
    inner = slice(found.border, -found.border)
    assert psnr(hr[inner, inner], saved(shift.undo(sr, found) * 255)[inner, inner]) > 45 > psnr(hr, sr)


@pytest.mark.sampled
@pytest.mark.parametrize("moved", [Shift(0.5, -0.25), Shift(-1, 2), Shift(0.1, 0.1)])
def test_undoing(scene: Scene, moved: Shift) -> None:
    """Undone, a shift leaves what was there before, but for rounding and the border."""
    before, after = saved(scene()), saved(scene(down=moved.down, right=moved.right))
    inner = slice(moved.border, -moved.border)
    back = shift.undo(after, moved)
    assert back.dtype == np.float64
    assert psnr(saved(back * 255)[inner, inner], before[inner, inner]) > 48
    assert shift.undo(after[..., 0], moved) == pytest.approx(back[..., 0])


def test_border() -> None:
    """The border is what lies outside SR once it is moved back, stretching included."""
    assert Shift(0, 0).border == 0
    assert Shift(0.5, -1.2).border == 2
    assert Shift(0, 1, wider=3).border == 3


def test_nothing_to_find(scene: Scene) -> None:
    """There is no shift between images of different things, of flat ones, and of tiny ones."""
    hr = saved(scene())
    other = np.random.default_rng(2).integers(0, 256, hr.shape, np.uint8)
    assert shift.find(hr, other, 3) is None
    assert shift.find(hr, np.full_like(hr, 7), 3) is None
    assert shift.find(hr[:20], hr[:20], 3) is None


def test_grey_and_floats(scene: Scene) -> None:
    """Grey images and floats are taken as well."""
    hr, sr = scene(right=0.0)[..., 1] / 255, scene(right=0.4)[..., 1] / 255
    assert shift.find(hr, sr, 2) == pytest.approx(shift.find(stacked(hr), stacked(sr), 2), abs=1e-3)
