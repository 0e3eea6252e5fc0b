"""The training loop: everything that happens to the weights is on this page."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import distributed, nn

from srbench.errors import MethodError, Unsupported, UsageError
from srbench.extras import INSTALL
from srbench.training.expansion import expand, folded

if TYPE_CHECKING:
    from collections.abc import Generator

    from torch import Tensor

    from srbench.training.patches import Patches
    from srbench.training.recipe import Recipe


CENTRE = 0.5
"""Subtracted from luma during training, if the network allows it: training converges faster around 0."""

TRIED = 32
"""Side of the image on which that is tried out."""


@dataclass
class State:
    """The state of a training; all of it goes into a checkpoint."""

    network: nn.Module
    """What is trained; expanded, if the recipe says so."""
    mean: nn.Module
    """The averaged network, which is the one that is kept; never expanded."""
    optimizer: torch.optim.Optimizer
    step: int = 0

    def checkpoint(self) -> dict[str, Any]:
        """Return it as tensors and plain values."""
        parts = {name: getattr(self, name).state_dict() for name in ("network", "mean", "optimizer")}
        return {"step": self.step, "random": torch.get_rng_state(), **parts}

    def restore(self, checkpoint: dict[str, Any]) -> None:
        """Become what `checkpoint` returned."""
        for name in ("network", "mean", "optimizer"):
            getattr(self, name).load_state_dict(checkpoint[name])
        torch.set_rng_state(checkpoint["random"])  # of networks with dropout
        self.step = checkpoint["step"]


def begin(network: nn.Module, recipe: Recipe) -> State:
    """Return the state of a training that begins with `network`, which is taken over.

    Raises:
        Unsupported: the package of the recipe's optimizer is not installed.

    """
    mean = copy.deepcopy(network)
    expand(network, recipe.expand)
    return State(network, mean, new_optimizer(network, recipe))


def steps(state: State, patches: Patches, recipe: Recipe, last: int) -> Generator[Tensor]:
    """Train up to step `last`; yield the loss of each step.

    Under torchrun every process takes its share of each batch, and gradients are averaged.
    """
    rank, world = (distributed.get_rank(), distributed.get_world_size()) if distributed.is_initialized() else (0, 1)
    network = unpadded(state.network)
    names, averages = zip(*state.mean.named_parameters(), strict=True)
    statistics = list(zip(state.mean.buffers(), state.network.buffers(), strict=True))
    centre = 0.0 if _added(state.mean) is None else CENTRE
    model = nn.parallel.DistributedDataParallel(network) if world > 1 else network
    short = 0 if recipe.precision == "float32" else last - round(recipe.tail * last)
    while state.step < last:
        state.step += 1
        batch = patches.batch(state.step, rank, world)
        with torch.autocast(batch.lr.device.type, torch.bfloat16, enabled=state.step <= short):
            sr = model(batch.lr - centre)  # (batch, 1, side, side): the inside of HR where the network pads nothing
        error = sr.float() - (batch.hr - centre)
        error = error.abs() if recipe.loss == "l1" else error.square()
        loss = (error.mean(dim=(1, 2, 3)) * batch.weight).mean()
        for group in state.optimizer.param_groups:
            group["lr"] = rate(recipe, state.step, last)
        state.optimizer.zero_grad()
        loss.backward()
        try:
            state.optimizer.step()
        except torch.linalg.LinAlgError as error:  # type: ignore[attr-defined]  # SOAP finds no basis of gradients that are not numbers
            reason = str(error).partition("\n")[0]
            raise UsageError(
                f"the optimizer failed at step {state.step} ({reason}); use a lower rate and another --out"
            ) from error
        with torch.no_grad():  # at first the mean follows closely: early weights are soon forgotten
            kept = min(recipe.averaging, state.step / (state.step + 10)) if recipe.averaging else 0.0
            torch._foreach_lerp_(averages, folded(state.network, names), 1 - kept)
            for mine, its in statistics:  # of batch normalisation, which are means already
                mine.copy_(its)
        yield loss.detach()


def rate(recipe: Recipe, step: int, last: int) -> float:
    """Return the learning rate at `step`, 1..last."""
    first, final, part = recipe.rate, recipe.final_rate, step / last
    factor = min(1.0, step / recipe.warmup) if recipe.warmup else 1.0
    if recipe.schedule == "cosine":
        return factor * (final + (first - final) * (1 + math.cos(math.pi * part)) / 2)
    return factor * (first * (final / first) ** part if recipe.schedule == "exponential" else first)


def new_optimizer(network: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """Return the recipe's optimizer.

    Raises:
        Unsupported: the package it comes with is not installed.

    """
    if recipe.optimizer == "adam":
        return torch.optim.Adam(network.parameters(), recipe.rate, fused=True)
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(network.parameters(), recipe.rate, momentum=0.9)
    try:
        from pytorch_optimizer import SOAP
    except ModuleNotFoundError as error:
        raise Unsupported(f"the optimizer soap needs pytorch-optimizer: {INSTALL['train']}") from error
    side = 1024
    large = [each for each in network.parameters() if each.dim() > 1 and each.numel() > side]
    others = [each for each in network.parameters() if each.dim() <= 1 or each.numel() <= side]
    # merged: one basis for all inputs of a filter, (out, in * height * width), as Shampoo treats matrices
    merged: dict[str, Any] = {"params": large, "merge_dims": True, "max_precondition_dim": side}
    return SOAP([merged, {"params": others}], recipe.rate, weight_decay=0.0)


def finished(network: nn.Module) -> nn.Module:
    """Return a copy that maps luma in 0..1 to luma in 0..1: the centring is folded into the first and last biases."""
    network = copy.deepcopy(network)
    _shift(network, CENTRE)
    return network


def recentre(network: nn.Module) -> None:
    """Turn a finished network into one to train: the contrary of `finished`, but for rounding."""
    _shift(network, -CENTRE)


def _shift(network: nn.Module, level: float) -> None:
    """Let a network take luma that is larger by `level`, and return it so, if that can be folded into its biases."""
    added = _added(network)
    if added is not None:
        _fold(network, level, added)


@torch.no_grad()
def _fold(network: nn.Module, level: float, added: float) -> None:
    first, last = _ends(network)
    first.bias -= level * first.weight.sum(dim=(1, 2, 3))
    last.bias += added * level


@torch.no_grad()
def _added(network: nn.Module) -> float | None:
    """Return what part of a level the last bias is to add, if luma centred on 0 can be folded into a network.

    It is 1, or 0 where a skip adds the input to the output. It is tried out, whatever the network is built of, as far
    as float64 tells: where the first convolution pads with zeros, these would no longer be black. The weights of the
    trial are random, as those of an untrained network may hide a layer behind zeros.
    """
    ends = _ends(network)
    if len(ends) != 2 or any(each.bias is None for each in ends):  # noqa: PLR2004 - two ends
        return None
    luma = torch.linspace(0, 1, TRIED**2, dtype=torch.float64, device=ends[0].weight.device).reshape(1, 1, TRIED, TRIED)
    exact = copy.deepcopy(network).double().eval()
    generator = torch.Generator().manual_seed(0)
    for each in exact.parameters():
        each.copy_(torch.randn(each.shape, generator=generator, dtype=torch.float64) / 10)
    expected = exact(luma - CENTRE) + CENTRE
    for added in (1.0, 0.0):
        folded = copy.deepcopy(exact)
        _fold(folded, CENTRE, added)
        if torch.allclose(folded(luma), expected, rtol=0, atol=1e-9):
            return added
    return None


def _ends(network: nn.Module) -> list[Any]:
    """Return the first convolution and the last, which may be a transposed one; fewer where there are none."""
    first = [each for each in network.modules() if isinstance(each, nn.Conv2d)]
    last = [each for each in network.modules() if isinstance(each, nn.Conv2d | nn.ConvTranspose2d)]
    return [*first[:1], *last[-1:]]


def unpadded(network: nn.Module) -> nn.Module:
    """Return the part behind a padding at the start: patches bring their own surroundings."""
    return (
        network[1:] if isinstance(network, nn.Sequential) and isinstance(network[0], nn.ReplicationPad2d) else network
    )


@torch.no_grad()
def margin(network: nn.Module, side: int, factor: int) -> int:
    """Return how many LR pixels the trained part of a network takes off each side of a patch.

    Raises:
        MethodError: it takes off more than there is, or what it returns is no square of whole LR pixels.

    """
    weight = next(network.parameters())
    try:
        shape = tuple(unpadded(network)(torch.zeros(1, 1, side, side, device=weight.device)).shape)
    except RuntimeError as error:
        raise MethodError(f"the network cannot process patches of {side}x{side} pixels: {error}") from error
    inside: int = shape[-1] // factor
    if not inside:
        raise MethodError(f"patches of {side}x{side} pixels are nothing but surroundings to the network; enlarge patch")
    if shape != (1, 1, factor * inside, factor * inside) or (side - inside) % 2 or inside > side:
        raise MethodError(
            f"the network makes {shape} of luma (1, 1, {side}, {side}), expected (1, 1, n, n) with n up to "
            f"{factor * side}, {factor} times as large"
        )
    return (side - inside) // 2
