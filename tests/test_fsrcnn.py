"""FSRCNN: its size, how far it sees, and that whole images, patches and engines give the same pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from srbench.methods import choose, registry
from srbench.plugins import import_module

if TYPE_CHECKING:
    from pathlib import Path

fsrcnn = import_module("srbench.methods.fsrcnn")
loop, reach, ready, safetensors = map(
    import_module,
    ("srbench.training.loop", "srbench.networks.reach", "srbench.networks.ready", "safetensors.torch"),
)

SIZES = ["56-12-4", "32-5-1"]
FACTORS = [2, 3, 4]


def network(factor: int, size: str) -> Any:  # noqa: ANN401 - an nn.Sequential
    """Return a network whose last layer makes more than nearly nothing."""
    torch.manual_seed(5)
    built = fsrcnn.network(factor, size)
    torch.nn.init.normal_(built[-1].weight, std=0.02)
    return built.eval()


def load(folder: Path, spec: str, factor: int, size: str = "32-5-1") -> Any:  # noqa: ANN401 - an upscaler
    """Return the method with weights of no training."""
    path = folder / f"{size}-x{factor}.safetensors"
    path.write_bytes(safetensors.save(network(factor, size).state_dict()))
    return choose(f'fsrcnn:size={size}:weights="{path}"{spec}', registry()).load(factor, "cpu")


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("size", "kernels", "others"), [("56-12-4", 12464, 56 + 12 * 5 + 56 + 1), ("32-5-1", 3937, 32 + 5 * 2 + 32 + 1)]
)
def test_it_has_the_size_of_the_paper(tmp_path: Path, size: str, kernels: int, others: int) -> None:
    """As many weights in kernels as Dong et al. 2016 give (12464, 3937), and biases and slopes; at any factor."""
    for factor in FACTORS:
        upscaler = load(tmp_path, "", factor, size)
        assert upscaler.parameters == kernels + others + (others - 1)  # the last layer has no slope
        assert upscaler.multiply_adds == pytest.approx(kernels / factor**2)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("factor", [*FACTORS, 5, 8])
def test_surroundings(factor: int, size: str) -> None:
    """Patches lose as many pixels as the network sees around one: the pixels that are left are those of the image."""
    built = network(factor, size)
    margin = loop.margin(built, 32, factor)
    assert margin == reach.reach(ready.ready(built, factor, "cpu"))
    assert built[0].padding == (margin,) * 4
    image = torch.rand(1, 1, 40, 44)
    with torch.no_grad():
        whole = built(image)
        patch = built[1:](image[:, :, 5:37, 9:41])
    rows, columns = (slice(factor * (start + margin), factor * (start + 32 - margin)) for start in (5, 9))
    torch.testing.assert_close(patch, whole[:, :, rows, columns], rtol=0, atol=1e-5)


@pytest.mark.parametrize("factor", FACTORS)
def test_the_kernel_lies_on_its_pixel(factor: int) -> None:
    """The transposed convolution leans to no side: by half an HR pixel where the factor is even, as 9 is odd."""
    layer = network(factor, "32-5-1")[-1]
    features = torch.zeros(1, 32, 11, 11)
    features[:, :, 5, 5] = 1
    with torch.no_grad():
        layer.weight.fill_(1)
        layer.bias.zero_()
        rows = layer(features)[0, 0].sum(1).nonzero()
    middle = (layer(features).shape[-1] - 1) / 2
    assert len(rows) == fsrcnn.KERNEL
    assert abs(rows.float().mean().item() - middle) == (0 if factor % 2 else 0.5)


@pytest.mark.sampled
@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
@pytest.mark.parametrize("factor", FACTORS)
def test_engines(tmp_path: Path, engine: str, factor: int) -> None:
    """Other engines give what torch gives."""
    pytest.importorskip(engine)
    image = np.random.default_rng(1).random((9, 7), np.float32)
    torch_s, other = (load(tmp_path, spec, factor)(image) for spec in ("", f":engine={engine}"))
    assert torch_s.shape == (9 * factor, 7 * factor)
    np.testing.assert_allclose(other, torch_s, rtol=0, atol=1e-5)


@pytest.mark.slow
def test_tiles(tmp_path: Path) -> None:
    """An image in tiles has the pixels of the whole."""
    image = np.random.default_rng(1).random((100, 70), np.float32)
    whole, tiled = (load(tmp_path, spec, 2)(image) for spec in ("", ":tile=64"))
    np.testing.assert_allclose(tiled, whole, rtol=0, atol=1e-6)


@pytest.mark.slow
def test_export(tmp_path: Path) -> None:
    """It is exported as any network."""
    pytest.importorskip("onnxscript")
    facts = load(tmp_path, "", 3).export(tmp_path / "net.onnx")
    assert facts["largest_difference"] < 1e-5
