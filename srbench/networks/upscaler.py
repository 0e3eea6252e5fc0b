"""What torch methods share: a network that maps luma to luma becomes an upscaler of grey and RGB images."""

from __future__ import annotations

from functools import cached_property
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import nn

from srbench.errors import Unsupported
from srbench.extras import INSTALL
from srbench.networks import engines
from srbench.networks.colour import apart, joined
from srbench.networks.memory import keep_memory
from srbench.networks.running import Running
from srbench.networks.tiling import Tiled

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from srbench.networks.tiling import Run
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

    luma: Tensor
    """(1, 1, H, W) float32 in 0..1, on the device."""
    chroma: NDArray[np.float32] | None
    """(H, W, 2) of LR, None for a grey image."""
    dtype: np.dtype[Any]


class LumaUpscaler:
    """Luma through the network, chroma by OpenCV's bicubic; takes and returns any srbench image.

    The dtype stays, and floats are not clipped. A call is its `phases`, one after the other; each can be timed alone.
    """

    def __init__(  # noqa: PLR0913 - what is run, where, and how
        self,
        network: nn.Module,
        factor: int,
        device: str,
        *,
        ensemble: int = 1,
        training_images: Collection[str] = frozenset(),
        running: Running = Running(),  # noqa: B008 - immutable
    ) -> None:
        """Make `network` ready on `device` ("cpu" or "cuda") for inference, by the engine that `running` names.

        The network itself is taken over, and stays on the CPU in float32.

        `ensemble` 8 is the mean over flips and rotations, a `SelfEnsemble`.
        `training_images` are pixel hashes, by which a run tells that it scores what was trained on.

        Raises:
            Unsupported: there is no such device, or the engine cannot do this here.
            MethodError: the engine cannot run the network.

        """
        if device == "cuda" and not torch.cuda.is_available():
            raise Unsupported("no CUDA device")
        keep_memory()
        self.factor = factor
        self.training_images = training_images
        self.device = torch.device(device)
        self.parameters = sum(parameter.numel() for parameter in network.parameters())
        self.network = _whole(network.eval().cpu(), ensemble)
        run = engines.build(network, factor, self.device, running)
        self._run = Tiled(_whole(run, ensemble), self.network, factor, running.tile)
        self.phases = (self.upload, self.infer, self.download)
        self.event = self._event if device == "cuda" else None
        self.device_memory = self._device_memory if device == "cuda" else None

    def __call__(self, image: Image) -> Image:
        """Upscale a grey or RGB image."""
        return self.download(self.infer(self.upload(image)))

    def upload(self, image: Image) -> Uploaded:
        """Take luma from an image and copy it to the device; chroma stays behind."""
        luma, chroma = apart(image)
        return Uploaded(torch.from_numpy(luma).to(self.device)[None, None], chroma, image.dtype)

    def infer(self, uploaded: Uploaded) -> Uploaded:
        """Run the network on luma, and nothing else; on CUDA this only enqueues the work."""
        return uploaded._replace(luma=self._run(uploaded.luma))

    def download(self, inferred: Uploaded) -> Image:
        """Copy SR's luma back, which waits for the device; upscale chroma and join them as an image."""
        return joined(inferred.luma[0, 0].cpu().numpy(), inferred.chroma, inferred.dtype)

    def synchronize(self) -> None:
        """Wait until the device has finished; the harness's clock calls this."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    @property
    def remark(self) -> str:
        """How the last image was computed, if not as asked for; else empty."""
        return self._run.remark

    @cached_property
    def multiply_adds(self) -> float:
        """Multiply-adds of the network per SR pixel, inside a large image: what it computes for the border is left out.

        Counted at three sizes: the second difference of a quadratic in the side is twice its leading term.
        """
        from torch.utils.flop_counter import FlopCounterMode

        counts = []
        for side in (32, 64, 96):
            with FlopCounterMode(display=False) as counter, torch.no_grad():
                self.network(torch.zeros(1, 1, side, side))
            counts.append(counter.get_total_flops() / 2)
        per_pixel = (counts[0] - 2 * counts[1] + counts[2]) / (2 * 32**2)
        return float(per_pixel / self.factor**2)

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
            Unsupported: a package that it needs is not installed.
            MethodError: the network cannot be exported, or the file not be written.

        """
        try:
            onnx = import_module("srbench.networks.export")  # by name: code that exports decides no row's key
        except ModuleNotFoundError as error:
            needed = f"export needs the package {error.name}, which is not installed"
            raise Unsupported(f"{needed}: {INSTALL['onnx']}") from error
        facts: dict[str, Any] = onnx.export(self.network, self.factor, path, metadata)
        return facts


def _whole(run: Any, ensemble: int) -> Any:  # noqa: ANN401 - a module, or what an engine made of it
    return run if ensemble == 1 else SelfEnsemble(run)
