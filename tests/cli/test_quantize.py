"""`srbench quantize`: what it prints, and what it refuses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import torch
from safetensors.torch import save_file

from srbench.plugins import import_module

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., Any]


@pytest.mark.slow
def test_what_is_printed(srbench: Command, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the file and what integers cost, as text or as JSON."""
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    save_file(import_module("srbench.methods.espcn").network(2).state_dict(), tmp_path / "w.safetensors")
    command = "quantize", "espcn:weights=w.safetensors", "--factor", 2, "--datasets", f"{pictures}/"
    text = srbench(*command)
    assert text.code == 0, text.err
    first, _, last = text.out.splitlines()
    method = "espcn:weights=w.safetensors"
    assert first == "wrote w.int8"
    assert last == f"srbench run --methods {method},{method}:precision=int8 --factor 2"
    found = json.loads(srbench(*command, "--json").out)
    assert found["path"] == "w.int8"
    assert set(found["psnr"]) == {"float32", "int8"}


def test_test_images_are_refused(srbench: Command) -> None:
    """Scores on images that chose the ranges would be too high."""
    result = srbench("quantize", "espcn:activation=relu", "--datasets", "set5")
    assert result.code == 2
    assert "never train on it" in result.err
