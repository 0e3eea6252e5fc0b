"""Frames of videos, and the LR images that they are made of."""

from __future__ import annotations

import pytest

from srbench.speed.frames import FRAMES, lr_size


@pytest.mark.parametrize("factor", [2, 3, 4, 5, 7, 8, 16])
@pytest.mark.parametrize("frame", FRAMES)
def test_sr_just_covers_the_frame(frame: str, factor: int) -> None:
    """SR has the frame's size or, where the factor does not divide it, less than one LR pixel more."""
    for given, wanted in zip(lr_size(frame, factor), FRAMES[frame], strict=True):
        assert wanted <= given * factor < wanted + factor


def test_frames_are_sr() -> None:
    """1080p is what is shown, not what is upscaled."""
    assert [lr_size("1080p", factor) for factor in (2, 3, 4)] == [(540, 960), (360, 640), (270, 480)]
    assert lr_size("4k", 2) == FRAMES["1080p"]
