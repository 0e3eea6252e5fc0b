"""What the graph of an ONNX file says of its network: what goes in, and what comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import onnx
import torch

from srbench.errors import MethodError

if TYPE_CHECKING:
    from pathlib import Path

    from srbench.networks.trial import Sizes

_DTYPES: dict[int, torch.dtype] = {
    onnx.TensorProto.FLOAT: torch.float32,
    onnx.TensorProto.FLOAT16: torch.float16,
    onnx.TensorProto.UINT8: torch.uint8,
}


class End(NamedTuple):
    """The input or the output of a network."""

    name: str
    dtype: torch.dtype
    sizes: Sizes
    """Of its four axes; None where it takes any. What the axes are called says nothing: exporters confuse them."""

    def __str__(self) -> str:
        """Return it as `input 1x3x?x?`."""
        return f"{self.name} {'x'.join('?' if size is None else str(size) for size in self.sizes)}"


def ends(path: Path, model: onnx.ModelProto) -> tuple[End, End]:
    """Return input and output of a network. Initializers are no inputs, though old files list them there.

    Raises:
        MethodError: there are several, or they are no images.

    """
    graph = model.graph
    initializers = {tensor.name for tensor in graph.initializer}
    found = []
    for kind, values in (("input", graph.input), ("output", graph.output)):
        others = [each for each in values if each.name not in initializers]
        if len(others) != 1:
            names = ", ".join(each.name for each in others) or "none"
            raise MethodError(f"{path} has {len(others)} {kind}s ({names}), expected one image")
        found.append(_end(path, others[0]))
    return found[0], found[1]


def _end(path: Path, value: onnx.ValueInfoProto) -> End:
    tensor = value.type.tensor_type
    if tensor.elem_type not in _DTYPES:
        name = onnx.TensorProto.DataType.Name(tensor.elem_type).lower()
        raise MethodError(f"{path}: {value.name} holds {name}, expected float, float16 or uint8")
    sizes = [each.dim_value if each.dim_value > 0 else None for each in tensor.shape.dim]
    if not tensor.HasField("shape"):
        sizes = [None] * 4
    try:
        images, second, third, fourth = sizes
    except ValueError as error:
        expected = "expected 4: images, channels, height and width"
        raise MethodError(f"{path}: {value.name} has {len(sizes)} axes, {expected}") from error
    return End(value.name, _DTYPES[tensor.elem_type], (images, second, third, fourth))


def with_constants(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a network whose initializers are constants: as inputs they could be given, so engines fold none."""
    initializers = {tensor.name for tensor in model.graph.initializer}
    inputs = [each for each in model.graph.input if each.name not in initializers]
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    return model
