"""Weight files: safetensors, and pickles of tensors where they were allowed; looked at before much of them is read."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import torch
from safetensors import SafetensorError, safe_open

from srbench import weights_metadata
from srbench.errors import MethodError
from srbench.model_files import PICKLES, pickle_refusal, pickles_allowed
from srbench.networks.pickles import ForeignError, saved
from srbench.networks.running import INTEGERS
from srbench.networks.torchscript import is_program
from srbench.opening import opened as opened_file
from srbench.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from torch import Tensor


MAX_HEADER = 2**25
"""Bytes of a safetensors header: the facts of half a million training images."""

_WRAPPERS = ("params_ema", "params", "state_dict")
"""The names under which checkpoints hold a state dict, first the one to take."""

_SHARED = 4
"""How often the numbers of a file may be in its tensors: some networks use a layer more than once."""

_PARALLEL = "module."
"""What DataParallel puts before each name."""

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
    """Open a weight file; a pickle has no facts. Tensors are on the CPU, those of floats in float32.

    Raises:
        MethodError: it is a pickle, and pickles were not allowed; it cannot be read, or holds anything but tensors.

    """
    if path.suffix.lower() in PICKLES:
        tensors = _unpickled(path)
        yield Weights({}, {name: tuple(tensor.shape) for name, tensor in tensors.items()}, lambda: tensors)
        return
    _check_header(path)
    try:
        with safe_open(path, "torch") as file:
            names = _bare(file.keys())
            shapes = {name: tuple(file.get_slice(key).get_shape()) for name, key in names.items()}
            facts = weights_metadata.read(file.metadata())
            yield Weights(facts, shapes, lambda: {name: _single(file.get_tensor(key)) for name, key in names.items()})
    except (OSError, ValueError, SafetensorError) as error:
        raise _no_safetensors(path, error) from error


def check_allowed(path: Path) -> None:
    """Refuse a file that can hold code.

    Raises:
        MethodError: such files were not allowed.

    """
    if not pickles_allowed():
        raise MethodError(pickle_refusal(path))


def _check_header(path: Path) -> None:
    """Refuse a header that says nothing useful in a hundred megabytes; the rest of it safetensors checks."""
    try:
        with opened_file(path) as file:
            size = int.from_bytes(file.read(8), "little")
    except OSError as error:
        raise MethodError(f"{path} cannot be read: {error.strerror or error}; check its path") from error
    if size > MAX_HEADER:
        raise _no_safetensors(path, f"its header is {size} bytes long, expected at most {MAX_HEADER}")


def _no_safetensors(path: Path, reason: object) -> MethodError:
    command = "quantize" if path.suffix == INTEGERS else "train"
    return MethodError(f"{path} is not a safetensors file: {reason}; srbench {command} writes them")


def _unpickled(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a file of `torch.save`: nothing else in it is built, and no code in it is run."""
    check_allowed(path)
    if is_program(path):
        raise MethodError(f"{path} is a TorchScript, a program with its weights; run it as torch:file={path}")
    try:
        held = saved(path)
    except (OSError, ValueError) as error:
        raise MethodError(f"{path} is not a file of torch.save: {error}; save a state dict again") from error
    except ForeignError as error:
        raise _no_state_dict(path, f": {error}") from error
    for wrapper in _WRAPPERS:
        if isinstance(held, dict) and wrapper in held:
            held = held[wrapper]
            break
    if not isinstance(held, dict) or not all(map(_is_plain, held.values())):
        raise _no_state_dict(path, _where_one_is(held))
    taken, size = sum(tensor.nbytes for tensor in held.values()), path.stat().st_size
    if taken > _SHARED * size:
        raise MethodError(f"{path} has {size} bytes and tensors of {taken}, which share them; expected tensors apart")
    tensors = {str(name): tensor for name, tensor in held.items()}
    return {name: _single(tensors[key]) for name, key in _bare(tensors).items()}


def _where_one_is(held: object) -> str:
    """Say under which name a checkpoint holds a state dict, if it holds one alone."""
    items = held.items() if isinstance(held, dict) else ()
    found = [key for key, each in items if isinstance(each, dict) and each and all(map(_is_plain, each.values()))]
    return f": one is under {printable(str(found[0]))!r}, so save that alone" if len(found) == 1 else ""


def _bare(names: Iterable[str]) -> dict[str, str]:
    """Return each name by the one that it has in the network itself."""
    names = list(names)
    parallel = all(name.startswith(_PARALLEL) for name in names)
    return {name.removeprefix(_PARALLEL) if parallel else name: name for name in names}


def _is_plain(value: object) -> bool:
    """Tell whether a value is a tensor of as many numbers as it stores: none that repeats or leaves out any."""
    if type(value) not in {torch.Tensor, torch.nn.Parameter} or not isinstance(value, torch.Tensor):
        return False
    return value.layout == torch.strided and value.numel() * value.element_size() <= value.untyped_storage().nbytes()


def _single(tensor: Tensor) -> Tensor:
    return tensor.detach().float() if tensor.is_floating_point() else tensor.detach()


def _no_state_dict(path: Path, what: str = "") -> MethodError:
    return MethodError(
        f"{path} holds something else than a state dict of tensors{what}; none of its code was run; expected what "
        "torch.save(network.state_dict(), FILE) writes"
    )
