"""The methods of a plan: chosen and loaded once per process, and what identifies their code.

During a run this is a method's worker speaking: the coordinator imports no method and knows `Member`s.
"""

from __future__ import annotations

from collections.abc import Container
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from srbench import contract, methods
from srbench.errors import Crashed, MethodError, SrbenchError, TimedOut, Unsupported
from srbench.plugins import file_hash
from srbench.results.rows import DEVICES, sha256
from srbench.specs import canonical, parse_method
from srbench.speed import environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from srbench.contract import Upscaler
    from srbench.methods import Choice
    from srbench.plan import Plan
    from srbench.quality.image import Image
    from srbench.results.rows import Status

_STATUSES: dict[type[SrbenchError], Status] = {Unsupported: "skipped", TimedOut: "timeout", Crashed: "crashed"}


@dataclass(frozen=True)
class Member:
    """What the coordinator knows about a method of its plan."""

    plan: Plan
    """The run's plan with this method alone: what a worker needs to choose it."""
    device: str
    """Where it scores."""
    codes: Mapping[tuple[int, str], str]
    """For each factor and device, the sha256 over all that decides a row but image and protocol."""
    files: Mapping[str, str] = field(default_factory=dict)
    """The sha256 of its weights and option files, by file name."""
    error: SrbenchError | None = None
    """Why nothing more is known: its worker died, or did not answer."""

    @property
    def spec(self) -> str:
        """Return its method spec, the canonical one if it could be asked for it."""
        return self.plan.methods[0]


def crew(plan: Plan) -> tuple[Choice, ...]:
    """Return the methods of `plan`, in its order.

    Raises:
        UsageError: a method, an option or a plug-in file that there is not.

    """
    return _crew(plan.methods, plan.plugins)


def forget() -> None:
    """Drop what this process has loaded: a plug-in file may have been edited since."""
    for cached in (_crew, _code, loaded):
        cached.cache_clear()


def describe(plan: Plan) -> Member:
    """Return what there is to know about the only method of `plan`; for its worker.

    Raises:
        UsageError: a method, an option or a plug-in file that there is not.

    """
    forget()
    (choice,) = crew(plan)
    files = {path.name: file_hash(path) for factor in plan.factors for path in files_of(choice, factor)}
    codes = {(factor, device): code_of(choice, factor, device) for factor in plan.factors for device in DEVICES}
    return Member(replace(plan, methods=(choice.spec,)), device_of(choice, plan), codes, files)


def prepare(plan: Plan, factor: int, device: str) -> None:
    """Load the only method of `plan`, which stays here; for its worker.

    Raises:
        Exception: what prevents it.

    """
    ready(plan, factor, device)


def undescribed(plan: Plan, error: SrbenchError) -> Member:
    """Return the member for a method whose worker could not describe it because of `error`.

    Its code is its file and the error: once either is another, its rows are computed again.
    """
    spec = parse_method(plan.methods[0])
    source = methods.registry([Path(plugin) for plugin in plan.plugins])[spec.name].source
    file = file_hash(source) if source and source.is_file() else ""
    codes = {each: sha256(spec.name, file, str(error), *each) for each in product(plan.factors, DEVICES)}
    device = "cpu" if plan.device == "auto" else plan.device
    return Member(replace(plan, methods=(canonical(spec.name, spec.options),)), device, codes, error=error)


class Upscaled(NamedTuple):
    """SR, with what its row says about the upscaler."""

    sr: Image
    parameters: int | None
    trained_on: bool


def upscale(plan: Plan, factor: int, device: str, lr: Image, content: str) -> Upscaled:
    """Return SR of `lr`, held to the contract, by the only method of `plan`; for its worker.

    `content` is the pixel hash of HR.

    Raises:
        Exception: whatever the method raises, or a `MethodError` where the result breaks the contract.

    """
    upscaler = ready(plan, factor, device)
    sr = contract.upscale(upscaler, lr, factor)
    parameters = getattr(upscaler, "parameters", None)
    parameters = int(parameters) if isinstance(parameters, int) else None  # that of a torch module is a function
    return Upscaled(np.asarray(sr), parameters, _trained_on(upscaler, content))


def ready(plan: Plan, factor: int, device: str) -> Upscaler:
    """Return the upscaler of the only method of `plan`, loaded once; for its worker.

    Raises:
        Exception: what prevents it.

    """
    (choice,) = crew(plan)
    upscaler = loaded(choice, factor, device)
    if isinstance(upscaler, BaseException):
        raise upscaler
    return upscaler


def _trained_on(upscaler: Upscaler, content: str) -> bool:
    """Tell whether an upscaler lists this image among those it was trained on; what is no container lists nothing."""
    try:
        images = getattr(upscaler, "training_images", ())
        return isinstance(images, Container) and bool(content in images)
    except Exception:  # noqa: BLE001 - the attribute is the method's, and may raise anything
        return False


def device_of(choice: Choice, plan: Plan) -> str:
    """Return where a method scores: under `auto` on CUDA if there is a device and the method can use it."""
    if plan.device != "auto":
        return plan.device
    if not environment.cuda_devices() or "cuda" not in devices_of(choice):
        return "cpu"
    attempts = (loaded(choice, factor, "cuda") for factor in plan.factors)  # a CPU build of torch cannot
    return "cpu" if all(isinstance(each, Unsupported) for each in attempts) else "cuda"


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
    return sha256(_code(choice, factor), factor, device, environment.deciding_versions())


def check_device(device: str) -> None:
    """Raise `Unsupported` where there is no such device."""
    if device == "cuda" and not environment.cuda_devices():
        raise Unsupported("no CUDA device")


def load(choice: Choice, factor: int, device: str) -> Upscaler:
    """Return the upscaler, or raise what says why there is none.

    Raises:
        Unsupported: the device is absent or the method cannot use it, or it refuses the factor.

    """
    check_device(device)
    if device not in devices_of(choice):
        raise Unsupported(f"{choice.method.name} does not run on {device}")
    return choice.load(factor, device)


def reason_for(error: BaseException) -> tuple[Status, str]:
    """Return the status and the one-line reason that stand for `error` in a row."""
    text = " ".join(str(error).split()).encode("utf-8", "backslashreplace").decode()
    for kind, status in _STATUSES.items():
        if isinstance(error, kind):
            return status, text
    return "failed", text if isinstance(error, SrbenchError) else f"{type(error).__name__}: {text}"


@lru_cache(maxsize=1)
def _crew(specs: tuple[str, ...], plugins: tuple[str, ...]) -> tuple[Choice, ...]:
    registry = methods.registry([Path(plugin) for plugin in plugins])
    return tuple(methods.choose(spec, registry) for spec in specs)


@contextmanager
def blamed_on(spec: str, file: Path | None = None) -> Iterator[None]:
    """Turn whatever a method raises into one line that names the method and the image."""
    try:
        yield
    except (Exception, SystemExit) as error:
        reason = reason_for(error)[1]
        raise MethodError(f"{file}: {spec}: {reason}" if file else f"{spec}: {reason}") from error


@lru_cache(maxsize=256)
def _code(choice: Choice, factor: int) -> str:
    try:
        return choice.fingerprint(factor)
    except Exception as error:  # noqa: BLE001 - a method may raise anything; loading it says the same in a row
        return f"{choice.spec}: {error}"


@lru_cache(maxsize=256)
def loaded(choice: Choice, factor: int, device: str) -> Upscaler | BaseException:
    """Load an upscaler once per process; the error that prevents it is kept as well."""
    try:
        return load(choice, factor, device)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a method may raise anything
        return error
