"""`srbench reproduce`: this installation against the literature."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Command = Callable[..., Any]

ROOT = Path(__file__).parents[2]


def test_set5_agrees(srbench: Command, data_folder: Path, tmp_path: Path) -> None:
    """Every published bicubic cell of Set5 is met within 0.01 dB and 0.001; absent sets are named and left out."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "Set5").symlink_to(data_folder / "Set5")
    result = srbench("reproduce", "--data", "data", "--json")
    assert result.code == 0, result.err
    cells = json.loads(result.out)
    assert {(cell["dataset"], cell["factor"]) for cell in cells} >= {("set5", factor) for factor in (2, 3, 4)}
    assert {cell["dataset"] for cell in cells} == {"set5"}
    assert {cell["verdict"] for cell in cells} == {"agrees"}
    assert max(abs(cell["psnr_difference"]) for cell in cells) <= 0.01
    assert max(abs(cell["ssim_difference"]) for cell in cells) <= 0.001
    assert "left out: set14, bsd100" in result.err


def copy_of_the_tree(folder: Path, method: str, psnr: float) -> None:
    """Copy srbench, with a table of published numbers that holds one line about `sample`."""
    for name in ("srbench", "methods", "datasets"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "results").mkdir()
    head = "method,spec,dataset,factor,psnr,ssim,params,protocol,source"
    text = f"{head}\n{method},{method},sample,3,{psnr},0.5,0,basicsr,nobody\n"
    (folder / "results" / "published.csv").write_text(text, encoding="utf-8")


def reproduce(folder: Path, method: str) -> subprocess.CompletedProcess[str]:
    """Run `srbench reproduce` from a copy of the tree."""
    command = [sys.executable, "-m", "srbench", "reproduce", "--methods", method]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("method", "psnr", "verdict", "code"), [
    ("nearest", 0.0, "off", 1), ("espcn", 0.0, "trained", 0),
])  # fmt: skip
def test_verdicts(tmp_path: Path, method: str, psnr: float, verdict: str, code: int) -> None:
    """A fixed method that is off gives exit code 1; a trained one has its difference shown without a verdict."""
    copy_of_the_tree(tmp_path, method, psnr)
    result = reproduce(tmp_path, method)
    assert result.returncode == code, result.stderr
    assert verdict in result.stdout
    assert "sample x3" in result.stdout


def test_method_that_fails(tmp_path: Path) -> None:
    """An installation whose bicubic cannot be measured does not pass: exit code 1, with the reason."""
    copy_of_the_tree(tmp_path, "nearest", 20.0)
    code = "def load(factor, device):\n    raise OSError('no such kernel')\n"
    (tmp_path / "methods" / "nearest.py").write_text(code, encoding="utf-8")
    result = reproduce(tmp_path, "nearest")
    assert result.returncode == 1, result.stderr
    assert "not measured" in result.stdout
    assert "no such kernel" in result.stdout + result.stderr
