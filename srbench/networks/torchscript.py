"""TorchScript archives: a network as a program of torch's own operators, which Python takes no part in."""

from __future__ import annotations

import re
import warnings
import zipfile
from typing import TYPE_CHECKING

import torch

from srbench.errors import MethodError, first_line
from srbench.opening import opened

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

MAX_CODE = 2**26
"""Bytes of code, which alone is compressed."""

_BARRED = re.compile(rb"\b(save|from_file|load_tensor|classes|rpc_\w+|c10d|symm_mem)\b")
"""What names an operator that reaches files or other processes, or a class that is not torch's own language."""


def is_program(path: Path) -> bool:
    """Tell whether a file is a TorchScript archive."""
    try:
        with opened(path) as file, zipfile.ZipFile(file) as archive:
            return any(_inside(name) == "constants.pkl" for name in archive.namelist())
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
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
    except (OSError, ValueError, NotImplementedError, RuntimeError, zipfile.BadZipFile) as error:
        raise MethodError(f"{path} is not a whole TorchScript: {first_line(error)}") from error
    for parameter in network.parameters():
        parameter.requires_grad = False
    return network.float()


def _look_at(path: Path) -> None:
    """Raise where an archive would unfold to more than its size, or its code names what is barred."""
    with opened(path) as file, zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        numbers = sum(entry.file_size for entry in entries if not _is_code(entry.filename))
        code = sum(entry.file_size for entry in entries) - numbers
        size = path.stat().st_size
        if numbers > size or code > MAX_CODE:
            raise ValueError(f"its {size} bytes would unfold to {numbers} of numbers and {code} of code")
        for entry in entries:
            if barred := _is_run(entry.filename) and _BARRED.search(archive.read(entry)):
                what = f"names {barred[1].decode()!r} in {entry.filename}"
                raise MethodError(f"{path} {what}; a network that reads or writes files is not run")


def _is_code(name: str) -> bool:
    return _inside(name).startswith("code/")


def _is_run(name: str) -> bool:
    """Tell whether an entry is code that runs, and not the places in Python that it was traced at."""
    return _is_code(name) and not name.endswith(".debug_pkl")


def _inside(name: str) -> str:
    """Return the name of an entry without the folder that all of an archive's are in."""
    return name.partition("/")[2]
