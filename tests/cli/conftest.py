"""The command line in this process: what it prints, and its exit code."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest

from srbench.cli import main
from srbench.quality.files import write_image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Result(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def srbench(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., Result]:
    """Return a function that runs a command in an empty folder, at 80 columns and with no variables of the user's."""
    for name in [each for each in os.environ if each.startswith("SRBENCH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("SRBENCH_REPORT", "0")  # a page for each command would take a third of the time
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> Result:
        capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            main(list(map(str, arguments)))
        out, err = capsys.readouterr()
        return Result(int(caught.value.code or 0), out, err)

    return call


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Return a folder, `pictures`, with two RGB images of 48x40 pixels."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    random = np.random.default_rng(2)
    for name in ("a", "b"):
        write_image(folder / f"{name}.png", random.integers(0, 256, (40, 48, 3), dtype=np.uint8))
    return folder
