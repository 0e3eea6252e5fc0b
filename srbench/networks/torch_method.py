"""A file that torch wrote made into a method: its options, its files, its upscaler.

Imports no torch: a method built here is listed and planned without it.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from srbench import method_options
from srbench.errors import Unsupported
from srbench.networks import named_network
from srbench.networks.choices import Choices
from srbench.networks.method import NetworkMethod
from srbench.networks.running import Running

if TYPE_CHECKING:
    from srbench.networks.upscaler import ImageUpscaler


def torch_file() -> NetworkMethod:
    """Return `load` and `files` of a method that runs the network of a file that torch wrote.

    The method takes the options `file`; `network`, the function that builds the network where the file holds a state
    dict that spandrel does not know, as `module.function` or `FILE.py:function`; `ensemble`, 8 for the mean over flips
    and rotations; those of `Running` and `Choices`; and any other, which goes to the function. What is in the code of
    `network` counts as the method's own.
    """

    def load(
        factor: int,
        device: str,
        *,
        file: Path | None = None,
        network: str = "",
        ensemble: Literal[1, 8] = 1,
        **options: Any,  # noqa: ANN401 - `Running`, `Choices`, and those of the network
    ) -> ImageUpscaler:
        path = _given(file)
        from srbench.networks.torch_file import opened
        from srbench.networks.upscaler import ImageUpscaler

        running, choices, own = _parted(options)
        model = opened(path, device, network=network, factor=factor, options=own, running=running, choices=choices)
        if model.factor != factor:
            raise Unsupported(f"the model in {path.name} is x{model.factor}")
        return ImageUpscaler(model, tile=running.tile, ensemble=ensemble)

    def files(_factor: int, file: Path | None = None, network: str = "", **_options: object) -> list[Path]:
        return [_given(file), *(named_network.find(network).files() if network else [])]

    load.__doc__ = "Return the upscaler."
    load.__signature__ = _signature(load)  # type: ignore[attr-defined] # what the command line offers
    return NetworkMethod(load, files)


def _given(file: Path | None) -> Path:
    if file is None:
        raise Unsupported("needs a model, file=MODEL.pth")
    return Path(file)


def _parted(options: dict[str, Any]) -> tuple[Running, Choices, dict[str, str]]:
    """Return how the network is run, what is said of its images, and what its function is given."""
    parts = [{name: options.pop(name) for name in kind._fields if name in options} for kind in (Running, Choices)]
    return Running(**parts[0]), Choices(**parts[1]), options


def _signature(load: Any) -> inspect.Signature:  # noqa: ANN401 - a function with `**options`
    """Return the signature of `load` with the names of `Running` and `Choices`, and any others."""
    *named, others = inspect.signature(load).parameters.values()
    return inspect.Signature([*named, *method_options.fields(Running), *method_options.fields(Choices), others])
