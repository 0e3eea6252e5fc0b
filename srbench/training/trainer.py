"""A training from its plan to its weights, in a folder that another process can continue from."""

from __future__ import annotations

import copy
import hashlib
import math
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import torch
from torch import Tensor, distributed, nn

from srbench.contract import upscale
from srbench.errors import MethodError, Unsupported, UsageError
from srbench.execution.loading import blamed_on
from srbench.hashing import file_hash
from srbench.networks.memory import keep_memory
from srbench.networks.ready import ready
from srbench.networks.upscaler import ImageUpscaler
from srbench.quality import protocols
from srbench.specs import unknown
from srbench.training import data, loop, outcome
from srbench.training.folder import Folder
from srbench.training.patches import Patches, is_constant
from srbench.training.plan import Moment, Plan
from srbench.training.session import Training
from srbench.weights_metadata import WATCHED

if TYPE_CHECKING:
    from srbench.methods import Choice
    from srbench.quality.image import Image

CHECKPOINT_SECONDS = 120.0
"""About how much work a killed process may lose."""

Tick: TypeAlias = Callable[[str, int, int], None]


def train(  # noqa: PLR0913 - what to do, where, and what to call
    choice: Choice,
    plan: Plan,
    out: Path,
    *,
    data_folder: Path | None = None,
    resume: bool = False,
    watch: Callable[[Plan, Moment], None] = lambda *_: None,
    tick: Tick = lambda *_: None,
    warn: Callable[[str], None] = lambda _: None,
) -> Path | None:
    """Train the network of `choice` as `plan` says and return the file of its weights.

    Under torchrun, all its processes call this; the first one writes and tells, and the others return None.

    Args:
        choice: a method whose module offers `network`, with its options.
        plan: what is to be done.
        out: the folder of the training.
        data_folder: the folder of the datasets, if it is not the default one.
        resume: continue the training of the same plan that is in `out`.
        watch: called with the plan and each moment.
        tick: called with what is being prepared, how much of it is done, and how much there is.
        warn: called with each line on images that should not be trained on, or are not.

    Raises:
        UsageError: bad data, or a loss that is no number any more.
        DatasetError, ImageError: images that are absent or cannot be read.
        MethodError: a network that cannot be built, or whose output has the wrong size.
        Unsupported: a package that the recipe needs is not installed.
        RunFolderError: `out` cannot be used.

    """
    keep_memory()
    with (
        _processes(plan) as rank,
        _threads(plan.threads),
        Folder(out, plan, resume=resume, writes=rank == 0) as folder,
    ):
        _tell_others(folder)
        if not folder.writes:  # one process speaks for all
            watch, tick, warn = (lambda *_: None), (lambda *_: None), (lambda _: None)
        training = _prepared(choice, folder.plan, data_folder, tick)
        for line in _remarks(training):
            warn(line)
        steps = folder.plan.steps or _steps(training)
        training.plan = folder.settle(steps, {**_made_of(choice), "images": _sha256(training.data.hashes)})
        folder.restore(training.state)
        _run(training, folder, watch, tick)
        return outcome.write(training, folder) if folder.writes else None


def resources(device: str, threads: int | None) -> dict[str, Any]:
    """Return device, threads and processes of a plan; `auto` is CUDA where torch finds it.

    Raises:
        UsageError: an unknown device.
        Unsupported: there is no CUDA device.

    """
    if device not in ("cpu", "cuda", "auto"):
        raise unknown("device", device, ("cpu", "cuda", "auto"))
    here = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cuda" != here:
        raise Unsupported("no CUDA device; use --device cpu")
    return {
        "device": here if device == "auto" else device,
        "threads": torch.get_num_threads() if threads is None else threads,
        "processes": int(os.environ.get("WORLD_SIZE", "1")),  # of torchrun
    }


def _prepared(choice: Choice, plan: Plan, data_folder: Path | None, tick: Tick) -> Training:
    """Build what is trained, and read the images."""
    torch.manual_seed(plan.recipe.seed)
    with blamed_on(f"the network of {plan.method}"):
        network = choice.method.module().network(plan.factor, **dict(choice.options))
        margin = _margin(network, plan)
    network = network.to(plan.device, memory_format=torch.channels_last)
    state = loop.State(network, copy.deepcopy(network), loop.new_optimizer(network, plan.recipe))
    found = data.read(plan.recipe, tick, data_folder)
    tick("making patches", 0, 0)
    protocol = protocols.get(plan.recipe.protocol)
    patches = Patches(found, protocol, plan.factor, plan.recipe, plan.device)
    patches.margin = margin
    validation = [(hr, protocol.degrade(hr, plan.factor)) for hr in found.validation if _scorable(hr, plan)]
    bicubic = outcome.bicubic_score(validation[:WATCHED], plan).psnr if validation else math.nan
    return Training(plan, choice, found, patches, state, validation, bicubic)


def _remarks(training: Training) -> Iterator[str]:
    """Yield one line per near copy of a test image, and per reason why images are not used."""
    seen = training.data.near_copies
    for each in seen + training.data.held_out_copies:
        decides = each in seen or training.plan.recipe.patience
        risk = "remove it, or scores there will be too high" if decides else "remove it: other seeds would train on it"
        yield (
            f"warning: {each['image']} looks like {each['shows']}, a test set: a reduced, cropped or re-saved copy, "
            f"or of the same series; {risk}"
        )
    yield from training.patches.remarks
    held_out = len(training.data.validation)
    if held_out and not training.validation:
        yield f"none of the {held_out} held-out images has a score: constant or too small; no PSNR is shown"


def _margin(network: Any, plan: Plan) -> int:  # noqa: ANN401 - whatever a method returns
    """Return the margin of the untrained network, and hold it to the contract before time is spent on it."""
    if not isinstance(network, nn.Module) or not list(network.parameters()):
        raise MethodError(f"expected a torch module with weights, got {type(network).__name__}")
    network = copy.deepcopy(network)  # as it may keep statistics
    probe = ImageUpscaler(ready(network, plan.factor, plan.device))
    side = plan.recipe.patch
    upscale(probe, np.zeros((side, side), np.float32), plan.factor)
    return loop.margin(network, side, plan.factor)


def _scorable(hr: Image, plan: Plan) -> bool:
    """Tell whether an image has a score: it is large enough, and not constant."""
    protocol = protocols.get(plan.recipe.protocol)
    if is_constant(hr):
        return False
    try:
        protocol.compare(hr, protocol.reference(hr, plan.factor), plan.factor)
    except Unsupported:
        return False
    return True


def _made_of(choice: Choice) -> dict[str, str]:
    """Return what decides the weights besides plan and images."""
    code = [*choice.method.code_hashes(), *(file_hash(path) for path in sorted(Path(__file__).parent.glob("*.py")))]
    return {"code": _sha256(code), "torch": torch.__version__}


def _sha256(texts: list[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def _steps(training: Training) -> int:
    """Return how many steps the training takes: those of its epochs, or what fits into its minutes on this machine."""
    plan = training.plan
    if plan.minutes is None:
        return max(1, round(plan.recipe.epochs * training.patches.per_epoch()))
    network = copy.deepcopy(training.state.network)
    trial = loop.State(network, copy.deepcopy(network), loop.new_optimizer(network, plan.recipe))
    with torch.random.fork_rng():  # a network with dropout draws from it
        trial_steps = loop.steps(trial, training.patches, plan.recipe, 60)
        [next(trial_steps) for _ in range(10)][-1].item()  # waits for the device
        start = time.perf_counter()
        list(trial_steps)[-1].item()
        seconds = (time.perf_counter() - start) / 50
    return max(1, int(plan.minutes * 60 / _of_first(seconds, plan)))


def _run(training: Training, folder: Folder, watch: Callable[[Plan, Moment], None], tick: Tick) -> None:
    """Train to the end, or until validation has not got better for too long."""
    if folder.out_of_patience:  # a training that had stopped early
        return
    plan, state = training.plan, training.state
    seconds = folder.history[-1].seconds if folder.history else 0.0
    saved = clock = time.monotonic()
    tick(f"continuing at step {state.step}" if state.step else "training", state.step, plan.steps)
    # closed in the end: what averages gradients must be gone before the processes part
    with (
        closing(loop.steps(state, training.patches, plan.recipe, plan.steps)) as steps,
        _interruptible() as interrupted,
    ):
        for loss in steps:
            folder.losses.append(loss)
            tick("", state.step, plan.steps)
            if state.step % plan.every == 0 or state.step == plan.steps:
                mean = _mean(folder.losses, plan)  # waits for the device, so that the clock is right
                seconds += time.monotonic() - clock
                _note(training, folder, mean, seconds)
                watch(plan, folder.history[-1])
                clock = time.monotonic()
            done = state.step == plan.steps or folder.out_of_patience
            if done or interrupted or time.monotonic() - saved > CHECKPOINT_SECONDS:
                folder.save(state)
                saved = time.monotonic()
            if interrupted:
                raise KeyboardInterrupt
            if done:
                return


def _note(training: Training, folder: Folder, loss: float, seconds: float) -> None:
    """Validate, and add a moment to the history."""
    plan, state = training.plan, training.state
    if not math.isfinite(loss):
        raise UsageError(f"the loss is {loss} at step {state.step} of {plan.steps}; use a lower rate and another --out")
    _level(state)
    before = folder.history[-1] if folder.history else Moment(step=0, epoch=0.0, loss=math.nan)
    moment = Moment(
        step=state.step,
        epoch=state.step / training.patches.per_epoch(),
        loss=loss,
        psnr=_of_first(validate(training) if folder.writes else math.nan, plan),
        rate=loop.rate(plan.recipe, state.step, plan.steps),
        patches_per_second=(state.step - before.step) * plan.recipe.batch / (seconds - before.seconds),
        seconds=seconds,
        bicubic=training.bicubic,
    )
    folder.losses.clear()
    folder.note(moment, state)


def validate(training: Training) -> float:
    """Return the mean PSNR of the images to watch by, under the recipe's protocol, in dB; NaN where there are none."""
    watched, plan = training.validation[:WATCHED], training.plan
    upscaler = ImageUpscaler(ready(loop.finished(training.state.mean), plan.factor, plan.device))
    return outcome.mean_score(watched, plan, upscaler).psnr if watched else math.nan


def _mean(losses: list[Tensor], plan: Plan) -> float:
    """Return the mean loss, over all processes."""
    mean = torch.stack(losses).double().mean()
    if plan.processes > 1:
        distributed.all_reduce(mean)
    return mean.item() / plan.processes


def _of_first(value: float, plan: Plan) -> float:
    """Return the value that the first process has: all decide alike."""
    if plan.processes == 1:
        return value
    shared = torch.tensor(value, dtype=torch.float64, device=plan.device)
    distributed.broadcast(shared, 0)
    return shared.item()


def _tell_others(folder: Folder) -> None:
    """Give every process what the first one found in the folder, whose disk the others may not see."""
    if folder.plan.processes > 1:
        held: list[Any] = [folder.plan, folder.checkpoint, folder.history, folder.losses, folder.best]
        distributed.broadcast_object_list(held, 0)
        folder.plan, folder.checkpoint, folder.history, folder.losses, folder.best = held


def _level(state: loop.State) -> None:
    """Give every process the weights of the first: on other processors, SOAP's bases differ in the last digit."""
    if distributed.is_initialized():
        for each in (*state.network.state_dict().values(), *state.mean.state_dict().values()):
            distributed.broadcast(each, 0)


@contextmanager
def _processes(plan: Plan) -> Iterator[int]:
    """Join the processes that torchrun started, and give this one's rank; 0 without it."""
    if plan.recipe.batch % plan.processes:
        raise UsageError(
            f"a batch of {plan.recipe.batch} does not divide among {plan.processes} processes; change batch"
        )
    if plan.processes == 1:
        yield 0
        return
    if plan.device == "cuda":
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    distributed.init_process_group("nccl" if plan.device == "cuda" else "gloo")
    try:
        yield distributed.get_rank()
        distributed.barrier()  # until the first has written: torchrun ends all when one goes
    finally:
        with suppress(RuntimeError):  # another process has gone already
            distributed.destroy_process_group()


@contextmanager
def _interruptible() -> Iterator[list[int]]:
    """Let a first Ctrl-C wait for the step in hand, and say so in the list it gives; a second one ends at once."""
    pressed: list[int] = []
    if threading.current_thread() is not threading.main_thread():  # where signals cannot be caught
        yield pressed
        return
    before = signal.getsignal(signal.SIGINT)

    def note(number: int, _: object) -> None:
        signal.signal(signal.SIGINT, before)
        pressed.append(number)

    signal.signal(signal.SIGINT, note)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _threads(number: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)
