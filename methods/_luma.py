"""A network that maps luma to luma, made into a method: its options, its weight files, its upscaler.

Imports no torch: a method built here is listed and planned without it.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from srbench import method_options
from srbench.errors import Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

    from ._torch import LumaUpscaler

Network: TypeAlias = "Callable[..., nn.Module]"
"""`network(factor, **options)` builds it untrained: (N, 1, H, W) luma in 0..1 -> (N, 1, factor * H, factor * W)."""


class LumaMethod(NamedTuple):
    """What a method's module must hold, under these names, to be run and trained."""

    load: Callable[..., LumaUpscaler]
    files: Callable[..., list[Path]]


def luma_method(network: Network, shipped: Callable[..., Path] | None = None) -> LumaMethod:
    """Return `load` and `files` of a method whose luma goes through `network`, and its chroma through bicubic.

    The method takes the options of `network` and two more: `weights`, a safetensors file that `srbench train` wrote,
    and `ensemble`, 8 for the mean over flips and rotations. The options that weights were trained with come from their
    file; a default given beside them counts as not given.

    Args:
        network: builds the network for a factor and options.
        shipped: returns the weight file that comes with the method, for a factor and the options of `network`;
            raises `Unsupported` where there is none. Without it, `weights` must be given.

    """

    def load(
        factor: int,
        device: str,
        *,
        weights: str = "",
        ensemble: Literal[1, 8] = 1,
        **options: Any,  # noqa: ANN401 - whatever the network takes
    ) -> LumaUpscaler:
        (file,) = files(factor, weights, **options)
        from ._torch import LumaUpscaler, load_weights

        trained = load_weights(network, file, factor, options)
        return LumaUpscaler(trained.network, factor, device, ensemble=ensemble, training_images=trained.images)

    def files(factor: int, weights: str = "", ensemble: int = 1, **options: Any) -> list[Path]:  # noqa: ARG001, ANN401
        if weights:
            return [Path(weights)]
        if shipped is None:
            raise Unsupported("has no weights yet; make some with srbench train, then name them: weights=FILE")
        return [shipped(factor, **options)]

    load.__doc__ = "Return the upscaler: luma by the network, chroma by bicubic."
    load.__wrapped__ = network  # type: ignore[attr-defined] # whose names its annotations are resolved among
    load.__signature__ = _signature(network)  # type: ignore[attr-defined] # what the command line offers
    return LumaMethod(load, files)


def _signature(network: Network) -> inspect.Signature:
    """Return the signature that tells the command line which options there are."""
    kind = inspect.Parameter.KEYWORD_ONLY
    own = [
        inspect.Parameter("weights", kind, default="", annotation=str),
        inspect.Parameter("ensemble", kind, default=1, annotation=Literal[1, 8]),
    ]
    given = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in ("factor", "device")]
    options = [each.replace(kind=kind) for each in method_options.named(network).values()]
    return inspect.Signature([*given, *options, *own])
