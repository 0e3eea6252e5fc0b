"""`srbench upscale`: one's own images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from PIL import ImageCms

from srbench.quality.files import read_image, write_image
from srbench.quality.metadata import Metadata, read_metadata

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


def test_label_and_missing_file(srbench: Command, pictures: Path) -> None:
    """A label changes nothing here, and a plug-in that is given as the method is refused with what to do."""
    assert srbench("upscale", pictures / "a.png", "big.png", "-m", "Mine (x2)=nearest", "-f", 2).code == 0
    result = srbench("upscale", pictures / "a.png", "big.png", "-m", "./mine.py", "-f", 2)
    line = "srbench: mine.py is a plug-in: give it with --plugin mine.py, and name the method mine\n"
    assert (result.code, result.err) == (2, line)


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


def test_limits_of_formats_come_first(srbench: Command, tmp_path: Path) -> None:
    """What the format of the result cannot hold is refused with file and limit before a method is loaded."""
    (tmp_path / "broken.py").write_text("def load(factor, device):\n    raise ValueError\n", encoding="utf-8")
    write_image(tmp_path / "wide.png", np.zeros((1, 22000), np.uint8))
    for name, limit in (("a.webp", "16383"), ("a.jpe", "65500")):
        result = srbench("upscale", "wide.png", name, "-m", "broken", "--plugin", "broken.py")
        assert (result.code, result.out) == (2, "")
        assert f"{name}: got 66000x3 pixels" in result.err
        assert limit in result.err
        assert len(result.err.splitlines()) == 1


def test_profile_and_resolution_stay(srbench: Command, tmp_path: Path) -> None:
    """A viewer shows the result as it shows the source; what the format cannot hold is told."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    write_image(tmp_path / "a.jpg", np.zeros((4, 5, 3), np.uint8), Metadata(profile, (300, 300)))
    assert srbench("upscale", "a.jpg", "b.png", "-m", "nearest") == (0, "", "")
    assert read_metadata(tmp_path / "b.png").profile == profile
    told = srbench("upscale", "a.jpg", "b.bmp", "-m", "nearest")
    assert told.code == 0
    assert "b.bmp: BMP files do not hold the colour profile of" in told.err
    write_image(tmp_path / "grey.png", np.zeros((4, 5), np.uint8), Metadata(profile[:16] + b"GRAY" + profile[20:]))
    assert srbench("upscale", "grey.png", "same.png", "-m", "nearest") == (0, "", "")


def test_sources_are_not_written_over(srbench: Command, pictures: Path, tmp_path: Path) -> None:
    """Neither an image by itself through a link, nor one of a folder by another's result."""
    before = {path: path.read_bytes() for path in pictures.iterdir()}
    (tmp_path / "link.png").symlink_to(pictures / "a.png")
    for source, target in ((pictures / "a.png", "link.png"), ("link.png", pictures / "a.png"), (pictures, pictures)):
        result = srbench("upscale", source, target, "-m", "nearest")
        assert (result.code, "is read by this command" in result.err) == (2, True)
    assert {path: path.read_bytes() for path in pictures.iterdir()} == before


def test_where_nothing_can_be_written(srbench: Command, pictures: Path, tmp_path: Path) -> None:
    """A missing folder, and a folder in place of a file, are told before a method is loaded."""
    (tmp_path / "folder.png").mkdir()
    for target, reason in (("absent/a.png", "there is no folder absent"), ("folder.png", "folder.png is a folder")):
        result = srbench("upscale", pictures / "a.png", target, "-m", "nearest")
        assert (result.code, reason in result.err) == (2, True)
