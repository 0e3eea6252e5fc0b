"""Transposed convolutions as convolutions: the same pixels, for every geometry; others are left alone."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from torch import nn

from srbench.networks import transposed
from srbench.networks.ready import ready
from srbench.plugins import import_module

fsrcnn = import_module("srbench.methods.fsrcnn")

GEOMETRIES = [
    (kernel, stride, padding, more)
    for kernel, stride in itertools.product((2, 3, 4, 8, 9), (2, 3, 4))
    for padding, more in itertools.product(range(kernel + 1), range(stride))
    if (kernel - 2 * padding + more) % stride == 0
]


@pytest.mark.sampled
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_geometry(channels: int, bias: bool) -> None:
    """Kernel, stride, padding and output padding may be any that make whole LR pixels."""
    torch.manual_seed(1)
    features = torch.rand(2, 5, 8, 11)
    assert len(GEOMETRIES) > 50
    for kernel, stride, padding, more in GEOMETRIES:
        layer = nn.ConvTranspose2d(5, channels, kernel, stride, padding, more, bias=bias)
        with torch.no_grad():
            expected, found = layer(features), transposed.as_convolution(layer)(features)
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-6, msg=f"{kernel} {stride} {padding} {more}")


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_fsrcnn(factor: int) -> None:
    """The network is what it was, and one that computes its pixels without a transposed convolution is beside it."""
    network = fsrcnn.network(factor).eval()
    nn.init.normal_(network[-1].weight, std=0.02)
    names = list(network.state_dict())
    found = transposed.faster(network)
    assert not any(isinstance(each, nn.ConvTranspose2d) for each in found.modules())
    assert not found.training
    luma = torch.rand(1, 1, 9, 7)
    with torch.no_grad():
        torch.testing.assert_close(found(luma), network(luma), rtol=0, atol=1e-6)
    assert list(network.state_dict()) == names


def test_only_the_layer() -> None:
    """A network that is nothing else, or holds it deep inside."""
    layer = nn.ConvTranspose2d(4, 1, 6, 3, padding=0)
    features = torch.rand(1, 4, 5, 5)
    for network in (layer, nn.Sequential(nn.Sequential(nn.Identity(), layer), nn.Identity())):
        found = transposed.faster(network)
        assert found is not network
        torch.testing.assert_close(found(features), network(features), rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    "values",
    [
        {"out_channels": 16},
        {"stride": 1, "output_padding": 0},
        {"kernel_size": 4, "stride": 2, "padding": 1, "output_padding": 0},  # 2.25 times the multiplications
        {"padding": 3, "output_padding": 1},
        {"dilation": 2},
        {"kernel_size": (9, 7)},
        {"in_channels": 4, "out_channels": 2, "groups": 2},
    ],
    ids=str,
)
def test_others_are_left_alone(values: dict[str, Any]) -> None:
    """Where nothing is gained, or the result would be another, a network is taken as it is."""
    given = {"in_channels": 8, "out_channels": 1, "kernel_size": 9, "stride": 3, "padding": 3, **values}
    network = nn.Sequential(nn.Conv2d(1, given["in_channels"], 3), nn.ConvTranspose2d(**given))
    assert transposed.faster(network) is network


def test_what_is_counted() -> None:
    """Weights and multiply-adds are those of the network as it is written, and that is exported."""
    network = fsrcnn.network(2, "32-5-1")
    model = ready(network, 2, "cpu")
    assert model.parameters == sum(each.numel() for each in network.parameters())
    assert model.multiply_adds is not None
    assert model.multiply_adds() == pytest.approx(3937 / 4)
    assert model.network is network
