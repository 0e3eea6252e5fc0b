"""The methods of a plan: chosen and loaded once per process, and what identifies their code.

This imports methods: in a run, workers alone do it (`upscaling`), and the coordinator knows `Member`s.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from srbench import methods
from srbench.errors import Crashed, MethodError, SrbenchError, TimedOut, Unsupported
from srbench.hashing import sha256
from srbench.speed import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srbench.contract import Upscaler
    from srbench.methods import Choice
    from srbench.plan import Plan
    from srbench.results.rows import Status

_LONGEST = 2000
"""Characters of a reason at most."""

_STATUSES: dict[type[SrbenchError], Status] = {Unsupported: "skipped", TimedOut: "timeout", Crashed: "crashed"}


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
    text = " ".join(str(error)[:_LONGEST].split()).encode("utf-8", "backslashreplace").decode()
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
