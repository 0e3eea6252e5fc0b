"""`srbench upscale`: one's own images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from srbench.quality.files import read_image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., Any]


def test_one_file(srbench: Command, pictures: Path) -> None:
    """The written file holds exactly what the method gives."""
    assert srbench("upscale", pictures / "a.png", "big.bmp", "--method", "bicubic", "--factor", 3) == (0, "", "")
    image = read_image(pictures / "a.png")
    expected = cv2.resize(image, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    np.testing.assert_array_equal(read_image(pictures.parent / "big.bmp"), expected)


def test_default_is_espcn(srbench: Command, pictures: Path) -> None:
    """Without options the trained network enlarges three times."""
    assert srbench("upscale", pictures / "a.png", "big.png").code == 0
    assert read_image(pictures.parent / "big.png").shape == (120, 144, 3)


def test_folder(srbench: Command, pictures: Path) -> None:
    """A damaged image is one line on standard error and exit code 1; the others are written as PNG."""
    (pictures / "bad.bmp").write_bytes(b"junk")
    result = srbench("upscale", pictures, "big", "--method", "nearest", "--factor", 2)
    assert result.code == 1
    (line,) = result.err.splitlines()
    assert line.startswith("srbench: ")
    assert "bad.bmp: not an image" in line
    assert sorted(path.name for path in (pictures.parent / "big").iterdir()) == ["a.png", "b.png"]


def test_plugin(srbench: Command, pictures: Path, tmp_path: Path) -> None:
    """A plug-in file's method is used like any other."""
    (tmp_path / "dark.py").write_text(
        "import numpy as np\ndef load(factor, device):\n"
        "    return lambda image: np.zeros_like(image.repeat(factor, 0).repeat(factor, 1))\n",
        encoding="utf-8",
    )
    assert srbench("upscale", pictures / "a.png", "big.png", "-m", "dark", "--plugin", "dark.py").code == 0
    assert not read_image(tmp_path / "big.png").any()
