"""Which network a state dict belongs to, and the network: what spandrel knows of some forty architectures."""

from __future__ import annotations

import sys
import warnings
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import nn

from srbench.errors import MethodError, Unsupported, first_line
from srbench.networks.packages import missing
from srbench.specs import counted
from srbench.takes import Takes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor

    from srbench.takes import Channels

_OPERATORS = ("nms", "qnms")
"""What torchvision declares for detection in images before anything of it can be imported."""

_CHANNELS: Mapping[int, Channels] = {1: "y", 3: "rgb"}

_declared: list[torch.library.Library] = []
"""Operators last as long as this."""


class Recognised(NamedTuple):
    """A network that was recognised by its weights."""

    network: nn.Module
    """(1, C, H, W) in 0..1 -> (1, C, factor * H, factor * W) in 0..1: what is beyond is cut off."""
    factor: int
    takes: Takes
    precisions: tuple[str, ...]
    """In which it can compute besides float32."""
    kind: str
    """The architecture and what read it, such as `DCTLSA by spandrel 0.4.2`."""


class _Described(nn.Module):
    """A network as spandrel calls it."""

    def __init__(self, descriptor: Any) -> None:  # noqa: ANN401 - spandrel has no types here
        super().__init__()
        self.model = descriptor.model
        self._descriptor = descriptor

    def forward(self, batch: Tensor) -> Tensor:
        """Return SR."""
        sr: Tensor = self._descriptor(batch)
        return sr


def recognised(path: Path, tensors: Mapping[str, Tensor]) -> Recognised:
    """Return the network whose weights `tensors` are; `path` is their file.

    Raises:
        Unsupported: spandrel is not installed, or cannot be imported here.
        MethodError: it does not know the network, or the network does not enlarge images.

    """
    spandrel = _spandrel()
    what = f"{path} holds a state dict of {counted(len(tensors), 'tensor')} that spandrel {spandrel.__version__}"
    advice = (
        f"give the network: torch:file={path}:network=module.function, or a plug-in with image_method (docs/methods.md)"
    )
    try:
        descriptor = spandrel.ModelLoader().load_from_state_dict(dict(tensors))
    except spandrel.UnsupportedModelError as error:
        raise MethodError(f"{what} does not recognise; {advice}") from error
    except Exception as error:  # its many architectures raise what they like
        raise MethodError(f"{what} takes for a network that they do not fit ({first_line(error)}); {advice}") from error
    return _of(path, descriptor, f"{descriptor.architecture.name} by spandrel {spandrel.__version__}")


def _of(path: Path, descriptor: Any, name: str) -> Recognised:  # noqa: ANN401 - spandrel has no types here
    channels = _CHANNELS.get(descriptor.input_channels)
    if not hasattr(descriptor, "purpose") or descriptor.purpose not in {"SR", "FaceSR"}:
        raise MethodError(f"{path} holds a network that does not enlarge images ({name}, {descriptor.purpose})")
    if channels is None or descriptor.output_channels != descriptor.input_channels:
        shape = f"{descriptor.input_channels} channels in and {descriptor.output_channels} out"
        raise MethodError(f"{path} holds a network of {shape} ({name}), expected 1 or 3, as many out as in")
    sizes = descriptor.size_requirements
    takes = Takes.of_network(channels, minimum=max(1, sizes.minimum), multiple=sizes.multiple_of)
    half = ("float16",) if descriptor.supports_half else ()
    brain = ("bfloat16",) if descriptor.supports_bfloat16 else ()
    return Recognised(_Described(descriptor), descriptor.scale, takes, ("tf32", *half, *brain), name)


def _spandrel() -> ModuleType:
    """Import spandrel, with or without the torchvision that fits this torch, of which it needs nothing for images.

    Raises:
        Unsupported: it is not installed, or cannot be imported even so.

    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of torchvision
        try:
            return import_module("spandrel")
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] != "torchvision":
                raise missing(error, "models") from error
            return _without_torchvision()
        except RuntimeError:  # an operator of torchvision does not exist: it was built for another torch
            return _with_declared_operators()


def _with_declared_operators() -> ModuleType:
    """Import spandrel beside a torchvision without its compiled part: operators are declared, and never called."""
    if not _declared:
        library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
        for name in _OPERATORS:
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")  # type: ignore[no-untyped-call]
        _declared.append(library)
    return _again({})


def _without_torchvision() -> ModuleType:
    """Import spandrel beside stand-ins for the three names of torchvision that it imports, for inpainting and faces."""
    names = ("torchvision", "torchvision.transforms", "torchvision.transforms.functional")
    stand_ins = {name: ModuleType(name) for name in names}
    for name in ("InterpolationMode", "rotate", "normalize"):
        setattr(stand_ins[names[-1]], name, _absent)
    try:
        return _again(stand_ins)
    finally:
        for name in names:
            sys.modules.pop(name, None)


def _again(stand_ins: Mapping[str, ModuleType]) -> ModuleType:
    """Import spandrel once more, beside `stand_ins`."""
    for name in [each for each in sys.modules if each.partition(".")[0] in {"spandrel", "torchvision"}]:
        del sys.modules[name]
    sys.modules.update(stand_ins)
    try:
        return import_module("spandrel")
    except Exception as error:
        raise Unsupported(f"the package spandrel cannot be imported: {first_line(error)}") from error


def _absent(*_: object, **__: object) -> None:
    """Stand for a function of torchvision."""
    raise Unsupported("this network needs the package torchvision, which is not installed: pip install torchvision")
