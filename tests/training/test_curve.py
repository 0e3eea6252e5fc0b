"""The curve of a training, where matplotlib is installed."""

from __future__ import annotations

import io
import math
import sys

import numpy as np
import pytest
from PIL import Image

from srbench.plugins import import_module

curve = import_module("srbench.training.curve")
plans = import_module("srbench.training.plan")


def history(psnr: float) -> list[object]:
    """Return three moments."""
    return [plans.Moment(step, step / 10, 1 / step, psnr + step / 100) for step in (20, 40, 60)]


@pytest.mark.slow
def test_draw() -> None:
    """It is drawn as SVG and as PNG, the same each time: neither holds the time."""
    pytest.importorskip("matplotlib")
    files = curve.draw(history(30.0), title="espcn x3")
    assert files == curve.draw(history(30.0), title="espcn x3")
    text = files["curve.svg"].decode()
    assert text.startswith("<?xml")
    assert text.count("PSNR of held-out images, dB") == 1
    assert "dc:date" not in text
    pixels = np.asarray(Image.open(io.BytesIO(files["curve.png"])).convert("RGB")).astype(int)
    assert pixels.shape == (540, 1050, 3)
    for colour in ((255, 127, 14), (31, 119, 180)):  # tab:orange, tab:blue
        assert (np.abs(pixels - colour).max(axis=2) < 20).sum() > 100


@pytest.mark.slow
def test_bicubic() -> None:
    """Bicubic on the same images is a line of its own, with its PSNR in the legend, where it is known."""
    pytest.importorskip("matplotlib")
    assert "bicubic" not in curve.draw(history(30.0))["curve.svg"].decode()
    known = [each._replace(bicubic=29.5) for each in history(30.0)]  # type: ignore[attr-defined]
    assert "PSNR of bicubic, 29.50 dB" in curve.draw(known)["curve.svg"].decode()


@pytest.mark.slow
def test_one_moment() -> None:
    """It has a line from the starting weights, and an axis of losses with labels that are plain numbers."""
    pytest.importorskip("matplotlib")
    text = curve.draw(history(30.0)[:1], start=29.9)["curve.svg"].decode()
    assert "PSNR, from the starting weights" in text
    assert "times" not in text  # 10 to the power of -1


@pytest.mark.slow
def test_without_validation() -> None:
    """Where no image is held out there is no axis for PSNR."""
    pytest.importorskip("matplotlib")
    assert "PSNR" not in curve.draw(history(math.nan))["curve.svg"].decode()


def test_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is drawn, and nothing fails."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert curve.draw(history(30.0)) == {}
