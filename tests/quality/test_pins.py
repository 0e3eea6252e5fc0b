"""A library that makes other pixels than when its step was declared is refused."""

from __future__ import annotations

import numpy as np
import pytest

from srbench.errors import Unsupported
from srbench.quality import pins
from srbench.quality.protocols import get


@pytest.mark.parametrize("lr", ["jpeg", "bicubic-opencv"])
def test_another_version_of_a_library(monkeypatch: pytest.MonkeyPatch, lr: str) -> None:
    """The row is skipped and says why: a score of other LR under the same key would be wrong."""
    monkeypatch.setattr(pins, "_kept", set())
    monkeypatch.setitem(pins.PINS, lr, "0" * 12)
    with pytest.raises(Unsupported, match=rf"{lr} makes other pixels here \(\w{{12}}\) than where it was declared \(0"):
        get(f"basicsr:lr={lr}").degrade(np.zeros((24, 24, 3), np.uint8), 2)


def test_a_pin_tells_one_from_another() -> None:
    """Other pixels have another pin; the probe has structure in all channels."""
    assert pins.pin(lambda probe: [probe]) != pins.pin(lambda probe: [probe[::-1]])
    assert pins.pin(lambda probe: [probe]) == pins.pin(lambda probe: [probe])
