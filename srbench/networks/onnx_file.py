"""The network of an ONNX file, ready to run: what its graph does not say is found by running it on small images."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import torch

from srbench.errors import MethodError, Unsupported
from srbench.networks import onnx_metadata, sessions
from srbench.networks.choices import Choices
from srbench.networks.counting import per_sr_pixel
from srbench.networks.memory import keep_memory
from srbench.networks.model import Model
from srbench.networks.packages import package
from srbench.networks.ready import there
from srbench.networks.running import Running
from srbench.networks.trial import MULTIPLES, Trial, layouts_of, trouble
from srbench.takes import Takes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from onnx import ModelProto

    from srbench.networks.onnx_graph import End
    from srbench.networks.trial import Layout

LARGEST = 4096
"""LR pixels a side, at most, of a network that takes one size alone."""


def opened(
    path: Path,
    device: str,
    *,
    running: Running = Running(engine="onnxruntime"),  # noqa: B008 - immutable
    choices: Choices = Choices(),  # noqa: B008 - immutable
) -> Model:
    """Return the network of an ONNX file, ready on `device` ("cpu" or "cuda").

    Its factor, channels, layout and sizes are found. Its range is 1 where `choices` does not say it, but 255 for a
    network of uint8. What `srbench export` wrote into the file is taken where `choices` leaves it open.

    Raises:
        Unsupported: a package is not installed, there is no such device, or the engine cannot do this here.
        MethodError: the file is not what `onnx_content.content` takes, or holds no network that enlarges images.

    """
    place = there(device)
    package("onnx", sessions.EXTRAS[running.engine])
    from srbench.networks import onnx_content, onnx_counts, onnx_graph

    keep_memory()
    content = onnx_graph.with_constants(onnx_content.content(path))
    said = {each.key: each.value for each in content.metadata_props}
    if declared := _declared(said, choices):
        choices = choices.completed(declared)
    given, made = onnx_graph.ends(path, content)
    layouts = _layouts(path, given, choices)
    onnx_counts.check_sizes(path, content, given)
    session = _started(path, content, place, running)
    trials = [Trial(session, (given.dtype, made.dtype), layout, device) for layout in layouts]
    for trial in trials:
        if found := _sizes(trial, given, choices):
            takes, size = found
            return Model(
                trial,
                trial.factor,
                takes,
                place,
                parameters=onnx_counts.parameters(content),
                multiply_adds=partial(_multiply_adds, content, trial, takes, size),
                size=size,
                kind=_kind(content, given, trial),
                is_declared=declared is not None,
                training_images=onnx_metadata.training_images(said),
            )
    raise MethodError(f"{path}: its network {trouble(trials)}")


def _declared(said: Mapping[str, str], choices: Choices) -> Takes | None:
    """Return what metadata say of the images that a network takes; nothing where `choices` says other channels."""
    found = onnx_metadata.takes(said)
    return found if found and choices.channels in ("auto", found.channels) else None


def _kind(content: ModelProto, given: End, trial: Trial) -> str:
    opset = next((each.version for each in content.opset_import if each.domain in ("", "ai.onnx")), 1)
    layout = "NHWC" if trial.layout.last else "NCHW"
    return f"ONNX, opset {opset}, {str(given.dtype).removeprefix('torch.')}, {layout}"


def _started(path: Path, content: ModelProto, device: torch.device, running: Running) -> sessions.Session:
    try:
        return sessions.start(content.SerializeToString(), device, running)
    except Unsupported:
        raise
    except Exception as error:  # those of onnxruntime have no class in common
        raise MethodError(f"{path}: engine={running.engine} cannot run it: {sessions.cause(error)}") from error


def _layouts(path: Path, given: End, choices: Choices) -> list[Layout]:
    """Return the layouts that the input may have."""
    found = list(layouts_of(given.sizes, choices.samples))
    if not found or given.sizes[0] not in (1, None):
        what = {"auto": "1 or 3 channels", "y": "1 channel", "rgb": "3 channels"}[choices.channels]
        raise MethodError(f"{path} takes {given}, expected one image of {what}")
    if max(size or 0 for size in given.sizes) > LARGEST:
        raise MethodError(f"{path} takes {given}, expected at most {LARGEST} pixels a side")
    return found


def _sizes(trial: Trial, given: End, choices: Choices) -> tuple[Takes, tuple[int, int] | None] | None:
    """Return what the network takes, and the one size where there is but one; None if it takes no image."""
    found = Takes.of_network(trial.layout.kind, range=255 if given.dtype == torch.uint8 else 1)
    height, width = trial.layout.sides(given.sizes)
    if height or width:
        size = (height or width or 0, width or height or 0)
        return (choices.over(found), size) if trial.takes(*size) else None
    multiple, taken = trial.multiple((choices.multiple,) if choices.multiple else MULTIPLES)
    if not multiple:
        return None
    minimum = choices.minimum or trial.minimum(multiple, taken)
    return choices.over(replace(found, multiple=multiple, minimum=minimum)), None


def _multiply_adds(content: ModelProto, trial: Trial, takes: Takes, size: tuple[int, int] | None) -> float:
    """Count the multiply-adds per SR pixel; of a network that takes one size, with what is computed for its border."""
    from srbench.networks import onnx_counts

    def count(height: int, width: int) -> float:
        return onnx_counts.multiply_adds(content, trial.layout.shape(height, width))

    if size:
        return count(*size) / (size[0] * size[1] * trial.factor**2)
    return per_sr_pixel(count, trial.factor, takes)
