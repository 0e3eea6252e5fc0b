"""The methods of a plan: chosen and loaded once per process, and what identifies their code.

This imports methods: in a run, workers alone do it (`method_worker`), and the coordinator knows `MethodInfo`s.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from srbench import contract, methods
from srbench.errors import Crashed, MethodError, SrbenchError, TimedOut, Unsupported
from srbench.hashing import sha256
from srbench.printable import printable
from srbench.speed import environment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from srbench.contract import Upscaler
    from srbench.methods import Choice
    from srbench.store.rows import Status

_LONGEST = 2000
"""Characters of a reason at most."""

_STATUSES: dict[type[SrbenchError], Status] = {Unsupported: "skipped", TimedOut: "timeout", Crashed: "crashed"}


@lru_cache(maxsize=64)
def chosen(spec: str, plugins: tuple[str, ...] = ()) -> Choice:
    """Return the method that a spec names, among the registered ones and those of plug-in files.

    Raises:
        UsageError: a method, an option or a plug-in file that there is not.

    """
    return methods.choose(spec, methods.registry([Path(plugin) for plugin in plugins]))


def forget() -> None:
    """Drop what this process has loaded: a plug-in file may have been edited since."""
    for cached in (chosen, _identity, loaded):
        cached.cache_clear()
    _trusted.clear()


def device_of(choice: Choice, device: str, factors: Iterable[int]) -> str:
    """Return where a method scores: under `auto` on CUDA if there is a device and the method can use it."""
    if device != "auto":
        return device
    if not environment.cuda_devices() or "cuda" not in devices_of(choice):
        return "cpu"
    attempts = (loaded(choice, factor, "cuda") for factor in factors)  # a CPU build of torch cannot
    return "cpu" if all(isinstance(each, Unsupported) for each in attempts) else "cuda"


def devices_of(choice: Choice) -> tuple[str, ...]:
    """Return the devices a method can use; one that cannot be imported says why when it is loaded."""
    try:
        return choice.method.devices()
    except SrbenchError:
        return ("cpu", "cuda")


def settled(choice: Choice, device: str) -> Choice:
    """Return a method with the options that it finds out on `device`; as it is where it cannot: loading will tell."""
    try:
        return choice.settled(device)
    except SrbenchError:
        return choice


def files_of(choice: Choice, factor: int) -> list[Path]:
    """Return the weights and other files behind a method; none where it cannot say, as loading it will tell."""
    return [] if _identity(choice, factor).error else choice.files(factor)


def trust(choice: Choice, factor: int, decided: Mapping[str, Any]) -> None:
    """Take over what another process found out about a method's files, where its `load` goes by that.

    `code_of` tells whether it is of the same files and code: its decisions are in it, whoever made them. What others
    decide, such as the version of a program, is asked again: nothing else holds them to it.
    """
    with suppress(SrbenchError):  # loading it will tell
        if decided and choice.takes_decisions:
            _trusted.setdefault((choice, factor), decided)


def decided_of(choice: Choice, factor: int) -> Mapping[str, Any]:
    """Return what a method found out about its files; nothing where it cannot say, as loading it will tell."""
    return _identity(choice, factor).decided


def code_of(choice: Choice, factor: int, device: str, versions: Mapping[str, str] | None = None) -> str:
    """Return a sha256 over all that decides a row but image and protocol, perhaps under other `versions`."""
    deciding = environment.deciding_versions() if versions is None else versions
    return sha256(_identity(choice, factor).code, factor, device, deciding)


def check_device(device: str) -> None:
    """Raise `Unsupported` where there is no such device."""
    if device == "cuda" and not environment.cuda_devices():
        raise Unsupported("no CUDA device")


def load(choice: Choice, factor: int, device: str) -> Upscaler:
    """Return the upscaler, or raise what says why there is none.

    Raises:
        Unsupported: the device is absent or the method cannot use it, or it refuses the factor.
        MethodError: its code or files cannot be determined, so no result could be traced to them; or what it loads is
            no upscaler.

    """
    check_device(device)
    if error := _identity(choice, factor).error:
        raise error
    if device not in devices_of(choice):
        raise Unsupported(f"{choice.method.name} does not run on {device}")
    return contract.accept(choice.load(factor, device, decided_of(choice, factor)))


def reason_for(error: BaseException) -> tuple[Status, str]:
    """Return the status and the one-line reason that stand for `error` in a row."""
    text = printable(" ".join(str(error)[:_LONGEST].split()))
    for kind, status in _STATUSES.items():
        if isinstance(error, kind):
            return status, text
    return "failed", text if isinstance(error, SrbenchError) else f"{type(error).__name__}: {text}"


@contextmanager
def blamed_on(spec: str, file: Path | None = None) -> Iterator[None]:
    """Turn whatever a method raises into one line that names the method and the image."""
    try:
        yield
    except (Exception, SystemExit) as error:
        reason = reason_for(error)[1]
        raise MethodError(f"{file}: {spec}: {reason}" if file else f"{spec}: {reason}") from error


class _Identity(NamedTuple):
    """What a method's results at a factor are traced to."""

    code: str
    """sha256 over its code, files and options; without files where they cannot be determined."""
    decided: Mapping[str, Any]
    """What the method found out about its files."""
    error: SrbenchError | None = None
    """Why they cannot be determined: then it is not loaded, as a result would not be computed again after an edit."""


_trusted: dict[tuple[Choice, int], Mapping[str, Any]] = {}
"""What other processes decided, by method and factor."""


@lru_cache(maxsize=256)
def _identity(choice: Choice, factor: int) -> _Identity:
    try:
        decided = _trusted.get((choice, factor)) or choice.decided(factor)
        return _Identity(choice.fingerprint(factor, decided), decided)
    except SrbenchError as error:
        return _Identity(sha256(choice.spec, *choice.method.code_hashes(), str(error)), {}, error)


@lru_cache(maxsize=256)
def loaded(choice: Choice, factor: int, device: str) -> Upscaler | BaseException:
    """Load an upscaler once per process; the error that prevents it is kept as well."""
    try:
        return load(choice, factor, device)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a method may raise anything
        return error
