"""How much memory a network takes to run, as measured on crops."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psutil
import torch

from srbench.networks.memory import MEGABYTE, trim
from srbench.networks.reach import noise
from srbench.speed.conditions import forget_peak, peak_memory

if TYPE_CHECKING:
    from srbench.networks.model import Model

SIDES = (64, 128, 256)
"""Sides of the crops, in LR pixels, until one takes `CLEAR` bytes."""

CLEAR = 64 * MEGABYTE


@torch.inference_mode()
def per_pixel(model: Model) -> float:
    """Return the bytes that a network takes at most while it runs, for each LR pixel that it is run on."""
    taken, pixels = 0.0, 1
    for side in SIDES:
        height = width = model.takes.side(side)
        crop, _ = noise(model, height, width)
        model.run(crop)  # what is done once, such as choosing an algorithm, is no part of it
        taken, pixels = _taken(model, crop), height * width
        if taken >= CLEAR:
            break
    least = 4 * model.takes.samples * (1 + model.factor**2)  # what goes in and comes out
    return max(least, taken / pixels)


def left(model: Model, memory: int) -> int:
    """Return the bytes that are left of those that a process may have; of a device, if it has less left."""
    trim()
    here: int = memory - psutil.Process().memory_info().rss
    return min(here, torch.cuda.mem_get_info(model.device)[0]) if model.device.type == "cuda" else here


def _taken(model: Model, crop: torch.Tensor) -> int:
    """Return the most bytes that were taken beyond those before, while a network ran."""
    if model.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(model.device)
        allocated: int = torch.cuda.memory_allocated(model.device)
        model.run(crop)
        return torch.cuda.max_memory_allocated(model.device) - allocated
    trim()
    resident: int = psutil.Process().memory_info().rss
    forget_peak()
    model.run(crop)
    return (peak_memory() or psutil.Process().memory_info().rss) - resident
