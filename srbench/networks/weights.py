"""Weight files: safetensors, and pickles of tensors where they were allowed; looked at before much of them is read."""

from __future__ import annotations

import os
import pickle
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import torch
from safetensors import SafetensorError, safe_open

from srbench import weights_metadata
from srbench.errors import MethodError
from srbench.opening import opened as opened_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from torch import Tensor

ALLOWED = "SRBENCH_ALLOW_PICKLE"
"""The variable that `--allow-pickle` sets; other processes that load methods inherit it."""

MAX_HEADER = 2**25
"""Bytes of a safetensors header: the facts of half a million training images."""

_PICKLES = (".pt", ".pth")

Shapes: TypeAlias = "Mapping[str, tuple[int, ...]]"


class Weights(NamedTuple):
    """An open weight file: the sound facts that `srbench train` wrote, the shapes, and how to read the tensors."""

    facts: dict[str, Any]
    shapes: Shapes
    tensors: Callable[[], dict[str, Tensor]]

    @property
    def images(self) -> frozenset[str]:
        """Return the pixel hashes of the images that the weights were trained on, where they are known."""
        images = self.facts.get("training_images", ())
        return frozenset(images) if isinstance(images, list) else frozenset()


@contextmanager
def opened(path: Path) -> Iterator[Weights]:
    """Open a weight file; a `.pt` or `.pth` has no facts.

    Raises:
        MethodError: it is a pickle, and pickles were not allowed; it cannot be read, or holds anything but tensors.

    """
    if path.suffix.lower() in _PICKLES:
        tensors = _unpickled(path)
        yield Weights({}, {name: tuple(tensor.shape) for name, tensor in tensors.items()}, lambda: tensors)
        return
    _check_header(path)
    try:
        with safe_open(path, "torch") as file:
            names = list(file.keys())
            shapes = {name: tuple(file.get_slice(name).get_shape()) for name in names}
            facts = weights_metadata.read(file.metadata())
            yield Weights(facts, shapes, lambda: {name: file.get_tensor(name) for name in names})
    except (OSError, ValueError, SafetensorError) as error:
        raise _no_safetensors(path, error) from error


def _check_header(path: Path) -> None:
    """Refuse a header that says nothing useful in a hundred megabytes; the rest of it safetensors checks."""
    try:
        with opened_file(path) as file:
            size = int.from_bytes(file.read(8), "little")
    except OSError as error:
        raise _no_safetensors(path, error) from error
    if size > MAX_HEADER:
        raise _no_safetensors(path, f"its header is {size} bytes long, expected at most {MAX_HEADER}")


def _no_safetensors(path: Path, reason: object) -> MethodError:
    return MethodError(f"{path} is not a safetensors file: {reason}; srbench train writes them")


def _unpickled(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a file of `torch.save`: nothing else in it is built, and no code in it is run."""
    if os.environ.get(ALLOWED, "").lower() not in {"1", "true", "yes", "on"}:
        raise MethodError(
            f"{path} is a pickle, a format that can run code; expected safetensors; --allow-pickle reads its tensors"
        )
    try:
        held = saved(path)
    except (OSError, ValueError) as error:
        raise MethodError(f"{path} is not a file of torch.save: {error}; save a state dict again") from error
    except (RuntimeError, TypeError, LookupError, AttributeError, EOFError, pickle.UnpicklingError) as error:
        raise _no_state_dict(path) from error  # torch's own text would recommend to run whatever it is
    held = held.get("state_dict", held) if isinstance(held, dict) else held
    if not isinstance(held, dict) or not all(isinstance(each, torch.Tensor) for each in held.values()):
        raise _no_state_dict(path)
    return {str(name): tensor for name, tensor in held.items()}


def saved(path: Path) -> Any:  # noqa: ANN401 - whatever was saved
    """Return the tensors and plain values that `torch.save` wrote.

    Raises:
        ValueError: it is no such file, or holds more than its size, compressed or twice: torch would unfold it.
        UnpicklingError: it holds anything else; or one of the errors with which torch meets damage.

    """
    try:
        with opened_file(path) as file, zipfile.ZipFile(file) as archive:
            held = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise ValueError(str(error)) from error
    size = path.stat().st_size
    if held > size:
        raise ValueError(f"its {size} bytes would unfold to {held}")
    return torch.load(path, map_location="cpu", weights_only=True)


def _no_state_dict(path: Path) -> MethodError:
    return MethodError(
        f"{path} holds something else than a state dict of tensors; none of its code was run; expected what "
        "torch.save(network.state_dict(), FILE) writes"
    )
