"""Networks in ONNX that an engine holds ready: ONNX Runtime or OpenVINO, with as many threads as torch would take."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch

from srbench.errors import Unsupported, first_line
from srbench.networks.packages import package
from srbench.networks.threads import threads

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from torch import Tensor

    from srbench.networks.running import Running


EXTRAS = {"onnxruntime": "onnx", "openvino": "openvino"}
"""Which extra brings an engine, and the package onnx with it."""


_WHERE = re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : |/\S+\.(?:h|cc):\d+ [^()]*\([^()]*\) ")
"""What ONNX Runtime says of its own code before it says what is wrong."""


_BEFORE = ("Exception from", "The following operation failed in the TorchScript interpreter")
"""How errors begin that say where they are raised, before they say what is wrong."""


class Session(NamedTuple):
    """A network of one input and one output, ready to run on tensors of its own types, contiguous, on its device."""

    fill: Callable[[Tensor, Tensor], None]
    """Runs it on the first tensor, and writes the result into the second, which has its shape."""
    run: Callable[[Tensor], Tensor]
    """Returns its result, whatever shape that has; takes a copy more."""


def start(content: bytes, device: torch.device, running: Running) -> Session:
    """Let the engine that `running` names make a network ready.

    Raises:
        Unsupported: the engine does not run on `device`, cannot do what `running` asks for, or is not installed.
        Exception: it cannot run the network; those of ONNX Runtime have no class in common.

    """
    return {"onnxruntime": _onnxruntime, "openvino": _openvino}[running.engine](content, device, running)


def cause(error: BaseException) -> str:
    """Return the line of an engine's error that says what is wrong.

    It is the last one of OpenVINO's and of TorchScript's, and the first of another.
    """
    line = first_line(error)
    if line.startswith(_BEFORE):
        line = [each for each in str(error).splitlines() if each.strip()][-1].removeprefix("RuntimeError: ")
    return _WHERE.sub("", line)


def onnxruntime_session(
    content: bytes,
    device: torch.device = torch.device("cpu"),  # noqa: B008 - immutable
    precision: str = "float32",
) -> Any:  # noqa: ANN401 - an onnxruntime.InferenceSession
    """Return a network that ONNX Runtime holds ready, whatever goes in and comes out.

    Raises:
        Unsupported: it does not run on `device`, or is not installed.
        Exception: it cannot run the network.

    """
    onnxruntime = package("onnxruntime", EXTRAS["onnxruntime"])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads(), 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # else colour conversion waits for cores
    options.log_severity_level = 4  # fatal: errors are raised as well
    return onnxruntime.InferenceSession(content, options, providers=_providers(onnxruntime, device, precision))


def _onnxruntime(content: bytes, device: torch.device, running: Running) -> Session:
    if running.precision not in {"float32", "int8", *(["tf32"] if device.type == "cuda" else [])}:
        raise Unsupported(f"engine=onnxruntime computes in float32 or int8, not {running.precision}")
    session = onnxruntime_session(content, device, running.precision)
    (taken,), (made,) = session.get_inputs(), session.get_outputs()

    def fill(given: Tensor, sr: Tensor) -> None:
        binding = session.io_binding()
        for bind, name, tensor in ((binding.bind_input, taken.name, given), (binding.bind_output, made.name, sr)):
            bind(name, device.type, tensor.device.index or 0, _numpy(tensor), tuple(tensor.shape), tensor.data_ptr())
        if device.type == "cuda":
            torch.cuda.current_stream(device).synchronize()  # onnxruntime has a stream of its own, and waits for that
        session.run_with_iobinding(binding)

    def run(given: Tensor) -> Tensor:
        (sr,) = session.run(None, {taken.name: given.cpu().numpy()})
        return torch.from_numpy(sr)

    return Session(fill, run)


def _providers(onnxruntime: ModuleType, device: torch.device, precision: str) -> list[Any]:
    if device.type == "cpu":
        return ["CPUExecutionProvider"]
    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        raise Unsupported("engine=onnxruntime has no CUDA here: it needs onnxruntime-gpu in place of onnxruntime")
    return [("CUDAExecutionProvider", {"use_tf32": int(precision == "tf32")})]


def _numpy(tensor: Tensor) -> np.dtype[Any]:
    return np.dtype(str(tensor.dtype).removeprefix("torch."))


def _openvino(content: bytes, device: torch.device, running: Running) -> Session:
    if device.type != "cpu":
        raise Unsupported(f"engine={running.engine} runs on the CPU only")
    if running.precision not in {"float32", "bfloat16", "int8"}:
        raise Unsupported(f"engine=openvino computes in float32, bfloat16 or int8, not {running.precision}")
    openvino = package("openvino", EXTRAS["openvino"])
    core = openvino.Core()
    halved = running.precision == "bfloat16"
    if halved and "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        raise Unsupported("engine=openvino has no bfloat16 on this processor; leave precision out")  # it would not say
    settings = {
        "INFERENCE_PRECISION_HINT": "bf16" if halved else "f32",  # else it chooses
        "INFERENCE_NUM_THREADS": threads(),
        "PERFORMANCE_HINT": "LATENCY",
    }
    compiled = core.compile_model(core.read_model(content), "CPU", settings)
    request = compiled.create_infer_request()

    def infer() -> None:
        try:
            request.infer()
        except RuntimeError:
            compiled.release_memory()  # else what it got before memory ran out is missing for tiles
            raise

    def fill(given: Tensor, sr: Tensor) -> None:  # both outlive the request
        request.set_input_tensor(openvino.Tensor(given.numpy(), shared_memory=True))
        request.set_output_tensor(openvino.Tensor(sr.numpy(), shared_memory=True))
        infer()

    def run(given: Tensor) -> Tensor:
        result = compiled(given.numpy())[0]
        return torch.from_numpy(np.array(result))

    return Session(fill, run)
