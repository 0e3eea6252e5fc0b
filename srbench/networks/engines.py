"""What runs a network: torch, ONNX Runtime or OpenVINO; tensors in, tensors out, and the same threads for all."""

from __future__ import annotations

import copy
import io
import math
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

from srbench.errors import MethodError, Unsupported, first_line
from srbench.networks import sessions
from srbench.networks.packages import package

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor, nn

    from srbench.networks.model import Run
    from srbench.networks.running import Running
    from srbench.takes import Takes

TOLERANCES = {"float32": 1e-4, "int8": 0.03}
"""How far an engine's values may be from torch's, as a part of the range; of integers one may be rounded to another."""

EXAMPLE = (16, 20)
"""The height and width at which a network is traced; more where it takes no such."""

OTHERS = ((5, 7), (33, 18))
"""Those at which the trace must do what torch does."""

_DTYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16}


def build(network: nn.Module, factor: int, device: torch.device, takes: Takes, running: Running) -> Run:
    """Return what runs `network`, which is in eval mode on the CPU, on `device`.

    Raises:
        Unsupported: the engine does not run on `device`, cannot do what `running` asks for, or is not installed.
        MethodError: the engine cannot run the network, or computes something else.

    """
    if running.engine == "torch":
        return _torch(network, device, takes, running)
    if device.type != "cpu":
        raise Unsupported(f"engine={running.engine} runs on the CPU only")
    if running.compile:
        raise Unsupported(f"compile=true requires engine=torch, not {running.engine}")
    run = _session(network, factor, device, takes, running)
    _check(run, network, takes, running)
    return run


def _torch(network: nn.Module, device: torch.device, takes: Takes, running: Running) -> Run:
    if running.precision == "int8":
        raise Unsupported("precision=int8 needs engine=openvino or engine=onnxruntime, installed, on the CPU")
    if device.type == "cpu" and running.precision in {"tf32", "float16"}:
        raise Unsupported(f"precision={running.precision} needs a CUDA device")
    dtype = _DTYPES.get(running.precision, torch.float32)
    alike = device.type == "cpu" and dtype == torch.float32
    placed = (network if alike else copy.deepcopy(network)).to(device, dtype)
    placed = placed.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    graphs = "reduce-overhead" if device.type == "cuda" else "default"  # CUDA graphs: one launch for all layers
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's, about torch
        infer = torch.compile(placed, mode=graphs) if running.compile else placed

    def run(batch: Tensor) -> Tensor:
        with _tensor_cores(device, allowed=running.precision == "tf32"):
            result: Tensor = infer(batch.to(dtype)).float()
        return result

    if running.compile:
        _compiled(run, device, takes)
    return run


@contextmanager
def _tensor_cores(device: torch.device, *, allowed: bool) -> Iterator[None]:
    """Let convolutions round float32 to TF32, or not: on CUDA torch does so by default."""
    if device.type != "cuda":
        yield
        return
    with torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=allowed):
        yield


def _compiled(run: Run, device: torch.device, takes: Takes) -> None:
    """Compile now, at two sizes so that others need no further compilation; it is part of loading."""
    try:
        with torch.inference_mode(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's, about torch
            for size in (EXAMPLE, *OTHERS):
                run(torch.zeros(_shape(takes, size), device=device))
    except Exception as error:
        cause = first_line(error)
        raise Unsupported(f"compile=true: torch cannot compile the network here: {cause}") from error


def _session(network: nn.Module, factor: int, device: torch.device, takes: Takes, running: Running) -> Run:
    """Return what runs `network` in an engine that takes ONNX."""
    session = sessions.start(_as_onnx(network, takes, running), device, running)

    def run(batch: Tensor) -> Tensor:
        height, width = batch.shape[2:]
        lr, sr = batch.contiguous(), torch.empty(1, batch.shape[1], height * factor, width * factor)
        session.fill(lr, sr)
        return sr

    return run


def _shape(takes: Takes, size: tuple[int, int]) -> tuple[int, ...]:
    """Return the shape of an input of that height and width, or more if those are not taken."""
    return (1, takes.samples, *(takes.side(side + takes.minimum - 1) for side in size))


def _as_onnx(network: nn.Module, takes: Takes, running: Running) -> bytes:
    """Return the network as ONNX of any size, by tracing it, in a tenth of a second: `srbench export` takes seconds.

    Raises:
        Unsupported: a package is absent.
        MethodError: torch cannot export the network.

    """
    package("onnx", sessions.EXTRAS[running.engine])
    content = io.BytesIO()
    sides = {2: "height", 3: "width"}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that this exporter is the older one, and sees one size: `_check` does not
            torch.onnx.export(
                network,
                (torch.zeros(_shape(takes, EXAMPLE)),),
                content,  # type: ignore[arg-type] # this exporter writes to files as well
                dynamo=False,
                input_names=["lr"],
                output_names=["sr"],
                dynamic_axes={"lr": sides, "sr": sides},
            )
    except Exception as error:
        cause = first_line(error)
        raise MethodError(f"torch cannot export the network: {cause}") from error
    return content.getvalue()


def _check(run: Run, network: Callable[[Tensor], Tensor], takes: Takes, running: Running) -> None:
    """Compare with torch, at sizes that the trace never saw.

    Raises:
        MethodError: something else is computed, or the engine fails.

    """
    generator = torch.Generator().manual_seed(0)
    for size in OTHERS:
        lr = torch.rand(_shape(takes, size), generator=generator) * takes.range
        try:
            with torch.inference_mode():
                difference = float((run(lr) - network(lr)).abs().max()) / takes.range
        except Exception as error:  # those of onnxruntime have no class in common
            cause = sessions.cause(error)
            raise MethodError(f"engine={running.engine} cannot run the network: {cause}") from error
        tolerance = TOLERANCES.get(running.precision, math.inf)
        if not difference <= tolerance:
            raise MethodError(
                f"engine={running.engine} is {difference:.2g} from torch at {lr.shape[3]}x{lr.shape[2]} pixels, "
                f"expected at most {tolerance:g}; use engine=torch"
            )
