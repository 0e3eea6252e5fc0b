"""What a method has taken of its time, over all its processes, and whether time and memory are left for more."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator

CALLS = 4
"""How many calls of a slow method a size takes: the first, a warm-up, and samples until its share is over."""

LOADING = -1
"""Stands for loading among the numbers of images."""

RESERVE = 0.9
"""How much of the memory that is free a frame may take."""


@dataclass
class Account:
    """What a method has taken so far, and what is not tried again."""

    limit: float
    seconds: float = 0.0
    pace: dict[int, float] = field(default_factory=dict)
    """Seconds of its longest call of late, by the pixels of LR."""
    memory: dict[int, int] = field(default_factory=dict)
    """Peak bytes of its process, by the pixels of LR; for 0 pixels, those when it was loaded."""
    begun: set[int] = field(default_factory=set)
    """The images, by number, that it was called on."""
    failed: set[int] = field(default_factory=set)
    """Those on which something went wrong."""
    refused: dict[int, str] = field(default_factory=dict)
    """Why others were not begun, other than for lack of time."""

    @contextmanager
    def charged(self) -> Iterator[None]:
        """Count the time that something takes, waiting and what is no sample included."""
        start = time.monotonic()
        try:
            yield
        finally:
            self.seconds += time.monotonic() - start

    def has_time_for(self, image: int, pixels: int) -> bool:
        """Tell whether an image of so many pixels may be begun."""
        over = self.failed & {image, LOADING} or image in self.refused
        return not over and self.seconds + CALLS * self._expected(pixels) < self.limit

    def _expected(self, pixels: int) -> float:
        """Return how many seconds a call will take, in proportion to the next smaller size that was timed."""
        smaller = max((each for each in self.pace if 0 < each <= pixels), default=0)
        return self.pace[smaller] * pixels / smaller if smaller else max(self.pace.values(), default=0.0)

    def note_memory(self, pixels: int, taken: int | None) -> None:
        """Remember the most that the process took, where the system tells it."""
        if taken:
            self.memory[pixels] = max(taken, self.memory.get(pixels, 0))

    def lack_of_memory(self, pixels: int, allowed: int) -> str:
        """Say why a frame of so many pixels does not fit into the memory that is free, or `allowed`; empty if it does.

        What it needs follows from the largest size that was timed and one of at most half of it, along a line.
        """
        largest = max((each for each in self.memory if each <= pixels), default=0)
        if not largest or largest == pixels:
            return ""
        smaller = max((each for each in self.memory if each <= largest / 2), default=largest)
        growth = (self.memory[largest] - self.memory[smaller]) / max(1, largest - smaller)
        needed = self.memory[largest] + growth * (pixels - largest)
        free = allowed or psutil.virtual_memory().available + self.memory.get(0, 0)
        if needed <= RESERVE * free:
            return ""
        there = f"--memory allows {free / 1e9:.1f} GB" if allowed else f"{free / 1e9:.1f} GB are free"
        return f"it would take about {needed / 1e9:.1f} GB of memory, {there}"

    def reason(self, image: int) -> str:
        """Say why an image was not begun."""
        limit = f"the time limit of {self.limit:g} s"
        if image in self.refused:
            return self.refused[image]
        if not self.begun:
            return f"loading took {self.seconds:.3g} s of {limit}, so nothing was timed (--limit)"
        return f"{limit} was reached before its turn (--limit)"
