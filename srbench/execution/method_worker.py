"""A method's worker: what its method is, loading it, upscaling."""

from __future__ import annotations

from collections.abc import Container
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from srbench import contract, weights_metadata
from srbench.errors import Unsupported
from srbench.execution import loading
from srbench.execution.method_info import MethodInfo
from srbench.hashing import file_hash
from srbench.store.rows import DEVICES

if TYPE_CHECKING:
    from srbench.contract import Upscaler
    from srbench.execution.method_info import Asked
    from srbench.quality.image import Image


def describe(asked: Asked) -> MethodInfo:
    """Return what there is to know about a method.

    Raises:
        UsageError: a method, an option or a plug-in file that there is not.

    """
    loading.forget()
    typed = loading.chosen(asked.spec, asked.plugins)
    device = loading.device_of(typed, asked.device, asked.factors)
    choice = loading.settled(typed, device)
    paths = {factor: loading.files_of(choice, factor) for factor in asked.factors}
    files = {path.name: file_hash(path) for each in paths.values() for path in each}
    models = {
        f"x{factor}": facts
        for factor, each in paths.items()
        for path in each
        if (facts := weights_metadata.facts(path))
    }
    codes = {case: loading.code_of(choice, *case) for case in product(asked.factors, DEVICES)}
    decided = {f"x{factor}": found for factor in asked.factors if (found := loading.decided_of(choice, factor))}
    named = {key: str(path) for key, path in choice.paths.items()}
    return MethodInfo(asked, choice.spec, device, codes, files, models, named, decided)


def code_under(info: MethodInfo, factor: int, device: str, versions: dict[str, str]) -> str:
    """Return what the code of a method would be under other versions of packages."""
    return loading.code_of(loading.chosen(info.spec, info.asked.plugins), factor, device, versions)


def prepare(info: MethodInfo, factor: int, device: str) -> None:
    """Load the method, which stays here.

    Raises:
        Exception: what prevents it.

    """
    ready(info, factor, device)


class Upscaled(NamedTuple):
    """SR, with what its row says about the upscaler."""

    sr: Image
    parameters: int | None
    trained_on: bool
    remark: str
    """A remark on how it was computed; usually empty."""


def upscale(info: MethodInfo, factor: int, device: str, lr: Image, content: str) -> Upscaled:
    """Return SR of `lr`, checked against the contract.

    `content` is the pixel hash of HR.

    Raises:
        Exception: whatever the method raises, or a `MethodError` where the result breaks the contract.

    """
    upscaler = ready(info, factor, device)
    sr = contract.upscale(upscaler, lr, factor)
    return Upscaled(sr, parameters_of(upscaler), _trained_on(upscaler, content), remark_of(upscaler))


def parameters_of(upscaler: Upscaler) -> int | None:
    """Return the number of an upscaler's weights, if it says so."""
    parameters = getattr(upscaler, "parameters", None)
    return int(parameters) if isinstance(parameters, int) else None  # that of a torch module is a function


def remark_of(upscaler: Upscaler) -> str:
    """Return what an upscaler says about how it computed its last result, in one line."""
    remark = getattr(upscaler, "remark", "")
    return " ".join(remark.split()) if isinstance(remark, str) else ""


def ready(info: MethodInfo, factor: int, device: str) -> Upscaler:
    """Return the upscaler, loaded once; its code must be the one that rows will name.

    Raises:
        Unsupported: the code was edited since the run began.
        Exception: what else prevents it.

    """
    choice = loading.chosen(info.spec, info.asked.plugins)
    loading.trust(choice, factor, info.decided.get(f"x{factor}", {}))
    if loading.code_of(choice, factor, device) != info.codes[factor, device]:
        raise Unsupported(
            "its code or weights were edited during the run; score it in a new run, with --reuse of this one"
        )
    upscaler = loading.loaded(choice, factor, device)
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
