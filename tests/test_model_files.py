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


@pytest.mark.parametrize("text", ["./net.{}", "A=torch:file=net.{}:range=255", "espcn:weights=net.{}"])
@pytest.mark.parametrize("suffix", ["pth", "PT", "ckpt", "torchscript"])
def test_files_that_can_hold_code(text: str, suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are refused by name before anything is loaded, unless that was allowed; plug-ins read what they like."""
    monkeypatch.chdir(tmp_path)
    spec, plugin = text.format(suffix), tmp_path / "own.py"
    (tmp_path / f"net.{suffix}").write_bytes(b"PK")
    plugin.write_text("def load(factor, device, weights): ...\n", encoding="utf-8")
    monkeypatch.setenv(model_files.ALLOWED, "0")
    methods.check_names(["onnx:file=net." + suffix, "own:weights=net." + suffix], [plugin])
    with pytest.raises(
        UsageError, match=rf"^net\.{suffix} is a pickle, a format .*; --allow-pickle reads its tensors$"
    ):
        methods.check_names(["bicubic", spec])
    monkeypatch.setenv(model_files.ALLOWED, "1")
    methods.check_names(["bicubic", spec])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("onnx", "method onnx needs a model file, such as onnx:file=model.onnx"),
        ("A=onnx:engine=openvino", "method onnx needs a model file, such as onnx:file=model.onnx"),
        ("torch:file=", "method torch needs a model file, such as torch:file=model.pth, or torch:interpolate=bicubic"),
        (
            "command:format=ppm",
            'method command needs a command line, such as command:run="PROGRAM {input} {output}", a',
        ),
    ],
)
def test_methods_without_what_they_run(text: str, line: str) -> None:
    """A method that is nothing without its file or command line is a usage error, with an example."""
    with pytest.raises(UsageError) as caught:
        methods.check_names(["bicubic", text])
    assert str(caught.value).startswith(line)
    methods.check_names(["torch:interpolate=bicubic", 'command:run="a {input} {output}"'])


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


def test_a_plugin_that_lies_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown method whose plug-in lies in the working directory needs `--plugin`, and its line says so."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("def load(factor, device): ...\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"^unknown method 'mine'; .* give --plugin mine\.py$"):
        methods.check_names(["mine"])
    methods.check_names(["mine"], [tmp_path / "mine.py"])


def test_other_names_are_no_files() -> None:
    """Nothing is said of a name that was only mistyped."""
    assert not model_files.refusal("bicubik")
    assert not model_files.method_of("espcn")
