"""A training from its plan to its weights, in a folder that another process can continue from."""

from __future__ import annotations

import copy
import hashlib
import math
import os
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from srbench import method_options
from srbench.contract import upscale
from srbench.errors import MethodError, Unsupported, UsageError
from srbench.execution.loading import blamed_on
from srbench.hashing import file_hash
from srbench.networks.memory import keep_memory
from srbench.networks.ready import ready
from srbench.networks.upscaler import ImageUpscaler
from srbench.quality import protocols
from srbench.quality.files import pixel_hash
from srbench.specs import unknown
from srbench.training import data, length, loop, outcome, processes, share_alike
from srbench.training import start as starts
from srbench.training import teacher as teachers
from srbench.training.folder import Folder
from srbench.training.patches import Patches, is_constant
from srbench.training.plan import Moment, Plan
from srbench.training.session import Training
from srbench.weights_metadata import WATCHED

if TYPE_CHECKING:
    from srbench.methods import Choice
    from srbench.quality.image import Image
    from srbench.training.origin import Origin
    from srbench.training.teacher import Teacher

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
    extend: bool = False,
    start: Path | None = None,
    teacher: Choice | None = None,
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
        extend: continue the finished training that is in `out`, whose plan was the same but for epochs and minutes:
            those of `plan` are the whole. The schedule is then that of the whole.
        start: the file of the weights to start from; random ones without. `plan` has its name.
        teacher: the method whose SR is learned instead of HR, as far as the recipe's `soft` says. `plan` has its name.
        watch: called with the plan and each moment.
        tick: called with what is being prepared, how much of it is done, and how much there is.
        warn: called with each line on images that should not be trained on, or are not, and on where it starts.

    Raises:
        UsageError: bad data, weights to start from that do not fit, or a loss that is no number any more.
        DatasetError, ImageError: images that are absent or cannot be read.
        MethodError: a network that cannot be built, or whose output has the wrong size.
        Unsupported: a package that the recipe needs is not installed.
        RunFolderError: `out` cannot be used.

    """
    keep_memory()
    with (
        processes.joined(plan) as rank,
        _threads(plan.threads),
        Folder(out, plan, resume=resume, extend=extend, writes=rank == 0) as folder,
    ):
        processes.tell_others(folder)
        if not folder.writes:  # one process speaks for all
            watch, tick, warn = (lambda *_: None), (lambda *_: None), (lambda _: None)
        taught_by = teachers.load(teacher, plan.factor, plan.device) if teacher else None
        training = _prepared(choice, folder.plan, data_folder, start, taught_by, tick)
        for line in _remarks(training):
            warn(line)
        begins = not folder.plan.steps
        training.plan = folder.settle(folder.plan.steps or _steps(training, folder, tick), _made_of(choice, training))
        folder.restore(training.state)
        for line in _beginning(training) if begins else ():
            warn(line)
        _run(training, folder, watch, tick)
        return outcome.write(training, folder, tick) if folder.writes else None


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


def _prepared(  # noqa: PLR0913 - all that a training is made of
    choice: Choice, plan: Plan, data_folder: Path | None, start: Path | None, teacher: Teacher | None, tick: Tick
) -> Training:
    """Build what is trained, and read the images."""
    tick("building the network", 0, 0)
    torch.manual_seed(plan.recipe.seed)
    with blamed_on(f"the network of {plan.method}"):
        network = choice.method.module().network(plan.factor, **dict(choice.options))
        margin = _margin(network, plan)
    started = starts.read(start, plan.factor, _all_options(choice)) if start else None
    if started:
        network = loop.finished(network)  # as weights are kept, so that those that stay random fit the others
        started.load(network, f"{plan.method} x{plan.factor}")
        loop.recentre(network)
    network = network.to(plan.device, memory_format=torch.channels_last)
    state = loop.begin(network, plan.recipe)
    found = data.read(plan.recipe, tick, data_folder)
    protocol = protocols.get(plan.recipe.protocol)
    patches = Patches(found, protocol, plan.factor, plan.recipe, plan.device, tick, teacher)
    patches.margin = margin
    tick("preparing held-out images", 0, 0)
    validation = [(hr, protocol.degrade(hr, plan.factor)) for hr in found.validation if _scorable(hr, plan)]
    bicubic = outcome.bicubic_score(validation[:WATCHED], plan).psnr if validation else math.nan
    return Training(plan, choice, found, patches, state, validation, bicubic, started, teacher)


def _all_options(choice: Choice) -> dict[str, Any]:
    """Return the options of the network with their values, defaults included."""
    offered = method_options.named(choice.method.module().network)
    return {**{name: each.default for name, each in offered.items()}, **dict(choice.options)}


def _steps(training: Training, folder: Folder, tick: Tick) -> int:
    """Return how many steps a training takes that begins, or is extended."""
    if training.plan.minutes is not None:
        tick("measuring the speed", 0, 0)
    return length.steps(training, folder)


def _beginning(training: Training) -> Iterator[str]:
    """Yield from where a training goes on, and by which schedule."""
    plan, step = training.plan, training.state.step
    if step:
        before, after = (
            loop.rate(plan.recipe, step + now, steps) for now, steps in ((0, plan.earlier[-1][1]), (1, plan.steps))
        )
        yield (
            f"extending from step {step} to {plan.steps}, {plan.length} in all; schedule {plan.recipe.schedule} of "
            f"{plan.steps} steps: the learning rate goes from {before:.1e} to {after:.1e}, and on from there"
        )
    elif training.start and training.start.same_factor and training.validation:
        yield f"starting from {training.start.path}: {validate(training):.2f} dB on held-out images"
    elif training.start and not training.start.same_factor:
        yield f"starting from {training.start.path}, of another factor: the layers that depend on it start at random"


def _remarks(training: Training) -> Iterator[str]:
    """Yield one line per near copy of a test image, per reason why images are not used, and on what takes long."""
    seen = training.data.near_copies
    for each in seen + training.data.held_out_copies:
        decides = each in seen or training.plan.recipe.patience
        risk = "remove it, or scores there will be too high" if decides else "remove it: other seeds would train on it"
        yield (
            f"warning: {each['image']} looks like {each['shows']}, a test set: a reduced, cropped or re-saved copy, "
            f"or of the same series; {risk}"
        )
    for name, text in share_alike.attributions({"data": training.data.sets}).items():
        yield f"{name} is under a share-alike licence ({text}); the card of the weights says so"
    for origin in training.origins:
        yield from _remarks_on(origin, training)
    yield from training.patches.remarks
    if training.plan.recipe.precision == "bfloat16" and training.plan.device == "cpu" and not _has_bfloat16():
        yield "this CPU has no bfloat16 instructions: a step takes up to ten times as long as with precision=float32"
    held_out = len(training.data.validation)
    if held_out and not training.validation:
        yield f"none of the {held_out} held-out images has a score: constant or too small; no PSNR is shown"


def _has_bfloat16() -> bool:
    """Tell whether oneDNN computes convolutions in bfloat16 on this CPU, rather than imitate it."""
    onednn: Any = torch.backends.mkldnn  # untyped
    return bool(onednn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported())  # noqa: SLF001 - no other way


def _remarks_on(origin: Origin, training: Training) -> Iterator[str]:
    """Yield what it means for scores which images other weights were trained on, that this training builds on."""
    if not origin.all_known:
        yield (
            f"warning: {origin.name} does not say which images it was trained on; if test images are among them, "
            "scores there will be too high"
        )
    for each in origin.near_copies:
        yield f"warning: {origin.name} was trained on {each['image']}, which looks like {each['shows']}, a test set"
    seen = sum(pixel_hash(hr) in origin.images for hr, _ in training.validation)
    if seen:
        yield f"warning: {origin.name} was trained on {seen} of the {len(training.validation)} held-out images"


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


def _made_of(choice: Choice, training: Training) -> dict[str, str]:
    """Return what decides the weights besides the plan."""
    code = [*choice.method.code_hashes(), *(file_hash(path) for path in sorted(Path(__file__).parent.glob("*.py")))]
    start = {"starting weights": training.start.origin.sha256} if training.start else {}
    teacher = {"teacher": training.teacher.origin.sha256} if training.teacher else {}
    return (
        {"code": _sha256(code), "torch": torch.__version__, "images": _sha256(training.data.hashes)} | start | teacher
    )


def _sha256(texts: list[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def _run(training: Training, folder: Folder, watch: Callable[[Plan, Moment], None], tick: Tick) -> None:
    """Train to the end, or until validation has not got better for too long."""
    if folder.out_of_patience:  # a training that had stopped early
        return
    state = training.state
    saved = clock = time.monotonic()
    tick(f"continuing at step {state.step}" if state.step else "training", state.step, training.plan.steps)
    # closed in the end: what averages gradients must be gone before the processes part
    with closing(_losses(training)) as losses, _interruptible() as interrupted:
        for loss in losses:
            folder.losses.append(loss)
            tick("", state.step, training.plan.steps)
            if state.step % training.plan.every == 0 or state.step == training.plan.steps:
                _note(training, folder, clock)
                watch(training.plan, folder.history[-1])
                clock = time.monotonic()
            done = state.step == training.plan.steps or folder.out_of_patience
            if done or interrupted or time.monotonic() - saved > CHECKPOINT_SECONDS:
                folder.save(state)
                saved = time.monotonic()
            if interrupted:
                raise KeyboardInterrupt
            if done:
                return


def _losses(training: Training) -> Generator[Tensor]:
    """Yield the loss of each step; the schedule follows the plan, whose steps may change between two of them."""
    while training.state.step < (steps := training.plan.steps):
        with closing(loop.steps(training.state, training.patches, training.plan.recipe, steps)) as losses:
            for loss in losses:
                yield loss
                if training.plan.steps != steps:
                    break


def _note(training: Training, folder: Folder, clock: float) -> None:
    """Validate, add a moment to the history, and see how many steps the minutes still have room for.

    `clock` is when the moment before was done with.
    """
    plan, state = training.plan, training.state
    loss = processes.mean(folder.losses, plan)  # waits for the device, so that the clock is right
    trained = time.monotonic() - clock
    if not math.isfinite(loss):
        raise UsageError(f"the loss is {loss} at step {state.step} of {plan.steps}; use a lower rate and another --out")
    processes.level(state)
    before = folder.history[-1] if folder.history else Moment(step=0, epoch=0.0, loss=math.nan)
    psnr = processes.of_first(validate(training) if folder.writes else math.nan, plan)
    moment = Moment(
        step=state.step,
        epoch=state.step / training.patches.per_epoch(),
        loss=loss,
        psnr=psnr,
        rate=loop.rate(plan.recipe, state.step, plan.steps),
        patches_per_second=(state.step - before.step) * plan.recipe.batch / trained,
        seconds=before.seconds + time.monotonic() - clock,
        bicubic=training.bicubic,
    )
    folder.losses.clear()
    folder.note(moment, state)
    steps = length.remeasured(training, folder)
    if steps != plan.steps:
        training.plan = folder.change_length(steps, state.step)


def validate(training: Training) -> float:
    """Return the mean PSNR of the images to watch by, under the recipe's protocol, in dB; NaN where there are none."""
    watched, plan = training.validation[:WATCHED], training.plan
    upscaler = ImageUpscaler(ready(loop.finished(training.state.mean), plan.factor, plan.device))
    return outcome.mean_score(watched, plan, upscaler).psnr if watched else math.nan


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
