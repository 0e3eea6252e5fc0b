"""A model, a network that is ready on a device, becomes an upscaler of grey and RGB images."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import nn

from srbench.errors import Unsupported
from srbench.networks.colour import Apart, apart, joined
from srbench.networks.packages import package
from srbench.networks.padding import padded
from srbench.networks.tiling import tiled

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from pathlib import Path

    from torch import Tensor

    from srbench.networks.model import Model, Run
    from srbench.quality.image import Image


class SelfEnsemble(nn.Module):
    """The geometric self-ensemble of a network (R. Timofte et al., CVPR 2016)."""

    def __init__(self, network: Run) -> None:
        """Wrap `network`, a module or what else runs it; it is run eight times for each batch."""
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


class Uploaded(NamedTuple):
    """An image between two phases: what the network takes or has made, and what waits beside it."""

    batch: Tensor
    """(1, C, H, W) float32, on the device."""
    image: Apart
    """LR, as it came apart."""


class ImageUpscaler:
    """Takes and returns any srbench image of the dtypes that its model takes, of any size.

    Luma goes through a network of luma, and chroma up by OpenCV's bicubic; RGB goes through one of RGB, a grey image as
    R = G = B, and what comes back is made grey. The dtype stays, and floats are not clipped. A call is its `phases`,
    one after the other; each can be timed alone.
    """

    def __init__(
        self,
        model: Model,
        *,
        tile: int = 0,
        ensemble: int = 1,
        training_images: frozenset[str] = frozenset(),
    ) -> None:
        """Make an upscaler of `model`.

        Args:
            model: the network.
            tile: the side of tiles in LR pixels; 0 for whole images, as long as memory lasts.
            ensemble: 8 for the mean over flips and rotations, a `SelfEnsemble`.
            training_images: pixel hashes, by which a run tells that it scores what was trained on.

        Raises:
            MethodError: tiles that are too small.

        """
        self.factor = model.factor
        self.device = model.device
        self.parameters = model.parameters
        self.training_images = training_images
        self.takes = replace(model.takes, minimum=1, multiple=1)  # what else the network needs is done here
        self.network = model.network and _whole(model.network, ensemble)
        self._fed, self._multiply_adds, self._ensemble = model.takes, model.multiply_adds, ensemble
        # tiles within the ensemble where there is but one size, as a turned tile may be no such
        inside = model if model.size else replace(model, run=_whole(model.run, ensemble), network=self.network)
        self._tiles, self._inside = tiled(inside, tile), inside
        self._run = padded(_whole(self._tiles, ensemble) if model.size else self._tiles, model)
        self.phases = (self.upload, self.infer, self.download)
        has_clock = model.device.type == "cuda"
        self.event = self._event if has_clock else None
        self.device_memory = self._device_memory if has_clock else None

    def __call__(self, image: Image) -> Image:
        """Upscale a grey or RGB image."""
        return self.download(self.infer(self.upload(image)))

    def in_tiles(self, image: Image, memory: int = 0) -> Generator[tuple[int, int], None, Image]:
        """Return what a call returns, computed in tiles so that the process stays within `memory` bytes (0: no limit).

        It yields after each tile how many of how many are done.

        Raises:
            Unsupported: even the smallest tiles need more memory.

        """
        if self._inside.size and self._ensemble > 1:
            self._tiles.remark = "not in tiles: the network takes one size alone"
            return self(image)
        upscaled: Image = yield from self._streaming(image, memory)
        return upscaled

    @cached_property
    def _streaming(self) -> Callable[..., Generator[tuple[int, int], None, Image]]:
        module = import_module("srbench.networks.streaming")  # by name: it makes the same pixels, so it is in no key
        streaming: Callable[..., Any] = module.Streaming(self._inside, self._tiles, self._fed)
        return streaming

    def upload(self, image: Image) -> Uploaded:
        """Copy what the network takes of an image to the device; chroma stays behind."""
        parts = apart(image, self._fed)
        return Uploaded(torch.from_numpy(parts.fed).to(self.device)[None], parts)

    @torch.inference_mode()
    def infer(self, uploaded: Uploaded) -> Uploaded:
        """Run the network, and nothing else; on CUDA this only enqueues the work."""
        return uploaded._replace(batch=self._run(uploaded.batch))

    def download(self, inferred: Uploaded) -> Image:
        """Copy what the network made back, which waits for the device, and make an image of it."""
        return joined(inferred.batch[0].cpu().numpy(), inferred.image, self._fed)

    def synchronize(self) -> None:
        """Wait until the device has finished; the harness's clock calls this."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    @property
    def remark(self) -> str:
        """How the last image was computed, if not as asked for; else empty."""
        return self._tiles.remark

    @cached_property
    def multiply_adds(self) -> float:
        """Multiply-adds of the network per SR pixel, inside a large image; NaN where its model does not tell."""
        return self._ensemble * self._multiply_adds() if self._multiply_adds else float("nan")

    def _event(self) -> torch.cuda.Event:
        """Return an event that is recorded now; `elapsed_time` of it to a later one is in milliseconds."""
        event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        event.record()
        return event

    def _device_memory(self) -> int:
        """Return the most bytes of the device that tensors took since this was last asked."""
        peak = torch.cuda.max_memory_allocated(self.device)
        torch.cuda.reset_peak_memory_stats(self.device)
        return peak

    def export(self, path: Path, metadata: Mapping[str, object] = MappingProxyType({})) -> dict[str, Any]:
        """Write the network as an ONNX file that holds `metadata`, and return facts about it (see `export.export`).

        Raises:
            Unsupported: there is no network in torch, or a package that it needs is not installed.
            MethodError: the network cannot be exported, or the file not be written.

        """
        if self.network is None:
            raise Unsupported("cannot be exported: its network is no torch module")
        onnx = package("srbench.networks.export", "onnx")  # by name: code that exports decides no row's key
        facts: dict[str, Any] = onnx.export(self.network, self.factor, self._fed, path, metadata, self.training_images)
        return facts


def _whole(run: Any, ensemble: int) -> Any:  # noqa: ANN401 - a module, or what an engine made of it
    return run if ensemble == 1 else SelfEnsemble(run)
