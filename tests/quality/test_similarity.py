"""Every choice of SSIM is what it says: against windows taken one by one, and scikit-image."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from skimage.measure import block_reduce
from skimage.metrics import structural_similarity

from srbench.errors import Unsupported, UsageError
from srbench.quality import metrics
from srbench.quality.similarity import WANG, Ssim

if TYPE_CHECKING:
    from numpy.typing import NDArray

PADS = {"replicate": "edge", "symmetric": "symmetric", "reflect101": "reflect"}
C1, C2 = 2.55**2, 7.65**2


def pair(height: int = 37, width: int = 41, *channels: int, noise: float = 30) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return a ramp with noise, and the same with more noise, on 0..255."""
    rng = np.random.default_rng(3)
    a = np.linspace(20, 230, width)[None, :, None] + rng.normal(0, 20, (height, width, *(channels or (1,))))
    b = np.clip(a + rng.normal(0, noise, a.shape), 0, 255)
    a = np.clip(a, 0, 255)
    return (a, b) if channels else (a[..., 0], b[..., 0])


def padded(image: NDArray[Any], boundary: str) -> NDArray[Any]:
    """Return the image with what it continues with, half a window at each side."""
    return np.pad(image, 5, PADS[boundary])  # type: ignore[call-overload,no-any-return]


def by_windows(a: NDArray[Any], b: NDArray[Any], ssim: Ssim) -> NDArray[Any]:
    """Return the map of SSIM, window by window, as the paper writes it."""
    at = np.arange(ssim.size) - (ssim.size - 1) / 2
    side = np.exp(-(at**2) / (2 * ssim.sigma**2)) if ssim.window == "gauss" else np.ones(ssim.size)
    weights = np.outer(side, side) / np.outer(side, side).sum()
    x, y = (sliding_window_view(each, weights.shape) for each in (a, b))
    mean_x, mean_y = ((each * weights).sum((-1, -2)) for each in (x, y))
    off_x, off_y = x - mean_x[..., None, None], y - mean_y[..., None, None]
    unbiased = ssim.size**2 / (ssim.size**2 - 1) if ssim.covariance == "sample" else 1
    var_x, var_y, both = (
        unbiased * (one * two * weights).sum((-1, -2)) for one, two in ((off_x,) * 2, (off_y,) * 2, (off_x, off_y))
    )
    structure = (2 * both + C2) / (var_x + var_y + C2)
    structure = np.maximum(structure, 0) if ssim.negative == "cut" else structure
    found: NDArray[Any] = (2 * mean_x * mean_y + C1) / (mean_x**2 + mean_y**2 + C1) * structure
    return found


@pytest.mark.parametrize(
    "ssim",
    [
        WANG,
        Ssim(sigma=2.5, size=9),
        Ssim("box", 7, covariance="sample"),
        Ssim("box", 8),
        Ssim("box", 11),
        Ssim(negative="cut"),
        Ssim("box", 5, negative="cut", covariance="sample"),
    ],
    ids=str,
)
def test_windows_inside_the_image(ssim: Ssim) -> None:
    """The mean over all windows that lie inside the images, whatever window, covariance and sign."""
    a, b = pair(noise=90)
    maps = by_windows(a, b, ssim)
    if ssim.negative == "cut":  # it shows
        assert (by_windows(a, b, replace(ssim, negative="kept")) < 0).any()
    assert ssim.value(a, b) == pytest.approx(maps.mean(), abs=1e-6)


@pytest.mark.parametrize("boundary", PADS)
@pytest.mark.parametrize("cut", [0, 3, 8])
def test_a_boundary_continues_the_image(boundary: Any, cut: int) -> None:  # noqa: ANN401 - a literal
    """`before`: the border is cut, and what is left continues; `after`: SSIM of the whole image loses its border."""
    a, b = pair()
    inside = [each[cut : len(each) - cut, cut : each.shape[1] - cut] for each in (a, b)]
    before = by_windows(padded(inside[0], boundary), padded(inside[1], boundary), WANG)
    assert Ssim(boundary=boundary).value(a, b, cut) == pytest.approx(before.mean(), abs=1e-6)
    whole = by_windows(padded(a, boundary), padded(b, boundary), WANG)
    after = whole[cut : len(whole) - cut, cut : whole.shape[1] - cut]
    assert Ssim(boundary=boundary, border="after").value(a, b, cut) == pytest.approx(after.mean(), abs=1e-6)


def test_scikit_image() -> None:
    """scikit-image's defaults are a box of 7 pixels with sample covariance; with a Gaussian they may be Wang's."""
    a, b = pair(40, 50, 3)
    default = structural_similarity(a, b, data_range=255, channel_axis=-1)  # type: ignore[no-untyped-call]
    assert Ssim("box", 7, covariance="sample").value(a, b) == pytest.approx(default, abs=1e-9)
    mean, full = structural_similarity(  # type: ignore[no-untyped-call]
        a, b, data_range=255, channel_axis=-1, gaussian_weights=True, use_sample_covariance=False, full=True
    )
    assert WANG.value(a, b) == pytest.approx(mean, abs=1e-6)
    assert Ssim(boundary="symmetric").value(a, b) == pytest.approx(full.mean(), abs=1e-6)


@pytest.mark.parametrize(("height", "width", "side"), [(383, 384, 1), (385, 640, 2), (700, 650, 3)])
def test_large_images_are_averaged_down(height: int, width: int, side: int) -> None:
    """As piq does: averages over squares of round(shorter side / 256) pixels, what fills none is dropped."""
    a, b = pair(height, width)
    small_a, small_b = (
        block_reduce(each[: height // side * side, : width // side * side], side, np.mean)  # type: ignore[no-untyped-call]
        for each in (a, b)
    )
    expected = pytest.approx(WANG.value(small_a, small_b), abs=1e-9)
    assert Ssim(downsampled=True).value(a, b) == expected
    assert Ssim(downsampled=True).value(np.dstack([a] * 3), np.dstack([b] * 3)) == expected


def test_the_usual_ssim_is_that_of_metrics() -> None:
    """Wang's SSIM is computed where protocols compute it, to the same bit."""
    a, b = pair(60, 70, 3)
    assert WANG.value(a, b, 4) == metrics.ssim(a[4:-4, 4:-4], b[4:-4, 4:-4])


def test_equal_images() -> None:
    """SSIM of an image with itself is 1."""
    a, _ = pair()
    for ssim in (WANG, Ssim("box", 8), Ssim(boundary="replicate"), Ssim(negative="cut")):
        assert ssim.value(a, a) == pytest.approx(1, abs=1e-9)


def test_small_images_have_none() -> None:
    """Where no window fits there is no SSIM; where images continue, some fits."""
    a, b = pair(10, 30)
    with pytest.raises(Unsupported, match="30x10 pixels are too small for SSIM, which needs 11x11"):
        WANG.value(a, b)
    assert Ssim("box", 10).value(a, b) < 1
    assert Ssim(boundary="replicate").value(a, b) < 1


@pytest.mark.parametrize(
    ("choice", "line"),
    [
        ({"window": "round"}, "window is 'round', expected one of gauss, box"),
        ({"boundary": "wrap"}, "boundary is 'wrap', expected one of valid, replicate, symmetric, reflect101"),
        ({"size": 1}, "size is 1, expected 2 to 255 pixels"),
        ({"sigma": float("nan")}, "sigma is nan, expected 0.1 to 255 pixels"),
    ],
)
def test_choices_that_there_are_not(choice: dict[str, Any], line: str) -> None:
    """A choice that is not offered is refused; the line says what is."""
    with pytest.raises(UsageError) as caught:
        Ssim(**choice)
    assert str(caught.value) == line
