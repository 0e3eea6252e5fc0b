"""Several processes that train together, as torchrun starts them: each takes its share, and all decide alike."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, distributed

from srbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srbench.training.folder import Folder
    from srbench.training.loop import State
    from srbench.training.plan import Plan


@contextmanager
def joined(plan: Plan) -> Iterator[int]:
    """Join the processes that torchrun started, and give this one's rank; 0 without it.

    Raises:
        UsageError: they cannot share a batch.

    """
    if plan.recipe.batch % plan.processes:
        raise UsageError(
            f"a batch of {plan.recipe.batch} does not divide among {plan.processes} processes; change batch"
        )
    if plan.processes == 1:
        yield 0
        return
    if plan.device == "cuda":
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    distributed.init_process_group("nccl" if plan.device == "cuda" else "gloo")
    try:
        yield distributed.get_rank()
        distributed.barrier()  # until the first has written: torchrun ends all when one goes
    finally:
        with suppress(RuntimeError):  # another process has gone already
            distributed.destroy_process_group()


def mean(losses: list[Tensor], plan: Plan) -> float:
    """Return the mean loss, over all processes."""
    own = torch.stack(losses).double().mean()
    if plan.processes > 1:
        distributed.all_reduce(own)
    return own.item() / plan.processes


def of_first(value: float, plan: Plan) -> float:
    """Return the value that the first process has: all decide alike."""
    if plan.processes == 1:
        return value
    shared = torch.tensor(value, dtype=torch.float64, device=plan.device)
    distributed.broadcast(shared, 0)
    return shared.item()


def tell_others(folder: Folder) -> None:
    """Give every process what the first one found in the folder, whose disk the others may not see."""
    if folder.plan.processes > 1:
        held: list[Any] = [folder.plan, folder.checkpoint, folder.history, folder.losses, folder.best]
        distributed.broadcast_object_list(held, 0)
        folder.plan, folder.checkpoint, folder.history, folder.losses, folder.best = held


def level(state: State) -> None:
    """Give every process the weights of the first: on other processors, SOAP's bases differ in the last digit."""
    if distributed.is_initialized():
        for each in (*state.network.state_dict().values(), *state.mean.state_dict().values()):
            distributed.broadcast(each, 0)
