"""The crop on which models and methods are tried."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from srbench.errors import Unsupported
from srbench.networks import sample_crop
from srbench.networks.sample_crop import below_bicubic, crop
from srbench.quality.resize import imresize


@pytest.mark.parametrize(("factor", "side", "expected"), [(2, 64, 64), (3, 100, 100), (4, 64, 64), (8, 70, 64)])
def test_sizes(factor: int, side: int, expected: int) -> None:
    """LR has the sides that were asked for, or those that the photograph, of 512 pixels, has; HR is factor times it."""
    found = crop(factor, side)
    assert found.lr.shape == (expected, expected, 3)
    assert found.hr.shape == (expected * factor, expected * factor, 3)
    assert np.array_equal(found.lr, imresize(found.hr, Fraction(1, factor)))


def test_nothing_is_left() -> None:
    """At factors beyond what the photograph holds, one line says so."""
    with pytest.raises(Unsupported, match="cannot be tried: LR at x300 of a photograph of 512 pixels is too small"):
        crop(300)


def test_psnr() -> None:
    """Of luma, inside a border of factor pixels; bicubic is MATLAB's, and has details to be better at."""
    found = crop(3)
    assert found.psnr(found.hr) == np.inf
    framed = found.hr.copy()
    framed[:3], framed[:, -3:] = 0, 255
    assert found.psnr(framed) == np.inf
    assert found.psnr(imresize(found.lr, 3)) == found.bicubic == 29.52


def test_without_scikit_image(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line names the package that is missing."""
    monkeypatch.setattr(sample_crop, "find_spec", lambda _name: None)
    sample_crop._photograph.cache_clear()
    crop.cache_clear()
    with pytest.raises(Unsupported, match="needs the package scikit-image"):
        crop(5)


@pytest.mark.parametrize(
    ("psnr", "warning"), [(30.0, ""), (29.5, ""), (28.25, "below bicubic by 1.25 dB"), (None, "makes no image")]
)
def test_below_bicubic(psnr: float | None, warning: str) -> None:
    """What is worse than bicubic is doubtful; as good is not."""
    assert below_bicubic(psnr, 29.5).startswith(warning)
    assert bool(below_bicubic(psnr, 29.5)) == bool(warning)
