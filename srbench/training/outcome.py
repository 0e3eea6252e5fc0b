"""The output of a training: weights with metadata on their origin, a model card, and the curve."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors.torch import save

from srbench import datasets, method_options
from srbench.contract import upscale
from srbench.networks.ready import ready
from srbench.networks.upscaler import ImageUpscaler
from srbench.quality import protocols
from srbench.quality.files import read_image
from srbench.quality.protocol import Score
from srbench.quality.resize import imresize
from srbench.speed import environment
from srbench.training import card, curve, loop
from srbench.training.folder import WEIGHTS
from srbench.version import __version__
from srbench.weights_metadata import KEY, WATCHED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from srbench.quality.image import Image
    from srbench.training.folder import Folder
    from srbench.training.plan import Plan
    from srbench.training.session import Training
    from srbench.training.start import Start
    from srbench.training.teacher import Teacher

EXACT = 100.0
"""dB that an image counts at most: one that is reproduced exactly must not make a mean infinite."""


def write(training: Training, folder: Folder, tick: Callable[[str, int, int], None] = lambda *_: None) -> Path:
    """Write weights, card, history and curve into the folder of a training, and return the file of the weights.

    Equal trainings write equal files: neither times nor paths are in them.
    """
    if folder.best:
        training.state.mean.load_state_dict(folder.best["weights"])
    network = loop.finished(training.state.mean).cpu()
    weights = network.state_dict().items()
    tensors = {name: value.clone(memory_format=torch.contiguous_format) for name, value in weights}  # none share memory
    images = set(training.data.hashes).union(*(each.images for each in _sources(training)))
    facts = {**_facts(training, folder, network, tick), "training_images": sorted(images)}
    path = folder.write(WEIGHTS, save(tensors, {KEY: json.dumps(facts)}))
    pictures = curve.draw(folder.history, start=_watched_before(training))
    for name, content in pictures.items():
        folder.write(name, content)
    folder.write("weights.md", card.card(path) + "\n![loss and PSNR](curve.svg)\n" * bool(pictures))
    return path


def _facts(
    training: Training, folder: Folder, network: torch.nn.Module, tick: Callable[[str, int, int], None]
) -> dict[str, Any]:
    """Return what the model card says."""
    plan, start, teacher = training.plan, training.start, training.teacher
    known = environment.describe()
    copies = training.data.near_copies + training.data.held_out_copies * (plan.recipe.patience > 0)
    for source in _sources(training):
        copies += [each for each in source.near_copies if each not in copies]
    offered = method_options.named(training.choice.method.module().network)
    return {
        "method": plan.method,
        "factor": plan.factor,
        "options": {**{name: each.default for name, each in offered.items()}, **dict(training.choice.options)},
        "recipe": _recipe(training),
        "steps": folder.history[folder.best["moment"] - 1].step if folder.best else training.state.step,
        **({"schedules": plan.schedules} if plan.earlier else {}),
        **({"extended": plan.extended} if plan.extended else {}),
        **({"computed": plan.computed} if plan.computed else {}),
        **({"started_from": start.facts} if start else {}),
        **({"teacher": teacher.facts} if teacher else {}),
        "device": plan.device,
        "threads": plan.threads,
        "processes": plan.processes,
        "data": training.data.sets,
        **({"near_copies": copies} if copies else {}),
        "srbench": __version__,
        "commit": known["commit"],
        "torch": torch.__version__,
        "scores": _scores(training, network, tick),
        "history": [
            [each.step, *(round(value, 8) if math.isfinite(value) else None for value in (each.loss, each.psnr))]
            for each in folder.history
        ],
        **({"bicubic": round(training.bicubic, 8)} if math.isfinite(training.bicubic) else {}),
    }


def _recipe(training: Training) -> dict[str, Any]:
    """Return the recipe as it was carried out, without what had no effect."""
    recipe = asdict(training.plan.recipe)
    without = {} if training.teacher else {"soft"}
    epochs = round(training.state.step / training.patches.per_epoch(), 3)
    return {key: value for key, value in recipe.items() if key not in without} | {"epochs": epochs}


def _sources(training: Training) -> list[Start | Teacher]:
    """Return the other weights that a training builds on."""
    return [each for each in (training.start, training.teacher) if each]


def _scores(
    training: Training, network: torch.nn.Module, tick: Callable[[str, int, int], None]
) -> list[dict[str, Any]]:
    """Score the network on the images held out and on those that come with srbench; beside bicubic, and its start."""
    plan = training.plan
    protocol = protocols.get(plan.recipe.protocol)
    upscaler = ImageUpscaler(ready(network, plan.factor, "cpu"))
    before = _before(training)
    images = (read_image(entry.path) for entry in datasets.get("sample").images)
    sample = [(hr, protocol.degrade(hr, plan.factor)) for hr in images]
    lines = []
    for name, pairs in (("held out", training.validation), ("sample", sample)):
        if pairs:
            tick(f"scoring {name}", 0, 0)
            own = mean_score(pairs, plan, upscaler)
            bicubic = bicubic_score(pairs, plan)
            start = {"start": mean_score(pairs, plan, before).psnr} if before else {}
            line = {"dataset": name, "protocol": protocol.name, **own._asdict(), "bicubic": bicubic.psnr, **start}
            lines.append(line)
    return lines


def _before(training: Training) -> ImageUpscaler | None:
    """Return what upscales by the weights that a training started from; None where they, or some, were random."""
    if not training.start or not training.start.same_factor:
        return None
    network = loop.finished(training.state.mean).cpu()
    training.start.load(network, training.plan.method)
    return ImageUpscaler(ready(network, training.plan.factor, "cpu"))


def _watched_before(training: Training) -> float:
    """Return the PSNR of the starting weights on the images of the history, in dB; NaN where there is none."""
    before, watched = _before(training), training.validation[:WATCHED]
    return mean_score(watched, training.plan, before).psnr if before and watched else math.nan


def mean_score(pairs: Sequence[tuple[Image, Image]], plan: Plan, upscaler: Callable[[Image], Image]) -> Score:
    """Return the mean PSNR in dB and SSIM over pairs of HR and LR, under the recipe's protocol."""
    protocol = protocols.get(plan.recipe.protocol)
    scores = [protocol.compare(hr, upscale(upscaler, lr, plan.factor), plan.factor) for hr, lr in pairs]
    return Score(*(float(np.mean(np.minimum(each, EXACT))) for each in zip(*scores, strict=True)))


def bicubic_score(pairs: Sequence[tuple[Image, Image]], plan: Plan) -> Score:
    """Return that of bicubic (MATLAB)."""
    return mean_score(pairs, plan, lambda lr: imresize(lr, plan.factor))
