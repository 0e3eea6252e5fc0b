"""An ONNX file is data: what it declares is held against its size, and nothing outside its folder is read."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from srbench.errors import MethodError
from srbench.plugins import import_module

pytest.importorskip("onnx")

from . import onnx_models

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

onnx: Any = import_module("onnx")
onnx_content = import_module("srbench.networks.onnx_content")


def refused(path: Path, line: str) -> None:
    """Hold `path` to being refused with one line that begins with its name and holds `line`."""
    with pytest.raises(MethodError, match=f"^{re.escape(str(path))}.*{line}") as caught:
        onnx_content.content(path)
    assert "\n" not in str(caught.value)


def first(model: Any) -> Any:  # noqa: ANN401 - a tensor of protobuf
    """Return the weights of the convolution."""
    return next(each for each in model.graph.initializer if each.name == "weights")


def put_outside(model: Any, **facts: object) -> None:  # noqa: ANN401 - of protobuf
    """Let the weights of the convolution lie in a file."""
    tensor = first(model)
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in facts.items():
        tensor.external_data.add(key=key, value=str(value))


@pytest.mark.parametrize("kept", [0, 1, 50, 500, -1])
def test_truncated(kept: int, tmp_path: Path) -> None:
    """A file of which a part is missing is refused."""
    content = onnx_models.model().SerializeToString()
    path = tmp_path / "net.onnx"
    path.write_bytes(content[:kept])
    refused(path, "(is not an ONNX file, or a part of it is missing|breaks the rules of ONNX)")


def test_no_such_file(tmp_path: Path) -> None:
    """A path that leads nowhere, or to no file, is said in one line."""
    refused(tmp_path / "net.onnx", r"cannot be read \(No such file or directory\)")
    refused(tmp_path, r"cannot be read \(Is a directory\)")


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("net.onnx", b"version https://git-lfs.github.com/spec/v1", "is a pointer of Git LFS, .*; fetch the file"),
        ("net.onnx", b"<!DOCTYPE html>", "is a web page, which is not read here; download the file itself"),
        ("net.pth", b"PK\x03\x04", "is not an ONNX file, or a part of it is missing; give it as torch:file="),
    ],
)
def test_what_a_file_is_instead(name: str, content: bytes, line: str, tmp_path: Path) -> None:
    """Where the first bytes or the name tell, the line does as well."""
    (tmp_path / name).write_bytes(content)
    refused(tmp_path / name, line)


def _ten_gigabytes(model: Any) -> None:  # noqa: ANN401 - of protobuf
    first(model).dims[:] = [12, 3, 8500, 8500]


def _negative(model: Any) -> None:  # noqa: ANN401 - of protobuf
    first(model).dims[:] = [12, -3, 3, -3]


def _numbers(model: Any) -> None:  # noqa: ANN401 - of protobuf
    tensor = first(model)
    tensor.ClearField("raw_data")
    tensor.float_data.extend([0.0] * 5)


def _type(model: Any) -> None:  # noqa: ANN401 - of protobuf
    first(model).data_type = 99


def _sparse(model: Any) -> None:  # noqa: ANN401 - of protobuf
    model.graph.sparse_initializer.add().dims[:] = [10**5, 10**5]


def _sparse_constant(model: Any) -> None:  # noqa: ANN401 - of protobuf
    tensor = onnx.SparseTensorProto(dims=[10**5, 10**5])
    model.graph.node.append(onnx.helper.make_node("Constant", [], ["sparse"], sparse_value=tensor))


def _foreign(model: Any) -> None:  # noqa: ANN401 - of protobuf
    model.graph.node[0].domain, model.graph.node[0].op_type = "com.microsoft", "FusedConv"


def _function(model: Any) -> None:  # noqa: ANN401 - of protobuf
    model.functions.add(domain="mine", name="twice")


def _loop(model: Any) -> None:  # noqa: ANN401 - of protobuf
    body = onnx.helper.make_graph([], "body", [], [])
    model.graph.node.append(onnx.helper.make_node("Loop", ["", ""], ["end"], body=body))


def _loop_in_a_branch(model: Any) -> None:  # noqa: ANN401 - of protobuf
    scan = onnx.helper.make_node("Scan", [], ["end"], num_scan_inputs=1)
    branch = onnx.helper.make_graph([scan], "branch", [], [])
    model.graph.node.append(onnx.helper.make_node("If", ["yes"], ["end"], then_branch=branch, else_branch=branch))


def _cycle(model: Any) -> None:  # noqa: ANN401 - of protobuf
    model.graph.node[0].input[0] = "sum"


def _unknown(model: Any) -> None:  # noqa: ANN401 - of protobuf
    model.graph.node[0].op_type = "Enlarge"


def _no_opset(model: Any) -> None:  # noqa: ANN401 - of protobuf
    del model.opset_import[:]


@pytest.mark.parametrize(
    ("breaks", "line"),
    [
        (_ten_gigabytes, "its tensor 'weights' declares .* bytes, and holds 1296"),
        (_negative, r"its tensor 'weights' has the shape \[12, -3, 3, -3\]"),
        (_numbers, "its tensor 'weights' declares 324 numbers, and holds 5"),
        (_type, "its tensor 'weights' has the unknown type 99"),
        (_sparse, "has sparse tensors"),
        (_sparse_constant, "has sparse tensors"),
        (_foreign, "uses the operator com.microsoft.FusedConv, expected standard operators of ONNX alone"),
        (_function, r"has functions of its own \(mine.twice\).*onnx.inliner.inline_local_functions"),
        (_loop, r"has a loop \(operator Loop\), which may never end"),
        (_loop_in_a_branch, r"has a loop \(operator Scan\)"),
        (_cycle, "breaks the rules of ONNX: .*sorted"),
        (_unknown, "breaks the rules of ONNX: .*Enlarge"),
        (_no_opset, "breaks the rules of ONNX"),
    ],
)
def test_broken(breaks: Callable[[Any], None], line: str, tmp_path: Path) -> None:
    """What no network needs, or what holds other than it declares, is refused before memory is taken for it."""
    model = onnx_models.model()
    breaks(model)
    refused(onnx_models.written(tmp_path / "net.onnx", model), line)


@pytest.mark.parametrize(
    "location", ["../weights", "/etc/passwd", "", ".", "link", "linked/weights", "sub/../../x", "a\0"]
)
def test_outside(location: str, tmp_path: Path) -> None:
    """Weights outside the folder of the file, by a path or a link, are not read."""
    folder = tmp_path / "models"
    (folder / "sub").mkdir(parents=True)
    for file in (tmp_path / "weights", tmp_path / "x"):
        file.write_bytes(bytes(1296))
    (folder / "link").symlink_to("../weights")
    (folder / "linked").symlink_to("..")
    model = onnx_models.model()
    put_outside(model, location=location)
    path = onnx_models.written(folder / "net.onnx", model)
    refused(path, "its tensor 'weights' lies in .*, expected a file in the folder of net.onnx, and no link")
    with pytest.raises(MethodError, match="expected a file in the folder of net"):
        onnx_content.external_files(path)


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        ({"offset": 10}, "declares 1296 bytes from 10 of .*weights.bin, which has 1296"),
        ({"offset": -4}, "has the offset '-4', expected a number"),
        ({"offset": "1" * 5000}, "has the offset '1{40}', expected a number"),
        ({"offset": 10**30}, "declares 1296 bytes from 10+ of .*weights.bin, which has 1296"),
        ({"location": "other.bin"}, r"cannot be read \(No such file or directory\); net.onnx needs it"),
        ({"location": "pipe"}, r"cannot be read \(is a special file\); net.onnx needs it"),
    ],
)
def test_beside(facts: dict[str, object], line: str, tmp_path: Path) -> None:
    """A file beside that is absent, special or too small is said in one line."""
    (tmp_path / "weights.bin").write_bytes(bytes(1296))
    os.mkfifo(tmp_path / "pipe")
    model = onnx_models.model()
    put_outside(model, **{"location": "weights.bin", **facts})
    path = onnx_models.written(tmp_path / "net.onnx", model)
    with pytest.raises(MethodError, match=line):
        onnx_content.content(path)


def test_external_data(tmp_path: Path) -> None:
    """Weights in a file beside, or below, are read from where they begin, and the file is named."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "weights.bin").write_bytes(bytes(7) + onnx_models.kernel(3).tobytes())
    model = onnx_models.model()
    put_outside(model, location="data/weights.bin", offset=7, length=1296)
    path = onnx_models.written(tmp_path / "net.onnx", model)
    assert onnx_content.external_files(path) == [tmp_path / "data" / "weights.bin"]
    read = onnx.numpy_helper.to_array(first(onnx_content.content(path)))
    np.testing.assert_array_equal(read, onnx_models.kernel(3))


@pytest.mark.slow
def test_external_data_that_overlaps(tmp_path: Path) -> None:
    """Many tensors of one part of a file do not take more memory than protobuf could hold."""
    with (tmp_path / "weights.bin").open("wb") as file:
        file.truncate(2**20)
    model = onnx_models.model()
    put_outside(model, location="weights.bin")
    first(model).dims[:] = [2**18]
    for _ in range(2**11):
        model.graph.initializer.add().CopyFrom(first(model))
    path = onnx_models.written(tmp_path / "net.onnx", model)
    refused(path, "declares tensors of [0-9]+ bytes, expected at most 2147483647")
