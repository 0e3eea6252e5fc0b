"""A network with the weights of a file: built for a factor and options, and filled."""

from __future__ import annotations

import math
from textwrap import shorten
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import torch
from torch import nn

from srbench.errors import MethodError, Unsupported
from srbench.networks.weights import opened

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from srbench.networks.weights import Shapes, Weights

Network: TypeAlias = "Callable[..., nn.Module]"
"""`network(factor, **options)` builds it untrained: (N, C, H, W) -> (N, C, factor * H, factor * W)."""

_LONGEST = 400
"""Characters of what torch says of weights that do not fit: it lists each."""

_SLACK = 2**16  # numbers that a file may hold besides its network's, or lack, before it is not even tried


class Trained(NamedTuple):
    """A network with its weights, and the pixel hashes of the images that they were trained on."""

    network: nn.Module
    images: frozenset[str]


def load_weights(network: Network, path: Path, factor: int, options: Mapping[str, Any]) -> Trained:
    """Return the network that the file `path` holds the weights of.

    A file of `srbench train` says which factor and options it was trained with, so that `options` need not.

    Raises:
        Unsupported: the weights are for another factor.
        MethodError: the file cannot be read, is a pickle that was not allowed, or holds the weights of another network.

    """
    with opened(path) as weights:
        trained_for, given = weights.facts.get("factor", factor), weights.facts.get("options", {})
        if trained_for != factor:
            raise Unsupported(f"the weights of {path.name} are for x{trained_for}")
        for key, value in options.items():
            if given.get(key, value) != value:
                raise MethodError(f"{path} was trained with {key}={given[key]}, not {value}; leave {key} out")
        filled = fill(path, lambda: network(factor, **{**options, **given}), weights)
    return Trained(filled, weights.images)


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
