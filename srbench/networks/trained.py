"""A network with the weights of a file: built for a factor and options, and filled."""

from __future__ import annotations

import inspect
import math
from functools import partial
from textwrap import shorten
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import torch
from torch import nn

from srbench.errors import MethodError, Unsupported
from srbench.networks.quantised import FACT
from srbench.networks.weights import opened

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from srbench.networks.weights import Shapes, Weights

Network: TypeAlias = "Callable[..., nn.Module]"
"""`network(factor, **options)` builds it untrained: (N, C, H, W) -> (N, C, factor * H, factor * W)."""

_LONGEST = 400
"""Characters of what torch says of weights that do not fit: it lists each."""

FACTORS = (4, 2, 3, 8, 1)
"""For which a network is built, one after the other, until its weights have the shapes of a file's."""

_SLACK = 2**16  # numbers that a file may hold besides its network's, or lack, before it is not even tried


class Trained(NamedTuple):
    """A network with its weights, and the pixel hashes of the images that they were trained on."""

    network: nn.Module
    images: frozenset[str]


def load_weights(network: Network, path: Path, factor: int, options: Mapping[str, Any]) -> Trained:
    """Return the network that the file `path` holds the weights of.

    A file of `srbench train` says which factor and options it was trained with, so that `options` need not. What
    factor another is for is known where its weights fit the network of one alone.

    Raises:
        Unsupported: the weights are for another factor.
        MethodError: the file cannot be read, is a pickle that was not allowed, or holds the weights of another network.

    """
    with opened(path) as weights:
        if FACT in weights.facts:
            raise MethodError(f"{path} is the quantised form of weights; give the weights, and precision=int8")
        trained_for, given = weights.facts.get("factor", factor), weights.facts.get("options", {})
        if trained_for != factor:
            raise Unsupported(f"the weights of {path.name} are for x{trained_for}")
        for key, value in options.items():
            if given.get(key, value) != value:
                raise MethodError(f"{path} was trained with {key}={given[key]}, not {value}; leave {key} out")
        build = partial(network, **{**options, **given})
        _check_options(path, network, weights.facts)
        if "factor" not in weights.facts and not fits(partial(build, factor), weights.shapes):
            _check_factor(path, build, weights.shapes)
        filled = fill(path, partial(build, factor), weights)
    return Trained(filled, weights.images)


def _check_options(path: Path, network: Network, known: Mapping[str, Any]) -> None:
    """Raise where a file was trained with options that a network does not have.

    Raises:
        MethodError: it was.

    """
    given = known.get("options", {})
    try:
        inspect.signature(network).bind_partial(**given)
    except TypeError as error:
        method = known.get("method", "another method")
        options = ", ".join(f"{name}={value}" for name, value in given.items())
        raise MethodError(
            f"{path} does not fit the network: it was trained as {method} with {options}; use that method"
        ) from error


def _check_factor(path: Path, build: Network, shapes: Shapes) -> None:
    """Raise where weights that do not say their factor are those of the network for another one.

    Raises:
        Unsupported: they are.

    """
    for factor in FACTORS:
        if fits(partial(build, factor), shapes):
            raise Unsupported(f"the weights of {path.name} are for x{factor}")


def fits(build: Callable[[], nn.Module], shapes: Shapes) -> bool:
    """Tell whether the weights of a network have the names and shapes of those that a file holds."""
    try:
        return {name: tuple(each.shape) for name, each in skeleton(build).state_dict().items()} == shapes
    except Exception:  # noqa: BLE001 - there may be no such network for another factor
        return False


def fill(path: Path, build: Callable[[], nn.Module], weights: Weights) -> nn.Module:
    """Return the network that `build` returns, with the weights of `path`, which are to be all of its own.

    Raises:
        MethodError: they are not.

    """
    try:
        untrained = _untrained(build, weights.shapes)
        untrained.load_state_dict(weights.tensors())
    except (RuntimeError, TypeError, LookupError, ValueError) as error:  # weights, or options, that are another's
        raise MethodError(f"{path} does not fit the network: {shorten(str(error), _LONGEST)}") from error
    return untrained


def _untrained(build: Callable[[], nn.Module], shapes: Shapes) -> nn.Module:
    """Build the network, unless its weights are nowhere near as many as the file's: the file's options may ask for any.

    Raises:
        ValueError: they are not.

    """
    held = sum(math.prod(shape) for shape in shapes.values())
    taken = sum(tensor.numel() for tensor in skeleton(build).state_dict().values())
    if max(held, taken) > 2 * min(held, taken) + _SLACK:
        raise ValueError(f"it holds {held} numbers, expected {taken}")
    return build()


def skeleton(build: Callable[[], nn.Module]) -> nn.Module:
    """Build the network without memory for its weights, if it can be."""
    try:
        with torch.device("meta"):
            return build()
    except Exception:  # noqa: BLE001 - a plug-in's network may compute anything while it is built
        return build()
