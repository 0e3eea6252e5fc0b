"""What torch methods share: a network that maps luma to luma becomes an upscaler of grey and RGB images."""

from __future__ import annotations

import math
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np
import torch
from torch import nn

from srbench.errors import MethodError, Unsupported
from srbench.quality.image import from_255, from_ycbcr, is_grey, on_255, to_ycbcr

from ._weights import opened

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from torch import Tensor

    from srbench.quality.image import Image

    from ._luma import Network
    from ._weights import Shapes


_SLACK = 2**16  # numbers that a file may hold besides its network's, or lack, before it is not even tried


class Trained(NamedTuple):
    """A network with its weights, and the pixel hashes of the images that they were trained on."""

    network: nn.Module
    images: frozenset[str]


def load_weights(network: Network, path: Path, factor: int, options: Mapping[str, Any]) -> Trained:
    """Return the network that the file `path` holds the weights of.

    A file of `srbench train` says which factor and options it was trained with, so that `options` need not.

    Raises:
        Unsupported: the weights are for another factor.
        MethodError: the file cannot be read, is a pickle that was not allowed, or holds the weights of another network.

    """
    with opened(path) as weights:
        trained_for, given = weights.facts.get("factor", factor), weights.facts.get("options", {})
        if trained_for != factor:
            raise Unsupported(f"the weights of {path.name} are for x{trained_for}")
        for key, value in options.items():
            if given.get(key, value) != value:
                raise MethodError(f"{path} was trained with {key}={given[key]}, not {value}; leave {key} out")
        try:
            untrained = _untrained(lambda: network(factor, **{**options, **given}), weights.shapes)
            untrained.load_state_dict(weights.tensors())
        except (RuntimeError, TypeError, LookupError, ValueError) as error:  # weights, or options, that are another's
            raise MethodError(f"{path} does not fit the network: {' '.join(str(error).split())}") from error
    return Trained(untrained, frozenset(weights.facts.get("training_images", ())))


def _untrained(build: Callable[[], nn.Module], shapes: Shapes) -> nn.Module:
    """Build the network, unless its weights are nowhere near as many as the file's: the file's options may ask for any.

    Raises:
        ValueError: they are not.

    """
    held = sum(math.prod(shape) for shape in shapes.values())
    taken = sum(tensor.numel() for tensor in _skeleton(build).state_dict().values())
    if max(held, taken) > 2 * min(held, taken) + _SLACK:
        raise ValueError(f"it holds {held} numbers, expected {taken}")
    return build()


def _skeleton(build: Callable[[], nn.Module]) -> nn.Module:
    """Build the network without memory for its weights, if it can be."""
    try:
        with torch.device("meta"):
            return build()
    except Exception:  # noqa: BLE001 - a plug-in's network may compute anything while it is built
        return build()


class SelfEnsemble(nn.Module):
    """The geometric self-ensemble of a network (R. Timofte et al., CVPR 2016)."""

    def __init__(self, network: nn.Module) -> None:
        """Wrap `network`, which is run eight times for each batch."""
        super().__init__()
        self.network = network

    def forward(self, batch: Tensor) -> Tensor:
        """Return the mean over the eight flips and rotations of the square, each undone on its result."""
        results = []
        for turns in range(4):
            for flipped in (False, True):
                turned = torch.rot90(batch.flip(3) if flipped else batch, turns, (2, 3))
                result = torch.rot90(self.network(turned), -turns, (2, 3))
                results.append(result.flip(3) if flipped else result)
        return torch.stack(results).mean(dim=0)


class LumaUpscaler:
    """Luma through the network in float32, chroma by OpenCV's bicubic; device transfer and synchronising are explicit.

    Takes and returns any srbench image; the dtype stays, and floats are not clipped.
    """

    def __init__(
        self,
        network: nn.Module,
        factor: int,
        device: str,
        *,
        ensemble: int = 1,
        training_images: Collection[str] = frozenset(),
    ) -> None:
        """Put `network` on `device` ("cpu" or "cuda") for inference.

        `ensemble` 8 is the mean over flips and rotations, a `SelfEnsemble`.
        `training_images` are pixel hashes, by which a run tells that it scores what was trained on.
        """
        if device == "cuda" and not torch.cuda.is_available():
            raise Unsupported("no CUDA device")
        self.factor = factor
        self.training_images = training_images
        self.device = torch.device(device)
        whole = network if ensemble == 1 else SelfEnsemble(network)
        self.network = whole.to(self.device).to(memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
        self.parameters = sum(parameter.numel() for parameter in network.parameters())

    def __call__(self, image: Image) -> Image:
        """Upscale a grey or RGB image."""
        if is_grey(image):
            return from_255(self._luma(on_255(image)), image.dtype)
        ycbcr = to_ycbcr(image).astype(np.float32)
        luma = self._luma(ycbcr[..., 0])
        chroma = cv2.resize(ycbcr[..., 1:], luma.shape[::-1], interpolation=cv2.INTER_CUBIC)
        return from_255(from_ycbcr(np.dstack([luma, chroma])), image.dtype)

    def upload(self, luma: Image) -> Tensor:
        """Copy (H, W) luma on 0..255 to the device as (1, 1, H, W) float32 in 0..1."""
        return torch.from_numpy(luma.astype(np.float32) / np.float32(255)).to(self.device)[None, None]

    @torch.inference_mode()
    def infer(self, batch: Tensor) -> Tensor:
        """Run the network; on CUDA this only enqueues the work."""
        result: Tensor = self.network(batch)
        return result

    def download(self, batch: Tensor) -> Image:
        """Copy (1, 1, H, W) back as (H, W) float32 luma on 0..255; waits for the device."""
        luma: Image = batch[0, 0].cpu().numpy() * np.float32(255)
        return luma

    def synchronize(self) -> None:
        """Wait until the device has finished; the harness's clock calls this."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def export(self, path: Path, metadata: Mapping[str, object] = MappingProxyType({})) -> dict[str, Any]:
        """Write the network as an ONNX file that holds `metadata`, and return facts about it (see `_onnx.export`).

        Raises:
            Unsupported: a package that it needs is not installed.
            MethodError: the network cannot be exported, or the file not be written.

        """
        try:
            onnx = import_module("._onnx", __package__)  # by name: code that exports decides no row's key
        except ModuleNotFoundError as error:
            needed = f"export needs the package {error.name}, which is not installed"
            raise Unsupported(f"{needed}: pip install 'srbench[onnx]'") from error
        facts: dict[str, Any] = onnx.export(self.network, self.factor, path, metadata)
        return facts

    def _luma(self, luma: Image) -> Image:
        return self.download(self.infer(self.upload(luma)))
