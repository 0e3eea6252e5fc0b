"""What torch methods share: a network that maps luma to luma becomes an upscaler of grey and RGB images."""

from __future__ import annotations

import json
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import nn

from srbench.errors import MethodError, Unsupported
from srbench.quality.image import from_255, from_ycbcr, is_grey, on_255, to_ycbcr

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from torch import Tensor

    from srbench.quality.image import Image

    from ._luma import Network


KEY = "srbench"
"""The metadata of a weight file: JSON under one key, since several would be written in any order."""


class Trained(NamedTuple):
    """A network with its weights, and the pixel hashes of the images that they were trained on."""

    network: nn.Module
    images: frozenset[str]


def load_weights(network: Network, path: Path, factor: int, options: Mapping[str, Any]) -> Trained:
    """Return the network that the safetensors file `path` holds the weights of.

    A file of `srbench train` says which factor and options it was trained with, so that `options` need not.

    Raises:
        Unsupported: the weights are for another factor.
        MethodError: the file cannot be read, or holds the weights of another network.

    """
    try:
        with safe_open(path, "torch") as file:
            facts: dict[str, Any] = dict(json.loads((file.metadata() or {}).get(KEY, "{}")))
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dictionary
    except (OSError, ValueError, TypeError, SafetensorError) as error:
        raise MethodError(f"{path} is no safetensors file: {error}; srbench train writes them") from error
    trained_for, given = facts.get("factor", factor), facts.get("options", {})
    if trained_for != factor:
        raise Unsupported(f"the weights of {path.name} are for x{trained_for}")
    for key, value in options.items():
        if given.get(key, value) != value:
            raise MethodError(f"{path} was trained with {key}={given[key]}, not {value}; leave {key} out")
    try:
        untrained = network(factor, **{**options, **given})
        untrained.load_state_dict(weights)
    except (RuntimeError, TypeError, LookupError) as error:  # weights, or options, that are another's
        raise MethodError(f"{path} does not fit the network: {' '.join(str(error).split())}") from error
    return Trained(untrained, frozenset(facts.get("training_images", ())))


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
