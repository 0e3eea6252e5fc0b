"""Images in memory upscaled in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import srbench
from srbench.errors import ImageError, MethodError, UsageError
from srbench.methods import choose, registry

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

RGB = np.random.default_rng(0).integers(0, 256, (20, 31, 3), dtype=np.uint8)


@pytest.mark.parametrize("image", [RGB, RGB[..., 1], (RGB / 255).astype(np.float32), RGB / 255])
@pytest.mark.parametrize("method", ["bicubic", "espcn"])
def test_an_array_becomes_an_array(method: str, image: NDArray[Any]) -> None:
    """It is what the method makes, with the dtype and channels of what was given, which stays as it was."""
    before = image.copy()
    sr = srbench.upscale(image, method=method, factor=2)
    np.testing.assert_array_equal(sr, choose(method, registry()).load(2, "cpu")(image.copy()))
    assert sr.dtype == image.dtype
    np.testing.assert_array_equal(image, before)


@pytest.mark.slow
def test_sizes() -> None:
    """SR is resized; a flat image stays flat, in floats too."""
    for image in (np.full((20, 30, 3), 77, np.uint8), np.full((20, 30), 0.3, np.float32)):
        sr = srbench.upscale(image, method="nearest", factor=2, size="51x35")
        assert sr.shape == (35, 51, *image.shape[2:])
        np.testing.assert_allclose(sr, image.ravel()[0], atol=1e-6)
    sr = srbench.upscale(RGB, method="nearest", factor=4, height=60)
    assert sr.shape == (60, 93, 3)


def test_a_plug_in_that_is_edited(tmp_path: Path) -> None:
    """It counts as it is now, and one that fails is named."""
    for level in (1, 2):
        (tmp_path / "mine.py").write_text(
            "import numpy as np\ndef load(factor, device):\n"
            f"    return lambda image: np.full_like(image.repeat(2, 0).repeat(2, 1), {level})\n",
            encoding="utf-8",
        )
        assert srbench.upscale(RGB, method="mine", factor=2, plugins=[tmp_path / "mine.py"]).max() == level
    with pytest.raises(MethodError, match=r"mine: returned shape \(40, 62, 3\), expected \(60, 93, 3\)"):
        srbench.upscale(RGB, method="mine", factor=3, plugins=[tmp_path / "mine.py"])


@pytest.mark.parametrize("image", [RGB[None], RGB[:0], RGB[..., :2], RGB.astype(np.int64), RGB / 255 > 1])
def test_what_is_no_image(image: NDArray[Any]) -> None:
    """It is refused with what was got and what is expected."""
    with pytest.raises(ImageError, match=r"got .* expected an array of"):
        srbench.upscale(image, method="nearest")


def test_what_there_is_not() -> None:
    """Methods and devices are checked as on the command line."""
    with pytest.raises(UsageError, match="unknown method 'absent'"):
        srbench.upscale(RGB, method="absent")
    with pytest.raises(UsageError, match="unknown device 'tpu'"):
        srbench.upscale(RGB, method="nearest", device="tpu")
