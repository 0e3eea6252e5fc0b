"""How many steps a training takes: those of its epochs, or what fits into its minutes at the speed it has."""

from __future__ import annotations

import copy
import time
from typing import TYPE_CHECKING

import torch

from srbench.training import loop, processes
from srbench.training.folder import adds_nothing

if TYPE_CHECKING:
    from srbench.training.folder import Folder
    from srbench.training.session import Training

_TRIAL = (10, 60)
"""Steps before the clock starts, and in all, where the speed is not known yet."""

_RECENT = 10
"""Moments that tell the speed."""

_TOLERANCE = 0.02
"""A length that is off by less stays: the schedule of the learning rate would change for nothing."""


def steps(training: Training, folder: Folder) -> int:
    """Return the steps of a training that begins, or is extended, in all.

    Raises:
        UsageError: an extended training has had so many.

    """
    plan = training.plan
    if plan.minutes is None:
        found = max(1, round(plan.recipe.epochs * training.patches.per_epoch()))
    else:
        left = max(0.0, plan.minutes * 60 - folder.seconds)
        found = folder.step + int(processes.of_first(left / _seconds_per_step(training) if left else 0.0, plan))
    if plan.extended and found <= folder.step:
        raise adds_nothing(folder, plan)
    return max(1, found)


def remeasured(training: Training, folder: Folder) -> int:
    """Return the steps of a training that fit into its minutes at the speed of its last moments."""
    plan, step = training.plan, training.state.step
    if plan.minutes is None or step >= plan.steps:
        return plan.steps
    start = folder.history[-_RECENT - 1] if len(folder.history) > _RECENT else None
    seconds = folder.seconds - (start.seconds if start else 0.0)
    rate = (step - (start.step if start else 0)) / max(seconds, 1e-9)
    found = step + int(processes.of_first(max(0.0, plan.minutes * 60 - folder.seconds) * rate, plan))
    return found if abs(found - plan.steps) > _TOLERANCE * plan.steps else plan.steps


def _seconds_per_step(training: Training) -> float:
    """Measure it on a copy of the network, with the threads and the batch of the training."""
    plan = training.plan
    warm, last = _TRIAL
    with torch.random.fork_rng():  # a network with dropout draws from it, as does an expanded one
        trial = loop.begin(copy.deepcopy(training.state.mean), plan.recipe)
        trial_steps = loop.steps(trial, training.patches, plan.recipe, last)
        [next(trial_steps) for _ in range(warm)][-1].item()  # waits for the device
        start = time.perf_counter()
        list(trial_steps)[-1].item()
        return (time.perf_counter() - start) / (last - warm)
