"""A network becomes one ONNX file that does what torch does, or no file."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from srbench import methods
from srbench.errors import MethodError, Unsupported
from srbench.extras import INSTALL
from srbench.networks import onnx_metadata
from srbench.plugins import import_file, import_module
from srbench.takes import Takes

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")
_onnx = import_module("srbench.networks.export")

if TYPE_CHECKING:
    from pathlib import Path


LUMA = Takes("y")


class Doubled(torch.nn.Module):  # type: ignore[name-defined, misc] # torch may be absent
    """Every pixel becomes four."""

    def forward(self, luma: Any) -> Any:  # noqa: ANN401 - a tensor
        """Repeat rows and columns."""
        return torch.nn.functional.interpolate(luma, scale_factor=2, mode="nearest")


class WithoutMedian(Doubled):
    """Uses what ONNX has no operator for."""

    def forward(self, luma: Any) -> Any:  # noqa: ANN401 - a tensor
        """Take off the median of each row."""
        return super().forward(luma - luma.median(dim=3, keepdim=True).values)


CHECKED = """
import torch


class Checked(torch.nn.Module):
    def forward(self, luma):
        assert luma.max() <= 1
        return torch.nn.functional.interpolate(luma, scale_factor=2, mode="nearest")
"""


def load(spec: str, factor: int) -> Any:  # noqa: ANN401 - what such a method has, the protocol of upscalers has not
    """Load a method on the CPU."""
    return methods.choose(spec, methods.registry()).load(factor, "cpu")


@pytest.mark.slow
@pytest.mark.parametrize(("spec", "factor"), [("espcn", 3), ("espcn:activation=relu:ensemble=8", 2)])
def test_runs_elsewhere(spec: str, factor: int, tmp_path: Path) -> None:
    """Luma of sizes and numbers of images that the export never saw comes out as from the upscaler."""
    espcn = load(spec, factor)
    facts = espcn.export(tmp_path / "net.onnx")
    assert facts["input"] == {"name": "luma", "shape": ["N", 1, "H", "W"]}
    assert facts["output"] == {"name": "sr", "shape": ["N", 1, f"{factor}*H", f"{factor}*W"]}
    assert 0 <= facts["largest_difference"] <= 1e-5
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx")
    luma = np.random.default_rng(0).random((3, 1, 13, 6), np.float32)
    (sr,) = session.run(["sr"], {"luma": luma})
    assert sr.shape == (3, 1, 13 * factor, 6 * factor)
    for image, result in zip(luma, sr, strict=True):
        np.testing.assert_allclose(result[0], espcn(image[0]), atol=1e-5)


@pytest.mark.slow
def test_file(tmp_path: Path) -> None:
    """One file, the same bytes each time: it holds the weights and the metadata, and no path of the machine."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        facts = _onnx.export(Doubled(), 2, LUMA, tmp_path / name / "net.onnx", {"method": "doubled", "factor": 2})
    (file,) = (tmp_path / "a").iterdir()
    assert file.read_bytes() == (tmp_path / "b" / "net.onnx").read_bytes()
    assert b".py" not in file.read_bytes()
    model = onnx.load(file)
    onnx.checker.check_model(model, full_check=True)
    held = {each.key: each.value for each in model.metadata_props}
    assert held == {"method": "doubled", "factor": "2"} | onnx_metadata.texts(LUMA, ())
    assert [each.version for each in model.opset_import] == [facts["opset"]]


@pytest.mark.slow
def test_quiet(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing is printed or logged, and logging works as before."""
    _onnx.export(Doubled(), 2, LUMA, tmp_path / "net.onnx", {})
    assert capfd.readouterr() == ("", "")
    assert logging.root.manager.disable == logging.NOTSET


@pytest.mark.slow
def test_quiet_about_values(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Nor is what torch says about a network that checks its values, which are unknown while it is exported."""
    (tmp_path / "checked.py").write_text(CHECKED, encoding="utf-8")  # a file, as pytest rewrites the assertions of this
    _onnx.export(import_file(tmp_path / "checked.py").Checked(), 2, LUMA, tmp_path / "net.onnx", {})
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_network_that_cannot_be_exported(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """One line says why, nothing else is printed, and there is no file."""
    with pytest.raises(MethodError, match=r"torch cannot export the network: .*median") as caught:
        _onnx.export(WithoutMedian(), 2, LUMA, tmp_path / "net.onnx", {})
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_network_of_another_factor(tmp_path: Path) -> None:
    """What makes another size than the factor says is refused."""
    with pytest.raises(MethodError, match=r"makes \(1, 1, 2, 2\), .* of 1x1x1x1, expected \(1, 1, 3, 3\)"):
        _onnx.export(Doubled(), 3, LUMA, tmp_path / "net.onnx", {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_export_that_is_not_what_torch_computes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused, and the file that was there stays."""
    (tmp_path / "net.onnx").write_text("before", encoding="utf-8")
    monkeypatch.setattr(_onnx, "TOLERANCE", -1.0)
    with pytest.raises(MethodError, match="from torch on 1x1x1x1, expected at most -1; it was not written"):
        _onnx.export(Doubled(), 2, LUMA, tmp_path / "net.onnx", {})
    (file,) = tmp_path.iterdir()
    assert file.read_text(encoding="utf-8") == "before"


def test_path_that_cannot_be_written(tmp_path: Path) -> None:
    """One line names it, and nothing is left beside it."""
    (tmp_path / "net.onnx").mkdir()
    with pytest.raises(MethodError, match=r"net.onnx: cannot be written \(Is a directory\)"):
        _onnx._write(tmp_path / "net.onnx", b"")
    assert [path.name for path in tmp_path.iterdir()] == ["net.onnx"]


@pytest.mark.parametrize("package", ["onnx", "onnxscript", "onnxruntime"])
def test_without_a_package(package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line names the package and the command that installs it."""
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.delitem(sys.modules, "srbench.networks.export")
    with pytest.raises(Unsupported, match=f"needs the package {package}: {INSTALL['onnx']}$"):
        load("espcn", 3).export(tmp_path / "net.onnx")
