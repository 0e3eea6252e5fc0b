"""The quality pass, worker side: one image in, its score rows out."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from srbench import methods
from srbench.contract import Upscaler, upscale
from srbench.errors import ImageError, SrbenchError, Unsupported
from srbench.plugins import file_hash
from srbench.quality import protocol as protocols
from srbench.quality.files import pixel_hash, read_image
from srbench.quality.image import channels
from srbench.results.rows import ScoreRow, Status
from srbench.speed import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

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
            planned = [_planned(task, choice, protocol, factor, content) for choice in crew(task.plan)]
            missing = [(choice, row) for choice, row in planned if row.key not in task.done]
            lr = _degraded(hr, protocol, factor) if missing else None
            for choice, row in missing:
                yield _scored(row, choice, hr, lr)


def crew(plan: Plan) -> tuple[Choice, ...]:
    """Return the methods of `plan`, in its order.

    Raises:
        UsageError: a method, an option or a plug-in file that there is not.

    """
    return _crew(plan.methods, plan.plugins)


def forget() -> None:
    """Drop what this process has loaded: a plug-in file may have been edited since."""
    for cached in (_crew, _code, _loaded):
        cached.cache_clear()


def device_of(choice: Choice, plan: Plan) -> str:
    """Return where a method scores: under `auto` on CUDA if there is a device and the method can use it."""
    if plan.device != "auto":
        return plan.device
    if not environment.cuda_devices() or "cuda" not in devices_of(choice):
        return "cpu"
    loaded = (_loaded(choice, factor, "cuda") for factor in plan.factors)  # a CPU build of torch cannot
    return "cpu" if all(isinstance(each, Unsupported) for each in loaded) else "cuda"


def devices_of(choice: Choice) -> tuple[str, ...]:
    """Return the devices a method can use; one that cannot be imported says why when it is loaded."""
    try:
        return choice.method.devices()
    except SrbenchError:
        return ("cpu", "cuda")


def files_of(choice: Choice, factor: int) -> list[Path]:
    """Return the weights and other files behind a method; none where it cannot say."""
    try:
        return choice.files(factor)
    except Exception:  # noqa: BLE001 - a method may raise anything; loading it says the same in a row
        return []


def code_of(choice: Choice, factor: int, device: str) -> str:
    """Return a sha256 over all that decides a row but image and protocol."""
    return _sha256(_code(choice, factor), factor, device, environment.deciding_versions())


def load(choice: Choice, factor: int, device: str) -> Upscaler:
    """Return the upscaler, or raise what says why there is none.

    Raises:
        Unsupported: the device is absent or the method cannot use it, or it refuses the factor.

    """
    if device == "cuda" and not environment.cuda_devices():
        raise Unsupported("no CUDA device")
    if device not in devices_of(choice):
        raise Unsupported(f"{choice.method.name} does not run on {device}")
    return choice.load(factor, device)


def reason_for(error: BaseException) -> tuple[Status, str]:
    """Return the status and the one-line reason that stand for `error` in a row."""
    text = " ".join(str(error).split()).encode("utf-8", "backslashreplace").decode()
    if isinstance(error, Unsupported):
        return "skipped", text
    return "failed", text if isinstance(error, SrbenchError) else f"{type(error).__name__}: {text}"


@lru_cache(maxsize=1)
def _crew(specs: tuple[str, ...], plugins: tuple[str, ...]) -> tuple[Choice, ...]:
    registry = methods.registry([Path(plugin) for plugin in plugins])
    return tuple(methods.choose(spec, registry) for spec in specs)


@lru_cache(maxsize=256)
def _code(choice: Choice, factor: int) -> str:
    try:
        return choice.fingerprint(factor)
    except Exception as error:  # noqa: BLE001 - a method may raise anything; loading it says the same in a row
        return f"{choice.spec}: {error}"


@lru_cache(maxsize=256)
def _loaded(choice: Choice, factor: int, device: str) -> Upscaler | BaseException:
    """Load an upscaler once per process; the error that prevents it is kept as well."""
    try:
        return load(choice, factor, device)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a method may raise anything
        return error


def _sha256(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _bytes_hash(path: Path) -> str:
    """Return what stands for an image that cannot be read, so that it is tried again once it has changed."""
    try:
        return file_hash(path)
    except OSError:
        return "unreadable"


def _planned(task: Task, choice: Choice, protocol: Protocol, factor: int, content: str) -> tuple[Choice, ScoreRow]:
    """Return the row that is to be filled in, with its key."""
    device = device_of(choice, task.plan)
    code = code_of(choice, factor, device)
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
        key=_sha256(code, content, protocol.fingerprint),
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
        upscaler = _sound(_loaded(choice, row.factor, row.device))
        sr = upscale(upscaler, _sound(lr), row.factor)
        score = protocols.get(row.protocol).compare(hr, sr, row.factor)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a method may raise anything
        status, reason = reason_for(error)
        return replace(row, status=status, reason=reason)
    parameters = getattr(upscaler, "parameters", None)
    parameters = parameters if isinstance(parameters, int) else None  # that of a torch module is a function
    height, width = sr.shape[:2]
    size = {"height": height, "width": width, "channels": channels(sr), "dtype": str(sr.dtype)}
    return replace(row, psnr=score.psnr, ssim=score.ssim, parameters=parameters, **size)
