"""A network that maps luma to luma, made into a method: its options, its weight files, its upscaler.

Imports no torch: a method built here is listed and planned without it.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_type_hints

from srbench import method_options
from srbench.errors import Unsupported
from srbench.networks.running import Running

if TYPE_CHECKING:
    from collections.abc import Callable

    from srbench.networks.trained import Network
    from srbench.networks.upscaler import LumaUpscaler


class LumaMethod(NamedTuple):
    """What a method's module must hold, under these names, to be run and trained."""

    load: Callable[..., LumaUpscaler]
    files: Callable[..., list[Path]]


def luma_method(network: Network, shipped: Callable[..., Path] | None = None) -> LumaMethod:
    """Return `load` and `files` of a method whose luma goes through `network`, and its chroma through bicubic.

    The method takes the options of `network` and more: `weights`, a safetensors file that `srbench train` wrote,
    `ensemble`, 8 for the mean over flips and rotations, and those of `Running`. The options that weights were trained
    with come from their file; a default given beside them counts as not given.

    Args:
        network: builds the network for a factor and options.
        shipped: returns the weight file that comes with the method, for a factor and the options of `network`;
            raises `Unsupported` where there is none. Without it, `weights` must be given.

    """

    def load(
        factor: int,
        device: str,
        *,
        weights: Path | None = None,
        ensemble: Literal[1, 8] = 1,
        **options: Any,  # noqa: ANN401 - those of `Running`, and whatever the network takes
    ) -> LumaUpscaler:
        (file,) = files(factor, weights, **options)
        from srbench.networks.trained import load_weights
        from srbench.networks.upscaler import LumaUpscaler

        running, options = _parted(options)
        trained = load_weights(network, file, factor, options)
        return LumaUpscaler(
            trained.network, factor, device, ensemble=ensemble, training_images=trained.images, running=running
        )

    def files(
        factor: int,
        weights: Path | None = None,
        ensemble: int = 1,  # noqa: ARG001 - an option of `load`
        **options: Any,  # noqa: ANN401 - as those of `load`
    ) -> list[Path]:
        if weights:
            return [Path(weights)]
        if shipped is None:
            raise Unsupported("has no weights; train some with srbench train, and give them as weights=FILE")
        return [shipped(factor, **_parted(options)[1])]

    load.__doc__ = "Return the upscaler: luma by the network, chroma by bicubic."
    load.__wrapped__ = network  # type: ignore[attr-defined] # whose names its annotations are resolved among
    load.__signature__ = _signature(network)  # type: ignore[attr-defined] # what the command line offers
    return LumaMethod(load, files)


def _parted(options: dict[str, Any]) -> tuple[Running, dict[str, Any]]:
    """Return how to run the network, and the options of the network itself."""
    its = {name: value for name, value in options.items() if name not in Running._fields}
    return Running(**{name: value for name, value in options.items() if name not in its}), its


def _signature(network: Network) -> inspect.Signature:
    """Return the signature that tells the command line which options there are."""
    kind = inspect.Parameter.KEYWORD_ONLY
    own = [
        inspect.Parameter("weights", kind, default=None, annotation=Path | None),
        inspect.Parameter("ensemble", kind, default=1, annotation=Literal[1, 8]),
        *(
            inspect.Parameter(name, kind, default=Running._field_defaults[name], annotation=hint)
            for name, hint in get_type_hints(Running).items()
        ),
    ]
    given = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in ("factor", "device")]
    options = [each.replace(kind=kind) for each in method_options.named(network).values()]
    return inspect.Signature([*given, *options, *own])
