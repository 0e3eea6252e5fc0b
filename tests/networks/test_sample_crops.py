"""The crops on which models and methods are tried."""

from __future__ import annotations

import tomllib
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from srbench.errors import Unsupported
from srbench.folders import folder
from srbench.networks import sample_crops
from srbench.networks.sample_crops import PHOTOGRAPHS, below_bicubic, crops
from srbench.quality.resize import imresize

if TYPE_CHECKING:
    from srbench.quality.image import Image

ALL = 4


@pytest.mark.parametrize(
    ("factor", "side", "expected"), [(2, 48, [48] * ALL), (4, 100, [100, 75, 100, 100]), (8, 48, [48, 37, 48, 48])]
)
def test_sizes(factor: int, side: int, expected: list[int]) -> None:
    """LR has the sides that were asked for, or those that a photograph has; HR is factor times it."""
    found = crops(factor, side).each
    assert [crop.lr.shape for crop in found] == [(side, side, 3) for side in expected]
    for crop in found:
        assert crop.hr.shape == (crop.lr.shape[0] * factor, crop.lr.shape[1] * factor, 3)
        assert np.array_equal(crop.lr, imresize(crop.hr, Fraction(1, factor)))


def test_which_photographs() -> None:
    """All of the dataset `sample` that have colours, from their centre: nobody chose among them."""
    listed = tomllib.loads((folder("datasets") / "sample.toml").read_text("utf-8"))["files"]
    names = [Path(file["path"]).name for file in listed]
    assert list(PHOTOGRAPHS) == [name for name in names if name != "camera.png"]
    chelsea = sample_crops._photograph("chelsea.png")
    assert chelsea.shape == (300, 451, 3)
    assert np.array_equal(crops(2, 50).each[1].hr, chelsea[100:200, 175:275])


def test_nothing_is_left() -> None:
    """At factors beyond what a photograph holds, one line says so."""
    with pytest.raises(Unsupported, match="cannot be tried: LR at x300 of a photograph of 512x512 pixels is too small"):
        crops(300)


def test_psnr() -> None:
    """Of luma, inside a border of factor pixels."""
    (crop, *_) = crops(3).each
    assert crop.psnr(crop.hr) == np.inf
    framed = crop.hr.copy()
    framed[:3], framed[:, -3:] = 0, 255
    assert crop.psnr(framed) == np.inf


def test_mean() -> None:
    """The mean over crops, to two decimals, beside that of MATLAB's bicubic."""
    found = crops(3)
    each = [crop.psnr(imresize(crop.lr, 3)) for crop in found.each]
    assert round(sum(each) / len(each), 2) == found.bicubic == 29.51

    def bicubic(lr: Image) -> Image:
        return imresize(lr, 3)

    assert found.psnr(bicubic) == found.bicubic
    assert found.psnr(lambda lr: bicubic(lr) // 2) < 15


def test_without_scikit_image(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line names the package that is missing."""
    monkeypatch.setattr(sample_crops, "find_spec", lambda _name: None)
    sample_crops._photograph.cache_clear()
    crops.cache_clear()
    with pytest.raises(Unsupported, match="needs the package scikit-image"):
        crops(5)


@pytest.mark.parametrize(
    ("psnr", "warning"), [(30.0, ""), (29.5, ""), (28.25, "below bicubic by 1.25 dB"), (None, "makes no image")]
)
def test_below_bicubic(psnr: float | None, warning: str) -> None:
    """What is worse than bicubic is doubtful; as good is not."""
    assert below_bicubic(psnr, 29.5).startswith(warning)
    assert bool(below_bicubic(psnr, 29.5)) == bool(warning)
