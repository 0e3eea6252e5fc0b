"""A network as an ONNX file, compared with torch before it is written.

Needs the packages of the extra `onnx`.
"""

from __future__ import annotations

import copy
import io
import logging
import warnings
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, Any

import onnx
import onnxruntime
import onnxscript  # noqa: F401 - torch's exporter is built on it; its absence is to show here
import torch

from srbench.atomic import replacing
from srbench.errors import MethodError, first_line
from srbench.networks import onnx_metadata

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from torch import Tensor, nn

    from srbench.takes import Takes

TOLERANCE = 1e-5
"""How far values may be from torch's, as a part of the range."""

TRACED = (2, 6, 10)
"""The number of images, height and width at which a network is traced; more where it takes no such."""

COMPARED = ((1, 1, 1), (1, 7, 5), (1, 33, 48), (2, 9, 16))
"""Those at which it is compared."""

NAMES = {"y": "luma", "rgb": "rgb"}
"""What the input is called, by what the network is fed."""


def export(  # noqa: PLR0913 - a network, and what is known of it
    network: nn.Module,
    factor: int,
    takes: Takes,
    path: Path,
    metadata: Mapping[str, object],
    training_images: Iterable[str] = (),
) -> dict[str, Any]:
    """Write `network` to `path`, which appears whole or not at all: (N, C, H, W) -> factor times as large.

    The file holds `metadata`, what the network takes, and the pixel hashes of `training_images`: who reads it need not
    measure. The same network and metadata give the same bytes.

    Returns:
        What was written, as JSON-ready values: `input`, `output`, `range`, `opset` and `largest_difference` from torch.

    Raises:
        MethodError: torch cannot export the network, onnxruntime does not agree with torch, or `path` is not writable.

    """
    network = copy.deepcopy(network).cpu().to(memory_format=torch.contiguous_format).eval()  # type: ignore[call-overload]
    model = _exported(network, takes)
    _tidy(model, factor, takes)
    held = {key: str(value) for key, value in metadata.items()} | onnx_metadata.texts(takes, training_images)
    onnx.helper.set_model_props(model, held)
    content = model.SerializeToString(deterministic=True)
    difference = _largest_difference(network, factor, takes, content)
    _write(path, content)
    return {
        "input": {"name": NAMES[takes.channels], "shape": _shape(takes)},
        "output": {"name": "sr", "shape": _shape(takes, factor)},
        "range": takes.range,
        "opset": next(each.version for each in model.opset_import if not each.domain),
        "largest_difference": difference,
    }


def _exported(network: nn.Module, takes: Takes) -> onnx.ModelProto:
    free = torch.export.Dim.DYNAMIC
    try:
        with _quiet():
            program = torch.onnx.export(
                network,
                (torch.zeros(_sized(takes, TRACED)),),
                dynamo=True,
                verbose=False,
                input_names=[NAMES[takes.channels]],
                output_names=["sr"],
                dynamic_shapes=({0: free, 2: free, 3: free},),
            )
    except Exception as error:
        raise MethodError(f"torch cannot export the network: {_cause(error)}") from error
    if program is None:  # what the older exporter returns
        raise MethodError("torch exported no network; expected torch 2.6 or newer")
    return program.model_proto


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the exporter says about itself from the user: log lines, warnings, prints."""
    disabled = logging.root.manager.disable
    logging.disable()  # errors too: they are raised as well
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)


def _cause(error: BaseException) -> str:
    """Return the first line of what started it: the exporter wraps that in pages of advice."""
    while error.__cause__:
        error = error.__cause__
    return first_line(error)


def _tidy(model: onnx.ModelProto, factor: int, takes: Takes) -> None:
    """Name the sizes, and drop what the exporter notes on each node: stack traces, with paths of this machine."""
    _strip(model)
    graph = model.graph
    del graph.value_info[:]
    for value, shape in ((graph.input[0], _shape(takes)), (graph.output[0], _shape(takes, factor))):
        value.CopyFrom(onnx.helper.make_tensor_value_info(value.name, onnx.TensorProto.FLOAT, shape))


def _strip(message: Any) -> None:  # noqa: ANN401 - a protobuf message, which has no types here
    for field, value in message.ListFields():
        if field.name in {"metadata_props", "doc_string"}:
            message.ClearField(field.name)
        elif field.message_type:
            for each in [value] if hasattr(value, "ListFields") else value:
                _strip(each)


def _shape(takes: Takes, factor: int = 1) -> list[str | int]:
    times = f"{factor}*" if factor > 1 else ""
    return ["N", takes.samples, f"{times}H", f"{times}W"]


def _sized(takes: Takes, size: tuple[int, int, int]) -> tuple[int, ...]:
    """Return the shape of an input of so many images, of that height and width or more."""
    count, height, width = size
    return (count, takes.samples, *(takes.side(side + takes.minimum - 1) for side in (height, width)))


def _largest_difference(network: nn.Module, factor: int, takes: Takes, content: bytes) -> float:
    """Return how far onnxruntime is from torch at all sizes of `COMPARED`, as a part of the range.

    Raises:
        MethodError: too far, or it does not run.

    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors
    generator = torch.Generator().manual_seed(0)
    differences = []
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        for size in COMPARED:
            lr = torch.rand(_sized(takes, size), generator=generator) * takes.range
            (sr,) = session.run(None, {NAMES[takes.channels]: lr.numpy()})
            differences.append(_difference(network, factor, takes, lr, torch.from_numpy(sr)))
    except MethodError:
        raise
    except Exception as error:  # those of onnxruntime have no class in common
        raise MethodError(f"the exported network does not run, and was not written: {_cause(error)}") from error
    return max(differences)


def _difference(network: nn.Module, factor: int, takes: Takes, lr: Tensor, sr: Tensor) -> float:
    size = "x".join(map(str, lr.shape))
    with torch.inference_mode():
        expected = network(lr)
    wanted = (*lr.shape[:2], lr.shape[2] * factor, lr.shape[3] * factor)
    if not sr.shape == expected.shape == wanted:
        got = f"{tuple(sr.shape)}, in torch {tuple(expected.shape)}"
        raise MethodError(f"the exported network makes {got}, of {size}, expected {wanted}; it was not written")
    difference = float((sr - expected).abs().max()) / takes.range
    if not difference <= TOLERANCE:
        raise MethodError(
            f"the exported network is {difference:.2g} from torch on {size}, expected at most {TOLERANCE:g}; "
            "it was not written"
        )
    return difference


def _write(path: Path, content: bytes) -> None:
    try:
        with replacing(path) as partial:
            partial.write_bytes(content)
    except OSError as error:
        raise MethodError(f"{path}: cannot be written ({error.strerror}); choose another file") from error
