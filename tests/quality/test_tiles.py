"""Tiles hold every window of an image once, and threads change nothing."""

from __future__ import annotations

import threading

import cv2
import numpy as np
import pytest

from srbench.quality import tiles


@pytest.mark.parametrize("margin", [0, 1, 5, 8])
@pytest.mark.parametrize("shape", [(17, 17), (128, 480), (129, 481), (300, 1000)])
def test_every_centre_once(shape: tuple[int, int], margin: int) -> None:
    """Less their margins, tiles cover once each pixel whose window lies inside the image, and none else."""
    covered = np.zeros(shape, int)
    for rows, columns in tiles.cut(shape, margin):
        tile = covered[rows, columns]
        tile[margin : tile.shape[0] - margin, margin : tile.shape[1] - margin] += 1
    expected = np.zeros(shape, int)
    expected[margin : shape[0] - margin, margin : shape[1] - margin] = 1
    assert np.array_equal(covered, expected)


def test_tiles_fit_a_cache() -> None:
    """Without their margins they have at most 128x480 pixels."""
    for rows, columns in tiles.cut((1000, 3000, 3), 4):
        assert rows.stop - rows.start <= 128 + 8
        assert columns.stop - columns.start <= 480 + 8


@pytest.mark.parametrize("threads", [0, 1, 3])
@pytest.mark.parametrize("count", [1, 3, 4, 50])
def test_results_in_order(count: int, threads: int) -> None:
    """Results come in the order of the parts, whoever computes them."""
    assert tiles.each(lambda part: part * part, range(count), threads) == [part * part for part in range(count)]


def test_held_to_one_thread() -> None:
    """Where OpenCV is held to one thread, one computes all parts."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        assert len(set(tiles.each(lambda _: threading.get_ident(), range(20)))) == 1
    finally:
        cv2.setNumThreads(before)


def test_errors_reach_the_caller() -> None:
    """What a part raises is raised."""
    with pytest.raises(ZeroDivisionError):
        tiles.each(lambda part: 1 // part, [1, 2, 0, 3, 4])
