"""A file that torch wrote made into a method. Imports no torch: it is listed and planned without it."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING

from srbench import method_options
from srbench.errors import Unsupported
from srbench.networks import named_network
from srbench.networks.choices import Choices
from srbench.networks.file_method import file_method
from srbench.networks.running import Running
from srbench.specs import unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from srbench.networks.file_method import Asked, FileMethod
    from srbench.networks.model import Model


def torch_file() -> FileMethod:
    """Return `load`, `files` and `decided` of a method that runs the network of a file that torch wrote.

    The method takes the options `file`; `network`, the function that builds the network where the file holds a state
    dict that spandrel does not know, as `module.function` or `FILE.py:function`; `ensemble`, 8 for the mean over flips
    and rotations; those of `Running` and `Choices`; and any other, which goes to the function. What is in the code of
    `network` counts as the method's own.
    """
    network = inspect.Parameter("network", inspect.Parameter.KEYWORD_ONLY, default="", annotation=str)
    of_the_network = inspect.Parameter("options", inspect.Parameter.VAR_KEYWORD)
    options = [network, *method_options.fields(Running), of_the_network]
    return file_method(_files, _opened, options, asked_besides=_asked_besides)


def _files(_factor: int, file: Path | None = None, network: str = "", **_options: object) -> list[Path]:
    if file is None:
        raise Unsupported("needs a model, file=MODEL.pth")
    return [Path(file), *(named_network.find(network).files() if network else [])]


def _opened(asked: Asked, device: str) -> Model:
    from srbench.networks import torch_file

    others = {name: text for name, text in asked.own.items() if name not in ("file", "network")}
    return torch_file.opened(
        Path(asked.own["file"]),
        device,
        network=asked.own.get("network", ""),
        factor=asked.factor,
        options=others,
        running=asked.running,
        choices=asked.choices,
    )


def _asked_besides(asked: Asked) -> Iterable[object]:
    """Return what builds the network, and for which factor, as weights of some fit at any."""
    if asked.own.get("network"):
        return [{name: text for name, text in asked.own.items() if name != "file"}, asked.factor]
    for name in asked.own.keys() - {"file", "network"}:
        offered = ["file", "network", "ensemble", *Running._fields, *Choices._fields, "those of network=..."]
        raise unknown("option", name, offered, "torch")
    return []
