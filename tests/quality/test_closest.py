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

# The share of Set5's samples that differ from MATLAB's LR at x2, x3 and x4, and the largest difference:
# lr_kinds_set5.tsv of the facts about public LR images, measured with the libraries and BasicSR themselves
KINDS = {
    "MATLAB bicubic": ((0.0000, 0), (0.0000, 0), (0.0000, 0)),
    "MATLAB bicubic with mirrored border": ((0.0057, 6), (0.0090, 7), (0.0139, 7)),
    "MATLAB bicubic in double, rounded once": ((0.1442, 2), (0.1168, 2), (0.1033, 2)),
    "BasicSR's imresize": ((0.1474, 7), (0.1231, 7), (0.1129, 6)),
    "Pillow BICUBIC": ((0.1804, 5), (0.1626, 7), (0.1553, 9)),
    "torch bicubic antialias=True": ((0.1476, 5), (0.1263, 7), (0.1197, 9)),
    "torch bicubic antialias=False": ((0.7022, 53), (0.7926, 99), (0.8256, 115)),
    "OpenCV INTER_CUBIC": ((0.7030, 53), (0.7926, 99), (0.8260, 115)),
    "OpenCV INTER_AREA": ((0.5378, 21), (0.5679, 26), (0.6109, 24)),
    "OpenCV INTER_LINEAR": ((0.5378, 21), (0.7926, 99), (0.7910, 81)),
    "OpenCV INTER_LANCZOS4": ((0.7434, 59), (0.7926, 99), (0.8355, 116)),
    "OpenCV INTER_NEAREST": ((0.8005, 109), (0.8566, 149), (0.8825, 159)),
    "Pillow LANCZOS": ((0.4876, 18), (0.5286, 18), (0.5692, 19)),
    "Pillow BILINEAR": ((0.6052, 33), (0.5882, 25), (0.6587, 33)),
    "Pillow BOX": ((0.6069, 21), (0.5714, 26), (0.6269, 24)),
    "scikit-image resize order 3 anti_aliasing": ((0.5971, 28), (0.5479, 25), (0.6032, 26)),
    "block mean": ((0.5378, 21), (0.5679, 26), (0.6103, 24)),
    "MATLAB bicubic, antialiasing off": ((0.6797, 41), (0.7926, 99), (0.8272, 103)),
}

BASICSR = 59 / 886392
"""The share of samples by which BasicSR 1.4.2, which adds in float32, differs from what is made here, at x2."""


def smooth(height: int, width: int) -> Image:
    """Return RGB pixels with slopes and an edge, of which no two kernels make the same."""
    random = np.random.default_rng(3).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return np.asarray(NAMED["blur-bicubic"](1.0).steps[1].apply(random, None))  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize("factor", [2, 3, 4])
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
    for name, expected in KINDS.items():
        share, most = expected[factor - 2]
        near = BASICSR if name == "BasicSR's imresize" else 0
        assert differing[name] / samples == pytest.approx(share, abs=0.5e-4 + near)
        assert largest[name] == most


@pytest.mark.sampled
@pytest.mark.parametrize("factor", [2, 3, 4])
def test_what_made_lr_comes_first(factor: int) -> None:
    """An LR image is recognised by the degradation that made it: no sample differs."""
    hr = smooth(60, 72)
    for lr in NAMED.keys() - {"given"} - ({"bd"} if factor != 3 else set()):
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
    alike = {each.name for each in found if each.share == 0}
    assert alike == {found[0].name, *found[0].alike}
    assert {each.lr for each in found if each.name in alike} == {
        "", "lr=centre", "lr=bicubic-opencv", "lr=bilinear-opencv", "lr=lanczos-opencv", "lr=bicubic-torch",
        "lr=bicubic-matlab-no-antialias",
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
