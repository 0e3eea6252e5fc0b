"""What torch methods share: a network that maps luma to luma becomes an upscaler of grey and RGB images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
from safetensors.torch import load_file

from srbench.errors import MethodError, Unsupported
from srbench.quality.image import from_255, from_ycbcr, is_grey, on_255, to_ycbcr

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor, nn

    from srbench.quality.image import Image


def load_weights(network: nn.Module, path: Path) -> nn.Module:
    """Fill `network` from the safetensors file `path` and return it.

    Raises:
        MethodError: the file holds the weights of another network.

    """
    try:
        network.load_state_dict(load_file(path))
    except RuntimeError as error:
        raise MethodError(f"{path} does not fit the network: {' '.join(str(error).split())}") from error
    return network


class LumaUpscaler:
    """Luma through the network in float32, chroma by OpenCV's bicubic; device transfer and synchronising are explicit.

    Takes and returns any srbench image; the dtype stays, and floats are not clipped.
    """

    def __init__(self, network: nn.Module, factor: int, device: str) -> None:
        """Put `network` on `device` ("cpu" or "cuda") for inference."""
        if device == "cuda" and not torch.cuda.is_available():
            raise Unsupported("no CUDA device")
        self.factor = factor
        self.device = torch.device(device)
        self.network = network.to(self.device).to(memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
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

    def _luma(self, luma: Image) -> Image:
        return self.download(self.infer(self.upload(luma)))
