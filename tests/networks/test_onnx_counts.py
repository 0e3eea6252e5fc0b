"""How much an ONNX network computes, counted from its graph: as torch counts the network that it was made of."""

from __future__ import annotations

import math
import sys
import warnings
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from srbench.methods import choose, registry
from srbench.plugins import import_module

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

if TYPE_CHECKING:
    from pathlib import Path

onnx_content, onnx_counts, onnx_file = (
    import_module(f"srbench.networks.{name}") for name in ("onnx_content", "onnx_counts", "onnx_file")
)


class Windows(nn.Module):
    """Attention in windows of 8 pixels, whose shapes follow from computed ones, and each kind of layer that counts."""

    def __init__(self) -> None:
        """Make the layers."""
        super().__init__()
        self.head = nn.Conv2d(3, 8, 3, padding=1)
        self.apart = nn.Conv2d(8, 8, 3, padding=1, groups=4)
        self.every = nn.Linear(8, 24)
        self.whole = nn.Linear(8, 8)
        self.tail = nn.ConvTranspose2d(8, 3, 4, stride=2, padding=1)

    def forward(self, lr: torch.Tensor) -> torch.Tensor:
        """Enlarge twice."""
        maps = self.apart(self.head(lr))
        batch, channels, height, width = maps.shape
        windows = maps.view(batch, channels, height // 8, 8, width // 8, 8).permute(0, 2, 4, 3, 5, 1)
        query, key, value = self.every(windows.reshape(-1, 64, channels)).chunk(3, -1)
        mixed = (functional.softmax(query @ key.transpose(1, 2), -1) @ value).reshape(batch, height, width, channels)
        scale = self.whole(maps.mean((2, 3)))[..., None, None]
        sr: torch.Tensor = self.tail(maps * scale + mixed.permute(0, 3, 1, 2))
        return sr


@pytest.fixture(scope="module")
def network() -> nn.Module:
    """Return such a network."""
    return Windows().eval()


@pytest.fixture(scope="module")
def file(network: nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write it as a file."""
    path = tmp_path_factory.mktemp("counts") / "net.onnx"
    sides = {2: "height", 3: "width"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that this exporter is the older one, and sees one size
        torch.onnx.export(
            network,
            (torch.zeros(1, 3, 16, 24),),
            path,
            dynamo=False,
            input_names=["lr"],
            output_names=["sr"],
            dynamic_axes={"lr": sides, "sr": sides},
        )
    return path


def flops(network: nn.Module, *shape: int) -> int:
    """Return what torch counts."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.zeros(shape))
    return int(counter.get_total_flops())


def test_as_torch_counts(network: nn.Module, file: Path) -> None:
    """Convolutions, grouped and transposed ones, linear layers and products: as in torch, and so are weights."""
    content = onnx_content.content(file)
    for shape in ((1, 3, 16, 24), (1, 3, 64, 32)):
        assert onnx_counts.multiply_adds(content, shape) == flops(network, *shape) / 2
    assert onnx_counts.parameters(content) == sum(each.numel() for each in network.parameters())


def test_per_sr_pixel(file: Path) -> None:
    """Per SR pixel, inside a large image: what is computed once for the image does not count."""
    model = onnx_file.opened(file, "cpu")
    assert (model.takes.multiple, model.factor) == (8, 2)
    per_lr_pixel = 3 * 8 * 9 + 8 * 2 * 9 + 8 * 24 + 2 * 64 * 8 + 8 * 3 * 16
    assert model.multiply_adds() == pytest.approx(per_lr_pixel / 4, rel=1e-12)


def test_shapes_that_nothing_tells(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without ONNX Runtime, what cannot be told from the graph alone is NaN."""
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert math.isnan(onnx_counts.multiply_adds(onnx_content.content(file), (1, 3, 16, 16)))


def test_operators_that_are_not_counted(file: Path) -> None:
    """Where others multiply, such as those of quantised weights, there is no count, and not too small a one."""
    content = onnx_content.content(file)
    content.graph.node.add(op_type="ConvInteger", input=["lr", "weights"], output=["other"])
    assert math.isnan(onnx_counts.multiply_adds(content, (1, 3, 16, 16)))


@pytest.mark.slow
@pytest.mark.parametrize("spec", ["espcn", "espcn:activation=relu"])
def test_exported(spec: str, tmp_path: Path) -> None:
    """A network that srbench exports has the parameters and multiply-adds of its upscaler."""
    pytest.importorskip("onnxscript")
    upscaler: Any = choose(spec, registry()).load(3, "cpu")
    upscaler.export(tmp_path / "net.onnx")
    model = onnx_file.opened(tmp_path / "net.onnx", "cpu")
    assert model.parameters == upscaler.parameters
    assert model.multiply_adds() == pytest.approx(upscaler.multiply_adds, rel=1e-12)
