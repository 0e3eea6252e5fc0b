"""Rounded convolutions: near what they replace, and nearer than weights that are rounded one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from srbench.networks.quantised import LEVELS, Quantised, QuantisedConvolution
from srbench.training import rounding
from srbench.training.rounding import Input, convolution

if TYPE_CHECKING:
    import pytest

HOW = Input(1 / 255, 0)


def smooth(seed: int, channels: int = 8) -> list[Tensor]:
    """Return inputs in 0..1 whose neighbours are alike, as those of photographs are."""
    generator = torch.Generator().manual_seed(seed)
    noise = [torch.rand(1, channels, 6, 6, generator=generator) for _ in range(4)]
    return [nn.functional.interpolate(each, size=(24, 24), mode="bicubic").clamp(0, 1) for each in noise]


def off(own: nn.Conv2d, values: Quantised, inputs: list[Tensor]) -> float:
    """Return the mean squared difference of what is made of inputs."""
    rounded = QuantisedConvolution(own, values)
    with torch.no_grad():
        return float(torch.stack([nn.functional.mse_loss(rounded(each), own(each)) for each in inputs]).mean())


def test_errors_are_made_good() -> None:
    """On inputs that it has not seen the error is less than half of that of weights rounded one by one."""
    torch.manual_seed(0)
    own = nn.Conv2d(8, 4, 3)
    made = convolution(own, HOW, smooth(1), smooth(1))
    assert int(made.weight.abs().max()) <= LEVELS
    scale = own.weight.detach().abs().amax((1, 2, 3)) / LEVELS
    levels = (own.weight.detach() / scale[:, None, None, None]).round().to(torch.int8)
    plain = Quantised(levels, scale, own.bias.detach(), made.step, made.zero)  # type: ignore[union-attr]
    assert 0 < off(own, made, smooth(2)) < 0.5 * off(own, plain, smooth(2))


def test_the_bias_keeps_the_mean() -> None:
    """Inputs that come too bright make no brighter result; a convolution without a bias gets one."""
    torch.manual_seed(0)
    own = nn.Conv2d(8, 4, 3, bias=False)
    exact = smooth(1)
    given = [(each + 0.1).clamp(max=1) for each in exact]
    rounded = QuantisedConvolution(own, convolution(own, HOW, given, exact))
    with torch.no_grad():
        means = [
            torch.stack(list(map(each, images))).mean((0, 1, 3, 4)) for each, images in ((rounded, given), (own, exact))
        ]
    torch.testing.assert_close(*means, rtol=0, atol=5e-3)


def test_large_weights_may_be_clipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the scales that are tried the best is taken for each channel: its largest weights clipped, finer levels."""
    torch.manual_seed(1)
    own = nn.Conv2d(8, 16, 3)
    with torch.no_grad():
        own.weight.normal_()
    made = convolution(own, HOW, smooth(1), smooth(1))
    monkeypatch.setattr(rounding, "PARTS", (1.0,))
    whole = convolution(own, HOW, smooth(1), smooth(1))
    assert (made.scale < whole.scale).any()
    assert (made.scale <= whole.scale).all()
    assert off(own, made, smooth(1)) < off(own, whole, smooth(1))


def test_constant_inputs() -> None:
    """Inputs that say nothing of how they vary leave the weights as they are, but for rounding."""
    torch.manual_seed(0)
    own = nn.Conv2d(2, 3, 3)
    given = [torch.full((1, 2, 9, 9), 0.4)]
    assert off(own, convolution(own, HOW, given, given), given) < 1e-4
