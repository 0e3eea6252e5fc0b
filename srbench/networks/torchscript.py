"""TorchScript archives: a network as a program of torch's own operators, which Python takes no part in."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING

import torch

from srbench.errors import MethodError, first_line
from srbench.networks.archives import archive
from srbench.opening import opened

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

MAX_CODE = 2**26
"""Bytes of code, which alone is compressed."""

_CODE = "code/"
"""The folder of code in an archive."""

_PLACES = ".debug_pkl"
"""How files end that say where in Python code was traced: names there are of scripts, and none is run."""

_BARRED = re.compile(rb"\b(save|from_file|load_tensor|classes|rpc_\w+|c10d|symm_mem)\b")
"""What names an operator that reaches files or other processes, or a class that is not torch's own language."""


def is_program(path: Path) -> bool:
    """Tell whether a file is a TorchScript archive."""
    try:
        with opened(path) as file:
            return "constants.pkl" in archive(file).sizes
    except (OSError, ValueError):
        return False


def load(path: Path) -> nn.Module:
    """Return the network of an archive on the CPU, in float32.

    Raises:
        MethodError: it is damaged, would unfold to far more than its size, or names an operator that reaches files.

    """
    try:
        _look_at(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's, about the future of TorchScript
            network: nn.Module = torch.jit.load(path, map_location="cpu")  # type: ignore[no-untyped-call]
    except (OSError, ValueError, RuntimeError) as error:
        raise MethodError(f"{path} is not a whole TorchScript: {first_line(error)}") from error
    for parameter in network.parameters():
        parameter.requires_grad = False
    return network.float()


def _look_at(path: Path) -> None:
    """Raise where an archive would unfold to more than its size, or its code names what is barred."""
    with opened(path) as file:
        sizes, read = archive(file)
        code = [name for name in sizes if name.startswith(_CODE)]
        lines, size = sum(sizes[name] for name in code), path.stat().st_size
        numbers = sum(sizes.values()) - lines
        if numbers > size or lines > MAX_CODE:
            raise ValueError(f"its {size} bytes would unfold to {numbers} of numbers and {lines} of code")
        for name in code:
            if barred := not name.endswith(_PLACES) and _BARRED.search(read(name)):
                what = f"names {barred[1].decode()!r} in {name}"
                raise MethodError(f"{path} {what}; a network that reads or writes files is not run")
