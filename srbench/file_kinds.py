"""What is a file that is no model srbench reads? Told by how it begins, or ends, in words."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TYPE_CHECKING

from srbench.opening import opened

if TYPE_CHECKING:
    from pathlib import Path

_STARTS = (
    (rb"MATLAB 5\.0 MAT-file", "a MATLAB file (.mat)"),
    (rb"7767517\s", "an ncnn graph (.param)"),
    (rb"\x89HDF\r\n", "an HDF5 file, as Keras and MATLAB 7.3 write them"),
    (rb".{4}TFL3", "a TensorFlow Lite model"),
    (rb"GGUF", "a GGUF model"),
    (rb"\x93NUMPY", "a NumPy array"),
    (rb"<\?xml", "an XML file, perhaps an OpenVINO graph"),
    (rb"\x89PNG|\xff\xd8\xff|BM|GIF8", "an image"),
)
"""How files begin, as regular expressions."""

_ENDINGS = {
    ".bin": "numbers without a graph, as ncnn and OpenVINO have them (.bin)",
    ".ckpt": "a checkpoint of PyTorch Lightning or TensorFlow (.ckpt)",
    ".pkl": "a pickle, which can run any code",
    ".pb": "a TensorFlow graph (.pb)",
    ".caffemodel": "a Caffe model",
    ".prototxt": "a Caffe graph",
    ".engine": "a TensorRT engine, which runs on one kind of GPU",
    ".mlmodel": "a Core ML model",
    ".py": "a plug-in; give it with --plugin FILE, and name its method",
}

ADVICE = "convert it to ONNX, or write a plug-in of its method (docs/methods.md)"


def kind(path: Path) -> str:
    """Say what a file is, by how it begins, else by its name; nothing where neither tells.

    Raises:
        OSError: it cannot be read.

    """
    with opened(path) as file:
        start = file.read(64)
    found = next((words for pattern, words in _STARTS if re.match(pattern, start, re.DOTALL)), "")
    return found or _ENDINGS.get(PurePath(path).suffix.lower(), "")
