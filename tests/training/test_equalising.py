"""Channels of one range: where the network computes the same, and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn

from srbench.training.equalising import LARGEST, equalised

if TYPE_CHECKING:
    from collections.abc import Callable

GAINS = torch.tensor([1.0, 2, 3, 0])
"""Of the channels that the first convolution makes."""


def images() -> list[Tensor]:
    """Return luma of noise."""
    return list(torch.rand(2, 1, 1, 12, 10, generator=torch.Generator().manual_seed(0)))


def uneven(layer: nn.Conv2d) -> nn.Conv2d:
    """Return a convolution to 4 channels, of very different ranges."""
    for each in layer.parameters():
        each.data *= GAINS.view(-1, *[1] * (each.dim() - 1))
    return layer


def network(*between: nn.Module, padding: int = 0) -> Any:  # noqa: ANN401 - nn.Sequential, whose layers have no types
    """Return a network whose first convolution makes channels of very different ranges."""
    torch.manual_seed(0)
    first = uneven(nn.Conv2d(1, 4, 3, padding=padding))
    return nn.Sequential(first, *between, nn.Conv2d(4, 4, 3, padding=padding), nn.PixelShuffle(2))


def ranges(made: nn.Sequential) -> Tensor:
    """Return the width of the range of each channel that goes into the last convolution, and 0."""
    with torch.no_grad():
        given = torch.cat([made[:-2](image).flatten(2)[0] for image in images()], 1)
    return given.amax(1).clamp(min=0) - given.amin(1).clamp(max=0)


def untouched(own: nn.Module) -> bool:
    """Tell whether no scale of a network is changed."""
    made = equalised(own, images()).state_dict()
    return all(torch.equal(each, made[name]) for name, each in own.state_dict().items())


@pytest.mark.parametrize("padding", [0, 1])
@pytest.mark.parametrize("between", [nn.ReLU(), nn.PReLU(4), nn.PReLU(1), nn.LeakyReLU(0.1), nn.Identity()])
def test_one_range(between: nn.Module, padding: int) -> None:
    """All channels that are not 0 get the widest range; the result is the same, and the network stays as it was."""
    own = network(between, padding=padding)
    before = {name: each.clone() for name, each in own.state_dict().items()}
    made: Any = equalised(own, images())
    assert ranges(own)[:3].max() > 2 * ranges(own)[:3].min()
    torch.testing.assert_close(ranges(made), torch.tensor([1.0, 1, 1, 0]) * ranges(own).max(), rtol=1e-5, atol=0)
    assert torch.equal(made[2].weight[:, 3], own[2].weight[:, 3]), "the channel that is always 0 keeps its scale"
    for image in images():
        torch.testing.assert_close(made(image), own(image), rtol=0, atol=1e-5)
    assert all(torch.equal(each, before[name]) for name, each in own.state_dict().items())


def test_a_scale_has_a_limit() -> None:
    """A channel that is nearly 0 on these images may not be so on others."""
    own: Any = network(nn.ReLU())
    own[0].weight.data[0] *= 1e-4
    own[0].bias.data[0] = 1e-4
    made: Any = equalised(own, images())
    torch.testing.assert_close(made[0].weight[0], LARGEST * own[0].weight[0])


@pytest.mark.parametrize("between", [nn.Tanh(), nn.Hardtanh(), nn.ReLU6(), nn.InstanceNorm2d(4)])
def test_scales_that_do_not_pass(between: nn.Module) -> None:
    """Where scaling would change the result, nothing is scaled."""
    assert untouched(network(between))


class Skipped(nn.Module):
    """A network whose channels are also added to the result."""

    def __init__(self) -> None:
        """Build it."""
        super().__init__()
        self.first, self.second = uneven(nn.Conv2d(1, 4, 3, padding=1)), nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, luma: Tensor) -> Tensor:
        """Return the sum."""
        features = self.first(luma).relu()
        return nn.functional.pixel_shuffle(self.second(features) + features, 2)


class Twice(Skipped):
    """A network that uses a convolution twice."""

    def forward(self, luma: Tensor) -> Tensor:
        """Return what the second convolution makes of its own result."""
        return nn.functional.pixel_shuffle(self.second(self.second(self.first(luma).relu()).relu()), 2)


class Single(Twice):
    """A network that takes nothing but float32."""

    def forward(self, luma: Tensor) -> Tensor:
        """Convert the input, and leave a layer out."""
        return nn.functional.pixel_shuffle(self.first(luma.float()) * torch.ones(4, 1, 1), 2)


def grouped() -> Any:  # noqa: ANN401 - as above
    """Return a network with a convolution of each channel by itself."""
    return network(nn.Conv2d(4, 4, 1, groups=4))


@pytest.mark.parametrize("build", [Skipped, Twice, Single, grouped])
def test_other_ways_of_channels(build: Callable[[], nn.Module]) -> None:
    """Channels that go elsewhere too, layers that are used twice or never, and groups: the result stays the same."""
    torch.manual_seed(0)
    own = build()
    made = equalised(own, images())
    for image in images():
        torch.testing.assert_close(made(image), own(image), rtol=0, atol=1e-5)
