"""`srbench export`: what it writes, what it prints, what it refuses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from srbench.cli import options
from srbench.folders import folder
from srbench.hashing import file_hash
from srbench.methods import choose, registry
from srbench.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., Any]

WEIGHTS = folder("methods") / "weights" / "espcn-relu-x2.safetensors"

WRITER = '''"""Writes text."""
class Upscaler:
    def __call__(self, image):
        return image
    def export(self, path, metadata):
        path.write_text(str(metadata))
        end = {"name": "luma", "shape": ["N", 1, "H", "W"]}
        return {"input": end, "output": end, "opset": 1, "largest_difference": 0.0}
def load(factor, device):
    return Upscaler()
'''


@pytest.fixture
def writer(tmp_path: Path) -> Path:
    """Return a plug-in that exports without torch."""
    (tmp_path / "writer.py").write_text(WRITER, encoding="utf-8")
    return tmp_path / "writer.py"


@pytest.mark.slow
def test_report(srbench: Command, tmp_path: Path) -> None:
    """Three lines say what was written; the weights may be one's own."""
    onnx = pytest.importorskip("onnx")
    (tmp_path / "mine.safetensors").write_bytes(WEIGHTS.read_bytes())
    spec = "espcn:activation=relu:weights=mine.safetensors"
    result = srbench("export", spec, "--factor", 2, "net.onnx")
    assert (result.code, result.err) == (0, "")
    first, second, third = result.out.splitlines()
    size = (tmp_path / "net.onnx").stat().st_size
    assert first.startswith(f"wrote net.onnx: {size / 1024:.0f} KiB, opset ")
    assert second == "luma (N, 1, H, W) -> sr (N, 1, 2*H, 2*W), float32 in 0..1"
    assert 0 <= float(third.removeprefix("largest difference from torch: ")) <= 1e-5
    held = {each.key: each.value for each in onnx.load(tmp_path / "net.onnx").metadata_props}
    assert held == {
        "method": f'espcn:activation=relu:weights="sha256:{file_hash(WEIGHTS)}"',
        "factor": "2",
        "srbench": __version__,
        "weights_sha256": file_hash(WEIGHTS),
        "srbench_takes": held["srbench_takes"],
        "srbench_training_images": held["srbench_training_images"],
    }
    upscaler: Any = choose("espcn:activation=relu", registry()).load(2, "cpu")
    assert json.loads(held["srbench_takes"]) == upscaler.takes.facts
    assert json.loads(held["srbench_training_images"]) == sorted(upscaler.training_images)


def test_json(srbench: Command, writer: Path, tmp_path: Path) -> None:
    """`--json` gives the same facts; whatever upscaler has `export` can be exported, over an older file too."""
    (tmp_path / "net.onnx").write_text("older", encoding="utf-8")
    result = srbench("export", "writer", "net.onnx", "--plugin", writer, "--json")
    assert json.loads(result.out) == {
        "path": "net.onnx",
        "bytes": (tmp_path / "net.onnx").stat().st_size,
        "input": {"name": "luma", "shape": ["N", 1, "H", "W"]},
        "output": {"name": "luma", "shape": ["N", 1, "H", "W"]},
        "opset": 1,
        "largest_difference": 0,
        "metadata": {"method": "writer", "factor": "3", "srbench": __version__},
    }
    assert "'method': 'writer'" in (tmp_path / "net.onnx").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("bicubic net.onnx", "bicubic cannot be exported; expected a method with a torch network"),
        ("espcn net.pt", "net.pt has the suffix '.pt', expected .onnx"),
        ("espcn net", "net has the suffix '', expected .onnx"),
        ("espcn nowhere/net.onnx", "there is no folder nowhere; expected a file to write"),
        ("espcn folder.onnx", "folder.onnx is a folder; expected a file to write"),
        ("plain:precision=int8 net.onnx", "the file holds the network in float32; leave precision=int8 out"),
        ("espcn net.onnx --factor 7", "espcn: espcn has no tanh weights for x7"),
        ("espcnn net.onnx", "unknown method 'espcnn'; did you mean 'espcn'?"),
        ("espcn", "Missing argument 'OUT'; see srbench export --help"),
    ],
)
def test_refusals(command: str, line: str, srbench: Command, tmp_path: Path) -> None:
    """One line, exit code 2, and no file."""
    (tmp_path / "folder.onnx").mkdir()
    result = srbench("export", *command.split())
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert line in result.err
    assert [path.name for path in tmp_path.iterdir()] == ["folder.onnx"]


def test_exporter_that_raises(srbench: Command, writer: Path) -> None:
    """Whatever `export` raises is one line that names the method."""
    writer.write_text(WRITER.replace("path.write_text(str(metadata))", "1 / 0"), encoding="utf-8")
    result = srbench("export", "writer", "net.onnx", "--plugin", writer)
    assert (result.code, result.err) == (2, "srbench: writer: ZeroDivisionError: division by zero\n")


def test_completion() -> None:
    """The shell completes the names of methods, behind labels too."""
    assert options.method_names("espc") == ["espcn"]
    assert options.method_names("nearest,My net=espc") == ["nearest,My net=espcn"]


def test_weights_are_not_written_over(srbench: Callable[..., Any], writer: Path, tmp_path: Path) -> None:
    """A plug-in, or what it reads, under the name of the ONNX file stays as it is."""
    (tmp_path / "net.onnx").symlink_to(writer)
    result = srbench("export", "writer", "net.onnx", "--factor", 2, "--plugin", writer)
    assert (result.code, "net.onnx is read by this command (it is" in result.err) == (2, True)
    assert writer.read_text(encoding="utf-8") == WRITER
