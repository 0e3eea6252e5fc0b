"""`srbench reproduce`: this installation against the literature."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from srbench.analysis import published

if TYPE_CHECKING:
    from collections.abc import Callable

    Command = Callable[..., Any]

ROOT = Path(__file__).parents[2]

WEIGHTS = ROOT / "methods" / "weights" / "espcn-tanh-x3.safetensors"


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


def write_published(folder: Path, method: str, psnr: float, weights: str = "") -> None:
    """Write a table of published numbers that holds one line about `sample`."""
    head = "method,spec,dataset,factor,psnr,ssim,params,protocol,source,weights"
    text = f"{head}\n{method},{'' if weights else method},sample,3,{psnr},0.5,0,basicsr,nobody,{weights}\n"
    (folder / "published.csv").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(("method", "psnr", "verdict", "code"), [
    ("nearest", 0.0, "off", 1), ("espcn", 0.0, "trained", 0),
])  # fmt: skip
def test_verdicts(  # noqa: PLR0913 - fixtures and parameters
    srbench: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    psnr: float,
    verdict: str,
    code: int,
) -> None:
    """A fixed method that is off gives exit code 1; a trained one has its difference shown without a verdict."""
    write_published(tmp_path, method, psnr)
    monkeypatch.setattr(published, "folder", lambda _: tmp_path)
    result = srbench("reproduce", "--methods", method)
    assert result.code == code, result.err
    assert verdict in result.out
    assert "sample x3" in result.out


def test_the_authors_weights_of_a_plug_in(srbench: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plug-in with the weights that a cell names must agree with it; in a run's report it stands beside the paper."""
    (tmp_path / "mine.py").write_text((ROOT / "methods" / "espcn.py").read_text(encoding="utf-8"), encoding="utf-8")
    write_published(tmp_path, "ESPCN", 40.0, hashlib.sha256(WEIGHTS.read_bytes()).hexdigest())
    monkeypatch.setattr(published, "folder", lambda _: tmp_path)
    chosen = ("--plugin", "mine.py", "--methods", f"mine:weights={WEIGHTS}")
    result = srbench("reproduce", *chosen)
    assert (result.code, "off" in result.out) == (1, True), result.err
    shown = srbench("run", *chosen, "--no-timing", "--factor", "3")
    assert "paper" in shown.out
    assert "40.00" in shown.out


def test_protocols_of_which_one_has_labels(srbench: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the table of a protocol names methods by labels, as paths are shortened, changes nothing for another."""
    (tmp_path / "published.csv").write_text(
        "method,spec,dataset,factor,psnr,ssim,params,protocol,source,weights\n"
        "A,nearest,sample,3,20,0.5,0,article,nobody,\n"
        f"B,espcn:weights={WEIGHTS},sample,3,20,0.5,0,basicsr,nobody,\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(published, "folder", lambda _: tmp_path)
    result = srbench("reproduce", "--methods", f"nearest,espcn:weights={WEIGHTS}")
    assert "not measured" not in result.out
    assert ("off" in result.out, "trained" in result.out) == (True, True), result.err


def test_method_that_fails(tmp_path: Path) -> None:
    """An installation whose bicubic cannot be measured does not pass: exit code 1, with the reason."""
    for name in ("srbench", "methods", "datasets"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "results").mkdir()
    write_published(tmp_path / "results", "nearest", 20.0)
    code = "def load(factor, device):\n    raise OSError('no such kernel')\n"
    (tmp_path / "methods" / "nearest.py").write_text(code, encoding="utf-8")
    command = [sys.executable, "-m", "srbench", "reproduce", "--methods", "nearest"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 1, result.stderr
    assert "not measured" in result.stdout
    assert "no such kernel" in result.stdout + result.stderr


def test_noisy_and_blurred_lr_agree(srbench: Command, data_folder: Path) -> None:
    """Bicubic on BD and DN of Set5 agrees with RDN's table (CVPR 2018) to its digits; only what is asked for is run."""
    asked = ("--protocol", "selfexsr:lr=bd,selfexsr:lr=dn:sigma=30", "--datasets", "set5", "--factor", "3")
    result = srbench("reproduce", *asked, "--data", data_folder, "--json", "--out", "runs")
    assert result.code == 0, result.err
    cells = json.loads(result.out)
    assert [(cell["protocol"], cell["dataset"], cell["psnr"], cell["ssim"]) for cell in cells] == [
        ("selfexsr:lr=bd", "set5", 28.78, 0.8308),
        ("selfexsr:lr=dn", "set5", 24.01, 0.5369),
    ]
    assert {cell["verdict"] for cell in cells} == {"agrees"}
    for cell in cells:
        assert abs(cell["psnr_difference"]) <= 0.005
        assert abs(cell["ssim_difference"]) <= 0.00005
    assert sorted(each.name for each in Path("runs").iterdir()) == ["selfexsr:lr=bd", "selfexsr:lr=dn"]


def test_nothing_published_of_what_is_asked_for(srbench: Command) -> None:
    """One line says so, with exit code 2."""
    result = srbench("reproduce", "--protocol", "article:lr=bd")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "without --datasets, --protocol and --factor" in result.err
