"""DISTS with its own weights, beside the values of the authors' code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from safetensors.numpy import load_file

from srbench.metrics.built_in import dists

if TYPE_CHECKING:
    from tests.metrics.built_in.conftest import Golden


@pytest.mark.slow
@pytest.mark.usefixtures("_trained")
@pytest.mark.parametrize("name", ["I03.bmp", "I04.bmp", "I06.bmp"])
def test_golden(golden: Golden, name: str) -> None:
    """All printed digits of the authors' code, as pyiqa's ResultsCalibra has them."""
    reference, image, value = golden("dists of RGB, not resized", name)
    digits = len(value.partition(".")[2])
    assert f"{dists.load()(reference, image):.{digits}f}" == value


def test_shares() -> None:
    """Alpha and beta have a number for R, G and B and each feature; all together are 1, as the authors trained them."""
    shares = load_file(dists.WEIGHTS)
    assert {name: each.shape for name, each in shares.items()} == {"alpha": (1475,), "beta": (1475,)}
    assert sum(float(each.sum(dtype=float)) for each in shares.values()) == pytest.approx(1, abs=1e-6)
    assert dists.files() == [dists.WEIGHTS]
    assert "MIT License" in dists.WEIGHTS.with_suffix(".txt").read_text(encoding="utf-8")
