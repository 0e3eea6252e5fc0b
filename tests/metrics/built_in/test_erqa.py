"""ERQA is what its package computes."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from srbench.errors import Unsupported
from srbench.metrics.built_in.erqa import load


def test_without_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unsupported, and what installs it."""
    monkeypatch.setitem(sys.modules, "erqa", None)
    with pytest.raises(Unsupported, match="pip install erqa"):
        load()


def test_versions() -> None:
    """1.1, the default, counts each edge of the reference once, so that doubled edges lose; 1.0 does not."""
    package = pytest.importorskip("erqa")
    random = np.random.default_rng(0)
    reference = np.zeros((64, 64, 3), np.uint8)
    reference[16:48, 16:48] = 220
    image = np.clip(reference + random.integers(0, 90, (64, 64, 1)), 0, 255).astype(np.uint8)
    for version in ("1.0", "1.1"):
        expected = package.ERQA(version=version)(image[..., ::-1].copy(), reference[..., ::-1].copy())
        assert load(version=version)(reference, image) == expected
    assert load()(reference, image) == load(version="1.1")(reference, image) < load(version="1.0")(reference, image)


def test_grey_and_floats() -> None:
    """(H, W) counts as R = G = B; floats are rounded."""
    pytest.importorskip("erqa")
    reference = np.zeros((64, 64), np.uint8)
    reference[16:48, 16:48] = 220
    image = np.roll(reference, 5, axis=1)
    score = load()
    assert 0 < score(reference, image) < 1
    assert score(reference, image + 0.3) == score(*(np.dstack([each] * 3) for each in (reference, image)))
