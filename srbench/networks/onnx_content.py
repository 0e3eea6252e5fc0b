"""An ONNX file as data: what it declares is held against what it holds, and nothing outside its folder is read.

What can be in one and is refused: operators and functions that are not ONNX's own, loops, sparse tensors, and more than
protobuf can hold. So nothing in a file decides how much memory is taken, or for how long a network runs, but its
layers.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import onnx
from google.protobuf.message import DecodeError

from srbench import model_files
from srbench.errors import MethodError, first_line
from srbench.networks import foreign_files
from srbench.opening import check, opened, read

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 2**31 - 1
"""Bytes of a file and of all its tensors: protobuf's limit."""

STANDARD = ("", "ai.onnx")
"""The domain of ONNX's own operators, in its two spellings."""

LOOPS = ("Loop", "Scan", "SequenceMap")
"""Operators that repeat others, as often as a value says that may be computed."""


class _Place(NamedTuple):
    """Where the numbers of a tensor lie."""

    file: Path
    offset: int


def content(path: Path) -> onnx.ModelProto:
    """Return what is in an ONNX file, with all of its tensors in it, wherever they lay.

    Raises:
        MethodError: it cannot be read, is no ONNX file, or has in it what is refused; the line names the file.

    """
    model = _parsed(path)
    tensors = list(_tensors(model.graph))
    for tensor in tensors:
        (_check_place if _is_external(tensor) else _check_held)(path, tensor)
    taken = sum(_size(path, tensor) for tensor in tensors)
    if taken > MOST:
        raise MethodError(f"{path} declares tensors of {taken} bytes, expected at most {MOST}")
    for tensor in filter(_is_external, tensors):
        _embed(path, tensor)
    _check(path, model)
    return model


def external_files(path: Path) -> list[Path]:
    """Return the files beside an ONNX file, or below, that hold tensors of it.

    Raises:
        MethodError: as `content`, as far as it is read.

    """
    tensors = filter(_is_external, _tensors(_parsed(path).graph))
    return sorted({_place(path, tensor).file for tensor in tensors})


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


def _is_external(tensor: onnx.TensorProto) -> bool:
    return bool(tensor.data_location == onnx.TensorProto.EXTERNAL)


def _size(path: Path, tensor: onnx.TensorProto) -> int:
    """Return how many bytes a tensor takes, as it declares."""
    try:
        item = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
    except (KeyError, ValueError, TypeError) as error:
        raise MethodError(f"{path}: its tensor {tensor.name!r} has the unknown type {tensor.data_type}") from error
    if min(tensor.dims, default=0) < 0:
        raise MethodError(f"{path}: its tensor {tensor.name!r} has the shape {list(tensor.dims)}")
    return int(item * math.prod(tensor.dims))


def _check_held(path: Path, tensor: onnx.TensorProto) -> None:
    """Refuse a tensor that holds more or less than it declares."""
    held, expected, unit = len(tensor.raw_data), _size(path, tensor), "bytes"
    if not tensor.HasField("raw_data"):
        field = onnx.helper.tensor_dtype_to_field(tensor.data_type)
        held, expected, unit = len(getattr(tensor, field)), math.prod(tensor.dims), "numbers"
    if held != expected:
        raise MethodError(f"{path}: its tensor {tensor.name!r} declares {expected} {unit}, and holds {held}")


def _check_place(path: Path, tensor: onnx.TensorProto) -> None:
    """Refuse a tensor that lies where there is no file, or one that is too small."""
    place, size = _place(path, tensor), _size(path, tensor)
    try:
        check(place.file)
        held = place.file.stat().st_size
    except OSError as error:
        raise _unreadable(path, place, error) from error
    if place.offset + size > held:
        where = f"from {place.offset} of {place.file}, which has {held}"
        raise MethodError(f"{path}: its tensor {tensor.name!r} declares {size} bytes {where}")


def _embed(path: Path, tensor: onnx.TensorProto) -> None:
    """Put into a tensor what lies in a file beside."""
    place = _place(path, tensor)
    try:
        with opened(place.file) as file:
            file.seek(place.offset)
            tensor.raw_data = file.read(_size(path, tensor))
    except OSError as error:
        raise _unreadable(path, place, error) from error
    tensor.data_location = onnx.TensorProto.DEFAULT
    del tensor.external_data[:]


def _unreadable(path: Path, place: _Place, error: OSError) -> MethodError:
    return MethodError(f"{place.file}: cannot be read ({error.strerror}); {path.name} needs it")


def _place(path: Path, tensor: onnx.TensorProto) -> _Place:
    """Return where a tensor lies, if that is in the folder of the ONNX file or below, with no link on the way."""
    facts = {entry.key: entry.value for entry in tensor.external_data}
    location, offset = Path(facts.get("location", "")), facts.get("offset", "0")
    folder = path.parent.resolve()
    inside = not location.is_absolute() and ".." not in location.parts and location.parts
    if not inside or "\0" in str(location) or (folder / location).resolve() != folder / location:
        expected = f"expected a file in the folder of {path.name}, and no link"
        raise MethodError(f"{path}: its tensor {tensor.name!r} lies in {str(location)!r}, {expected}")
    if not offset.isdecimal():
        raise MethodError(f"{path}: its tensor {tensor.name!r} has the offset {offset!r}, expected a number")
    return _Place(path.parent / location, int(offset))


def _check(path: Path, model: onnx.ModelProto) -> None:
    """Refuse what breaks the rules of ONNX: cycles, unknown operators and inputs that nothing makes among them."""
    try:
        onnx.checker.check_model(model)
    except (onnx.checker.ValidationError, ValueError) as error:
        raise MethodError(f"{path} breaks the rules of ONNX: {first_line(error)}") from error
