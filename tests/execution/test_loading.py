"""Where a method computes, on machines with and without a driver that reports a CUDA device."""

from __future__ import annotations

import importlib.util
import os
from typing import TYPE_CHECKING

import pytest

from srbench.errors import SrbenchError, Unsupported
from srbench.execution import loading
from srbench.speed import environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ANYWHERE = """
DEVICES = ("cpu", "cuda")
def load(factor, device):
    return lambda image: image.repeat(factor, 0).repeat(factor, 1)
"""


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put a program on the path that reports a device, as NVIDIA's driver does."""
    program = tmp_path / "bin" / "nvidia-smi"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'NVIDIA H200'\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    environment.cuda_devices.cache_clear()
    loading.forget()
    yield
    environment.cuda_devices.cache_clear()
    loading.forget()


def device(method: str, *plugins: Path, asked: str = "auto") -> str:
    """Return where a method scores."""
    choice = loading.chosen(method, tuple(map(str, plugins)))
    return loading.device_of(choice, asked, (2, 3))


@pytest.mark.usefixtures("driver")
def test_method_that_loads_on_cuda(tmp_path: Path) -> None:
    """Under `auto` it scores on CUDA where there is a device, unless the CPU is asked for."""
    plugin = tmp_path / "anywhere.py"
    plugin.write_text(ANYWHERE, encoding="utf-8")
    assert device("anywhere", plugin) == "cuda"
    assert device("anywhere", plugin, asked="cpu") == "cpu"


@pytest.mark.usefixtures("driver")
def test_method_that_cannot_use_cuda() -> None:
    """OpenCV's methods stay on the CPU."""
    assert device("bicubic") == "cpu"


@pytest.mark.slow
@pytest.mark.usefixtures("driver")
def test_torch_without_cuda() -> None:
    """A driver alone is not enough: with a CPU build of torch, ESPCN scores on the CPU."""
    if importlib.util.find_spec("torch") is None:
        pytest.skip("torch is not installed")
    import torch  # noqa: PLC0415 - where it is installed

    assert device("espcn") == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.usefixtures("driver")
@pytest.mark.parametrize("hidden", ["", "-1"])
def test_hidden_devices(hidden: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`CUDA_VISIBLE_DEVICES` that names no device hides them all."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
    plugin = tmp_path / "anywhere.py"
    plugin.write_text(ANYWHERE, encoding="utf-8")
    assert device("anywhere", plugin) == "cpu"


@pytest.mark.usefixtures("driver")
def test_device_that_a_method_does_not_know() -> None:
    """One that is asked for all the same is refused before the method sees it."""
    with pytest.raises(Unsupported, match="bicubic does not run on cuda"):
        loading.load(loading.chosen("bicubic"), 2, "cuda")


def test_code_follows_what_decides_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """Factor, device and the versions of the libraries that decide numbers are in it."""
    choice = loading.chosen("bicubic")
    codes = [loading.code_of(choice, *case) for case in ((2, "cpu"), (3, "cpu"), (2, "cuda"), (2, "cpu"))]
    monkeypatch.setattr(environment, "deciding_versions", lambda: {"numpy": "0"})
    codes.append(loading.code_of(choice, 2, "cpu"))
    assert codes[3] == codes[0]
    assert len(set(codes)) == 4


def test_reason_is_no_novel() -> None:
    """Of an error's text a row keeps what people read."""
    status, reason = loading.reason_for(SrbenchError("x" * 10**6))
    assert (status, reason) == ("failed", "x" * 2000)
