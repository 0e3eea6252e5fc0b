"""The quality pass, worker side: one image in, its score rows out."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from srbench.contract import upscale
from srbench.errors import ImageError, SrbenchError
from srbench.plugins import file_hash
from srbench.quality import protocol as protocols
from srbench.quality.files import pixel_hash, read_image
from srbench.quality.image import channels
from srbench.results.rows import ScoreRow
from srbench.runs import loading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from srbench.contract import Upscaler
    from srbench.methods import Choice
    from srbench.quality.image import Image
    from srbench.quality.protocol import Protocol
    from srbench.runs.plan import Plan


T = TypeVar("T")


@dataclass(frozen=True)
class Task:
    """One image to score with every method, factor and protocol of the plan, but for the keys already `done`."""

    plan: Plan
    dataset: str
    image: str
    path: Path
    done: frozenset[str] = frozenset()


def score_image(task: Task) -> Iterator[ScoreRow]:
    """Yield the rows of one image, each as soon as it exists. Whatever goes wrong becomes a row."""
    hr: Image | ImageError
    try:
        hr = read_image(task.path)
        content = pixel_hash(hr)
    except ImageError as error:
        hr = error
        content = _bytes_hash(task.path)
    for name in task.plan.protocols:
        protocol = protocols.get(name)
        for factor in task.plan.factors:
            planned = [_planned(task, choice, protocol, factor, content) for choice in loading.crew(task.plan)]
            missing = [(choice, row) for choice, row in planned if row.key not in task.done]
            lr = _degraded(hr, protocol, factor) if missing else None
            for choice, row in missing:
                yield _scored(row, choice, hr, lr)


def _bytes_hash(path: Path) -> str:
    """Return what stands for an image that cannot be read, so that it is tried again once it has changed."""
    try:
        return file_hash(path)
    except OSError:
        return "unreadable"


def _planned(task: Task, choice: Choice, protocol: Protocol, factor: int, content: str) -> tuple[Choice, ScoreRow]:
    """Return the row that is to be filled in, with its key."""
    device = loading.device_of(choice, task.plan)
    code = loading.code_of(choice, factor, device)
    return choice, ScoreRow(
        method=choice.spec,
        dataset=task.dataset,
        image=task.image,
        factor=factor,
        protocol=protocol.name,
        device=device,
        protocol_fingerprint=protocol.fingerprint,
        hr_sha256=content,
        code=code,
        key=loading.sha256(code, content, protocol.fingerprint),
    )


def _degraded(hr: Image | ImageError, protocol: Protocol, factor: int) -> Image | SrbenchError:
    if isinstance(hr, ImageError):
        return hr
    try:
        return protocol.degrade(hr, factor)
    except SrbenchError as error:
        return error


def _sound(value: T | BaseException) -> T:
    """Return `value`, or raise it if it is the error of an earlier step."""
    if isinstance(value, BaseException):
        raise value
    return value


def _scored(row: ScoreRow, choice: Choice, hr: Any, lr: Any) -> ScoreRow:  # noqa: ANN401 - an image, or its error
    """Upscale and compare; the error of an earlier step, or of this one, becomes the reason."""
    try:
        upscaler = _sound(loading.loaded(choice, row.factor, row.device))
        sr = upscale(upscaler, _sound(lr), row.factor)
        score = protocols.get(row.protocol).compare(hr, sr, row.factor)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a method may raise anything
        status, reason = loading.reason_for(error)
        return replace(row, status=status, reason=reason)
    parameters = getattr(upscaler, "parameters", None)
    parameters = parameters if isinstance(parameters, int) else None  # that of a torch module is a function
    height, width = sr.shape[:2]
    size = {"height": height, "width": width, "channels": channels(sr), "dtype": str(sr.dtype)}
    seen = _trained_on(upscaler, row.hr_sha256)
    return replace(row, psnr=score.psnr, ssim=score.ssim, parameters=parameters, trained_on=seen, **size)


def _trained_on(upscaler: Upscaler, content: str) -> bool:
    """Tell whether an upscaler lists this image among those it was trained on; what is no container lists nothing."""
    try:
        images = getattr(upscaler, "training_images", ())
        return isinstance(images, Container) and bool(content in images)
    except Exception:  # noqa: BLE001 - the attribute is the method's, and may raise anything
        return False
