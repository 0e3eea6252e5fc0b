"""The network of a file that torch wrote: a state dict, whose network spandrel or the user knows, or a TorchScript."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import torch

from srbench import method_options, model_files
from srbench.errors import MethodError, Unsupported
from srbench.networks import architectures, foreign_files, named_network, torchscript, weights
from srbench.networks.choices import Choices
from srbench.networks.ready import ready
from srbench.networks.running import Running
from srbench.networks.sessions import Session
from srbench.networks.trained import FACTORS, fill, fits
from srbench.networks.trial import MULTIPLES, Layout, Trial, trouble
from srbench.takes import Takes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor, nn

    from srbench.networks.model import Model
    from srbench.networks.weights import Weights

SUFFIXES = [suffix for suffix, method in model_files.METHODS.items() if method == "torch"]

_ALL = ("tf32", "bfloat16", "float16")


class _Found(NamedTuple):
    """The network of a file, as far as the file tells."""

    network: nn.Module
    factor: int
    takes: Takes
    precisions: tuple[str, ...] = _ALL
    """In which it may be asked to compute, besides float32."""
    kind: str = ""
    """What it is, and what read it."""


def opened(  # noqa: PLR0913 - what is in the file, and how it is run
    path: Path,
    device: str,
    *,
    network: str = "",
    factor: int | None = None,
    options: Mapping[str, str] = MappingProxyType({}),
    running: Running = Running(),  # noqa: B008 - immutable
    choices: Choices = Choices(),  # noqa: B008 - immutable
) -> Model:
    """Return the network of a file that torch wrote, ready on `device` ("cpu" or "cuda").

    The range is 1 where `choices` does not say it.

    Args:
        path: the file: `.pth`, `.pt`, `.ckpt`, `.torchscript` or `.safetensors`.
        device: where it runs.
        network: the function that builds the network (see `named_network`), for a state dict that spandrel does not
            know. It is called with a factor and `options`.
        factor: that which is asked for, tried first; the model has the one that the file is of.
        options: those of the function, as text.
        running: how it is run.
        choices: what is said of the images that it takes.

    Raises:
        Unsupported: a package is not installed, or the engine cannot do this here.
        MethodError: the file holds no network that is known and enlarges images, or is a pickle and those were not
            allowed.

    """
    found = _found(path, network, factor, options, choices)
    if running.precision not in {"float32", *found.precisions}:
        raise Unsupported(f"the network in {path.name} does not compute in {running.precision}")
    model = ready(found.network, found.factor, device, choices.over(found.takes), running)
    return replace(model, parameters=model.parameters or None, kind=found.kind)


def of_module(network: nn.Module, name: str, device: str, choices: Choices = Choices()) -> Model:  # noqa: B008 - immutable
    """Return a torch module that was made in Python, ready on `device` ("cpu" or "cuda"); `name` is for errors.

    Its attribute `takes`, a `Takes`, says what it takes, in place of what trials would find.

    Raises:
        MethodError: it does not enlarge images, or takes others than it says.

    """
    declared = getattr(network, "takes", None)
    choices = choices.completed(declared) if isinstance(declared, Takes) else choices
    found = _tried(name, network, choices)
    model = ready(found.network, found.factor, device, choices.over(found.takes))
    return replace(model, kind=f"torch module {type(network).__name__}", is_declared=isinstance(declared, Takes))


def _found(path: Path, network: str, factor: int | None, options: Mapping[str, str], choices: Choices) -> _Found:
    suffix = path.suffix.lower()
    if refusal := foreign_files.refusal(path):
        raise MethodError(refusal)
    if suffix not in SUFFIXES:
        raise MethodError(f"{path} has the suffix {suffix or 'none'}, expected one of {', '.join(SUFFIXES)}")
    if model_files.needs_permission(path):
        weights.check_allowed(path)
        if torchscript.is_program(path):
            return _program(path, network, choices)
    with weights.opened(path) as held:
        if network:
            found = _named(path, held, network, factor, options, choices)
            return found._replace(kind=f"state dict of {Path(network).name}")  # no path, as it is in the key
        return _Found(*architectures.recognised(path, held.tensors()))


def _program(path: Path, network: str, choices: Choices) -> _Found:
    """Return the network of a TorchScript archive."""
    if network:
        raise MethodError(f"{path} is a TorchScript, which holds its network; leave network={network} out")
    found = _tried(path, torchscript.load(path), choices)
    return found._replace(kind="TorchScript", precisions=("tf32",) if _is_frozen(found.network) else _ALL)


def _is_frozen(network: nn.Module) -> bool:
    """Tell whether the weights of a network are constants of its code, of their own type for good."""
    return not any(True for _ in network.parameters())


def _named(  # noqa: PLR0913 - what is in the file, and who says what
    path: Path, held: Weights, network: str, factor: int | None, options: Mapping[str, str], choices: Choices
) -> _Found:
    """Return the network that the user's function builds, for the factor that fits."""
    function = named_network.find(network).load()
    typed = method_options.typed(network, function, options, given=("factor",))
    factors = FACTORS if factor is None else (factor, *(each for each in FACTORS if each != factor))
    fitting = next((each for each in factors if fits(partial(function, each, **typed), held.shapes)), factors[0])
    return _tried(path, fill(path, partial(function, fitting, **typed), held), choices)


def _tried(path: Path | str, network: nn.Module, choices: Choices) -> _Found:
    """Return what a network does with small images, in RGB or else in luma.

    Raises:
        MethodError: it does not make larger ones.

    """

    def fill(given: Tensor, sr: Tensor) -> None:
        sr.copy_(network(given))

    network.eval()
    trials = [
        Trial(Session(fill, network), (torch.float32,) * 2, Layout(each, last=False), "cpu") for each in choices.samples
    ]
    for trial in trials:
        with torch.inference_mode():
            multiple, taken = trial.multiple((choices.multiple,) if choices.multiple else MULTIPLES)
            minimum = choices.minimum or (multiple and trial.minimum(multiple, taken))
        if multiple:
            takes = Takes.of_network(trial.layout.kind, minimum=minimum, multiple=multiple)
            return _Found(network, trial.factor, takes)
    raise MethodError(f"{path}: its network {trouble(trials)}")
