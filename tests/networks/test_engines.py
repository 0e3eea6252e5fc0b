"""ONNX Runtime and OpenVINO do what torch does, with as many threads; what they cannot do is a skipped row."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import nn

import srbench
from srbench.contract import examples
from srbench.errors import MethodError, Unsupported
from srbench.extras import INSTALL
from srbench.methods import choose, registry
from srbench.plugins import import_module
from srbench.takes import Takes

if TYPE_CHECKING:
    from pathlib import Path

engines, running, threads = (import_module(f"srbench.networks.{name}") for name in ("engines", "running", "threads"))

ENGINES = ("onnxruntime", "openvino")


def load(spec: str, factor: int = 3) -> Any:  # noqa: ANN401 - an upscaler
    """Load a method on the CPU."""
    return choose(spec, registry()).load(factor, "cpu")


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("options", ["", ":activation=relu", ":network=article:ensemble=8"])
def test_does_what_torch_does(engine: str, options: str) -> None:
    """Luma in 0..1 is within 1e-4 of torch's, whatever sizes come one after the other."""
    pytest.importorskip(engine)
    there, here = load(f"espcn:engine={engine}{options}"), load(f"espcn:engine=torch{options}")
    random = np.random.default_rng(0)
    for size in ((40, 50), (1, 1), (50, 40), (9, 33), (40, 50)):
        image = random.random(size, np.float32)
        np.testing.assert_allclose(there(image), here(image), rtol=0, atol=1e-4)
    assert there.parameters == here.parameters
    assert there.multiply_adds == here.multiply_adds


@pytest.mark.sampled
@pytest.mark.parametrize("engine", ["torch", *ENGINES])
def test_phases(engine: str) -> None:
    """A call is upload, infer and download, one after the other, bit for bit."""
    pytest.importorskip(engine)
    upscaler = load(f"espcn:engine={engine}")
    upload, infer, download = upscaler.phases
    for image in examples().values():
        np.testing.assert_array_equal(download(infer(upload(image))), upscaler(image))
    assert upscaler.remark == ""
    assert (upscaler.event, upscaler.device_memory) == (None, None)


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("options", "factor", "expected"),
    [("", 3, 22624 / 9), (":ensemble=8", 3, 8 * 22624 / 9), (":activation=relu", 2, (20032 + 288 * 4) / 4)],
)
def test_multiply_adds(options: str, factor: int, expected: float) -> None:
    """Those of the convolutions, per SR pixel, without the border: 1600 + 18432 + 288 factor^2 per LR pixel."""
    assert load(f"espcn{options}", factor).multiply_adds == pytest.approx(expected, rel=1e-12)


def test_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """`OMP_NUM_THREADS` where it is set, as for torch; else the cores of this process."""
    for text, expected in (("3", 3), ("4,2", 4)):
        monkeypatch.setenv("OMP_NUM_THREADS", text)
        assert threads.threads() == expected
    for text in ("", "0", "many"):
        monkeypatch.setenv("OMP_NUM_THREADS", text)
        assert threads.threads() == len(os.sched_getaffinity(0))


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("package", "spec", "extra"),
    [
        ("onnxruntime", "espcn:engine=onnxruntime", "onnx"),
        ("onnx", "espcn:engine=onnxruntime", "onnx"),
        ("openvino", "espcn:engine=openvino", "openvino"),
        ("onnx", "espcn:engine=openvino", "openvino"),
    ],
)
def test_without_a_package(package: str, spec: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line names the package and the command that installs it."""
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(Unsupported, match=f"needs the package {package}: {INSTALL[extra]}$"):
        load(spec)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "line"),
    [
        ("precision=tf32", "precision=tf32 needs a CUDA device"),
        ("precision=float16", "precision=float16 needs a CUDA device"),
        (
            "engine=onnxruntime:precision=bfloat16",
            "engine=onnxruntime computes in float32 or int8, not bfloat16",
        ),
        (
            "engine=openvino:precision=tf32",
            "engine=openvino computes in float32, bfloat16 or int8, not tf32",
        ),
        (
            "engine=torch:precision=int8",
            "precision=int8 needs engine=openvino or engine=onnxruntime, installed, on the CPU",
        ),
        ("engine=openvino:compile=true", "compile=true requires engine=torch, not openvino"),
    ],
)
def test_what_cannot_be(options: str, line: str, pictures: Path, tmp_path: Path) -> None:
    """It is a skipped row with one clear line."""
    tables = srbench.run(
        f"espcn:{options}", factors=3, datasets=f"{pictures}/", timing=False, report=False, out=tmp_path / "run"
    )
    assert set(tables.scores["status"]) == {"skipped"}
    assert set(tables.scores["reason"]) == {line}


@pytest.mark.parametrize("options", ["precision=bfloat16", "engine=openvino:precision=bfloat16"])
def test_bfloat16(options: str) -> None:
    """Three digits are kept: near float32, and not the same; OpenVINO refuses where it would compute in float32."""
    if "openvino" in options:
        capabilities = pytest.importorskip("openvino").Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        if "BF16" not in capabilities:
            with pytest.raises(Unsupported, match=r"^engine=openvino has no bfloat16 on this processor; "):
                load(f"espcn:{options}")
            return
    image = np.random.default_rng(0).random((40, 50), np.float32)
    difference = np.abs(load(f"espcn:{options}")(image) - load("espcn:engine=torch")(image)).max()
    assert 0 < difference < 0.05


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_compile() -> None:
    """What torch.compile makes is the same to 1e-5, at any size."""
    compiled, plain = load("espcn:compile=true"), load("espcn:engine=torch")
    for size in ((40, 50), (1, 1), (9, 33)):
        image = np.random.default_rng(0).random(size, np.float32)
        np.testing.assert_allclose(compiled(image), plain(image), rtol=0, atol=1e-5)


class Baked(nn.Module):
    """Doubles every pixel, but takes the width for a constant when it is traced."""

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """Add the width, as a Python number."""
        return batch.repeat_interleave(2, 2).repeat_interleave(2, 3) + float(batch.shape[3])


@pytest.mark.parametrize("engine", ENGINES)
def test_trace_that_is_not_the_network(engine: str) -> None:
    """A network that its trace does not stand for is refused, not run."""
    pytest.importorskip(engine)
    with pytest.raises(MethodError, match=f"engine={engine} (is .* from torch|cannot run the network)"):
        engines.build(Baked().eval(), 2, torch.device("cpu"), Takes("y"), running.Running(engine=engine))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.gpu
@pytest.mark.parametrize(
    "options", ["", ":precision=tf32", ":precision=float16", ":precision=bfloat16", ":compile=true"]
)
def test_cuda(options: str) -> None:
    """On CUDA every precision is near float32 on the CPU; events and memory can be asked for."""
    upscaler: Any = choose(f"espcn{options}", registry()).load(3, "cuda")
    image = np.random.default_rng(0).random((40, 50), np.float32)
    np.testing.assert_allclose(
        upscaler(image), load("espcn:engine=torch")(image), rtol=0, atol=0.05 if options else 2e-3
    )
    before = upscaler.event()
    upscaler.phases[1](upscaler.phases[0](image))
    after = upscaler.event()
    upscaler.synchronize()
    assert before.elapsed_time(after) > 0
    assert upscaler.device_memory() > 0
