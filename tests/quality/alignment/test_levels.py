"""The values of SR are known by name where they are usual ones, else measured, and brought back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from srbench.quality.alignment import levels
from srbench.quality.image import from_255
from srbench.quality.metrics import psnr

if TYPE_CHECKING:
    from collections.abc import Callable

    from srbench.quality.image import Image

    Scene = Callable[..., Image]


def saved(values: Image) -> Image:
    """Return values on 0..255 as files hold them."""
    return from_255(values, np.dtype(np.uint8))


@pytest.mark.parametrize("known", [each for each in levels._KNOWN if "floats" not in each.name], ids=lambda it: it.name)
def test_known_maps(scene: Scene, known: levels.Levels) -> None:
    """Each known map is called by its name, though SR is shifted a little; those that clip nothing are undone."""
    hr = saved(scene())
    sr = saved(known.of(scene(right=0.5)))
    assert levels.find(hr, sr, 3) == known
    if known.name.startswith(("16..235", "inverted", "gamma 2.2", "linear light", "0..1 taken")):
        assert psnr(saved(levels.undo(saved(known.of(hr.astype(float))), known) * 255), hr) > 44


@pytest.mark.slow
def test_floats_on_another_scale(scene: Scene) -> None:
    """Floats of 0..255, and those that are divided twice, are known as such, and undone."""
    hr = saved(scene())
    for sr, name in ((hr.astype(np.float32), "0..255"), (hr / 255.0**2, "0..1/255")):
        found = levels.find(hr, sr, 2)
        assert found.name == f"floats of {name} instead of 0..1"
        assert levels.undo(sr, found) == pytest.approx(hr / 255)


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("change", "name", "numbers"),
    [
        (lambda it: it + 5, "+5.0 levels", ((1,), (5,), 1)),
        (lambda it: it + np.array([6.0, 0, -6]), "R +6.0 levels, G ", ((1, 1, 1), (6, 0, -6), 1)),
        (lambda it: 255 * (it / 255) ** 1.6, "gamma 1.60", ((1,), (0,), 1.6)),
        (lambda it: it * 0.7 + 20, "x 0.7 +20.", ((0.7,), (20,), 1)),
    ],
)
def test_measured_maps(scene: Scene, change: Callable[[Image], Image], name: str, numbers: Any) -> None:  # noqa: ANN401
    """Other maps are measured: an offset, one for each channel, a gamma, a line."""
    hr = np.round(np.clip(scene(), 20, 235))
    found = levels.find(saved(hr), saved(change(hr)), 3)
    assert found.name.startswith(name)
    for measured, expected in zip(found[2:], numbers, strict=True):
        assert measured == pytest.approx(expected, abs=0.2, rel=0.01)
    assert levels.undo(saved(change(hr)), found) * 255 == pytest.approx(hr, abs=2)


def test_nothing_is_left(scene: Scene) -> None:
    """Where 0..1 was saved as 0..255, nothing can be undone."""
    hr = saved(scene())
    sr = np.round(hr / 255).astype(np.uint8)
    assert levels.find(hr, sr, 3) == levels.COLLAPSED
    assert levels.undo(sr, levels.COLLAPSED) is sr


def test_the_same(scene: Scene) -> None:
    """SR on HR's levels has none, blurred SR, flat images and grey ones included."""
    hr = saved(scene())
    assert levels.find(hr, hr, 3) == levels.SAME
    assert levels.find(hr, saved(scene(down=1)), 3) == levels.SAME
    assert levels.find(hr[..., 0], hr[..., 0], 3) == levels.SAME
    flat = np.full_like(hr, 80)
    assert levels.find(flat, flat, 3) == levels.SAME


def test_common_to_images(scene: Scene) -> None:
    """Several images tell together what one alone cannot."""
    hr = scene()
    parts = [saved(np.clip(hr * 0.4 + low, 0, 255)) for low in (0, 70, 150)]
    curves = [levels.curve(each, saved(16 + each * (219 / 255)), 2) for each in parts]
    assert levels.common(curves).name == "16..235 instead of 0..255"
