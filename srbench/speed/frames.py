"""Frames of videos: the output sizes that frames per second are given for."""

from __future__ import annotations

import re

FRAMES = {"720p": (720, 1280), "1080p": (1080, 1920), "4k": (2160, 3840)}
"""Height and width of SR."""

STANDARD = ("720p", "1080p", "4k")
"""Those that have a column in the table of speeds."""


def pixels(text: str) -> tuple[int, int] | None:
    """Return height and width of a frame by its name, or of `WIDTHxHEIGHT`; None of any other text."""
    match = re.fullmatch(r"([1-9]\d{0,5})[xX]([1-9]\d{0,5})", text)
    return FRAMES.get(text.lower(), (int(match[2]), int(match[1])) if match else None)


def lr_size(frame: str, factor: int) -> tuple[int, int]:
    """Return height and width of the LR image whose SR is a frame, or just covers it where `factor` does not divide it.

    The frame, a name or `WIDTHxHEIGHT`, is SR, what is shown; a frame of 1920x1080 is made of 640x360 at x3.

    Raises:
        ValueError: it is neither.

    """
    size = pixels(frame)
    if size is None:
        raise ValueError(f"{frame!r} is no frame")
    height, width = size
    return -(-height // factor), -(-width // factor)
