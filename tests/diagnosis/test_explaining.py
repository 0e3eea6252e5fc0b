"""Explaining numbers of images: conventions, SR as it lies on HR, and LR together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from srbench import datasets
from srbench.datasets.pairing import pairs
from srbench.diagnosis import lr_kinds
from srbench.diagnosis.claim import claim
from srbench.diagnosis.explaining import explain
from srbench.diagnosis.images import Pairs
from srbench.diagnosis.matching import matched
from srbench.errors import UsageError
from srbench.quality import conventions, protocols
from srbench.quality.files import read_image, write_image
from srbench.quality.resize import imresize
from srbench.quality.scoring import Scoring, measure

if TYPE_CHECKING:
    from pathlib import Path

    from srbench.datasets import Dataset
    from srbench.quality.image import Image


@pytest.fixture(scope="module")
def hr(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Return three images of 96x84 pixels, with edges."""
    folder = tmp_path_factory.mktemp("set") / "hr"
    folder.mkdir()
    random = np.random.default_rng(3)
    for name in "abc":
        image = cv2.resize(random.random((7, 8, 3)), (96, 84), interpolation=cv2.INTER_CUBIC)
        image[20:50, 30:70] = random.random(3)
        write_image(folder / f"{name}.png", image)
    return datasets.open_folder(folder)


def made(hr: Dataset, name: str, make: Any) -> Dataset:  # noqa: ANN401 - image -> image
    """Return images beside HR, made of each by a function."""
    folder = hr.root.with_name(name)
    folder.mkdir(exist_ok=True)
    for entry in hr.images:
        write_image(folder / entry.path.name, make(read_image(entry.path)))
    return datasets.open_folder(folder)


def bicubic(factor: int) -> Any:  # noqa: ANN401 - image -> image
    """Return what shrinks and enlarges an image as MATLAB does."""

    def make(image: Image) -> Image:
        return imresize(protocols.get("basicsr").degrade(image, factor), factor)

    return make


@pytest.mark.slow
@pytest.mark.parametrize("factor", [2, 4])
def test_other_factors(hr: Dataset, factor: int) -> None:
    """Also at x2 and x4 each convention is named for the number that it gives, as papers print it."""
    images = Pairs(pairs(hr, made(hr, f"x{factor}", bicubic(factor)), factor), factor)
    known = conventions.known()
    measured = measure({each.scoring for each in known}, images.placed(), factor)
    assert len(measured) > 30
    for each in known:
        psnr, ssim = measured[each.scoring]
        printed = claim(f"{psnr:.2f}", None if ssim is None else f"{ssim:.4f}")
        named = [one.convention.name for one in matched(known, measured, printed) if one.fits]
        assert each.name in named


@pytest.mark.slow
def test_second_factor(hr: Dataset) -> None:
    """At x4 nothing tells 4 pixels from the factor; that x2 or x3 would is said, with what it is worth."""
    sr = made(hr, "x4", bicubic(4))
    first = explain(hr, sr, 4, claim("30"))
    found = explain(hr, sr, 4, claim(f"{first.base_psnr:.2f}", f"{first.base_ssim:.4f}"))
    names = {each.name for each in found.fitting if each.group == found.fitting[0].group}
    assert {"RCAN / RDN MATLAB", "traiNNer-redux test templates"} <= names
    assert any("A number at x2 would tell more (a second run)" in each for each in found.advice)


def test_facts(hr: Dataset) -> None:
    """All conventions are in one of two lists, each once, and named nowhere else."""
    found = explain(hr, made(hr, "x4", bicubic(4)), 4, claim("20"))
    facts = found.facts
    names = [each["name"] for kind in ("fitting", "nearest") for each in facts[kind]]
    assert sorted(names) == sorted({each.name for each in conventions.known()})
    rest = repr({key: value for key, value in facts.items() if key not in {"fitting", "nearest"}})
    assert [name for name in names if name in rest] == []
    assert facts["nearest"][0]["sentence"].startswith(facts["nearest"][0]["name"])


@pytest.mark.slow
def test_shifted(hr: Dataset) -> None:
    """SR that is shifted scores low; what it would score is the claim, and that is said first."""
    good = explain(hr, made(hr, "x2", bicubic(2)), 2, claim("30"))
    shifted = made(hr, "shifted", lambda image: np.roll(bicubic(2)(image), 1, axis=1))
    found = explain(hr, shifted, 2, claim(f"{good.base_psnr:.1f}"))
    assert "shifted by" in found.offsets["sentences"][0]
    assert found.base_psnr < good.base_psnr - 1
    assert not found.fitting


def test_cropped(hr: Dataset) -> None:
    """SR that lacks pixels is scored on what it shows, and that is said."""
    found = explain(hr, made(hr, "cropped", lambda image: bicubic(2)(image)[1:-1, 1:-1]), 2, claim("30"))
    assert any("lacks 1 pixel at each side" in each for each in found.offsets["sentences"])
    assert found.offsets["sentences"][-1] == "The conventions score what SR and HR both show."


@pytest.mark.slow
def test_a_number_of_the_literature(hr: Dataset) -> None:
    """Where no convention gives it, whose number it is comes first: ESPCN's paper, Table 2, of other weights."""
    found = explain(hr, made(hr, "x3", bicubic(3)), 3, claim("33.13"))
    assert found.advice[0].startswith(
        "33.13 dB is printed of ESPCN (ImageNet, tanh) on set5 x3, protocol srcnn (ESPCN,"
    )
    assert "srbench reproduce --methods espcn" in found.advice[0]
    other = explain(hr, made(hr, "x3 again", bicubic(3)), 3, claim("33.130"))
    assert not any("is printed of" in each for each in other.advice)


@pytest.mark.slow
def test_lr(hr: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given LR is compared with all degradations; without it, that it was not is said."""
    monkeypatch.setattr(lr_kinds, "METHODS", ("bicubic-matlab",))  # without torch
    sr = made(hr, "x2", bicubic(2))
    lr = made(hr, "lr", lambda image: cv2.resize(image, (48, 42), interpolation=cv2.INTER_CUBIC))
    found = explain(hr, sr, 2, claim("10"), lr=lr)
    assert found.lr["made_by"] == "OpenCV INTER_CUBIC"
    assert not any("--lr DIR" in each for each in found.advice)
    assert any("--lr DIR" in each for each in explain(hr, sr, 2, claim("10")).advice)


def test_own_conventions(hr: Dataset, tmp_path: Path) -> None:
    """Users' own conventions are compared, too, and named by their own name."""
    file = tmp_path / "mine.toml"
    file.write_text('[[convention]]\nname = "mine"\nchannels = "rgb"\nshave = 13\n', encoding="utf-8")
    sr = made(hr, "x2", bicubic(2))
    scoring = Scoring(channels="rgb", shave_factor=0, shave_extra=13)
    psnr = measure([scoring], Pairs(pairs(hr, sr, 2), 2).placed(), 2)[scoring].psnr
    found = explain(hr, sr, 2, claim(f"{psnr:.4f}"), files=[file])
    assert [each.name for each in found.fitting] == ["mine"]
    assert "RGB instead of luma, 13 pixels cut from each side instead of 2" in found.fitting[0].sentence


@pytest.mark.slow
def test_grey_sr(hr: Dataset) -> None:
    """Where SR has one channel, conventions of RGB cannot score it; how many these are is said."""
    found = explain(hr, made(hr, "grey", lambda image: bicubic(2)(image)[..., 1]), 2, claim("20"))
    assert any("conventions cannot score these images" in each for each in found.advice)
    assert len(found.fitting) + len(found.nearest) < len({each.name for each in conventions.known()})


def test_too_small(tmp_path: Path) -> None:
    """Images that nothing is left of are refused in one line."""
    for name in ("hr", "sr"):
        (tmp_path / name).mkdir()
        write_image(tmp_path / name / "a.png", np.full((12, 12, 3), 90, np.uint8))
    with pytest.raises(UsageError, match="too small to be scored"):
        explain(datasets.open_folder(tmp_path / "hr"), datasets.open_folder(tmp_path / "sr"), 2, claim("30"))
