"""Files upscaled in workers of their own, as users have them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

import srbench
from srbench.errors import UsageError
from srbench.quality.files import read_image, write_image
from srbench.upscaling import files
from srbench.upscaling.image_worker import Asked
from srbench.upscaling.size import Size

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.processes

FAULTY = """
import os
import numpy as np

def load(factor, device):
    def upscale(image):
        if image.shape[0] == 5:
            os._exit(3)
        if image.shape[0] == 6:
            raise ValueError("six")
        if image.shape[0] == 7:
            return [np.ones(2**28, np.uint8) for _ in range(4)]
        print("noise")
        return image.repeat(factor, 0).repeat(factor, 1)
    return upscale
"""


@pytest.mark.slow
def test_an_image_that_fails_stops_no_other(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A crash, an exception and too much memory are each a line that names the image and the method."""
    (tmp_path / "faulty.py").write_text(FAULTY, encoding="utf-8")
    images = tmp_path / "images"
    images.mkdir()
    for height in (4, 5, 6, 7, 8):
        write_image(images / f"{height}.png", np.zeros((height, 4, 3), np.uint8))
    asked = Asked("faulty", 2, Size(), (str(tmp_path / "faulty.py"),), memory=700 * 10**6)
    told: list[str] = []
    done = files.upscale([images], tmp_path / "out", asked, watch=lambda what, *_: told.append(what))
    whole = "it takes images whole, not in tiles"
    ended = "it had N MB when it was ended; give more"
    errors = [re.sub(r"\d+ MB when", "N MB when", each.error.replace(f"{images}/", "")) for each in done]
    assert errors == [
        "",
        f"5.png: faulty: the worker ended with exit code 3 before it had a result; {whole}",
        "6.png: faulty: ValueError: six",
        f"7.png: faulty: the worker took more than 700 MB of memory (--memory); {whole}; {ended}",
        "",
    ]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["4.png", "8.png"]
    assert "5.png (2 of 5): upscaling" in told
    assert "8.png (5 of 5): writing" in told
    assert "noise" not in "".join(capfd.readouterr())


def test_in_python(tmp_path: Path) -> None:
    """Paths in, files out, each with what became of it; a single one that fails raises."""
    write_image(tmp_path / "a.png", image := np.arange(60, dtype=np.uint8).reshape(4, 5, 3))
    (one,) = srbench.upscale(tmp_path / "a.png", tmp_path / "b.png", method="nearest", factor=2)
    assert (one.target, one.size, one.lr, one.error) == (tmp_path / "b.png", (10, 8), (5, 4), "")
    np.testing.assert_array_equal(read_image(tmp_path / "b.png"), image.repeat(2, 0).repeat(2, 1))
    with pytest.raises(UsageError, match=r"absent\.png: there is no such file or folder"):
        srbench.upscale(str(tmp_path / "absent.png"), tmp_path / "c.png", method="nearest")
    with pytest.raises(UsageError, match="nothing to write to; expected out"):
        srbench.upscale([tmp_path / "a.png"], method="nearest")  # type: ignore[call-overload]
