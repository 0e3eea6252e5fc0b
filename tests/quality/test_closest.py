"""Given LR images are recognised: how many samples differ from what each named degradation makes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest

from srbench import datasets
from srbench.errors import ImageError, Unsupported
from srbench.quality.closest import closest
from srbench.quality.degradation import NAMED, bicubic
from srbench.quality.files import read_image
from srbench.quality.image import stacked

if TYPE_CHECKING:
    from pathlib import Path

    from srbench.quality.image import Image

# The share of Set5's samples that differ from MATLAB's LR, and the largest difference: lr_kinds_set5.tsv of the facts
# about public LR images, measured with OpenCV, Pillow and BasicSR themselves
KINDS = {
    2: {
        "MATLAB bicubic": ("0.0000", 0),
        "MATLAB bicubic with mirrored border": ("0.0057", 6),
        "MATLAB bicubic in double, rounded once": ("0.1442", 2),
        "Pillow BICUBIC": ("0.1804", 5),
        "OpenCV INTER_CUBIC": ("0.7030", 53),
        "OpenCV INTER_AREA": ("0.5378", 21),
        "OpenCV INTER_LINEAR": ("0.5378", 21),
        "OpenCV INTER_LANCZOS4": ("0.7434", 59),
        "OpenCV INTER_NEAREST": ("0.8005", 109),
        "Pillow LANCZOS": ("0.4876", 18),
        "Pillow BILINEAR": ("0.6052", 33),
        "Pillow BOX": ("0.6069", 21),
        "block mean": ("0.5378", 21),
    },
    3: {
        "MATLAB bicubic with mirrored border": ("0.0090", 7),
        "MATLAB bicubic in double, rounded once": ("0.1168", 2),
        "BasicSR's imresize": ("0.1231", 7),
        "Pillow BICUBIC": ("0.1626", 7),
        "OpenCV INTER_CUBIC": ("0.7926", 99),
        "OpenCV INTER_AREA": ("0.5679", 26),
        "block mean": ("0.5679", 26),
    },
    4: {
        "MATLAB bicubic with mirrored border": ("0.0139", 7),
        "BasicSR's imresize": ("0.1129", 6),
        "Pillow BICUBIC": ("0.1553", 9),
        "OpenCV INTER_CUBIC": ("0.8260", 115),
        "OpenCV INTER_AREA": ("0.6109", 24),
        "block mean": ("0.6103", 24),
    },
}


def smooth(height: int, width: int) -> Image:
    """Return RGB pixels with slopes and an edge, of which no two kernels make the same."""
    random = np.random.default_rng(3).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return np.asarray(NAMED["blur-bicubic"](1.0).steps[1].apply(random, None))  # type: ignore[arg-type]


@pytest.mark.parametrize("factor", KINDS)
def test_shares_are_those_of_set5(data_folder: Path, factor: int) -> None:
    """MATLAB's LR of Set5 against every kind of LR: shares to four decimals, and the largest difference."""
    differing, largest, samples = Counter[str](), Counter[str](), 0
    for entry in datasets.get("set5", data_folder).images:
        hr = read_image(entry.path)
        lr = bicubic().apply(hr, factor)
        samples += lr.size
        for each in closest(hr, lr, factor):
            differing[each.name] += round(each.share * lr.size)
            largest[each.name] = max(largest[each.name], each.largest)
    found = {name: (f"{differing[name] / samples:.4f}", largest[name]) for name in KINDS[factor]}
    assert found == KINDS[factor]


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_what_made_lr_comes_first(factor: int) -> None:
    """An LR image is recognised by the degradation that made it: no sample differs."""
    hr = smooth(60, 72)
    for lr in NAMED.keys() - {"given", "blur-bicubic", "blur-centre", "noise"} - ({"bd"} if factor != 3 else set()):
        found = closest(hr, NAMED[lr]().apply(hr, factor), factor)
        exact = [each.lr for each in found if each.share == 0]
        assert f"lr={lr}" in exact
        assert [each.lr for each in found[: len(exact)]] == exact
        assert [each.share for each in found] == sorted(each.share for each in found)


def test_alike_at_x3() -> None:
    """Without antialiasing every interpolator takes the centre pixel at x3; OpenCV's cubic is named, the likeliest."""
    hr = smooth(60, 72)
    found = closest(hr, NAMED["centre"]().apply(hr, 3), 3)
    assert found[0].name == "OpenCV INTER_CUBIC"
    assert {each.lr for each in found if each.share == 0} == {
        "lr=centre", "lr=bicubic-opencv", "lr=bilinear-opencv", "lr=lanczos-opencv"
    }  # fmt: skip


def test_grey_saved_with_three_channels() -> None:
    """R = G = B is grey; colours of a grey image are not what a degradation makes."""
    hr = smooth(60, 72)
    grey = np.ascontiguousarray(hr[..., 0])
    lr = bicubic().apply(grey, 2)
    assert closest(grey, stacked(lr), 2)[0] == closest(stacked(grey), lr, 2)[0] == closest(grey, lr, 2)[0]
    with pytest.raises(ImageError, match="LR has colours, HR is grey"):
        closest(grey, bicubic().apply(hr, 2), 2)


def test_sizes() -> None:
    """LR is 1/factor of the cropped HR."""
    hr = smooth(50, 61)
    assert closest(hr, bicubic().apply(hr, 3), 3)[0].name == "MATLAB bicubic"
    with pytest.raises(ImageError, match="LR is 21x16 pixels, expected 20x16: 1/3 of HR"):
        closest(hr, np.zeros((16, 21, 3), np.uint8), 3)
    with pytest.raises(Unsupported, match="too small"):
        closest(hr[:2], hr[:1], 3)
