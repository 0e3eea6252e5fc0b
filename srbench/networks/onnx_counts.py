"""How large the tensors of an ONNX network are for an image, and so how much it computes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import onnx

from srbench.errors import MethodError, Unsupported
from srbench.networks import sessions
from srbench.networks.onnx_content import graphs, weights

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from srbench.networks.onnx_graph import End

    Shapes: TypeAlias = dict[str, tuple[int, ...]]
    """By name, of tensors of one network for one image."""

LARGEST = 2**30
"""Numbers that a tensor inside a network may have for an image of `SIDE` pixels a side."""

SIDE = 64


def check_sizes(path: Path, model: onnx.ModelProto, given: End) -> None:
    """Refuse a network that makes huge tensors of a small image: engines make those that are constant while they load.

    Raises:
        MethodError: it does.

    """
    images, *sides = given.sizes
    for name, shape in _inferred(model, [images or 1, *(side or SIDE for side in sides)]).items():
        if math.prod(shape) > LARGEST:
            size = f"{'x'.join(map(str, shape))} for a small image"
            raise MethodError(f"{path}: its tensor {name!r} would be {size}, expected at most {LARGEST} numbers")


def parameters(model: onnx.ModelProto) -> int:
    """Return how many numbers the weights have."""
    return sum(math.prod(tensor.dims) for tensor in weights(model))


def multiply_adds(model: onnx.ModelProto, sizes: Iterable[int]) -> float:
    """Return the multiply-adds of a network for an input of some sizes: of convolutions, Gemm and MatMul.

    Shapes that cannot be inferred are those of a run, on the CPU. NaN where that cannot be, either: inside branches, or
    without ONNX Runtime. NaN, too, where other operators multiply, such as those of quantised networks.
    """
    sizes = list(sizes)
    nodes = [node for graph in graphs(model.graph) for node in graph.node]
    if any(node.op_type in _UNCOUNTED for node in nodes):
        return math.nan
    counted = [node for node in nodes if node.op_type in _COUNTS]
    shapes = _inferred(model, sizes)
    missing = {name for node in counted for name in (*node.input[:2], node.output[0])} - shapes.keys()
    if missing:
        shapes |= _observed(model, sizes, missing)
    try:
        return float(sum(_COUNTS[node.op_type](node, shapes) for node in counted))
    except KeyError:
        return math.nan


def _inferred(model: onnx.ModelProto, sizes: list[int]) -> Shapes:
    """Return the shapes that follow from the graph.

    No values are followed (`data_prop`): for a shape made of a huge tensor that alone would take all memory.
    """
    fixed = onnx.ModelProto()
    fixed.CopyFrom(model)
    graph = fixed.graph
    del graph.value_info[:]
    (given,) = graph.input
    given.CopyFrom(onnx.helper.make_tensor_value_info(given.name, given.type.tensor_type.elem_type, sizes))
    for value in graph.output:
        value.type.tensor_type.ClearField("shape")
    try:
        inferred = onnx.shape_inference.infer_shapes(fixed)
    except onnx.shape_inference.InferenceError:  # the engine will say so
        return {}
    return {name: shape for each in graphs(inferred.graph) for name, shape in _told(each)}


def _told(graph: onnx.GraphProto) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the shapes in a graph that are known."""
    for tensor in graph.initializer:
        yield tensor.name, tuple(tensor.dims)
    for value in (*graph.input, *graph.value_info, *graph.output):
        dims = value.type.tensor_type.shape.dim
        if value.type.tensor_type.HasField("shape") and all(dim.HasField("dim_value") for dim in dims):
            yield value.name, tuple(dim.dim_value for dim in dims)


def _observed(model: onnx.ModelProto, sizes: list[int], names: Iterable[str]) -> Shapes:
    """Return the shapes that tensors of the outermost graph have in a run."""
    made = {name for node in model.graph.node for name in node.output}
    wanted = sorted(made & set(names))
    looked_into = onnx.ModelProto()
    looked_into.CopyFrom(model)
    outputs = {value.name for value in model.graph.output}
    looked_into.graph.output.extend(onnx.ValueInfoProto(name=name) for name in wanted if name not in outputs)
    (given,) = model.graph.input
    image = np.zeros(sizes, onnx.helper.tensor_dtype_to_np_dtype(given.type.tensor_type.elem_type))
    try:
        session = sessions.onnxruntime_session(looked_into.SerializeToString())
    except Unsupported:
        return {}
    return dict(zip(wanted, (each.shape for each in session.run(wanted, {given.name: image})), strict=True))


def _of_convolution(node: onnx.NodeProto, shapes: Shapes) -> int:
    return math.prod(shapes[node.output[0]]) * math.prod(shapes[node.input[1]][1:])


def _of_transposed(node: onnx.NodeProto, shapes: Shapes) -> int:
    return math.prod(shapes[node.input[0]]) * math.prod(shapes[node.input[1]][1:])


def _of_product(node: onnx.NodeProto, shapes: Shapes) -> int:
    return math.prod(shapes[node.output[0]]) * shapes[node.input[0]][-1]


def _of_gemm(node: onnx.NodeProto, shapes: Shapes) -> int:
    transposed = any(each.name == "transA" and each.i for each in node.attribute)
    return math.prod(shapes[node.output[0]]) * shapes[node.input[0]][0 if transposed else 1]


_COUNTS = {"Conv": _of_convolution, "ConvTranspose": _of_transposed, "MatMul": _of_product, "Gemm": _of_gemm}

_UNCOUNTED = {
    *("ConvInteger", "MatMulInteger", "QLinearConv", "QLinearMatMul"),
    *("Attention", "DeformConv", "Einsum", "GRU", "LSTM", "RNN"),
}
"""Operators that multiply, and whose multiply-adds nothing here counts."""
