"""`srbench methods probe`: what it prints of a method or a model file, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from srbench.cli.probe import _lines

if TYPE_CHECKING:
    from collections.abc import Callable

    Command = Callable[..., Any]

FACTS = {"method": "net", "factor": 4, "parameters": None, "multiply_adds": None, "psnr": None, "run": "srbench run"}
MEASURED = {"0..1": 9.5, "0..255": 31.25, "bicubic": 30.0}
NETWORK = """
import numpy as np
from onnx import TensorProto, helper, numpy_helper, save
ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3, None, None]) for name in ("lr", "sr")]
scales = numpy_helper.from_array(np.array([1, 1, 2, 2], np.float32), "scales")
ones = [numpy_helper.from_array(np.array(each, np.float32), name) for name, each in (("zero", 0), ("one", 1))]
nodes = [
    helper.make_node("Resize", ["lr", "", "scales"], ["large"], mode="cubic"),
    helper.make_node("Clip", ["large", "zero", "one"], ["sr"]),
]
graph = helper.make_graph(nodes, "network", [ends[0]], [ends[1]], [scales, *ones])
save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), "net.onnx")
"""


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an ONNX file, x2 of RGB in 0..1, in the current folder."""
    pytest.importorskip("onnxruntime", reason="needs onnxruntime: pip install onnx onnxruntime")
    monkeypatch.chdir(tmp_path)
    exec(NETWORK, {})  # noqa: S102 - the text above
    return Path("net.onnx")


def said(**facts: Any) -> dict[str, str]:  # noqa: ANN401 - of a probe
    """Return the lines that are printed of facts, by their names."""
    return dict(_lines(FACTS | facts))


@pytest.mark.slow
def test_a_model_file(srbench: Command, network: Path) -> None:
    """What was found, the score beside bicubic's, and the command that runs it."""
    result = srbench("methods", "probe", network)
    assert result.code == 0, result.err
    lines = {line[:14].strip(): line[15:].strip() for line in result.out.splitlines()}
    assert lines["kind"] == "ONNX, opset 17, float32, NCHW"
    assert (lines["factor"], lines["channels"], lines["sizes"]) == ("x2", "RGB", "any")
    assert lines["range"].startswith("0..1, measured: 3")
    assert "dB on crops of photographs" in lines["PSNR"]
    assert lines["run it"] == "srbench run --methods bicubic,net.onnx --factor 2"


@pytest.mark.slow
def test_options_overrule(srbench: Command, network: Path) -> None:
    """An option of its method is taken as it is; the wrong range shows in a warning. JSON has all facts."""
    (facts,) = json.loads(srbench("methods", "probe", network, "range=255", "--json").out)
    assert facts["range"] == 255
    assert set(facts["measured"]) == {"0..255", "bicubic"}
    assert facts["warning"].startswith("below bicubic by ")
    assert facts["run"] == "srbench run --methods bicubic,net.onnx:range=255 --factor 2"


@pytest.mark.slow
def test_what_is_no_model(srbench: Command, network: Path) -> None:
    """One line says what a file is, or that there is none; the exit code is 2."""
    Path("net.mat").write_bytes(b"MATLAB 5.0 MAT-file, made by hand")
    network.write_bytes(network.read_bytes()[:100])
    for name, line in (
        ("net.mat", "srbench: net.mat is data of MATLAB"),
        ("net.onnx", "srbench: net.onnx"),
        ("./absent.onnx", "srbench: model file absent.onnx does not exist"),
        ("absent.onnx", "srbench: model file absent.onnx does not exist"),
        ("absent", "srbench: unknown method 'absent'"),
    ):
        result = srbench("methods", "probe", name)
        assert (result.code, result.out) == (2, ""), name
        assert result.err.startswith(line)
        assert result.err.count("\n") == 1


def test_pickles_are_asked_for(srbench: Command, tmp_path: Path) -> None:
    """Without --allow-pickle a .pth is refused, and the line names the option."""
    (tmp_path / "net.pth").write_bytes(b"PK")
    result = srbench("methods", "probe", "net.pth")
    assert result.code == 2
    assert "--allow-pickle" in result.err


@pytest.mark.slow
def test_a_method(srbench: Command) -> None:
    """Any method can be probed, at the factors that are asked for; there is one block for each."""
    result = srbench("methods", "probe", "nearest", "--factor", "2,3")
    assert [line.split()[1] for line in result.out.splitlines() if line.startswith("factor")] == ["x2", "x3"]
    assert result.out.count("warning:       below bicubic by") == 2


TRIED = {"0..1": 9.5, "bicubic": 9.0}
LINES: list[tuple[dict[str, Any], str, str]] = [
    ({"size": [224, 200]}, "sizes", "200x224 LR pixels only; images are cut into tiles of it, or padded"),
    ({"minimum": 15, "multiple": 1}, "sizes", "at least 15 LR pixels a side; others are padded"),
    ({"minimum": 1, "multiple": 8}, "sizes", "multiples of 8 LR pixels; others are padded"),
    ({"minimum": 1, "multiple": 1}, "sizes", "any"),
    ({"range": 255, "measured": MEASURED}, "range", "0..255, measured: 31.25 dB against 9.50 dB for 0..1"),
    (
        {"range": 1, "measured": TRIED | {"0..255": None}},
        "range",
        "0..1, measured: 9.50 dB against no image for 0..255",
    ),
    ({"range": 1, "range_from": "option", "measured": TRIED}, "range", "0..1, as given"),
    ({"range": 1, "range_from": "file", "measured": TRIED}, "range", "0..1, as the file says"),
    ({"range": 255, "range_from": "plug-in"}, "range", "0..255, as declared"),
    ({"channels": "y", "luma": "limited"}, "channels", "luma (16..235, as MATLAB's); chroma by bicubic"),
    ({"channels": "y", "luma": "full"}, "channels", "luma (0..255, as Pillow's); chroma by bicubic"),
    ({"dtypes": ["uint8"]}, "LR", "8-bit only: skipped under protocols whose LR is floats, such as srcnn"),
    ({"parameters": 1234567}, "parameters", "1,234,567"),
    (
        {"multiply_adds": 26577.0, "giga_multiply_adds_720p": 24.49},
        "multiply-adds",
        "26,577 per SR pixel; 24.49 G at 1280x720 output",
    ),
    (
        {"psnr": 31.25, "bicubic": 30.0},
        "PSNR",
        "31.25 dB on crops of photographs; +1.25 dB against bicubic (MATLAB's)",
    ),
]


@pytest.mark.parametrize("name", ["note", "warning"])
def test_doubts(name: str) -> None:
    """A note and a warning have a line each."""
    assert said(**{name: "doubtful"})[f"{name}:"] == "doubtful"


@pytest.mark.parametrize(("facts", "name", "text"), LINES)
def test_lines(facts: dict[str, Any], name: str, text: str) -> None:
    """Each fact in words; what is not known has no line."""
    assert said(**facts)[name] == text
    assert name not in said()
