"""Move weights of the first convolution so little that only their bfloat16 changes, until grey areas keep their level.

`python docs/rounded_level.py espcn 3 IN.safetensors OUT.safetensors`. Filters whose large weights nearly cancel gain a
sum when each weight is rounded by itself: after its fourth training, ESPCN x3 with tanh made grey 0.01 darker in
bfloat16. Of the weights that are next to a tie of two rounded values, those are moved beyond it that bring the level
back.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from srbench.methods import choose, registry
from srbench.networks.trained import load_weights
from srbench.training.trainable import network_of

NEAR = 3e-4
"""How far a weight may be from a tie, as a part of itself."""

LEVELS = torch.linspace(0.05, 0.95, 19)
"""Of grey, in 0..1, that are to stay as they are."""

GAIN = 0.999
"""What a move has to leave of the squared error, at most."""


def other(weight: Tensor, rounded: Tensor) -> Tensor:
    """Return the bfloat16 value on the other side of each weight, as float32."""
    bits = rounded.bfloat16().view(torch.int16).int()
    larger = (weight >= rounded) == (rounded >= 0)  # whether it has the larger magnitude
    return torch.where(larger, bits + 1, bits - 1).to(torch.int16).view(torch.bfloat16).float()


def gains(network: nn.Module, first: nn.Module) -> Tensor:
    """Return what a sum of 1 more in a filter adds to a grey image, (levels, filters)."""
    results: list[Tensor] = []
    handle = first.register_forward_hook(lambda _, __, result: results.append(result))
    means = [network(torch.full((1, 1, 24, 24), float(level))).mean() for level in LEVELS]
    handle.remove()
    gradients = torch.autograd.grad(torch.stack(means).sum(), results)
    return torch.stack([level * each.sum((0, 2, 3)) for level, each in zip(LEVELS, gradients, strict=True)])


def moved(weight: Tensor, gain: Tensor) -> Tensor:
    """Return the weights of filters (filters, weights) with some moved just beyond a tie, the best first."""
    rounded = weight.bfloat16().float()
    beyond = other(weight, rounded)
    tie = (rounded + beyond) / 2
    near = ((tie - weight).abs() / weight.abs().clamp(min=1e-9) < NEAR).nonzero()
    error = gain @ (rounded - weight).sum(1)
    found, left = weight.clone(), {(int(row), int(column)) for row, column in near}
    while left:
        after = {at: error + gain[:, at[0]] * (beyond[at] - rounded[at]) for at in sorted(left)}
        best = min(after, key=lambda at: float(after[at].square().sum()))
        if after[best].square().sum() >= GAIN * error.square().sum():
            break
        error = after[best]
        away = torch.sign(tie[best] - weight[best])
        found[best] = torch.nextafter(tie[best] + away * tie[best].abs() * 1e-6, tie[best] + 10 * away)
        left.remove(best)
    return found


def main(spec: str, factor: int, source: Path, target: Path) -> None:
    """Write the weights, with all that their file says of them."""
    network = load_weights(network_of(choose(spec, registry())), source, factor, {}).network.eval()
    name, first = next((name, each) for name, each in network.named_modules() if isinstance(each, nn.Conv2d))
    tensors, key = load_file(source), f"{name}.weight"
    weight = tensors[key].flatten(1)
    changed = moved(weight, gains(network, first))
    tensors[key] = changed.view_as(tensors[key]).contiguous()
    with safe_open(source, "torch") as file:
        save_file(tensors, target, file.metadata())
    most = float(((changed - weight).abs() / weight.abs()).max())
    print(f"{int((changed != weight).sum())} of {weight.numel()} weights moved, by {most:.1e} of themselves at most")  # noqa: T201 - a script


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]))
