"""What a training leaves: weights that say what they were made from, a model card, and the curve."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors.torch import save

from srbench import __version__, datasets, method_options
from srbench.contract import upscale
from srbench.quality import protocol as protocols
from srbench.quality.files import read_image
from srbench.quality.resize import imresize
from srbench.speed import environment

from .._torch import KEY, LumaUpscaler
from . import card, curve, loop

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from srbench.quality.image import Image

    from .folder import Folder
    from .trainer import Training

WEIGHTS = "weights.safetensors"


def write(training: Training, folder: Folder) -> Path:
    """Write weights, card, history and curve into the folder of a training, and return the file of the weights.

    Equal trainings write equal files: neither times nor paths are in them.
    """
    if folder.best:
        training.state.mean.load_state_dict(folder.best["weights"])
    network = loop.finished(training.state.mean).cpu()
    weights = network.state_dict().items()
    tensors = {name: value.clone(memory_format=torch.contiguous_format) for name, value in weights}  # none share memory
    facts = {**_facts(training, folder, network), "training_images": sorted(set(training.data.hashes))}
    path = folder.write(WEIGHTS, save(tensors, {KEY: json.dumps(facts)}))
    pictures = curve.draw(folder.history)
    for name, content in pictures.items():
        folder.write(name, content)
    folder.write("weights.md", card.card(path) + "\n![loss and PSNR](curve.svg)\n" * bool(pictures))
    return path


def _facts(training: Training, folder: Folder, network: torch.nn.Module) -> dict[str, Any]:
    """Return what the model card says."""
    plan = training.plan
    known = environment.describe()
    offered = method_options.named(training.choice.method.module().network)
    return {
        "method": plan.method,
        "factor": plan.factor,
        "options": {**{name: each.default for name, each in offered.items()}, **dict(training.choice.options)},
        "recipe": {**asdict(plan.recipe), "epochs": round(training.state.step / training.patches.per_epoch(), 3)},
        "steps": folder.history[folder.best["moment"] - 1].step if folder.best else training.state.step,
        "device": plan.device,
        "threads": plan.threads,
        "processes": plan.processes,
        "data": training.data.sets,
        "srbench": __version__,
        "commit": known["commit"],
        "torch": torch.__version__,
        "scores": _scores(training, network),
        "history": [
            [each.step, *(round(value, 8) if math.isfinite(value) else None for value in (each.loss, each.psnr))]
            for each in folder.history
        ],
    }


def _scores(training: Training, network: torch.nn.Module) -> list[dict[str, Any]]:
    """Score the network beside bicubic on the images held out, and on those that come with srbench."""
    plan = training.plan
    upscaler = LumaUpscaler(network, plan.factor, "cpu")
    sample = [read_image(entry.path) for entry in datasets.get("sample").images]
    lines = []
    for name, images in (("held out", [hr for hr, _ in training.validation]), ("sample", sample)):
        if images:
            own = _mean(images, plan.factor, plan.recipe.protocol, upscaler)
            bicubic = _mean(images, plan.factor, plan.recipe.protocol, lambda lr: imresize(lr, plan.factor))
            lines.append({"dataset": name, "protocol": plan.recipe.protocol, **own, "bicubic": bicubic["psnr"]})
    return lines


def _mean(images: Sequence[Image], factor: int, name: str, upscaler: Callable[[Image], Image]) -> dict[str, float]:
    protocol = protocols.get(name)
    scores = [protocol.compare(hr, upscale(upscaler, protocol.degrade(hr, factor), factor), factor) for hr in images]
    psnr, ssim = np.mean(scores, axis=0)
    return {"psnr": float(psnr), "ssim": float(ssim)}
