"""The worker's side of `clocking`: one sample of one method."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from srbench.runs import upscaling
from srbench.speed.timing import Timed

if TYPE_CHECKING:
    from srbench.contract import Upscaler
    from srbench.quality.image import Image
    from srbench.runs.member import Member


def load(member: Member, factor: int, device: str) -> float:
    """Return the seconds until the method is ready.

    Raises:
        Exception: what prevents it.

    """
    start = time.perf_counter()
    _synchronize(upscaling.ready(member, factor, device))
    return time.perf_counter() - start


def call(member: Member, factor: int, device: str, image: Image) -> float:
    """Return the seconds of one call on `image`, which is a copy that the method may write into.

    Raises:
        Exception: whatever the method raises.

    """
    upscaler = upscaling.ready(member, factor, device)
    return Timed(lambda: upscaler(image), lambda: _synchronize(upscaler)).seconds()


def _synchronize(upscaler: Upscaler) -> None:
    """Wait for the device of an upscaler that has one."""
    synchronize = getattr(upscaler, "synchronize", None)
    if callable(synchronize):
        synchronize()
