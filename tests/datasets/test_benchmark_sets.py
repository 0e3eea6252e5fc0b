"""Test images are known by file and by pixels, without their files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from srbench import datasets
from srbench.datasets import benchmark_sets
from srbench.datasets.benchmark_sets import Original
from srbench.hashing import file_hash
from srbench.quality.files import pixel_hash

if TYPE_CHECKING:
    from pathlib import Path


def test_by_file() -> None:
    """Every file of a test set is known, with the hash of its pixels where the manifest has it."""
    known = benchmark_sets.by_file()
    assert {each.dataset for each in known.values()} == set(benchmark_sets.NAMES)
    woman = datasets.get("set5").files[-1]
    assert known[woman.sha256] == Original("set5", "woman", woman.pixels)
    assert str(known[woman.sha256]) == "woman of set5"


@pytest.mark.parametrize(
    ("spec", "count"),
    [("kodak24", 24), ("mcmaster18", 18), ("sunhays80", 80), ("bsds500", 100), ("t91", 0), ("cid22", 0), ("gb82", 0)],
)
def test_among(spec: str, count: int) -> None:
    """Images of a dataset are known as test images before they are on this disk."""
    found = benchmark_sets.among(datasets.get(spec))
    assert len(found) == count
    assert all(name == test.name for name, test in found.items())


def test_among_the_files_of_a_folder(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder declares no hashes, so its files are hashed."""
    woman = Original("set5", "woman", "")
    monkeypatch.setattr(benchmark_sets, "by_file", lambda: {file_hash(photos / "c.bmp"): woman})
    assert benchmark_sets.among(datasets.get(f"{photos}/")) == {"c.bmp": woman}


@pytest.mark.parametrize("declared", ["grey", "rgb"])
def test_same_pixels(monkeypatch: pytest.MonkeyPatch, declared: str) -> None:
    """Equal pixels are found in grey and in RGB of equal channels, whichever of them is declared."""
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    rgb = np.stack([grey] * 3, axis=2)
    woman = Original("set5", "woman", pixel_hash({"grey": grey, "rgb": rgb}[declared]))
    monkeypatch.setattr(benchmark_sets, "by_pixels", lambda: {woman.pixels: woman})
    assert benchmark_sets.same_pixels(grey) == benchmark_sets.same_pixels(rgb) == woman
    other = rgb.copy()
    other[0, 0, 0] += 1
    assert benchmark_sets.same_pixels(other) is None
    assert benchmark_sets.same_pixels(grey[::-1].copy()) is None
