"""Built-in methods that are a library's resizer: each makes the pixels that its library makes for its users."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image as Pictures
from skimage.transform import resize
from skimage.util import img_as_ubyte

from srbench.errors import MethodError, UsageError
from srbench.methods import choose, registry
from srbench.quality.resize import imresize

if TYPE_CHECKING:
    from srbench.quality.image import Image

PHOTO = np.random.default_rng(3).integers(64, 192, (20, 30, 3), dtype=np.uint8)
"""Nothing of it overshoots 0..255 on the way, where each library clips at another point."""


def made(spec: str, image: Image = PHOTO, factor: int = 3) -> Image:
    """Return what a built-in method makes of an image."""
    return choose(spec, registry()).load(factor, "cpu")(image)


def interpolated(mode: str, image: Image = PHOTO, **options: bool) -> Image:
    """Return what torch's interpolation at x3 makes of an image."""
    given = {"antialias": False, "align_corners": False} | options
    interpolation = import_module("srbench.methods._interpolate").interpolation
    sr: Image = interpolation(3, "cpu", mode, **given)(image)
    return sr


@pytest.mark.parametrize("name", ["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"])
def test_pillow(name: str) -> None:
    """`pillow:filter=` is `Image.resize` of an 8-bit image with that filter."""
    expected = Pictures.fromarray(PHOTO).resize((90, 60), Pictures.Resampling[name.upper()])
    assert np.array_equal(made(f"pillow:filter={name}"), np.asarray(expected))


def test_pillow_is_bicubic_by_default() -> None:
    """As `Image.resize` is; a float is filtered without rounding, so that it is near the 8-bit result."""
    assert np.array_equal(made("pillow"), made("pillow:filter=bicubic"))
    assert np.abs(made("pillow", PHOTO / 255) * 255 - made("pillow")).mean() < 0.5


@pytest.mark.parametrize("order", range(6))
def test_skimage(order: int) -> None:
    """`skimage:order=` is `img_as_ubyte(resize(...))`, to the pixel; `anti_aliasing` would change nothing."""
    enlarged = resize(PHOTO, (60, 90, 3), order=order, anti_aliasing=True)  # type: ignore[no-untyped-call]
    expected = img_as_ubyte(enlarged)  # type: ignore[no-untyped-call]
    assert np.array_equal(made(f"skimage:order={order}"), expected)


def test_skimage_options() -> None:
    """`mode` decides the border alone, `clip=false` lets splines overshoot."""
    inside, border = np.s_[15:45, 15:75], np.s_[:3]
    assert np.array_equal(made("skimage:mode=edge")[inside], made("skimage")[inside])
    assert not np.array_equal(made("skimage:mode=wrap")[border], made("skimage")[border])
    steps = np.repeat([[0.0, 1.0]], 8, axis=1) * np.ones((16, 1))
    assert made("skimage:order=3", steps).max() <= 1
    assert made("skimage:order=3:clip=false", steps).max() > 1


@pytest.mark.parametrize(("mode", "other"), [("nearest", "nearest"), ("bilinear", "bilinear"), ("bicubic", "bicubic")])
def test_torch_interpolates_as_opencv(mode: str, other: str) -> None:
    """Their kernels are the same (bicubic with a = -0.75); OpenCV computes 8 bits in fixed point, to within 1."""
    difference = np.abs(interpolated(mode).astype(int) - made(other))
    assert difference.max() <= 1
    assert difference.mean() < 0.1


def test_torch_with_antialias_is_pillow() -> None:
    """Its bicubic has a = -0.5 then, and Pillow's border; `align_corners` is another grid."""
    assert np.abs(interpolated("bicubic", antialias=True).astype(int) - made("pillow")).max() <= 1
    assert np.abs(interpolated("bicubic").astype(int) - made("pillow")).max() > 1
    assert np.abs(interpolated("bicubic", align_corners=True).astype(int) - interpolated("bicubic")).max() > 1


def test_torch_refuses_what_nearest_has_not() -> None:
    """One line says which modes have it."""
    with pytest.raises(MethodError, match="interpolate=nearest takes neither antialias nor align_corners; bilinear"):
        interpolated("nearest", antialias=True)


def test_which_bicubic_papers_mean() -> None:
    """Away from the border, Pillow's bicubic is MATLAB's to within a rounding, OpenCV's and torch's are not."""
    inside = np.s_[12:-12, 12:-12]
    published = imresize(PHOTO, 3)[inside].astype(int)
    assert np.abs(made("pillow")[inside] - published).max() <= 1
    assert np.abs(made("bicubic")[inside] - published).max() > 1
    assert np.abs(made("skimage:order=3")[inside] - published).max() > 1


def test_version_of_scikit_image_is_in_the_key() -> None:
    """Pixels of `skimage` follow its version, and those of no other method do."""
    assert choose("skimage:order=3", registry()).decided(3) == {"scikit-image": version("scikit-image")}
    assert choose("pillow", registry()).decided(3) == {}


@pytest.mark.slow
def test_interpolation_is_no_network() -> None:
    """`torch:interpolate=` decides nothing and needs no file; options of a network beside it are refused."""
    choice = choose("torch:interpolate=bicubic", registry())
    assert choice.decided(3) == {}
    assert choice.files(3) == []
    with pytest.raises(MethodError, match="interpolate=bicubic runs no network; leave range out"):
        made("torch:interpolate=bicubic:range=255")
    with pytest.raises(MethodError, match="antialias and align_corners belong to interpolate"):
        made("torch:antialias=true")


def test_orders_are_named_in_order() -> None:
    """The choices of an error are sorted, whichever is the default."""
    with pytest.raises(UsageError, match="available: 0, 1, 2, 3, 4, 5"):
        choose("skimage:order=9", registry())
