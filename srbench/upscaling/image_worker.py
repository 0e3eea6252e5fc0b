"""What upscales files in a worker, in short calls, so that the coordinator can say how far it is."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from srbench.errors import UsageError
from srbench.execution import loading
from srbench.execution.method_worker import remark_of
from srbench.quality.files import check_fits, format_of, read_layers, write_image
from srbench.quality.image import channels
from srbench.quality.metadata import Metadata, read_metadata
from srbench.speed.conditions import forget_peak, peak_memory
from srbench.upscaling import transparency
from srbench.upscaling.enlarging import Step, enlarged

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from srbench.contract import Upscaler
    from srbench.quality.decoders.pillow import Layers
    from srbench.upscaling.size import Size

PATIENCE = 0.4
"""Seconds after which a call says how far it is."""

_PADDED = 4
"""Bytes of an RGB pixel while Pillow writes it."""


@dataclass(frozen=True)
class Asked:
    """What is the same for all images."""

    spec: str
    factor: int
    size: Size
    plugins: tuple[str, ...] = ()
    device: str = "auto"
    memory: int = 0
    """Bytes that the worker may take; 0 for no limit, and tiles for three quarters of what is available."""


class Loaded(NamedTuple):
    """What is known of a method once it is loaded."""

    device: str
    tiles: bool
    """Whether it works in tiles."""


class Written(NamedTuple):
    """What is known of an image once it is written."""

    lr: tuple[int, int]
    """Width and height of the input, upright."""
    size: tuple[int, int]
    seconds: float
    peak: int | None
    """The most bytes of memory that the worker had (Linux)."""
    remark: str
    """How it was computed, if not as usual."""
    notes: tuple[str, ...]
    """What of the source the file does not hold, and whether it is stretched."""


class _Job:
    """The image that is being upscaled; calls of one worker come one after the other."""

    steps: Generator[Step, None, Written] | None = None


def load(asked: Asked) -> Loaded:
    """Load the method, which stays here.

    Raises:
        MethodError: it cannot be loaded; the line names it.

    """
    upscaler, device = _upscaler(asked)
    return Loaded(device, hasattr(upscaler, "in_tiles"))


def begin(asked: Asked, source: Path, target: Path) -> int:
    """Read an image, leave the rest to `advance`, and return the number of this process.

    Raises:
        ImageError: it is none that srbench reads.
        UsageError: the format of the target or the memory cannot hold the result.

    """
    began = time.perf_counter()
    forget_peak()
    layers = read_layers(source)
    shape = layers.pixels.shape
    has_alpha = layers.alpha is not None
    check_fits(target, (*asked.size.of(shape, asked.factor), *shape[2:]), alpha=has_alpha)
    _check_memory(asked, source, layers)
    _Job.steps = _steps(asked, layers, source, target, began)
    return os.getpid()


def advance() -> Step | Written:
    """Go on for a moment, and return what is being done now, or what was written.

    Raises:
        SrbenchError: what prevents it; the line names the image.

    """
    assert _Job.steps  # noqa: S101 - after `begin`
    began, last = time.perf_counter(), ""
    while True:
        try:
            step = next(_Job.steps)
        except StopIteration as end:
            written: Written = end.value
            return written
        if step.what != last or time.perf_counter() - began > PATIENCE:
            if last or not step.total:
                return step
            last = step.what


def _steps(asked: Asked, layers: Layers, source: Path, target: Path, began: float) -> Generator[Step, None, Written]:
    """Upscale and write an image."""
    upscaler, _ = _upscaler(asked)
    metadata = read_metadata(source)
    image, alpha = layers
    shape = image.shape
    if alpha is not None:
        image = transparency.filled(image, alpha)
        alpha = transparency.enlarged(alpha, asked.factor, asked.size)
    del layers
    with loading.blamed_on(asked.spec, source):
        sr = yield from enlarged(upscaler, image, asked.factor, asked.size, asked.memory)
    del image
    yield Step("writing")
    write_image(target, sr, metadata, alpha=alpha)
    notes = [*_lost(metadata, source, target, channels(sr))]
    if asked.size.exceeds(shape, asked.factor):
        height, width = (side * asked.factor for side in shape[:2])
        beyond = f"x{asked.factor} gives {width}x{height} pixels; Pillow's {asked.size.resampler} enlarged them further"
        notes.append(f"{beyond}; a larger --factor leaves less to it")
    if asked.size.stretches(shape):
        notes.append(f"stretched from {shape[1]}x{shape[0]} pixels; --width or --height alone keeps proportions")
    return Written(
        lr=(shape[1], shape[0]),
        size=(sr.shape[1], sr.shape[0]),
        seconds=round(time.perf_counter() - began, 3),
        peak=peak_memory(),
        remark=remark_of(upscaler),
        notes=tuple(notes),
    )


def _upscaler(asked: Asked) -> tuple[Upscaler, str]:
    choice = loading.chosen(asked.spec, asked.plugins)
    with loading.blamed_on(choice.spec):
        device = loading.device_of(choice, asked.device, [asked.factor])
        upscaler = loading.loaded(choice, asked.factor, device)
        if isinstance(upscaler, BaseException):
            raise upscaler
    return upscaler, device


def _check_memory(asked: Asked, source: Path, layers: Layers) -> None:
    """Refuse what cannot stay within the memory: SR and, to write it, Pillow's copies of it."""
    image, alpha = layers
    pixels = image.shape[0] * image.shape[1] * asked.factor**2
    need = pixels * (channels(image) + (_PADDED if channels(image) > 1 else 0)) + image.nbytes
    need += 0 if alpha is None else pixels * (1 + _PADDED) + alpha.nbytes
    if asked.memory and need > asked.memory:
        sides = "x".join(str(side * asked.factor) for side in image.shape[1::-1])
        raise UsageError(
            f"{source}: SR of {sides} pixels takes {need / 1e6:.0f} MB to make and write, "
            f"and --memory is {asked.memory / 1e6:.0f} MB; give more"
        )


def _lost(metadata: Metadata, source: Path, target: Path, count: int) -> Generator[str, None, None]:
    """Yield what the target does not hold of its source."""
    if lost := metadata.lost(format_of(target)):
        yield f"{format_of(target)} files do not hold the {lost} of {source}; write a .png"
    elif space := metadata.misfit(count):
        yield f"written without the colour profile of {source}, which is for {space} pixels"
