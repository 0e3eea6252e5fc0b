"""What viewers use beside pixels goes from a source to what is made of it."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageCms

from srbench.quality.files import read_image, write_image
from srbench.quality.metadata import NOTHING, Metadata, read_metadata

if TYPE_CHECKING:
    from pathlib import Path

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
PIXELS = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
KINDS = {"PNG": "png", "JPEG": "jpg", "TIFF": "tif", "WEBP": "webp"}


def exif() -> Pillow.Exif:
    """Return EXIF with an orientation, and 120 pixels per centimetre."""
    result = Pillow.Exif()
    result[274], result[282], result[283], result[296] = 6, 120.0, 120.0, 3
    return result


@pytest.mark.parametrize("target", [*KINDS.values(), "bmp"])
@pytest.mark.parametrize("source", KINDS)
def test_profile_and_resolution_are_kept(tmp_path: Path, source: str, target: str) -> None:
    """From each format into each; the orientation is that of the pixels, so the result has none."""
    dpi = {} if source == "WEBP" else {"dpi": (300, 300)}
    path = tmp_path / f"a.{KINDS[source]}"
    Pillow.fromarray(PIXELS).save(path, source, icc_profile=PROFILE, exif=exif(), **dpi)
    metadata = read_metadata(path)
    assert metadata.profile == PROFILE
    assert metadata.density == pytest.approx((304.8 if source == "WEBP" else 300,) * 2, abs=0.01)
    image = read_image(path)
    write_image(tmp_path / f"b.{target}", image, metadata)
    with Pillow.open(tmp_path / f"b.{target}") as written:
        assert 274 not in written.getexif()
        assert target == "bmp" or written.info["icc_profile"] == PROFILE
    again = read_metadata(tmp_path / f"b.{target}")
    assert again.density == pytest.approx(metadata.density, abs=0.5 if target == "jpg" else 0.01)  # JFIF has integers
    assert read_image(tmp_path / f"b.{target}").shape == (7, 5, 3)


def test_large_profile_of_a_png(tmp_path: Path) -> None:
    """Pillow refuses profiles that unpack to more than 1 MB; printers' are larger."""
    profile = PROFILE[:128] + bytes(3_000_000)
    write_image(tmp_path / "a.png", PIXELS, Metadata(profile))
    assert read_metadata(tmp_path / "a.png").profile == profile
    assert np.array_equal(read_image(tmp_path / "a.png"), PIXELS)


def test_colours_of_a_png(tmp_path: Path) -> None:
    """Gamma, primaries and their kin are copied from PNG to PNG."""
    colour = ((b"gAMA", struct.pack(">I", 55555)), (b"cHRM", bytes(32)), (b"sRGB", b"\0"))
    write_image(tmp_path / "a.png", PIXELS, Metadata(colour=colour))
    write_image(tmp_path / "b.png", PIXELS, read_metadata(tmp_path / "a.png"))
    assert read_metadata(tmp_path / "b.png").colour == colour


def test_what_a_format_cannot_hold_is_told() -> None:
    """BMP has no profile, PPM nothing at all, and a profile of grey is none of RGB."""
    both = Metadata(PROFILE, (300, 300))
    assert [both.lost(kind) for kind in ("PNG", "WEBP", "BMP", "PPM")] == [
        "",
        "",
        "colour profile",
        "colour profile and resolution",
    ]
    assert (both.misfit(1), both.misfit(3), NOTHING.misfit(3)) == ("RGB", "", "")
    assert NOTHING.lost("PPM") == ""


def test_grey_profile(tmp_path: Path) -> None:
    """A grey image keeps its grey profile, and it is not put into an RGB one."""
    profile = PROFILE[:16] + b"GRAY" + PROFILE[20:]
    write_image(tmp_path / "a.png", PIXELS[..., 0], Metadata(profile))
    assert read_metadata(tmp_path / "a.png").profile == profile
    write_image(tmp_path / "b.png", PIXELS, Metadata(profile))
    assert read_metadata(tmp_path / "b.png") == NOTHING


@pytest.mark.parametrize("damage", [b"\xff\xff\xff\xff", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\xff\xff"])
def test_damaged_metadata_are_no_metadata(tmp_path: Path, damage: bytes) -> None:
    """Pixels are read, and written without."""
    content = io.BytesIO()
    Pillow.fromarray(PIXELS).save(content, "PNG", exif=damage)
    data = content.getvalue()
    chunk = b"iCCP" + b"name\0\0" + damage
    chunk = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    (tmp_path / "a.png").write_bytes(data[:33] + chunk + data[33:])
    assert read_metadata(tmp_path / "a.png").profile == b""
    assert np.array_equal(read_image(tmp_path / "a.png"), PIXELS)


@pytest.mark.parametrize("options", [{}, {"dpi": (0, 0)}, {"dpi": (1, 1)}])
def test_unknown_resolution(tmp_path: Path, options: dict[str, Any]) -> None:
    """No resolution, or one of 1, is not made up."""
    for kind, suffix in KINDS.items():
        Pillow.fromarray(PIXELS).save(tmp_path / f"a.{suffix}", kind, **options)
        assert read_metadata(tmp_path / f"a.{suffix}").density is None


@pytest.mark.parametrize("suffix", KINDS.values())
def test_exif_goes_along(tmp_path: Path, suffix: str) -> None:
    """Camera, date and place are kept, with the size of what is written; what is true of the source alone is not."""
    given = exif()
    given[271], given[306], given[513] = "Maker", "2024:01:02 03:04:05", 77  # and where a preview lies
    given[34665] = {33434: (1, 125), 40962: 99, 40963: 99, 37500: b"maker's note"}
    given[34853] = {1: "N", 2: (48.0, 8.0, 14.0)}
    Pillow.fromarray(PIXELS).save(tmp_path / "a.jpg", exif=given)
    upright = read_image(tmp_path / "a.jpg")
    write_image(tmp_path / f"b.{suffix}", upright, read_metadata(tmp_path / "a.jpg"))
    with Pillow.open(tmp_path / f"b.{suffix}") as image:
        found = image.getexif()
        assert (found[271], found[306], found.get(274, 1), 513 in found) == ("Maker", "2024:01:02 03:04:05", 1, False)
        assert found.get_ifd(34665) == {33434: (1, 125), 40962: 5, 40963: 7}
        assert found.get_ifd(34853) == {1: "N", 2: (48.0, 8.0, 14.0)}
    assert read_metadata(tmp_path / f"b.{suffix}").exif == read_metadata(tmp_path / "a.jpg").exif


def test_exif_that_a_format_does_not_hold(tmp_path: Path) -> None:
    """It is said; damaged EXIF takes no profile with it."""
    long = Pillow.Exif()
    long[270] = "x" * 66000
    Pillow.fromarray(PIXELS).save(tmp_path / "long.png", exif=long)
    found = read_metadata(tmp_path / "long.png")
    assert [found.lost(kind) for kind in ("PNG", "JPEG", "BMP")] == ["", "EXIF", "EXIF"]
    write_image(tmp_path / "a.jpg", PIXELS, found)
    assert read_metadata(tmp_path / "a.jpg").exif == b""
    assert Metadata(PROFILE, (300, 300), exif=b"x").lost("PPM") == "colour profile, EXIF and resolution"
    for suffix in ("png", "jpg"):
        Pillow.fromarray(PIXELS).save(
            tmp_path / f"a.{suffix}", exif=b"Exif\0\0II*\0\xff\xff\xff\xff", icc_profile=PROFILE
        )
        assert read_metadata(tmp_path / f"a.{suffix}").profile == PROFILE
