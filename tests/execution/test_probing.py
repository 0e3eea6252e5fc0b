"""Probing methods and model files, in a worker."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import srbench
from srbench.errors import Crashed, MethodError, TimedOut, Unsupported, UsageError
from srbench.execution import probing
from srbench.execution.probing import found_out, probe, spec_of

REPEATED = "image.repeat(factor, 0).repeat(factor, 1)"


def plugin(folder: Path, upscale: str = REPEATED, before: str = "", after: str = "") -> Path:
    """Write a plug-in, `mine`, whose upscaler returns what `upscale` says."""
    file = folder / "mine.py"
    file.write_text(f"def load(factor, device):\n    {before}\n    return lambda image: {upscale}\n{after}", "utf-8")
    return file


def test_usual_factors(tmp_path: Path) -> None:
    """A method that can do them is tried at x2, x3 and x4: its PSNR beside bicubic's, and a command to paste."""
    file = plugin(tmp_path)
    found = probe("mine", [file])
    assert [facts["factor"] for facts in found] == [2, 3, 4]
    first = found[0]
    assert first["bicubic"] == 31.69
    assert first["warning"] == f"below bicubic by {first['bicubic'] - first['psnr']:.2f} dB"
    assert first["run"] == f"srbench run --plugin {file} --methods bicubic,mine --factor 2"
    assert (first["parameters"], first["multiply_adds"], first["giga_multiply_adds_720p"]) == (None, None, None)
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize(("name", "given"), [("net.pth", ["--allow-pickle"]), ("net.safetensors", [])])
def test_the_command_allows_what_it_needs(tmp_path: Path, name: str, given: list[str]) -> None:
    """A file that is read under `--allow-pickle` alone is scored under it, too."""
    file, weights = plugin(tmp_path, before="import numpy"), tmp_path / name
    weights.touch()
    file.write_text(file.read_text("utf-8").replace("device)", "device, weights: __import__('pathlib').Path)"), "utf-8")
    (facts,) = found_out(f"mine:weights={weights}", (str(file),), (2,))
    assert facts["run"].split()[4:-4] == given


def test_factors_that_were_asked_for(tmp_path: Path) -> None:
    """These alone are tried."""
    assert [facts["factor"] for facts in probe("mine", [plugin(tmp_path)], factors=[5])] == [5]


@pytest.mark.slow
def test_factors_that_it_has(tmp_path: Path) -> None:
    """The factor that a method has is found, also an unusual one; without any, the reason is what it says."""
    only = "from srbench import Unsupported\n    if factor != {}: raise Unsupported('the model is x{}')"
    assert [facts["factor"] for facts in probe("mine", [plugin(tmp_path, before=only.format(8, 8))])] == [8]
    with pytest.raises(Unsupported, match=r"^mine: the model is x99$"):
        probe("mine", [plugin(tmp_path, before=only.format(99, 99))])


def test_what_was_decided(tmp_path: Path) -> None:
    """Decisions are among the facts; PSNR is that which was measured for them, not measured again."""
    decided = "{'kind': 'a network', 'range': 255, 'measured': {'0..255': 31.25, 'bicubic': 30.0}}"
    (facts,) = probe("mine", [plugin(tmp_path, after=f"def decided(factor): return {decided}")], factors=[2])
    assert (facts["kind"], facts["range"], facts["psnr"], facts["bicubic"]) == ("a network", 255, 31.25, 30.0)


@pytest.mark.slow
def test_what_a_plug_in_declares() -> None:
    """What its network takes is among the facts."""
    (facts,) = probe("espcn", factors=[2])
    declared = {name: facts[name] for name in ("channels", "luma", "range", "minimum", "multiple")}
    assert declared == {"channels": "y", "luma": "limited", "range": 1, "minimum": 1, "multiple": 1}
    assert facts["range_from"] == "plug-in"
    assert "measured" not in facts


def test_a_baseline(tmp_path: Path) -> None:
    """The command to paste names bicubic once, and no plug-in that the method is not in."""
    (facts,) = probe("bicubic", [plugin(tmp_path)], factors=[2])
    assert facts["run"] == "srbench run --methods bicubic --factor 2"


def test_cost(tmp_path: Path) -> None:
    """Weights and multiply-adds are told, per SR pixel and for an output of 1280x720."""
    before = f"def upscale(image): return {REPEATED}\n    upscale.parameters, upscale.multiply_adds = 12, 1000.0"
    file = plugin(tmp_path, before=f"{before}\n    return upscale")
    (facts,) = probe("mine", [file], factors=[2])
    assert (facts["parameters"], facts["multiply_adds"], facts["giga_multiply_adds_720p"]) == (12, 1000.0, 0.92)


def test_a_method_that_fails_on_the_photograph(tmp_path: Path) -> None:
    """It is described, with what it raised as a warning."""
    (facts,) = probe("mine", [plugin(tmp_path, "1 / 0")], factors=[2])
    assert facts["psnr"] is None
    assert facts["warning"] == "fails on a photograph: ZeroDivisionError: division by zero"


def test_a_method_that_cannot_be_loaded(tmp_path: Path) -> None:
    """One line names the method."""
    with pytest.raises(MethodError, match=r"^mine: ZeroDivisionError: division by zero$"):
        probe("mine", [plugin(tmp_path, before="1 / 0")])


@pytest.mark.processes
@pytest.mark.parametrize(
    ("does", "error", "reason"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", Crashed, "^mine: the worker was killed by SIGSEGV"),
        pytest.param(
            *("import time; time.sleep(60)", TimedOut, r"^mine: no answer within 3 s \(--timeout\)"),
            marks=pytest.mark.slow,
        ),
    ],
)
def test_what_crashes_or_hangs(does: str, error: type[Exception], reason: str, tmp_path: Path) -> None:
    """It ends its worker, and is one line."""
    with pytest.raises(error, match=reason):
        probe("mine", [plugin(tmp_path, before=does)], factors=[2], timeout=3)


@pytest.mark.parametrize(
    ("name", "options", "spec"),
    [
        ("net.onnx", [], "net.onnx"),
        ("net.pth", ["range=255", "network=nets.imdn"], "net.pth:network=nets.imdn:range=255"),
        ("n:1.onnx", [], 'onnx:file="n:1.onnx"'),
        ("net.mat", [], "torch:file=net.mat"),
        ("absent.mat", [], "absent.mat"),
        ("espcn", ["activation=relu"], "espcn:activation=relu"),
        ("espcn:weights=w.safetensors", [], "espcn:weights=w.safetensors"),
    ],
)
def test_spec_of(name: str, options: list[str], spec: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path stands for the method that reads the file; a method's spec stays, and options follow."""
    monkeypatch.chdir(tmp_path)
    if name.startswith("n"):
        Path(name).write_bytes(b"")
    assert spec_of(name, options) == spec


def test_options_without_a_value() -> None:
    """One line says how options are written."""
    with pytest.raises(UsageError, match="cannot read 'range'; expected options of the method as key=value"):
        spec_of("espcn", ["range"])


def test_from_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`srbench.probe` takes a path and options of its method."""
    monkeypatch.chdir(tmp_path)
    seen = []

    def watched(spec: str, _plugins: object, **how: object) -> list[object]:
        seen.append((spec, how))
        return []

    monkeypatch.setattr(probing, "probe", watched)
    Path("net.onnx").write_bytes(b"")
    assert srbench.probe(Path("net.onnx"), range=255, factors="2,3") == []
    assert seen == [("net.onnx:range=255", {"factors": (2, 3), "timeout": probing.TIMEOUT})]
