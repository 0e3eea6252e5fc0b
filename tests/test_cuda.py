"""What needs a CUDA device; skipped, with the reason, where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import srbench
from srbench import contract, methods
from srbench.speed import environment

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not environment.cuda_devices(), reason="no CUDA device"),
]


def _on_cuda() -> list[str]:
    return [name for name, method in methods.registry().items() if "cuda" in method.devices()]


def test_contract() -> None:
    """Methods that say they run on CUDA keep the contract there, and agree with the CPU to a fraction of a level."""
    image = np.random.default_rng(0).random((40, 50)).astype(np.float32)
    for name in _on_cuda():
        choice = methods.choose(name, methods.registry())
        upscaler = choice.load(3, "cuda")
        contract.check(upscaler, 3)
        np.testing.assert_allclose(upscaler(image), choice.load(3, "cpu")(image), atol=2e-3)


def test_run(tmp_path: Path) -> None:
    """Under `auto`, what can run on CUDA is scored there, and timed on both devices."""
    tables = srbench.run(["bicubic", *_on_cuda()], out=tmp_path)
    summary = tables.summary.set_index("method")
    assert summary.loc["bicubic", "device"] == "cpu"
    for name in _on_cuda():
        assert summary.loc[name, "device"] == "cuda"
        assert summary.loc[name, ["cpu_ms_per_mpx", "cuda_ms_per_mpx"]].notna().all()
