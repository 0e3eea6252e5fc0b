"""Channels of one range: where the network computes the same, and nowhere else."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from srbench.training.equalising import equalised, inputs


def images() -> list[Tensor]:
    """Return luma of noise."""
    return list(torch.rand(2, 1, 1, 12, 10, generator=torch.Generator().manual_seed(0)))


def network(between: nn.Module, groups: int = 1) -> nn.Sequential:
    """Return convolutions whose first one makes channels of very different ranges."""
    torch.manual_seed(0)
    first, second = nn.Conv2d(1, 4, 3), nn.Conv2d(4, 4, 3, groups=groups)
    for each in first.parameters():
        each.data *= torch.tensor([1.0, 4, 16, 0]).view(-1, *[1] * (each.dim() - 1))
    return nn.Sequential(first, between, second, nn.PixelShuffle(2))


def ranges(made: nn.Module) -> Tensor:
    """Return the width of the range of each channel that goes into the second convolution, and 0."""
    given = torch.cat([each.flatten(2)[0] for each in inputs(made, "2", images())], 1)
    return given.amax(1).clamp(min=0) - given.amin(1).clamp(max=0)


@pytest.mark.parametrize("between", [nn.ReLU(), nn.PReLU(4), nn.LeakyReLU(0.1), nn.Identity()])
def test_one_range(between: nn.Module) -> None:
    """All channels that are not 0 get the widest range; the result is the same, and the network stays as it was."""
    own = network(between)
    before = {name: each.clone() for name, each in own.state_dict().items()}
    made = equalised(own, images())
    assert ranges(own)[:3].max() > 3 * ranges(own)[:3].min()
    torch.testing.assert_close(ranges(made), torch.tensor([1.0, 1, 1, 0]) * ranges(own).max(), rtol=1e-5, atol=0)
    for image in images():
        torch.testing.assert_close(made(image), own(image), rtol=0, atol=1e-5)
    assert all(torch.equal(each, before[name]) for name, each in own.state_dict().items())


@pytest.mark.parametrize("between", [nn.Tanh(), nn.Hardtanh(), nn.ReLU6()])
def test_scales_that_do_not_pass(between: nn.Module) -> None:
    """Where scaling would change the result, nothing is scaled."""
    own = network(between)
    made = equalised(own, images())
    assert all(torch.equal(each, own.state_dict()[name]) for name, each in made.state_dict().items())


def test_a_layer_that_is_never_called() -> None:
    """It stays as it is, as do convolutions of groups."""
    own = network(nn.ReLU(), groups=2)
    spare = nn.Identity()
    spare.add_module("convolution", nn.Conv2d(4, 4, 3))
    own.add_module("spare", spare)
    made = equalised(own, images())
    assert all(torch.equal(each, own.state_dict()[name]) for name, each in made.state_dict().items())
