"""Files of other frameworks: what they are, and what makes something of them that can be run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srbench.opening import opened

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_NCNN = (
    "a network of ncnn",
    "run it by a program, such as realesrgan-ncnn-vulkan or command:run=..., or take the .pth that it was made of",
)
_TENSORFLOW = ("a network of TensorFlow", "convert it with tf2onnx, and give onnx:file=STEM.onnx")
_KERAS = ("a network of Keras, or other data in HDF5", "convert it with tf2onnx, and give onnx:file=STEM.onnx")
_LITE = ("a network of TensorFlow Lite", "convert it with tf2onnx, and give onnx:file=STEM.onnx")
_MATLAB = (
    "data of MATLAB",
    "write a plug-in that reads it with scipy.io.loadmat and fills a network (image_method in docs/methods.md)",
)
_CAFFE = ("a network of Caffe", "write a plug-in that runs it with OpenCV's dnn (docs/methods.md)")
_ONNX = ("an ONNX model", "give it as onnx:file=PATH")

_PAGE = ("a web page", "download the file itself")

_BY_SUFFIX = {
    ".param": _NCNN,
    ".bin": _NCNN,
    ".pb": _TENSORFLOW,
    ".h5": _KERAS,
    ".hdf5": _KERAS,
    ".keras": _KERAS,
    ".tflite": _LITE,
    ".mat": _MATLAB,
    ".caffemodel": _CAFFE,
    ".prototxt": _CAFFE,
    ".onnx": _ONNX,
}

_BY_START = {
    b"7767517": _NCNN,
    b"\x89hdf\r\n\x1a\n": _KERAS,
    b"matlab 5.0 mat-file": _MATLAB,
    b"version https://git-lfs": ("a pointer of Git LFS", "fetch the file itself, with git lfs pull"),
    b"<!doctype": _PAGE,
    b"<html": _PAGE,
}
"""How such files begin, whatever they are called, in small letters."""

_TORCH = ("a file of torch.save by its first bytes", "rename it to STEM.pth")

_BINARIES = {b"pk\x03\x04": _TORCH, b"\x80\x02\x8a\nl\xfc": _TORCH}
"""How files begin that are called `.bin` and are not ncnn's."""


def refusal(path: Path) -> str:
    """Return what a file is and what to do with it; empty for one of a kind that is not known here."""
    suffix = path.suffix.lower()
    known = _BINARIES if suffix == ".bin" else {}
    return _line(path, _begun(path, known | _BY_START) or _BY_SUFFIX.get(suffix))


def refusal_by_content(path: Path) -> str:
    """Return the same as far as the first bytes tell, for who can read what the suffix promises."""
    return _line(path, _begun(path, _BY_START))


def _begun(path: Path, known: Mapping[bytes, tuple[str, str]]) -> tuple[str, str] | None:
    try:
        with opened(path) as file:
            start = file.read(max(map(len, known))).lower()
    except OSError:
        return None
    return next((told for begin, told in known.items() if start.startswith(begin)), None)


def _line(path: Path, told: tuple[str, str] | None) -> str:
    if told is None:
        return ""
    what, advice = told
    return f"{path} is {what}, which is not read here; {advice.replace('STEM', path.stem).replace('PATH', str(path))}"
