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
from srbench.networks.file_method import FileMethod
from srbench.networks.running import Running
from srbench.specs import unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from srbench.networks.model import Model
    from srbench.networks.upscaler import ImageUpscaler


def torch_file() -> FileMethod:
    """Return `load`, `files` and `decided` of a method that runs the network of a file that torch wrote.

    The method takes the options `file`; `network`, the function that builds the network where the file holds a state
    dict that spandrel does not know, as `module.function` or `FILE.py:function`; `ensemble`, 8 for the mean over flips
    and rotations; those of `Running` and `Choices`; and any other, which goes to the function. What is in the code of
    `network` counts as the method's own.
    """

    def load(  # noqa: PLR0913 - what is run, where, and how
        factor: int,
        device: str,
        *,
        file: Path | None = None,
        network: str = "",
        ensemble: Literal[1, 8] = 1,
        decided: Mapping[str, Any] | None = None,
        **options: Any,  # noqa: ANN401 - `Running`, `Choices`, and those of the network
    ) -> ImageUpscaler:
        running, said, own = _parted(options)
        choices = said.decided(decided or _decided(factor, file, network, options))
        from srbench.networks.torch_file import opened
        from srbench.networks.upscaler import ImageUpscaler

        model = opened(
            _given(file), device, network=network, factor=factor, options=own, running=running, choices=choices
        )
        return ImageUpscaler(model, tile=running.tile, ensemble=ensemble)

    def files(_factor: int, file: Path | None = None, network: str = "", **_options: object) -> list[Path]:
        return [_given(file), *(named_network.find(network).files() if network else [])]

    def its_decided(
        factor: int,
        file: Path | None = None,
        network: str = "",
        **options: Any,  # noqa: ANN401 - as those of `load`
    ) -> dict[str, Any]:
        its = {name: each for name, each in options.items() if name != "ensemble"}
        return _decided(factor, file, network, its)

    def _decided(factor: int, file: Path | None, network: str, options: dict[str, Any]) -> dict[str, Any]:
        of_it, (_, choices, own) = files(factor, file, network), _parted(options)
        if own and not network:
            raise unknown("option", next(iter(own)), [*offered, "those of network=..."], "torch")
        from srbench.networks.deciding import settled
        from srbench.networks.torch_file import opened

        def open_(said: Choices) -> Model:
            return opened(of_it[0], "cpu", network=network, factor=factor, options=own, choices=said)

        asked = [network, own, factor] if network else []  # weights of some networks fit at any factor
        return settled(open_, choices, factor, of_it, *asked)

    load.__doc__ = "Return the upscaler."
    load.__signature__ = _signature(load)  # type: ignore[attr-defined] # what the command line offers
    offered = [name for name in method_options.named(load) if name != "decided"]
    return FileMethod(load, files, its_decided)


def _given(file: Path | None) -> Path:
    if file is None:
        raise Unsupported("needs a model, file=MODEL.pth")
    return Path(file)


def _parted(options: dict[str, Any]) -> tuple[Running, Choices, dict[str, str]]:
    """Return how the network is run, what is said of its images, and what its function is given."""
    parts = [{name: options[name] for name in kind._fields if name in options} for kind in (Running, Choices)]
    own = {name: text for name, text in options.items() if not any(name in part for part in parts)}
    return Running(**parts[0]), Choices(**parts[1]), own


def _signature(load: Any) -> inspect.Signature:  # noqa: ANN401 - a function with `**options`
    """Return the signature of `load` with the names of `Running` and `Choices`, and any others."""
    *named, others = inspect.signature(load).parameters.values()
    return inspect.Signature([*named, *method_options.fields(Running), *method_options.fields(Choices), others])
