"""Pairs of files as images: read when asked for, and brought to one size where they have not one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from srbench import datasets
from srbench.datasets.pairing import pairs
from srbench.diagnosis.images import Pairs
from srbench.errors import ImageError
from srbench.quality.files import read_image, write_image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from srbench.quality.image import Image


@pytest.fixture
def paired(photos: Path, tmp_path: Path) -> Callable[[Callable[[Image], Image]], Pairs]:
    """Return a function that makes SR of each photo and returns the pairs, at x3."""

    def make(change: Callable[[Image], Image]) -> Pairs:
        for path in photos.iterdir():
            write_image(tmp_path / "sr" / f"{path.stem}.png", change(read_image(path)))
        return Pairs(pairs(datasets.open_folder(photos), datasets.open_folder(tmp_path / "sr"), 3), 3)

    (tmp_path / "sr").mkdir()
    return make


def test_sequence(paired: Callable[..., Pairs]) -> None:
    """They are as many as HR, in its order, and a part of them is pairs again."""
    found = paired(lambda image: image // 2)
    assert (len(found), found.names) == (4, ["a.bmp", "b.bmp", "c.bmp", "d.bmp"])
    assert found[1:3].names == ["b.bmp", "c.bmp"]
    assert np.array_equal(found[0].sr, found[0].hr // 2)


def test_cropped_to_the_factor(paired: Callable[..., Pairs]) -> None:
    """HR of 60x50 is compared as 60x48 at x3, and whole SR likewise; progress is told of each image."""
    ticks: list[tuple[str, int, int]] = []
    found = list(paired(lambda image: image).placed(lambda *tick: ticks.append(tick)))
    assert {(each.hr.shape, each.sr.shape) for each in found} == {((48, 60, 3), (48, 60, 3))}
    assert ticks == [("scoring", number, 4) for number in range(4)]


def test_smaller(paired: Callable[..., Pairs]) -> None:
    """SR that lacks a pixel at each side is compared with what it shows of HR."""
    for hr, sr in paired(lambda image: image[1:47, 1:59]).placed():
        assert hr.shape == sr.shape == (45, 57, 3)
        assert np.array_equal(hr, sr)


def test_nothing_in_common(paired: Callable[..., Pairs]) -> None:
    """SR of another factor is refused, by its file, with both sizes."""
    with pytest.raises(ImageError, match=r"a\.png: SR is 30x25 pixels .*60x48 .* is the factor right\?"):
        list(paired(lambda image: image[::2, ::2]).placed())


def test_one_channel(paired: Callable[..., Pairs], photos: Path) -> None:
    """SR that a program saved as one channel where R = G = B has HR's three."""
    for path in photos.iterdir():
        write_image(path, np.repeat(read_image(path)[..., :1], 3, axis=2))
    found = paired(lambda image: image[..., 0])
    assert found[0].sr.shape == found[0].hr.shape == (50, 60, 3)


def test_unreadable(paired: Callable[..., Pairs], tmp_path: Path) -> None:
    """A file that is no image is an error that names it."""
    found = paired(lambda image: image)
    (tmp_path / "sr" / "c.png").write_bytes(b"none")
    with pytest.raises(ImageError, match=r"c\.png: not an image"):
        list(found.placed())
