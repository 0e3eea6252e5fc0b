"""`srbench upscale`: one's own images."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageCms

from srbench.quality.files import read_image, write_image
from srbench.quality.metadata import Metadata, read_metadata

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., Any]


def test_one_file(srbench: Command, pictures: Path) -> None:
    """The written file holds exactly what the method gives."""
    said = "big.bmp: 144x120 pixels, x3 by bicubic\n"
    assert srbench("upscale", pictures / "a.png", "big.bmp", "--method", "bicubic", "--factor", 3) == (0, said, "")
    image = read_image(pictures / "a.png")
    expected = cv2.resize(image, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    np.testing.assert_array_equal(read_image(pictures.parent / "big.bmp"), expected)


@pytest.mark.slow
def test_label_and_missing_file(srbench: Command, pictures: Path) -> None:
    """A label changes nothing here, and a plug-in that is given as the method is refused with what to do."""
    assert srbench("upscale", pictures / "a.png", "big.png", "-m", "Mine (x2)=nearest", "-f", 2).code == 0
    result = srbench("upscale", pictures / "a.png", "big.png", "-m", "./mine.py", "-f", 2)
    line = "srbench: mine.py is a plug-in: give it with --plugin mine.py, and name the method mine\n"
    assert (result.code, result.err) == (2, line)


@pytest.mark.slow
def test_default_is_espcn(srbench: Command, pictures: Path) -> None:
    """Without options the trained network enlarges three times."""
    assert srbench("upscale", pictures / "a.png", "big.png").code == 0
    assert read_image(pictures.parent / "big.png").shape == (120, 144, 3)


def test_folder(srbench: Command, pictures: Path) -> None:
    """A damaged image is one line on standard error and exit code 1; the others are written as PNG, and counted."""
    (pictures / "bad.bmp").write_bytes(b"junk")
    result = srbench("upscale", pictures, "big", "--method", "nearest", "--factor", 2)
    assert (result.code, result.out) == (1, "2 images upscaled x2 by nearest, in big; 1 failed\n")
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_profile_and_resolution_stay(srbench: Command, tmp_path: Path) -> None:
    """A viewer shows the result as it shows the source; what the format cannot hold is told."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    write_image(tmp_path / "a.jpg", np.zeros((4, 5, 3), np.uint8), Metadata(profile, (300, 300)))
    assert srbench("upscale", "a.jpg", "b.png", "-m", "nearest").err == ""
    assert read_metadata(tmp_path / "b.png").profile == profile
    told = srbench("upscale", "a.jpg", "b.bmp", "-m", "nearest")
    assert told.code == 0
    assert "b.bmp: BMP files do not hold the colour profile of" in told.err
    write_image(tmp_path / "grey.png", np.zeros((4, 5), np.uint8), Metadata(profile[:16] + b"GRAY" + profile[20:]))
    assert srbench("upscale", "grey.png", "same.png", "-m", "nearest").err == ""


@pytest.mark.slow
def test_sources_are_not_written_over(srbench: Command, pictures: Path, tmp_path: Path) -> None:
    """Neither an image by itself through a link, nor one of a folder by another's result."""
    before = {path: path.read_bytes() for path in pictures.iterdir()}
    (tmp_path / "link.png").symlink_to(pictures / "a.png")
    for source, target in ((pictures / "a.png", "link.png"), ("link.png", pictures / "a.png"), (pictures, pictures)):
        result = srbench("upscale", source, target, "-m", "nearest")
        assert (result.code, "is read by this command" in result.err) == (2, True)
    assert {path: path.read_bytes() for path in pictures.iterdir()} == before


@pytest.mark.slow
def test_where_nothing_can_be_written(srbench: Command, pictures: Path, tmp_path: Path) -> None:
    """A missing folder, a file in place of a folder, and a name of no format are told before a method is loaded."""
    (tmp_path / "file").touch()
    for source, target, reason in (
        (pictures / "a.png", "absent/a.png", "there is no folder absent"),
        (pictures, "file", "cannot use file: File exists"),
        (pictures / "a.png", "big", "big: cannot write images as 'a file without suffix'"),
    ):
        result = srbench("upscale", source, target, "-m", "nearest")
        assert (result.code, reason in result.err) == (2, True)


def test_several_inputs(srbench: Command, pictures: Path, tmp_path: Path) -> None:
    """Files and folders go into one folder, which is made; of a doubled name, the first is written and counted.

    An image that is named twice is upscaled once.
    """
    (tmp_path / "c.png").write_bytes((pictures / "a.png").read_bytes())
    (tmp_path / "b.bmp").write_bytes((pictures / "b.png").read_bytes())
    result = srbench(
        "upscale", "c.png", pictures, "b.bmp", "./c.png", pictures / "a.png", "new/big", "-m", "nearest", "-f", 2
    )
    assert (result.code, result.out) == (1, "3 images upscaled x2 by nearest, in new/big; 1 failed\n")
    assert f"b.bmp: new/big/b.png is written from {pictures / 'b.png'} already" in " ".join(result.err.split())
    assert sorted(path.name for path in (tmp_path / "new" / "big").iterdir()) == ["a.png", "b.png", "c.png"]


@pytest.mark.slow
def test_a_folder_for_one_image(srbench: Command, pictures: Path, tmp_path: Path) -> None:
    """One that is there, or that is written with a slash; `--format` names the format, or that of each source."""
    (tmp_path / "there").mkdir()
    for target, options, name in (
        ("there", (), "there/a.png"),
        ("new/", ("--format", "WebP"), "new/a.webp"),
        ("there", ("--format", "same"), "there/a.png"),
        ("bare", ("--format", ".bmp"), "bare.bmp"),
    ):
        result = srbench("upscale", pictures / "a.png", target, *options, "-m", "nearest", "-f", 2)
        assert (result.code, result.err) == (0, "")
        assert read_image(tmp_path / name).shape == (80, 96, 3)


@pytest.mark.slow
def test_the_only_image_that_fails(srbench: Command, pictures: Path) -> None:
    """It is exit code 2 as a file and as all of a folder; of several one that fails is 1."""
    (pictures.parent / "bad.bmp").write_bytes(b"junk")
    (pictures.parent / "one").mkdir()
    (pictures.parent / "one" / "bad.bmp").write_bytes(b"junk")
    assert srbench("upscale", "bad.bmp", "out/", "-m", "nearest").code == 2
    assert srbench("upscale", "one", "out/", "-m", "nearest").code == 2
    assert srbench("upscale", "bad.bmp", pictures / "a.png", "out/", "-m", "nearest").code == 1
    assert srbench("upscale", "nix", "out/").err == "srbench: nix: there is no such file or folder\n"


def test_folders_in_folders_are_left_out(srbench: Command, pictures: Path) -> None:
    """It is said, but of the folder to write; results do not go among the images that are read."""
    (pictures / "inner").mkdir()
    result = srbench("upscale", pictures, pictures / "big", "-m", "nearest", "-f", 2, "--json")
    line = f"{pictures}: 1 folder in it is left out: inner; name it, too"
    assert (result.code, json.loads(result.out)["left_out"]) == (0, [line])
    assert " ".join(result.err.split()) == f"srbench: {line}"
    refused = srbench("upscale", pictures, pictures, "--format", "bmp", "-m", "nearest")
    assert (refused.code, "name another folder" in refused.err) == (2, True)


def test_sizes_beyond_the_factor_are_said(srbench: Command, pictures: Path) -> None:
    """What Pillow enlarges further is a note, also in JSON; what it shrinks is none."""
    result = srbench("upscale", pictures / "a.png", "wide.png", "-m", "nearest", "-f", 2, "--width", 100, "--json")
    note = "x2 gives 96x80 pixels; Pillow's lanczos enlarged them further; a larger --factor leaves less to it"
    assert json.loads(result.out)["images"][0]["notes"] == [note]
    assert srbench("upscale", pictures / "a.png", "small.png", "-m", "nearest", "-f", 2, "--width", 90).err == ""


def test_memory_without_a_unit(srbench: Command, pictures: Path) -> None:
    """It is refused with an example of one."""
    result = srbench("upscale", pictures / "a.png", "b.png", "--memory", "4")
    assert (result.code, result.err) == (2, "srbench: --memory is '4', which are bytes; give a unit, such as 4GiB\n")


def test_formats_that_there_are_not(srbench: Command, pictures: Path) -> None:
    """An unknown one, and another than the suffix of the file says."""
    result = srbench("upscale", pictures / "a.png", "b.png", "--format", "gif")
    assert (result.code, "unknown format 'gif'" in result.err) == (2, True)
    result = srbench("upscale", pictures / "a.png", "b.png", "--format", "jpg")
    assert (result.code, "b.png is to be a file of PNG, and --format is jpg" in result.err) == (2, True)


@pytest.mark.slow
def test_sizes(srbench: Command, pictures: Path, tmp_path: Path) -> None:
    """SR is resized by a filter that is named; a side keeps proportions, and a size that does not is said."""
    for options, shape in (
        (("--width", 100), (83, 100, 3)),
        (("--height", 60, "--resampler", "bicubic"), (60, 72, 3)),
        (("--size", "99x66"), (66, 99, 3)),
        (("--size", "300x250"), (250, 300, 3)),
    ):
        result = srbench("upscale", pictures / "a.png", "b.png", "-m", "nearest", *options)
        assert result.code == 0
        assert "x3 by nearest, then resized by Pillow's" in result.out
        assert ("stretched from 48x40 pixels" in result.err) == ("99x66" in options)
        assert read_image(tmp_path / "b.png").shape == shape


@pytest.mark.slow
def test_sizes_that_there_are_not(srbench: Command, pictures: Path) -> None:
    """They are one line each that says what is expected."""
    for options, reason in (
        (("--size", "100"), "--size is '100', expected WIDTHxHEIGHT"),
        (("--size", "10x10", "--width", "5"), "got two sizes"),
        (("--width", "0"), "--width is '0', expected one integer of at least 1"),
        (("--width", "70000"), "width is 70000, expected 1 to 65536 pixels"),
        (("--width", "70", "--resampler", "sinc"), "unknown resampler 'sinc'"),
    ):
        result = srbench("upscale", pictures / "a.png", "b.png", "-m", "nearest", *options)
        assert (result.code, reason in result.err) == (2, True), result.err


def test_json(srbench: Command, pictures: Path) -> None:
    """Each image with its sizes, time and memory, or why it failed; nothing else is on standard output."""
    (pictures / "bad.png").write_bytes(b"junk")
    result = srbench("upscale", pictures, "big", "-m", "nearest", "-f", 2, "--width", 90, "--json")
    assert result.code == 1
    found = json.loads(result.out)
    assert {key: found[key] for key in ("method", "factor", "resampler", "failed")} == {
        "method": "nearest",
        "factor": 2,
        "resampler": "lanczos",
        "failed": 1,
    }
    first, _, bad = found["images"]
    assert (first["lr_width"], first["lr_height"], first["width"], first["height"]) == (48, 40, 90, 75)
    assert (first["error"], first["device"]) == ("", "cpu")
    assert first["seconds"] > 0
    assert "bad.png: not an image" in bad["error"]
    assert bad["width"] is None


def test_methods_that_cannot_be_loaded(srbench: Command, pictures: Path) -> None:
    """They end the command with one line, however many images there are."""
    result = srbench("upscale", pictures, "big", "-f", 7)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("srbench: espcn: espcn has no tanh weights for x7")


@pytest.mark.slow
def test_upright(srbench: Command, tmp_path: Path) -> None:
    """A photograph that lies on its side is turned, and its EXIF says so; date, camera and place are kept."""
    exif = Pillow.Exif()
    exif[271], exif[274] = "Maker", 6
    exif[34665] = {36867: "2024:01:02 03:04:05", 40962: 20, 40963: 10, 37500: b"note"}
    exif[34853] = {1: "N", 2: (48.0, 8.0, 14.0)}
    Pillow.fromarray(np.zeros((10, 20, 3), np.uint8)).save(tmp_path / "a.jpg", exif=exif)
    for name in ("b.jpg", "b.png", "b.tif", "b.webp"):
        assert srbench("upscale", "a.jpg", name, "-m", "nearest").err == ""
        with Pillow.open(tmp_path / name) as image:
            found = image.getexif()
            assert image.size == (30, 60)
            assert (found[271], found.get(274, 1)) == ("Maker", 1)
            assert found.get_ifd(34665) == {36867: "2024:01:02 03:04:05", 40962: 30, 40963: 60}
            assert found.get_ifd(34853) == {1: "N", 2: (48.0, 8.0, 14.0)}
    assert "BMP files do not hold the EXIF of a.jpg" in srbench("upscale", "a.jpg", "b.bmp", "-m", "nearest").err


@pytest.mark.slow
def test_what_is_no_8_bit_rgb(srbench: Command, tmp_path: Path) -> None:
    """16 bits and CMYK are one line each; palettes become RGB, and opaque alpha is left out."""
    deep = Pillow.fromarray(np.full((4, 5), 700, np.uint16))
    flat = Pillow.fromarray(np.full((4, 5, 3), 51, np.uint8))
    for name, image, reason in (
        ("deep.png", deep, "got 16-bit samples, expected 8-bit"),
        ("ink.jpg", flat.convert("CMYK"), "got CMYK colours, expected RGB or grey"),
    ):
        image.save(tmp_path / name)
        result = srbench("upscale", name, "b.png", "-m", "nearest")
        assert (result.code, f"{name}: {reason}" in result.err) == (2, True)
    for name, image in (("palette.png", flat.convert("P")), ("opaque.png", flat.convert("RGBA"))):
        image.save(tmp_path / name)
        assert srbench("upscale", name, "b.png", "-m", "nearest").code == 0
        np.testing.assert_array_equal(read_image(tmp_path / "b.png"), np.full((12, 15, 3), 51, np.uint8))


@pytest.mark.slow
def test_transparency(srbench: Command, tmp_path: Path) -> None:
    """Alpha is enlarged beside the colours, which are those of the nearest visible pixel where nothing is seen."""
    rgba = np.full((6, 8, 4), (200, 100, 50, 255), np.uint8)
    rgba[:, 4:] = 0  # black that nobody sees
    for source in ("a.png", "a.webp"):
        Pillow.fromarray(rgba).save(tmp_path / source, lossless=True, exact=True)
        for target in ("b.png", "b.webp", "b.tif"):
            assert srbench("upscale", source, target, "-m", "bicubic", "-f", 2, "--width", 15).err == ""
            with Pillow.open(tmp_path / target) as image:
                sr = np.asarray(image)
            assert (image.mode, sr.shape) == ("RGBA", (11, 15, 4))
            assert (sr[..., :3] == (200, 100, 50)).all()
            assert (sr[:, 0, 3] == 255).all()
            assert (sr[:, -1, 3] == 0).all()
    told = srbench("upscale", "a.png", "b.jpg", "-m", "bicubic")
    assert (told.code, told.err) == (
        2,
        "srbench: b.jpg: got transparent pixels, and JPEG files hold none; write a .png\n",
    )


def test_too_little_memory(srbench: Command, tmp_path: Path) -> None:
    """What SR alone takes is known before anything is computed."""
    write_image(tmp_path / "a.png", np.zeros((1500, 2000, 3), np.uint8))
    result = srbench("upscale", "a.png", "b.png", "-m", "nearest", "--memory", "100MB")
    assert (result.code, result.out) == (2, "")
    assert "a.png: SR of 6000x4500 pixels takes 198 MB to make and write, and --memory is 100 MB" in result.err
