"""An ONNX file as data: what it declares is held against what it holds, and nothing outside its folder is read.

What can be in one and is refused: operators and functions that are not ONNX's own, loops, sparse tensors, and more than
protobuf can hold. So nothing in a file decides how much memory is taken, or for how long a network runs, but its
layers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnx
from google.protobuf.message import DecodeError

from srbench import model_files
from srbench.errors import MethodError, first_line
from srbench.networks import foreign_files, onnx_tensors
from srbench.opening import read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST = 2**31 - 1
"""Bytes of a file and of all its tensors: protobuf's limit."""

STANDARD = ("", "ai.onnx")
"""The domain of ONNX's own operators, in its two spellings."""

LOOPS = ("Loop", "Scan", "SequenceMap")
"""Operators that repeat others, as often as a value says that may be computed."""


def content(path: Path) -> onnx.ModelProto:
    """Return what is in an ONNX file, with all of its tensors in it, wherever they lay.

    Raises:
        MethodError: it cannot be read, is no ONNX file, or has in it what is refused; the line names the file.

    """
    model = _parsed(path)
    tensors = list(_tensors(model.graph))
    taken = sum(onnx_tensors.checked_size(path, tensor) for tensor in tensors)
    if taken > MOST:
        raise MethodError(f"{path} declares tensors of {taken} bytes, expected at most {MOST}")
    for tensor in filter(onnx_tensors.is_external, tensors):
        onnx_tensors.embed(path, tensor)
    _check(path, model)
    return model


def external_files(path: Path) -> list[Path]:
    """Return the files beside an ONNX file, or below, that hold tensors of it.

    Raises:
        MethodError: as `content`, as far as it is read.

    """
    tensors = filter(onnx_tensors.is_external, _tensors(_parsed(path).graph))
    return sorted({onnx_tensors.place(path, tensor).file for tensor in tensors})


def graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    """Yield a graph and those inside it: the branches of `If`."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])):
                yield from graphs(inner)


def weights(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    """Yield the tensors of a network that are no shapes or indices: of floats or quantised, and not single numbers."""
    for tensor in _tensors(model.graph):
        if tensor.data_type not in (onnx.TensorProto.INT64, onnx.TensorProto.BOOL) and len(tensor.dims):
            yield tensor


def _parsed(path: Path) -> onnx.ModelProto:
    """Return what is in a file, without the tensors that lie elsewhere, if only what is allowed is in it."""
    model = onnx.ModelProto()
    try:
        model.ParseFromString(read(path, MOST))
    except OSError as error:
        raise MethodError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except DecodeError as error:
        raise MethodError(_no_model(path)) from error
    if not model.graph.node:
        raise MethodError(_no_model(path, ": it has no graph"))
    if model.functions:
        names = f"{model.functions[0].domain}.{model.functions[0].name}"
        advice = "onnx.inliner.inline_local_functions puts operators in their place"
        raise MethodError(f"{path} has functions of its own ({names}), expected operators alone; {advice}")
    for graph in graphs(model.graph):
        _check_nodes(path, graph)
    model.ClearField("training_info")
    return model


def _no_model(path: Path, why: str = "") -> str:
    """Say that a file is no ONNX model, and what it is instead if that is known."""
    torch = f"; give it as torch:file={path}" if model_files.method_of(path.name) == "torch" else ""
    return (
        foreign_files.refusal_by_content(path) or f"{path} is not an ONNX file, or a part of it is missing{why}{torch}"
    )


def _check_nodes(path: Path, graph: onnx.GraphProto) -> None:
    if graph.sparse_initializer:
        raise MethodError(f"{path} has sparse tensors, whose size in memory no file bounds; expected dense ones")
    for node in graph.node:
        if node.domain not in STANDARD:
            name = f"{node.domain}.{node.op_type}"
            raise MethodError(f"{path} uses the operator {name}, expected standard operators of ONNX alone")
        if node.op_type in LOOPS:
            raise MethodError(f"{path} has a loop (operator {node.op_type}), which may never end; export it unrolled")
        if any(each.HasField("sparse_tensor") or each.sparse_tensors for each in node.attribute):
            raise MethodError(f"{path} has sparse tensors, whose size in memory no file bounds; expected dense ones")


def _tensors(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    for each in graphs(graph):
        yield from each.initializer
        for node in each.node:
            for attribute in node.attribute:
                yield from attribute.tensors
                if attribute.HasField("t"):
                    yield attribute.t


def _check(path: Path, model: onnx.ModelProto) -> None:
    """Refuse what breaks the rules of ONNX: cycles, unknown operators and inputs that nothing makes among them."""
    try:
        onnx.checker.check_model(model)
    except (onnx.checker.ValidationError, ValueError) as error:
        raise MethodError(f"{path} breaks the rules of ONNX: {first_line(error)}") from error
