"""A training from its plan to its weights, in a folder that another process can continue from."""

from __future__ import annotations

import copy
import ctypes
import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import torch
from torch import Tensor, distributed

from srbench.contract import upscale
from srbench.errors import Unsupported, UsageError
from srbench.quality import protocol as protocols

from .._torch import LumaUpscaler
from . import data, loop, outcome
from .folder import Folder
from .patches import Patches
from .plan import Moment, Plan

if TYPE_CHECKING:
    from pathlib import Path

    from srbench.methods import Choice
    from srbench.quality.image import Image

CHECKPOINT_SECONDS = 120.0
"""About how much work a killed process may lose."""

WATCHED = 16
"""How many of the held-out images are scored at each moment, at most; the card has the score of all."""

Tick: TypeAlias = Callable[[str, int, int], None]


@dataclass
class Training:
    """A training under way."""

    plan: Plan
    choice: Choice
    data: data.Data
    patches: Patches
    state: loop.State
    validation: list[tuple[Image, Image]]
    """HR and LR of the images that the training is watched by."""


def train(  # noqa: PLR0913 - what to do, where, and who is told
    choice: Choice,
    plan: Plan,
    out: Path,
    *,
    resume: bool = False,
    watch: Callable[[Plan, Moment], None] = lambda *_: None,
    tick: Tick = lambda *_: None,
) -> Path:
    """Train the network of `choice` as `plan` says and return the file of its weights.

    Under torchrun, all its processes call this; the first one writes.

    Args:
        choice: a method whose module offers `network`, with its options.
        plan: what is to be done.
        out: the folder of the training.
        resume: continue the training of the same plan that is in `out`.
        watch: told about each moment.
        tick: told what is being prepared, how much of it is done, and how much there is.

    Raises:
        UsageError: bad data, or a method that offers no network.
        RunFolderError: `out` cannot be used.

    """
    keep_memory()
    with (
        _processes(plan) as (rank, world),
        _threads(plan.threads),
        Folder(out, plan, resume=resume, writes=rank == 0) as folder,
    ):
        training = _prepared(choice, folder.plan, tick)
        training.plan = folder.settle(folder.plan.steps or _steps(training))
        if folder.checkpoint:
            training.state.restore(folder.checkpoint)
        _run(training, folder, world, watch)
        return outcome.write(training, folder)


def resources(device: str, threads: int | None) -> dict[str, Any]:
    """Return the device and the threads of a plan; `auto` is CUDA where torch finds it.

    Raises:
        Unsupported: there is no such device.

    """
    here = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cuda" != here:
        raise Unsupported("no CUDA device; use --device cpu")
    return {"device": here if device == "auto" else device, "threads": threads or torch.get_num_threads()}


def _prepared(choice: Choice, plan: Plan, tick: Tick) -> Training:
    """Read the images, and build what is trained on them."""
    found = data.read(plan.recipe, tick)
    tick("making patches", 0, 0)
    protocol = protocols.get(plan.recipe.protocol)
    patches = Patches(found, protocol, plan.factor, plan.recipe, plan.device)
    validation = [(hr, protocol.degrade(hr, plan.factor)) for hr in found.validation[:WATCHED]]
    torch.manual_seed(plan.recipe.seed)
    network = (
        choice.method.module()
        .network(plan.factor, **dict(choice.options))
        .to(plan.device, memory_format=torch.channels_last)
    )
    patches.margin = loop.margin(network, plan.recipe.patch, plan.factor)
    state = loop.State(network, copy.deepcopy(network), loop.new_optimizer(network, plan.recipe))
    return Training(plan, choice, found, patches, state, validation)


def _steps(training: Training) -> int:
    """Return how many steps the training takes: those of its epochs, or what fits into its minutes on this machine."""
    plan = training.plan
    if plan.minutes is None:
        return max(1, round(plan.recipe.epochs * training.patches.per_epoch()))
    network = copy.deepcopy(training.state.network)
    trial = loop.State(network, copy.deepcopy(network), loop.new_optimizer(network, plan.recipe))
    trial_steps = loop.steps(trial, training.patches, plan.recipe, 60)
    for _ in range(10):
        next(trial_steps)
    start = time.perf_counter()
    seconds = torch.tensor([time.perf_counter() - start for _ in trial_steps][-1] / 50)
    if distributed.is_initialized():
        distributed.broadcast(seconds, 0)  # all must agree
    return max(1, int(plan.minutes * 60 / seconds.item()))


def _run(training: Training, folder: Folder, world: int, watch: Callable[[Plan, Moment], None]) -> None:
    """Train to the end, or until validation has not got better for too long."""
    state, recipe, last = training.state, training.plan.recipe, training.plan.steps
    seconds = folder.history[-1].seconds if folder.history else 0.0
    saved = clock = time.monotonic()
    losses: list[Tensor] = []
    for loss in loop.steps(state, training.patches, recipe, last):
        losses.append(loss)
        if state.step % training.plan.every and state.step != last:
            continue
        mean = _mean(losses, world)  # waits for the device, so that the clock is right
        spent = time.monotonic() - clock
        seconds += spent
        moment = Moment(
            step=state.step,
            epoch=state.step / training.patches.per_epoch(),
            loss=mean,
            psnr=validate(training),
            rate=loop.rate(recipe, state.step, last),
            patches_per_second=len(losses) * recipe.batch / spent,
            seconds=seconds,
        )
        losses.clear()
        folder.note(moment, state)
        watch(training.plan, moment)
        done = state.step == last or folder.waited_in_vain
        if done or time.monotonic() - saved > CHECKPOINT_SECONDS:
            folder.save(state)
            saved = time.monotonic()
        if done:
            return
        clock = time.monotonic()


def validate(training: Training) -> float:
    """Return the mean PSNR of the images to watch by, under the recipe's protocol, in dB; NaN where there are none."""
    plan = training.plan
    protocol = protocols.get(plan.recipe.protocol)
    upscaler = LumaUpscaler(loop.finished(training.state.mean), plan.factor, plan.device)

    scores = [
        protocol.compare(hr, upscale(upscaler, lr, plan.factor), plan.factor).psnr for hr, lr in training.validation
    ]
    return float(np.mean(scores)) if scores else math.nan


def _mean(losses: list[Tensor], world: int) -> float:
    """Return the mean loss, over all processes."""
    mean = torch.stack(losses).double().mean()
    if world > 1:
        distributed.all_reduce(mean)
    return mean.item() / world


@contextmanager
def _processes(plan: Plan) -> Iterator[tuple[int, int]]:
    """Join the processes that torchrun started, and give this one's rank and their number; 0 and 1 without it."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if plan.recipe.batch % world:
        raise UsageError(f"a batch of {plan.recipe.batch} does not divide among {world} processes; change batch")
    if world == 1:
        yield 0, 1
        return
    if plan.device.startswith("cuda"):
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    distributed.init_process_group("nccl" if plan.device.startswith("cuda") else "gloo")
    try:
        yield distributed.get_rank(), world
    finally:
        with suppress(RuntimeError):  # another process has gone already
            distributed.destroy_process_group()


@contextmanager
def _threads(number: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def keep_memory() -> None:
    """Tell glibc to keep what tensors give back: otherwise new pages take a third of the time of a step."""
    trim, map_from, megabyte = -1, -3, 1 << 20  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of malloc.h
    with suppress(AttributeError, OSError):  # another C library
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(map_from, 32 * megabyte)
        mallopt(trim, 1024 * megabyte)
