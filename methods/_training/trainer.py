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
from srbench.errors import MethodError, Unsupported, UsageError
from srbench.quality import protocol as protocols
from srbench.specs import unknown

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
) -> Path | None:
    """Train the network of `choice` as `plan` says and return the file of its weights.

    Under torchrun, all its processes call this; the first one writes and tells, and the others return None.

    Args:
        choice: a method whose module offers `network`, with its options.
        plan: what is to be done.
        out: the folder of the training.
        resume: continue the training of the same plan that is in `out`.
        watch: told about each moment.
        tick: told what is being prepared, how much of it is done, and how much there is.

    Raises:
        UsageError: bad data, or a loss that is no number any more.
        MethodError: a network whose output has the wrong size.
        RunFolderError: `out` cannot be used.

    """
    keep_memory()
    with (
        _processes(plan) as (rank, world),
        _threads(plan.threads),
        Folder(out, plan, resume=resume, writes=rank == 0) as folder,
    ):
        training = _prepared(choice, folder.plan, tick if folder.writes else lambda *_: None)
        training.plan = folder.settle(folder.plan.steps or _steps(training))
        folder.restore(training.state)
        _run(training, folder, world, watch if folder.writes else lambda *_: None)
        return outcome.write(training, folder) if folder.writes else None


def resources(device: str, threads: int | None) -> dict[str, Any]:
    """Return the device and the threads of a plan; `auto` is CUDA where torch finds it.

    Raises:
        UsageError: an unknown device.
        Unsupported: there is no CUDA device.

    """
    if device not in ("cpu", "cuda", "auto"):
        raise unknown("device", device, ("cpu", "cuda", "auto"))
    here = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cuda" != here:
        raise Unsupported("no CUDA device; use --device cpu")
    threads = torch.get_num_threads() if threads is None else threads
    return {"device": here if device == "auto" else device, "threads": threads}


def _prepared(choice: Choice, plan: Plan, tick: Tick) -> Training:
    """Read the images, and build what is trained on them."""
    torch.manual_seed(plan.recipe.seed)
    network = choice.method.module().network(plan.factor, **dict(choice.options))
    network = network.to(plan.device, memory_format=torch.channels_last)
    margin = _margin(network, plan)
    found = data.read(plan.recipe, tick)
    tick("making patches", 0, 0)
    protocol = protocols.get(plan.recipe.protocol)
    patches = Patches(found, protocol, plan.factor, plan.recipe, plan.device)
    validation = [(hr, protocol.degrade(hr, plan.factor)) for hr in found.validation[:WATCHED]]
    patches.margin = margin
    state = loop.State(network, copy.deepcopy(network), loop.new_optimizer(network, plan.recipe))
    return Training(plan, choice, found, patches, state, validation)


def _margin(network: torch.nn.Module, plan: Plan) -> int:
    """Return the margin of the untrained network, and hold it to the contract before time is spent on it."""
    probe = LumaUpscaler(copy.deepcopy(network), plan.factor, plan.device)  # a copy: it may keep statistics
    side = plan.recipe.patch
    try:
        upscale(probe, np.zeros((side, side), np.float32), plan.factor)
    except MethodError as error:
        raise MethodError(f"the network of {plan.method} {error}") from error
    return loop.margin(probe.network, side, plan.factor)


def _steps(training: Training) -> int:
    """Return how many steps the training takes: those of its epochs, or what fits into its minutes on this machine."""
    plan = training.plan
    if plan.minutes is None:
        return max(1, round(plan.recipe.epochs * training.patches.per_epoch()))
    network = copy.deepcopy(training.state.network)
    trial = loop.State(network, copy.deepcopy(network), loop.new_optimizer(network, plan.recipe))
    trial_steps = loop.steps(trial, training.patches, plan.recipe, 60)
    [next(trial_steps) for _ in range(10)][-1].item()  # waits for the device
    start = time.perf_counter()
    list(trial_steps)[-1].item()
    seconds = torch.tensor((time.perf_counter() - start) / 50, device=plan.device)
    if distributed.is_initialized():
        distributed.broadcast(seconds, 0)  # all must agree
    return max(1, int(plan.minutes * 60 / seconds.item()))


def _run(training: Training, folder: Folder, world: int, watch: Callable[[Plan, Moment], None]) -> None:
    """Train to the end, or until validation has not got better for too long."""
    if folder.waited_in_vain:  # a training that had stopped early
        return
    state, recipe, last = training.state, training.plan.recipe, training.plan.steps
    seconds = folder.history[-1].seconds if folder.history else 0.0
    saved = clock = time.monotonic()
    losses: list[Tensor] = []
    for loss in loop.steps(state, training.patches, recipe, last):
        losses.append(loss)
        if state.step % training.plan.every and state.step != last:
            continue
        mean = _mean(losses, world)  # waits for the device, so that the clock is right
        if not math.isfinite(mean):
            raise UsageError(f"the loss is {mean} at step {state.step} of {last}; lower the recipe's rate")
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
