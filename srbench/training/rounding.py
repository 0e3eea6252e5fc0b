"""A convolution of integers that does on rounded inputs what a convolution does on exact ones, as well as it can.

Its weights are rounded one after the other, each error made good by those that follow, as their inputs vary together
(GPTQ: E. Frantar et al., "GPTQ: Accurate Post-Training Quantization for Generative Pre-trained Transformers", ICLR
2023), beginning with the weights that fit the rounded inputs best. Its bias keeps the mean of the results.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch.nn import functional

from srbench.networks.quantised import LEVELS, Quantised, rounded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from torch import Tensor, nn

POSITIONS = 400
"""Of each image, at which inputs count."""

PARTS = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)
"""Of the largest value, which are tried as the largest level: of the weights of a channel, and of an input."""

DAMPING = 1e-3
"""What is added to the variance of each input, as a part of the mean one: some inputs are nearly constant."""

LEAST = 1e-8
"""What the mean variance counts as at least: all inputs may be constant."""


class Input(NamedTuple):
    """How an input is rounded: what a level is, and which of 0..255 is 0."""

    step: float
    zero: int

    def rounded(self, values: Tensor) -> Tensor:
        """Return values as integers hold them."""
        return rounded(values, self.step, self.zero)


@torch.no_grad()
def convolution(own: nn.Conv2d, how: Input, given: Sequence[Tensor], exact: Sequence[Tensor]) -> Quantised:
    """Return what takes the place of a convolution.

    Args:
        own: the convolution, of one group.
        how: how its input is rounded.
        given: the input of each image as it comes, (1, C, H, W) float32; it is rounded here.
        exact: what it should be, likewise: without rounding in the layers before.

    """
    weight = own.weight.double().flatten(1)
    x, y = _columns(own, map(how.rounded, given)), _columns(own, exact) @ weight.T
    centred = x - x.mean(0)
    covariance = centred.T @ centred / len(x)
    damping = DAMPING * covariance.diagonal().mean().clamp(min=LEAST)
    covariance += damping * torch.eye(len(covariance))
    wanted = torch.linalg.solve(covariance, centred.T @ (y - y.mean(0)) / len(x) + damping * weight.T).T
    levels, scale = _levels(wanted, covariance)
    bias = y.mean(0) - (levels * scale[:, None]) @ x.mean(0)
    return Quantised(
        weight=levels.to(torch.int8).view_as(own.weight),
        scale=scale.float(),
        bias=(bias if own.bias is None else bias + own.bias).float(),
        step=torch.tensor([how.step]),
        zero=torch.tensor([how.zero], dtype=torch.uint8),
    )


def _columns(own: nn.Conv2d, inputs: Iterable[Tensor]) -> Tensor:
    """Return what the kernel is laid on at the same random positions of each image, (positions, inputs) float64."""
    generator = torch.Generator().manual_seed(0)
    mode = "constant" if own.padding_mode == "zeros" else own.padding_mode
    found = []
    for each in inputs:
        padded = functional.pad(each, own._reversed_padding_repeated_twice, mode)  # noqa: SLF001 - of "same", too
        laid = functional.unfold(padded, own.kernel_size, own.dilation, stride=own.stride)[0]
        found.append(laid[:, torch.randperm(laid.shape[1], generator=generator)[:POSITIONS]].T)
    return torch.cat(found).double()


def _levels(wanted: Tensor, covariance: Tensor) -> tuple[Tensor, Tensor]:
    """Return the rounded weights of each channel (outputs, inputs), and its scale: of those tried the best."""
    spread = torch.linalg.cholesky(torch.linalg.inv(covariance), upper=True)
    largest = wanted.abs().amax(1).clamp(min=1e-8) / LEVELS
    scales = torch.stack([part * largest for part in PARTS])
    tried = torch.stack([_compensated(wanted, spread, scale) for scale in scales])
    off = tried * scales[..., None] - wanted
    best = ((off @ covariance) * off).sum(2).argmin(0)
    channels = torch.arange(len(wanted))
    return tried[best, channels], scales[best, channels]


def _compensated(wanted: Tensor, spread: Tensor, scale: Tensor) -> Tensor:
    """Return weights as levels of a scale for each channel, rounded in order, with the error passed on."""
    left, levels = wanted.clone(), torch.empty_like(wanted)
    for column in range(wanted.shape[1]):
        levels[:, column] = (left[:, column] / scale).round().clamp(-LEVELS, LEVELS)
        error = (left[:, column] - levels[:, column] * scale) / spread[column, column]
        left[:, column:] -= error[:, None] * spread[column, column:]
    return levels
