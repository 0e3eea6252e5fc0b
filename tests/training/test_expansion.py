"""Convolutions with more weights while they are trained: the same function at first, and one kernel at any time."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional

from srbench.plugins import import_module

expansion = import_module("srbench.training.expansion")
espcn, fsrcnn = (import_module(f"srbench.methods.{name}") for name in ("espcn", "fsrcnn"))


class Repeated(nn.Module):
    """A network that uses a layer twice, beside a skip."""

    def __init__(self) -> None:
        """Build the layers."""
        super().__init__()
        self.twice = nn.Conv2d(1, 1, 3, padding=1, groups=1)
        self.up = nn.ConvTranspose2d(1, 1, 2, 2)

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """Map luma to luma."""
        result: torch.Tensor = self.up(batch + self.twice(self.twice(batch)))
        return result


NETWORKS = {
    "espcn": lambda: espcn.network(3, "relu"),
    "fsrcnn": lambda: fsrcnn.network(2, "32-5-1"),
    "repeated": Repeated,
    "depthwise": lambda: nn.Sequential(nn.Conv2d(1, 4, 3), nn.Conv2d(4, 4, 3, groups=4), nn.PixelShuffle(2)),
}


@pytest.fixture(params=NETWORKS)
def pair(request: pytest.FixtureRequest) -> tuple[nn.Module, nn.Module]:
    """Return a network and the same one expanded, channels last, as they are trained."""
    torch.manual_seed(3)
    network = NETWORKS[request.param]().to(memory_format=torch.channels_last)  # type: ignore[no-untyped-call]
    expanded = copy.deepcopy(network)
    expansion.expand(expanded, 3)
    return network, expanded


def test_the_start_is_the_same(pair: tuple[nn.Module, nn.Module]) -> None:
    """An expanded network has several times the weights, and computes what it did, so that training goes on from it."""
    network, expanded = pair
    luma = torch.rand(2, 1, 9, 11)
    torch.testing.assert_close(expanded(luma), network(luma), rtol=0, atol=1e-6)
    counts = [sum(each.numel() for each in net.parameters()) for net in pair]
    assert counts[1] > 3 * counts[0] / 2


def test_folded(pair: tuple[nn.Module, nn.Module]) -> None:
    """Whatever it has learned, its folded weights make the network that it was give what it gives, to 1e-6."""
    network, expanded = pair
    with torch.no_grad():
        for each in expanded.parameters():
            each.add_(0.02 * torch.randn_like(each))
        names = list(dict(network.named_parameters()))
        for mine, its in zip(network.parameters(), expansion.folded(expanded, names), strict=True):
            assert mine.shape == its.shape
            assert not torch.equal(mine, its)
            mine.copy_(its)
        luma = torch.rand(2, 1, 9, 11)
        torch.testing.assert_close(network(luma), expanded(luma), rtol=0, atol=1e-6)


def test_it_is_a_wider_convolution_and_one_of_a_single_pixel() -> None:
    """The folded kernel is that of k x k to more channels followed by 1 x 1, beside the convolution itself."""
    layer = nn.Conv2d(3, 2, 5, bias=False)
    wide = expansion.Wide(layer.weight.detach(), 4)
    nn.init.normal_(wide.back)
    image = torch.rand(1, 3, 9, 9)
    kernel = wide.wide.unflatten(1, (5, 5, 3)).permute(0, 3, 1, 2)
    assert kernel.shape == (8, 3, 5, 5)
    inside = functional.conv2d(functional.conv2d(image, kernel), wide.back[:, :, None, None])
    expected = layer(image) + inside
    torch.testing.assert_close(functional.conv2d(image, wide(layer.weight)), expected, rtol=0, atol=1e-5)


def test_kernels_are_float32() -> None:
    """Where convolutions are computed in bfloat16, their kernels are made in float32, as those are that are kept."""
    layer = nn.Conv2d(1, 8, 3)
    expansion.expand(layer, 2)
    nn.init.normal_(layer.parametrizations.weight[0].back)  # type: ignore[union-attr, index]
    expected = layer.weight
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(layer.weight, expected)
        assert layer(torch.rand(1, 1, 5, 5)).dtype == torch.bfloat16


def test_nothing_to_expand() -> None:
    """0 leaves a network as it is."""
    network = espcn.network(2)
    expansion.expand(network, 0)
    assert list(network.state_dict()) == list(espcn.network(2).state_dict())
