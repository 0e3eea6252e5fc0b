"""A torch network made ready on a device, by the engine that was asked for."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.func import functional_call

from srbench.errors import Unsupported
from srbench.networks import engines, transposed
from srbench.networks.counting import per_sr_pixel
from srbench.networks.memory import keep_memory
from srbench.networks.model import Model
from srbench.networks.quantised import applied
from srbench.networks.running import Running
from srbench.takes import Takes

if TYPE_CHECKING:
    from torch import Tensor

    from srbench.networks.model import Run
    from srbench.networks.quantised import Integers

LUMA = Takes(channels="y")
"""What `luma_method` and `srbench train` feed a network: luma in 0..1."""


def ready(  # noqa: PLR0913 - a network, and how it is to be run
    network: nn.Module | Run,
    factor: int,
    device: str,
    takes: Takes = LUMA,
    running: Running = Running(),  # noqa: B008 - immutable
    integers: Integers | None = None,
) -> Model:
    """Make `network` ready on `device` ("cpu" or "cuda") for inference, by the engine that `running` names.

    A torch module, (N, C, H, W) in 0..`takes.range` -> (N, C, factor * H, factor * W), is taken over, and stays on the
    CPU in float32. Any other function is ready, on `device`. `precision=int8` needs `integers`.

    Raises:
        Unsupported: there is no such device, or the engine cannot do this here.
        MethodError: the engine cannot run the network.

    """
    place = there(device)
    keep_memory()
    if not isinstance(network, nn.Module):
        return Model(network, factor, takes, place)
    network = network.eval().cpu()
    if running.precision == "int8" and integers is None:
        raise Unsupported("precision=int8 is for weights that srbench quantize has quantised, of a luma_method")
    runnable = transposed.faster(network)
    return Model(
        engines.build(applied(runnable, integers) if integers is not None else runnable, factor, place, takes, running),
        factor,
        takes,
        place,
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        multiply_adds=lambda: multiply_adds(network, factor, takes),
        network=network,
    )


def there(device: str) -> torch.device:
    """Return the device that `device` ("cpu" or "cuda") names.

    Raises:
        Unsupported: there is none.

    """
    if device == "cuda" and not torch.cuda.is_available():
        raise Unsupported("no CUDA device")
    return torch.device(device)


def multiply_adds(network: nn.Module, factor: int, takes: Takes) -> float:
    """Return the multiply-adds per SR pixel, as torch counts them.

    They follow from sizes alone, so they are counted on tensors without numbers. Of a network that cannot run on those,
    as it looks at numbers, has tensors that are no weights of it, or is a TorchScript, they are counted in real runs.
    """

    def count(device: str, height: int, width: int) -> float:
        return _counted(network, torch.zeros(1, takes.samples, height, width, device=device))

    try:
        return per_sr_pixel(partial(count, "meta"), factor, takes)
    except Exception:  # noqa: BLE001 - a network may raise anything
        return per_sr_pixel(partial(count, "cpu"), factor, takes)


def _counted(network: nn.Module, batch: Tensor) -> float:
    """Return the multiply-adds of a network on the CPU for a batch, on the device that this is on."""
    from torch.utils.flop_counter import FlopCounterMode

    weights = {name: each.to(batch.device) for name, each in (*network.named_parameters(), *network.named_buffers())}
    run = network if batch.device.type == "cpu" else partial(functional_call, network, weights)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        run(batch)
    return float(counter.get_total_flops()) / 2
