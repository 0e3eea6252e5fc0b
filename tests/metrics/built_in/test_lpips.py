"""LPIPS with its own weights, beside the values of the authors' code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from srbench.metrics.built_in import lpips
from srbench.metrics.deep import weights

if TYPE_CHECKING:
    from pathlib import Path

    from tests.metrics.built_in.conftest import Golden

ALEX = "lpips alex 0.1 of RGB"


@pytest.mark.sampled
@pytest.mark.usefixtures("_trained")
@pytest.mark.parametrize("name", ["I03.bmp", "I04.bmp", "I06.bmp"])
def test_golden(golden: Golden, name: str) -> None:
    """All printed digits of the authors' code, as pyiqa's ResultsCalibra has them."""
    reference, image, value = golden(ALEX, name)
    digits = len(value.partition(".")[2])
    assert f"{lpips.load()(reference, image):.{digits}f}" == value


@pytest.mark.slow
@pytest.mark.usefixtures("_trained")
def test_vgg(golden: Golden) -> None:
    """VGG16 sees another distance, for which there is no golden value; the order of the pairs is the same."""
    score = lpips.load("vgg")
    pairs = [golden(ALEX, name)[:2] for name in ("I03.bmp", "I04.bmp", "I06.bmp")]
    values = [score(*(image[:128, :128] for image in pair)) for pair in pairs]
    assert values == sorted(values, reverse=True)
    assert 0.1 < values[0] < 1


@pytest.mark.slow
@pytest.mark.usefixtures("_trained")
def test_wrong_numbers_are_others(golden: Golden) -> None:
    """BGR, 0..1 instead of 0..255 and a shaved border give values that are wrong by more than the last digit."""
    reference, image, value = golden(ALEX, "I04.bmp")
    score = lpips.load()
    wrong = [
        score(reference[..., ::-1], image[..., ::-1]),
        score(reference / 255, image / 255),
        score(reference[8:-8, 8:-8], image[8:-8, 8:-8]),
    ]
    assert all(abs(each - float(value)) > 5e-4 for each in wrong)


@pytest.mark.slow
def test_weights_are_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The package is the one that was looked into, and what is made of it are the tensors that are expected."""
    monkeypatch.setenv("SRBENCH_WEIGHTS", str(tmp_path))
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    assert lpips.load()(image, image[::-1]) > 0
    assert lpips.load("vgg")(image, image[::-1]) > 0
    assert capfd.readouterr().err.count("fetching") == 1
    assert {path.stem for path in tmp_path.glob("*.safetensors")} == set(weights.TENSORS)
