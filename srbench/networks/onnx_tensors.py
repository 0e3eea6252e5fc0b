"""Tensors of an ONNX file: how large they say that they are, and where their numbers lie."""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import onnx

from srbench.errors import MethodError
from srbench.opening import check, opened

_DIGITS = 40
"""Of an offset at most; Python refuses to read numbers of thousands."""


class Place(NamedTuple):
    """Where the numbers of a tensor lie."""

    file: Path
    offset: int


def checked_size(path: Path, tensor: onnx.TensorProto) -> int:
    """Return the bytes that a tensor of the file `path` takes.

    Raises:
        MethodError: its numbers are more or fewer than it declares, or lie where they may not.

    """
    (_check_place if is_external(tensor) else _check_held)(path, tensor)
    return _size(path, tensor)


def is_external(tensor: onnx.TensorProto) -> bool:
    """Tell whether its numbers lie in another file."""
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
    there, size = place(path, tensor), _size(path, tensor)
    try:
        check(there.file)
        held = there.file.stat().st_size
    except OSError as error:
        raise _unreadable(path, there, error) from error
    if there.offset + size > held:
        where = f"from {there.offset} of {there.file}, which has {held}"
        raise MethodError(f"{path}: its tensor {tensor.name!r} declares {size} bytes {where}")


def embed(path: Path, tensor: onnx.TensorProto) -> None:
    """Put into a tensor what lies in a file beside.

    Raises:
        MethodError: that file cannot be read.

    """
    there = place(path, tensor)
    try:
        with opened(there.file) as file:
            file.seek(there.offset)
            tensor.raw_data = file.read(_size(path, tensor))
    except OSError as error:
        raise _unreadable(path, there, error) from error
    tensor.data_location = onnx.TensorProto.DEFAULT
    del tensor.external_data[:]


def _unreadable(path: Path, there: Place, error: OSError) -> MethodError:
    return MethodError(f"{there.file}: cannot be read ({error.strerror}); {path.name} needs it")


def place(path: Path, tensor: onnx.TensorProto) -> Place:
    """Return where a tensor lies.

    Raises:
        MethodError: not in the folder of the ONNX file or below, or beyond a link.

    """
    facts = {entry.key: entry.value for entry in tensor.external_data}
    location, offset = Path(facts.get("location", "")), facts.get("offset", "0")
    folder = path.parent.resolve()
    inside = not location.is_absolute() and ".." not in location.parts and location.parts
    if not inside or "\0" in str(location) or (folder / location).resolve() != folder / location:
        expected = f"expected a file in the folder of {path.name}, and no link"
        raise MethodError(f"{path}: its tensor {tensor.name!r} lies in {str(location)!r}, {expected}")
    if not offset.isdecimal() or len(offset) > _DIGITS:
        raise MethodError(f"{path}: its tensor {tensor.name!r} has the offset {offset[:_DIGITS]!r}, expected a number")
    return Place(path.parent / location, int(offset))
