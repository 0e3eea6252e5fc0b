"""The door for torch plug-ins: a network in a file of its own is trained, and then run with its weights."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import srbench
from srbench import contract, methods
from srbench.cli import main
from srbench.plugins import import_module
from srbench.quality.files import pixel_hash, read_image

if TYPE_CHECKING:
    from pathlib import Path

PLUGIN = '''
"""Two convolutions that pad with zeros, beside nearest neighbour."""
from srbench.pytorch import luma_method

def network(factor, width: int = 8):
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Conv2d(1, width, 3, padding=1)
            self.last = nn.Conv2d(width, factor**2, 3, padding=1)
            nn.init.zeros_(self.last.weight)
            nn.init.zeros_(self.last.bias)
        def forward(self, x):
            return nn.functional.pixel_shuffle(x + self.last(torch.relu(self.first(x))), factor)
    return Net()

DEVICES = ("cpu", "cuda")
load, files = luma_method(network)
'''


@pytest.mark.slow
def test_plug_in(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Trained by the command line for a few steps, it keeps the contract, beats its start and runs without options."""
    file = tmp_path / "small.py"
    file.write_text(PLUGIN, encoding="utf-8")
    options = ["--recipe", "best", "--set", "patch=12", "--epochs", "40", "--threads", "1"]
    command = ["train", "small:width=6", "--plugin", file, "--factor", "2", "--datasets", f"{photos}/", "--out", "out"]
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as caught:
        main([*map(str, command), *options, "--device", "cpu", "--json"])
    assert not caught.value.code
    weights = tmp_path / json.loads(capsys.readouterr().out)["weights"]
    method = f"small:weights={weights}"
    upscaler: Any = methods.choose(method, methods.registry([file])).load(2, "cpu")
    assert upscaler.network.first.out_channels == 6
    assert upscaler.training_images < {pixel_hash(read_image(path)) for path in photos.iterdir()}
    contract.check(upscaler, 2)
    tables = srbench.run(
        [method, "nearest", "small"],
        factors=2,
        datasets=f"{photos}/",
        protocols="srcnn",
        plugins=[file],
        timing=False,
        report=False,
        out=tmp_path / "run",
    )
    trained, nearest, untrained = tables.summary.to_dict("records")
    assert trained["psnr"] > nearest["psnr"] + 0.5
    assert (trained["trained_on"], nearest["trained_on"]) == (3, 0)
    assert np.isnan(untrained["psnr"])
    assert "train some with srbench train" in untrained["reason"]


def test_without_torch() -> None:
    """Importing the door imports no torch, so that listing a plug-in stays light."""
    code = (
        "import sys; import srbench.pytorch; from srbench.methods import registry\n"
        "assert 'torch' not in sys.modules\n"
        "assert srbench.pytorch.luma_method is sys.modules['srbench.networks.method'].luma_method"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert import_module("srbench.pytorch").__all__ == [
        "FileMethod",
        "LumaMethod",
        "NetworkMethod",
        "image_method",
        "image_upscaler",
        "luma_method",
        "onnx_file",
        "torch_file",
        "weights_beside",
    ]
