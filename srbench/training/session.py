"""A training under way: what it is to do, what it is done with, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from srbench.methods import Choice
    from srbench.quality.image import Image
    from srbench.training.data import Data
    from srbench.training.loop import State
    from srbench.training.patches import Patches
    from srbench.training.plan import Plan
    from srbench.training.start import Start
    from srbench.training.teacher import Teacher


@dataclass
class Training:
    """A training under way."""

    plan: Plan
    choice: Choice
    data: Data
    patches: Patches
    state: State
    validation: list[tuple[Image, Image]]
    """HR and LR of the held-out images; the first of them are scored at each moment."""
    bicubic: float
    """PSNR of bicubic (MATLAB) on these first ones, in dB; NaN where there are none."""
    start: Start | None = None
    """The weights that it started from; None: random ones."""
    teacher: Teacher | None = None
    """What it learns from; None: HR alone."""
