"""How far networks see is measured alike in torch, by NaN, and elsewhere, by other pixels."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from srbench.errors import Unsupported
from srbench.plugins import import_module
from srbench.takes import Takes

models, reach = (import_module(f"srbench.networks.{name}") for name in ("model", "reach"))


def model(run: Any, takes: Takes = Takes(), **others: Any) -> Any:  # noqa: ANN401, B008 - a function, or a module; immutable
    """Return a model x1 on the CPU."""
    return models.Model(run, 1, takes, torch.device("cpu"), **others)


def convolutions(*sides: int, samples: int = 3) -> nn.Module:
    """Return layers with as much of a ReLU between them as lets all that they see through."""
    torch.manual_seed(0)
    layers = [nn.Conv2d(samples, samples, side, padding=side // 2) for side in sides]
    return nn.Sequential(*(part for layer in layers for part in (layer, nn.LeakyReLU(0.5))))


@pytest.mark.parametrize("takes", [Takes(), Takes("rgb", 255), Takes("y")], ids=["rgb", "255", "y"])
@pytest.mark.parametrize(("sides", "pixels"), [((1,), 0), ((3, 5), 3), ((9, 9, 9, 9), 16)])
def test_convolutions(sides: tuple[int, ...], pixels: int, takes: Takes) -> None:
    """It is the sum of their radii; more than the first image has room for takes a larger one."""
    network = convolutions(*sides, samples=takes.samples)
    assert reach.reach(model(network, takes, network=network)) == pixels
    assert reach.reach(model(lambda batch: torch.nan_to_num(network(batch)), takes)) == pixels


def test_where_results_are_clipped() -> None:
    """Networks that clip show it as well: what is looked at is grey, not black or white."""
    network = convolutions(3, 3)
    assert reach.reach(model(lambda batch: (batch + 0.1 * network(batch)).clip(0, 1))) == 2


def test_cells() -> None:
    """A network of half the resolution sees from the edges of its cells on."""
    network = nn.Sequential(nn.PixelUnshuffle(2), convolutions(3, samples=12), nn.PixelShuffle(2))
    takes = Takes(multiple=2)
    assert reach.reach(model(network, takes)) == 2
    assert 2 <= reach.reach(model(network, takes, network=network)) <= 3
    assert reach.halo(model(network, takes), 16) == (16, 16)


@pytest.mark.parametrize("weight", [1.0, 1e-3])
def test_everything(weight: float) -> None:
    """A mean over the image is found, however little it changes."""
    with pytest.raises(Unsupported, match="the network sees 255 pixels around a pixel, or more"):
        reach.reach(model(lambda batch: batch + weight * batch.mean()))


@pytest.mark.parametrize(("size", "room"), [((9, 30), 4), ((1, 1), 0)])
def test_one_size(size: tuple[int, int], room: int) -> None:
    """Where there is but one size, no larger one is tried."""
    shapes = set()

    def run(batch: torch.Tensor) -> torch.Tensor:
        shapes.add(tuple(batch.shape[2:]))
        return batch * batch.mean()

    with pytest.raises(Unsupported, match=f"the network sees {room} pixels"):
        reach.reach(model(run, size=size))
    assert shapes == {size}


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_edges(mode: Any) -> None:  # noqa: ANN401 - a literal of torch
    """What lies outside an image may be made of what is at its edge, not of the other edge: no tile knows that."""
    network = nn.Conv2d(3, 3, 9, padding=4, padding_mode=mode)
    made = model(network, network=network)
    if mode == "circular":  # as windows that are rolled without a mask
        with pytest.raises(Unsupported, match="its result depends on where a tile starts, or on its size"):
            reach.halo(made, 16)
    else:
        assert reach.halo(made, 16) == (16, 16)


@pytest.mark.parametrize("size", [None, (40, 40)])
def test_steps(size: Any) -> None:  # noqa: ANN401 - a height and width, or None
    """A network that works at a third of the resolution has tiles that start at every third pixel, not between."""

    def run(batch: torch.Tensor) -> torch.Tensor:
        height, width = batch.shape[2:]
        small = batch[:, :, ::3, ::3]
        return small.repeat_interleave(3, 2).repeat_interleave(3, 3)[:, :, :height, :width]

    assert reach.halo(model(run, size=size), 3) in {(3, 0), (3, 3)}
    assert reach.halo(model(run, size=size), 4, 6)[0] == 6
    with pytest.raises(Unsupported, match="its result depends on where a tile starts, or on its size"):
        reach.halo(model(run, size=size), 4)
