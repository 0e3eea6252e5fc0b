"""Frames of videos: the output sizes that frames per second are given for."""

from __future__ import annotations

FRAMES = {"720p": (720, 1280), "1080p": (1080, 1920), "4k": (2160, 3840)}
"""Height and width of SR."""

STANDARD = ("1080p", "4k")
"""Those that have a column in the table of speeds."""


def lr_size(frame: str, factor: int) -> tuple[int, int]:
    """Return height and width of the LR image whose SR is a frame, or just covers it where `factor` does not divide it.

    The frame is SR, what is shown; a frame of 1920x1080 is made of 640x360 at x3.
    """
    height, width = FRAMES[frame]
    return -(-height // factor), -(-width // factor)
