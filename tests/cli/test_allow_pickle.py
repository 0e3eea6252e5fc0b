"""Weights in a pickle are taken where the command line allows it, and nowhere else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch

from srbench.plugins import import_module

if TYPE_CHECKING:
    from collections.abc import Callable

    Command = Callable[..., Any]


@pytest.fixture
def method(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a spec of ESPCN with the weights in a `.pt`; what a command sets in the environment is undone."""
    monkeypatch.setenv("SRBENCH_ALLOW_PICKLE", "")
    torch.save(import_module("srbench.methods.espcn").network(3).state_dict(), tmp_path / "w.pt")
    return f"espcn:weights={tmp_path}/w.pt"


def test_refused_by_default(srbench: Command, pictures: Path, method: str) -> None:
    """One line refuses it, before anything is computed."""
    for command in (
        ("upscale", pictures / "a.png", "o.png", "-m", method),
        ("run", "-m", f"bicubic,{method}", "-d", f"{pictures}/", "--out", "run"),
        ("time", "-m", method, "-d", f"{pictures}/", "--out", "run"),
    ):
        result = srbench(*command)
        assert (result.code, result.out) == (2, "")
        assert "w.pt is a pickle, a format that can run code; expected safetensors; --allow-pickle reads" in result.err
        assert result.err.count("\n") == 1
    assert not Path("run").exists()


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_allowed(srbench: Command, pictures: Path, method: str, jobs: int) -> None:
    """The permission holds for this command and for its processes, and ends with a command that does not give it."""
    result = srbench("run", "-m", method, "-d", f"{pictures}/", "--no-timing", "--allow-pickle", "--jobs", jobs)
    assert (result.code, "is a pickle" in result.out) == (0, False), result.out
    assert srbench("upscale", pictures / "a.png", "o.png", "-m", method, "--allow-pickle").code == 0


@pytest.mark.slow
def test_a_variable_allows_it_too(
    srbench: Command, pictures: Path, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As every option has a variable; one that says no is none."""
    monkeypatch.setenv("SRBENCH_ALLOW_PICKLE", "true")
    assert srbench("upscale", pictures / "a.png", "o.png", "-m", method).code == 0
    monkeypatch.setenv("SRBENCH_ALLOW_PICKLE", "false")
    assert srbench("upscale", pictures / "a.png", "p.png", "-m", method).code == 2
    assert "SRBENCH_ALLOW_PICKLE" not in os.environ


@pytest.mark.slow
def test_figure_upscales_again(srbench: Command, pictures: Path, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A figure of a run that kept no images needs the permission as well, and the line says so."""
    pytest.importorskip("matplotlib", reason="needs matplotlib: pip install matplotlib")
    srbench("run", "-m", method, "-d", f"{pictures}/", "--no-timing", "--allow-pickle", "--out", "run")
    figure = ("figure", "run", "--image", "a.png", "--out", "f.png")
    monkeypatch.delenv("SRBENCH_ALLOW_PICKLE")
    refused = srbench(*figure)
    assert refused.code == 2
    assert "w.pt is a pickle, a format that can run code; expected safetensors; --allow-pickle" in refused.err
    assert srbench(*figure, "--allow-pickle").code == 0
