"""A model file alone is a method, the one that reads it; what is no such file gets one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from srbench import methods, model_files
from srbench.errors import UsageError
from srbench.specs import parse_method, spelled

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("./model.onnx", "onnx:file=model.onnx"),
        ("model.onnx", "onnx:file=model.onnx"),
        ("../a b/net.pth", "torch:file=../a b/net.pth"),
        ("/x/NET.PT:range=255:channels=y", "torch:channels=y:file=/x/NET.PT:range=255"),
        ("w.safetensors", "torch:file=w.safetensors"),
        ("w.torchscript", "torch:file=w.torchscript"),
        ("./epoch=9.ckpt", "torch:file=epoch=9.ckpt"),
        ("./a,b.onnx", 'onnx:file="a,b.onnx"'),
        ('"./a:b.onnx":range=255', 'onnx:file="a:b.onnx":range=255'),
        ("./lr=1e-4/net.pth", "torch:file=lr=1e-4/net.pth"),
        ("Ours=./lr=1e-4/net.pth", "torch:file=lr=1e-4/net.pth"),
    ],
)
def test_a_file_is_the_method_that_reads_it(text: str, spec: str) -> None:
    """By its suffix in any case, with or without ./, with options behind it; the long spelling is canonical."""
    assert str(parse_method(text)) == spelled(text) == spec
    assert str(parse_method(spec)) == spec


@pytest.mark.parametrize("kind", ["metric", "protocol"])
def test_methods_alone_are_files(kind: str) -> None:
    """A metric or a protocol of such a name is only unknown."""
    assert parse_method("net.pth", kind).name == "net.pth"


def test_a_second_file_is_refused() -> None:
    """A file names what it is the file of."""
    with pytest.raises(UsageError, match=r"method 'a.pth' is a model file, and file='b.pth' another; leave one out"):
        parse_method("a.pth:file=b.pth")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("./gone.onnx", "model file gone.onnx does not exist; expected the path of a file, such as ./model.onnx"),
        ("onnx:file=gone.onnx", "model file gone.onnx does not exist"),
        ("onnx:file=.", "model file . is a folder or a special file"),
        ("./mine.py", "mine.py is a plug-in: give it with --plugin mine.py, and name the method mine"),
        (
            "./net.param",
            "net.param is no model file that srbench reads; expected .onnx, .pt, .pth, .ckpt, .torchscript, .safe",
        ),
    ],
)
def test_what_is_no_model_file(text: str, line: str, tmp_path: Path) -> None:
    """A file that is not there, a plug-in and a file of another kind are told before anything is loaded."""
    plugin = tmp_path / "onnx.py"
    plugin.write_text("def load(factor, device, file): ...\n", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        methods.check_names(["bicubic", text], () if "onnx" in methods.built_in() else [plugin])
    assert str(caught.value).startswith(line)


def test_other_names_are_no_files() -> None:
    """Nothing is said of a name that was only mistyped."""
    assert not model_files.refusal("bicubik")
    assert not model_files.method_of("espcn")
