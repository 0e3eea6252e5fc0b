"""Bicubic interpolation is torch's and MATLAB's, to the bit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from srbench.quality import interpolation
from srbench.quality.kernels import centre

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from srbench.quality.image import Image

FACTORS = [2, 3, 4, 5, 8]


def image(factor: int, *shape: int) -> Image:
    """Return pixels of slopes, edges and noise, of (H, W[, 3]) blocks."""
    y, x = np.ogrid[: shape[0] * factor, : shape[1] * factor]
    slopes = (3 * x + 2 * y + 90 * (x // 7 % 2)) % 256
    noise = np.random.default_rng(3).integers(0, 40, (*slopes.shape, *shape[2:]))
    return np.asarray(np.clip((slopes if len(shape) == 2 else slopes[..., None]) + noise - 20, 0, 255), np.uint8)


def torch_makes(
    hr: Image, factor: int, *, antialias: bool, dtype: str = "float32", peak: int = 255
) -> NDArray[np.float32]:
    """Return what torch's `interpolate` makes of an image on 0..peak, not rounded, on 0..255."""
    import torch  # noqa: PLC0415 - two seconds, of every process that collects tests

    planes = torch.from_numpy(hr.reshape(*hr.shape[:2], -1).copy()).permute(2, 0, 1)[None].to(getattr(torch, dtype))
    planes = planes if peak == 255 else planes / (255 / peak)
    size = hr.shape[0] // factor, hr.shape[1] // factor
    made = torch.nn.functional.interpolate(planes, size, mode="bicubic", align_corners=False, antialias=antialias)
    return np.asarray((made[0].permute(1, 2, 0) * (255 // peak)).to(torch.float32)).reshape(*size, *hr.shape[2:])


def half_up(values: NDArray[np.float32]) -> Image:
    """Return values as 8-bit ones, .5 upwards."""
    return np.asarray(np.clip(np.floor(values + 0.5), 0, 255), np.uint8)


def to_even(values: NDArray[np.float32]) -> Image:
    """Return values as 8-bit ones, .5 to even numbers, as torch's `round` does."""
    return np.clip(np.round(values), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("shape", [(30, 37, 3), (30, 37), (1, 2)])
def test_torch_with_antialiasing(factor: int, shape: tuple[int, ...]) -> None:
    """Every sample is torch's, whether its values are rounded half up or half to even, and of 8-bit tensors too."""
    hr = image(factor, *shape)
    made = torch_makes(hr, factor, antialias=True)
    assert np.array_equal(interpolation.antialiased(hr, factor), half_up(made))
    assert np.array_equal(interpolation.antialiased(hr, factor, "even"), to_even(made))
    assert np.array_equal(
        interpolation.antialiased_8bit(hr, factor), torch_makes(hr, factor, antialias=True, dtype="uint8")
    )


@pytest.mark.parametrize("factor", FACTORS)
def test_torch_without_antialiasing(factor: int) -> None:
    """Every sample is torch's; at odd factors it is the pixel in the centre of a block."""
    hr = image(factor, 30, 37, 3)
    made = torch_makes(hr, factor, antialias=False)
    assert np.array_equal(interpolation.bicubic(hr, factor, -0.75, "once"), half_up(made))
    assert np.array_equal(interpolation.bicubic(hr, factor, -0.75, "even"), to_even(made))
    eight = torch_makes(hr, factor, antialias=False, dtype="uint8")
    assert np.array_equal(interpolation.bicubic(hr, factor, -0.75, "each", axes=(1, 0)), eight)
    if factor % 2:
        assert np.array_equal(eight, centre(hr, factor))


@pytest.mark.parametrize("factor", FACTORS)
def test_torch_of_tensors_in_0_to_1(factor: int) -> None:
    """Every sample is torch's, also where float32 decides to which of two integers a value is rounded."""
    hr = image(factor, 60, 74, 3)
    made = to_even(torch_makes(hr, factor, antialias=False, peak=1))
    assert np.array_equal(interpolation.bicubic_of_unit(hr, factor), made)
    assert np.array_equal(interpolation.bicubic(hr, factor, -0.75, "even"), made) == bool(factor % 2)


def test_matlab_without_antialiasing() -> None:
    """At even factors MATLAB weighs four pixels by -1, 9, 9 and -1 sixteenths, and repeats the edge."""
    row = np.array([[100, 16, 160, 32]] * 2, np.uint8)
    made = interpolation.bicubic(row, 2, -0.5, "each")
    assert made.tolist() == [[(8 * 100 + 9 * 16 - 160) // 16, (9 * 160 + 8 * 32 - 16 + 8) // 16]]
