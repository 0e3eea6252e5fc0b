"""Image files are read as the pixels that were meant, or refused with one line."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageOps

from srbench.errors import ImageError, UsageError
from srbench.quality.files import (
    IMAGE_SUFFIXES,
    MAX_PIXELS,
    check_fits,
    pixel_hash,
    read_image,
    read_layers,
    write_image,
)

if TYPE_CHECKING:
    from pathlib import Path

    from srbench.quality.image import Image

LOSSLESS = [".png", ".bmp", ".tif", ".tiff", ".webp", ".ppm"]


@pytest.fixture
def rgb() -> Image:
    """Return a (23, 31, 3) image, smooth enough for JPEG."""
    y, x = np.mgrid[0:23, 0:31]
    return np.stack([x * 8, y * 11, (x + y) * 4], axis=-1).astype(np.uint8)


def refusal(path: Path) -> str:
    """Return the one line that reading `path` fails with."""
    with pytest.raises(ImageError) as caught:
        read_image(path)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert "\n" not in line
    return line


def png(path: Path, side: int, depth: int, colour: int, rows: bytes) -> Path:
    """Write a PNG from its parts, so that headers can lie or say what Pillow cannot write."""
    header = struct.pack(">IIBBBBB", side, side, depth, colour, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    body = b"".join(struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in chunks)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    return path


@pytest.mark.parametrize("suffix", LOSSLESS)
def test_lossless_formats_return_the_pixels_written(tmp_path: Path, rgb: Image, suffix: str) -> None:
    """What is written in a lossless format is read back bit for bit, RGB in order."""
    write_image(tmp_path / f"a{suffix}", rgb)
    assert np.array_equal(read_image(tmp_path / f"a{suffix}"), rgb)


def test_fast(tmp_path: Path, rgb: Image) -> None:
    """A fast PNG is larger and holds the same pixels."""
    for fast in (False, True):
        write_image(tmp_path / f"{fast}.png", rgb, fast=fast)
    assert np.array_equal(read_image(tmp_path / "True.png"), rgb)
    assert (tmp_path / "True.png").stat().st_size > (tmp_path / "False.png").stat().st_size


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".pgm", ".jpg"])
def test_one_channel_files_stay_one_channel(tmp_path: Path, rgb: Image, suffix: str) -> None:
    """A grey file is read as (H, W)."""
    write_image(tmp_path / f"a{suffix}", rgb[..., 0])
    assert read_image(tmp_path / f"a{suffix}").shape == (23, 31)


def test_grey_pixels_in_an_rgb_file_stay_rgb(tmp_path: Path, rgb: Image) -> None:
    """Equal channels do not turn an RGB file into a grey one."""
    write_image(tmp_path / "a.png", np.repeat(rgb[..., :1], 3, axis=-1))
    assert read_image(tmp_path / "a.png").shape == (23, 31, 3)


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg"])
def test_jpeg_is_decoded_as_pillow_does(tmp_path: Path, rgb: Image, suffix: str) -> None:
    """JPEG pixels are exactly those of libjpeg as Pillow calls it."""
    write_image(tmp_path / f"a{suffix}", rgb)
    with Pillow.open(tmp_path / f"a{suffix}") as reference:
        assert np.array_equal(read_image(tmp_path / f"a{suffix}"), np.asarray(reference))


def test_result_is_a_writable_uint8_array(tmp_path: Path, rgb: Image) -> None:
    """Methods may work in place on what the reader returns."""
    write_image(tmp_path / "a.png", rgb)
    image = read_image(str(tmp_path / "a.png"))
    assert image.dtype == np.uint8
    assert image.flags.writeable


def test_content_decides_not_the_suffix(tmp_path: Path, rgb: Image) -> None:
    """A PNG that was renamed to .jpg is read as the PNG it is."""
    write_image(tmp_path / "a.png", rgb)
    (tmp_path / "a.png").rename(tmp_path / "a.jpg")
    assert np.array_equal(read_image(tmp_path / "a.jpg"), rgb)


@pytest.mark.parametrize("suffix", ["png", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(tmp_path: Path, rgb: Image, orientation: int, suffix: str) -> None:
    """A photograph that says "turn me by 90 degrees" is turned, as Pillow turns it, and its alpha with it."""
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a.{suffix}"
    Pillow.fromarray(rgb).save(path, exif=exif, lossless=True)
    with Pillow.open(path) as image:
        assert np.array_equal(read_image(path), np.asarray(ImageOps.exif_transpose(image)))
    Pillow.fromarray(np.dstack([rgb, rgb[..., 0]])).save(path, exif=exif, lossless=True, exact=True)
    with Pillow.open(path) as image:
        pixels, alpha = read_layers(path)
        assert alpha is not None
        assert np.array_equal(np.dstack([pixels, alpha]), np.asarray(ImageOps.exif_transpose(image)))


def test_palette_is_expanded(tmp_path: Path, rgb: Image) -> None:
    """A palette file is read as the colours its palette holds."""
    palette = Pillow.fromarray(rgb).quantize(16)
    palette.save(tmp_path / "a.png")
    assert np.array_equal(read_image(tmp_path / "a.png"), np.asarray(palette.convert("RGB")))


def test_one_bit_files_become_0_and_255(tmp_path: Path, rgb: Image) -> None:
    """Black and white is grey of 0 and 255."""
    Pillow.fromarray(rgb[..., 0] > 99).save(tmp_path / "a.png")
    assert np.array_equal(read_image(tmp_path / "a.png"), np.where(rgb[..., 0] > 99, 255, 0))


@pytest.mark.parametrize(("mode", "shape"), [("RGBA", (23, 31, 3)), ("LA", (23, 31))])
def test_opaque_alpha_is_dropped(tmp_path: Path, rgb: Image, mode: str, shape: tuple[int, ...]) -> None:
    """An alpha channel of 255 everywhere changes nothing."""
    Pillow.fromarray(rgb).convert(mode).save(tmp_path / "a.png")
    image = read_image(tmp_path / "a.png")
    assert image.shape == shape
    assert mode == "LA" or np.array_equal(image, rgb)


def test_transparency_is_refused(tmp_path: Path, rgb: Image) -> None:
    """One transparent pixel is enough: what shows through it would be a guess."""
    picture = Pillow.fromarray(rgb).convert("RGBA")
    picture.putpixel((3, 3), (1, 2, 3, 254))
    picture.save(tmp_path / "a.png")
    assert "transparent pixels" in refusal(tmp_path / "a.png")


def test_transparent_palette_entry_and_colour_key_are_refused(tmp_path: Path, rgb: Image) -> None:
    """Transparency without an alpha channel counts as well."""
    Pillow.fromarray(rgb).quantize(16).save(tmp_path / "a.png", transparency=0)
    Pillow.fromarray(rgb).save(tmp_path / "b.png", transparency=(0, 0, 0))
    assert "transparent pixels" in refusal(tmp_path / "a.png")
    assert "transparent pixels" in refusal(tmp_path / "b.png")


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "P", "L", "1"])
def test_alpha_beside_pixels(tmp_path: Path, rgb: Image, mode: str) -> None:
    """Of a channel, of a palette's entries, and of a transparent colour: as Pillow expands them, and it is written."""
    picture, options = Pillow.fromarray(rgb).convert("RGB" if mode in {"RGBA", "LA"} else mode), dict[str, Any]()
    if mode in {"RGBA", "LA"}:
        picture = picture.convert(mode)
        picture.putalpha(Pillow.fromarray(rgb[..., 1]))
    elif mode == "P":
        options["transparency"] = bytes(range(0, 250, 50))
    else:
        options["transparency"] = (8, 11, 8) if mode == "RGB" else 0
    picture.save(tmp_path / "a.png", **options)
    with Pillow.open(tmp_path / "a.png") as image:
        expected = np.asarray(image.convert("RGBA"))
    pixels, alpha = read_layers(tmp_path / "a.png")
    assert alpha is not None
    assert alpha.min() < 255
    assert np.array_equal(alpha, expected[..., 3])
    assert np.array_equal(pixels, expected[..., :3] if pixels.ndim == 3 else expected[..., 0])
    write_image(tmp_path / "b.png", pixels, alpha=alpha)
    again = read_layers(tmp_path / "b.png")
    assert again.alpha is not None
    assert np.array_equal(again.alpha, alpha)
    assert np.array_equal(again.pixels, pixels)


def test_alpha_that_a_format_does_not_hold(tmp_path: Path, rgb: Image) -> None:
    """It is refused with what does; opaque images have none, and transparent BMP and TIFF are refused as ever."""
    for suffix in (".bmp", ".jpg", ".ppm"):
        with pytest.raises(UsageError, match=r"got transparent pixels, and .* files hold none; write a \.png"):
            write_image(tmp_path / f"a{suffix}", rgb, alpha=rgb[..., 0])
    write_image(tmp_path / "a.jpg", rgb)
    assert read_layers(tmp_path / "a.jpg").alpha is None
    write_image(tmp_path / "a.tif", rgb, alpha=rgb[..., 0])
    with pytest.raises(ImageError, match="got transparent pixels, expected opaque ones"):
        read_layers(tmp_path / "a.tif")


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_16_bit_grey_is_refused(tmp_path: Path, suffix: str) -> None:
    """A 16-bit grey file is named as such."""
    Pillow.fromarray(np.full((9, 9), 40000, np.uint16)).save(tmp_path / f"a{suffix}")
    assert "got 16-bit samples, expected 8-bit; convert" in refusal(tmp_path / f"a{suffix}")


@pytest.mark.parametrize(("colour", "channels"), [(2, 3), (4, 2), (6, 4)])
def test_16_bit_colour_png_is_refused(tmp_path: Path, colour: int, channels: int) -> None:
    """Pillow would cut 16-bit RGB down without a word; the reader does not let it."""
    rows = (b"\0" + b"\xff" * (9 * channels * 2)) * 9
    assert "got 16-bit samples" in refusal(png(tmp_path / "a.png", 9, 16, colour, rows))


@pytest.mark.parametrize("kind", ["P5", "P6"])
def test_16_bit_ppm_is_refused(tmp_path: Path, kind: str) -> None:
    """PGM and PPM with a maximum above 255 hold 16-bit samples."""
    for maximum in (1023, 65535):
        (tmp_path / "a.ppm").write_bytes(f"{kind} 2 2 {maximum}\n".encode() + bytes(24))
        assert "got 16-bit samples" in refusal(tmp_path / "a.ppm")


def test_16_bit_rgb_tiff_is_refused(tmp_path: Path) -> None:
    """The bits per sample of a TIFF are looked at, not only Pillow's mode."""
    cv2.imwrite(str(tmp_path / "a.tif"), np.full((9, 9, 3), 40000, np.uint16))
    assert "got 16-bit samples" in refusal(tmp_path / "a.tif")


def test_float_files_are_refused(tmp_path: Path) -> None:
    """A float TIFF is named as such."""
    Pillow.fromarray(np.zeros((9, 9), np.float32)).save(tmp_path / "a.tif")
    assert "got 32-bit float samples" in refusal(tmp_path / "a.tif")


@pytest.mark.parametrize(("suffix", "mode"), [(".jpg", "CMYK"), (".tif", "CMYK"), (".tif", "LAB")])
def test_other_colour_models_are_refused(tmp_path: Path, suffix: str, mode: str) -> None:
    """CMYK and Lab have no single RGB meaning."""
    Pillow.frombytes(mode, (9, 9), bytes(9 * 9 * len(Pillow.new(mode, (1, 1)).getbands()))).save(
        tmp_path / f"a{suffix}"
    )
    assert f"got {mode} colours, expected RGB or grey" in refusal(tmp_path / f"a{suffix}")


@pytest.mark.parametrize("suffix", [".tif", ".webp", ".png"])
def test_several_frames_are_refused(tmp_path: Path, rgb: Image, suffix: str) -> None:
    """An animation is not an image."""
    pictures = [Pillow.fromarray(rgb), Pillow.fromarray(255 - rgb)]
    pictures[0].save(tmp_path / f"a{suffix}", save_all=True, append_images=pictures[1:])
    assert "got several frames, expected 1" in refusal(tmp_path / f"a{suffix}")


@pytest.mark.parametrize("suffix", [suffix for suffix in IMAGE_SUFFIXES if suffix != ".pbm"])
def test_truncated_files_never_yield_other_pixels(tmp_path: Path, rgb: Image, suffix: str) -> None:
    """Cut anywhere, a file is refused by name, or nothing of its pixels was cut."""
    image = rgb[..., 0] if suffix == ".pgm" else rgb
    write_image(tmp_path / f"a{suffix}", image)
    whole, pixels = (tmp_path / f"a{suffix}").read_bytes(), read_image(tmp_path / f"a{suffix}")
    cut = tmp_path / f"cut{suffix}"
    for size in range(0, len(whole), max(1, len(whole) // 60)):
        cut.write_bytes(whole[:size])
        try:
            assert np.array_equal(read_image(cut), pixels)
        except ImageError as error:
            assert str(error).startswith(f"{cut}: ")  # noqa: PT017 - both outcomes are allowed
    cut.write_bytes(whole[: len(whole) // 2])
    assert "truncated" in refusal(cut)


def test_png_without_its_last_bytes_is_refused(tmp_path: Path, rgb: Image) -> None:
    """The end mark of a PNG is required, though Pillow would do without."""
    write_image(tmp_path / "a.png", rgb)
    (tmp_path / "a.png").write_bytes((tmp_path / "a.png").read_bytes()[:-6])
    assert "truncated or damaged" in refusal(tmp_path / "a.png")


def test_damaged_png_is_refused(tmp_path: Path, rgb: Image) -> None:
    """A flipped bit in the pixel data breaks the PNG's checksum."""
    write_image(tmp_path / "a.png", rgb)
    data = bytearray((tmp_path / "a.png").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "a.png").write_bytes(data)
    assert "truncated or damaged" in refusal(tmp_path / "a.png")


@pytest.mark.parametrize("compression", ["tiff_lzw", "packbits"])
def test_damage_is_told_in_one_line(
    tmp_path: Path, rgb: Image, capfd: pytest.CaptureFixture[str], compression: str
) -> None:
    """An image that libtiff cannot decode is named as damaged, and libtiff itself writes nothing to the terminal."""
    Pillow.fromarray(rgb).save(tmp_path / "a.tif", compression=compression)
    with Pillow.open(tmp_path / "a.tif") as image:
        start, size = image.tag_v2[273][0], image.tag_v2[279][0]  # type: ignore[attr-defined]
    content = (tmp_path / "a.tif").read_bytes()
    (tmp_path / "a.tif").write_bytes(content[: start + size // 2] + bytes(size - size // 2) + content[start + size :])
    assert refusal(tmp_path / "a.tif").endswith("; copy or download it again")
    assert capfd.readouterr() == ("", "")


def test_what_is_no_image_is_refused(tmp_path: Path) -> None:
    """Text is no image, and a signature alone no whole one."""
    (tmp_path / "a.png").write_bytes(b"not an image")
    assert "not an image, or its header is damaged; expected a PNG" in refusal(tmp_path / "a.png")
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert "truncated or damaged" in refusal(tmp_path / "a.png")


@pytest.mark.parametrize("kind", ["GIF", "AVIF", "JPEG2000", "ICO", "DDS", "PDF", "QOI", "SGI"])
def test_other_formats_under_a_wrong_name_are_named(tmp_path: Path, rgb: Image, kind: str) -> None:
    """The line says what the file is, whatever its suffix."""
    Pillow.fromarray(rgb).save(tmp_path / "a", kind)
    for suffix in (".png", ".jpg", ".tif"):
        (tmp_path / f"a{suffix}").write_bytes((tmp_path / "a").read_bytes())
        assert f"is {kind.replace('G2', 'G 2')}; expected a PNG, BMP, JPEG" in refusal(tmp_path / f"a{suffix}")


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"\xef\xbb\xbf\n<HTML>", "a web page"),
        (b'<?xml version="1.0"?><svg xmlns="">', "SVG"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
        (b"\0\0\0\x1cftypheic\0\0\0\0mif1heic", "HEIC"),
        (b"\0\0\0\x1cftypisom\0\0\0\0mp42", "MP4 video"),
        (b"\xff\x0a\xfa", "JPEG XL"),
        (b"v/1\x01", "OpenEXR"),
        (b"%!PS-Adobe", "PostScript"),
        (b"RIFF\x9a\0\0\0AVI LIST", "RIFF"),
        (b"PK\3\4", "ZIP"),
        (b"\x93NUMPY", "NumPy"),
    ],
)
def test_files_that_downloads_leave_are_named(tmp_path: Path, content: bytes, name: str) -> None:
    """Web pages, archives, videos and pointers are said to be what they are."""
    (tmp_path / "a.png").write_bytes(content.ljust(60, b"\0"))
    assert f"is {name}" in refusal(tmp_path / "a.png")


def test_empty_file_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    """Each is named for what it is."""
    (tmp_path / "empty.png").touch()
    assert "empty file (0 bytes)" in refusal(tmp_path / "empty.png")
    assert "No such file" in refusal(tmp_path / "absent.png")
    (tmp_path / "folder.png").mkdir()
    assert "is a folder" in refusal(tmp_path / "folder.png")


@pytest.mark.parametrize("side", [9000, 12000, 30000])
def test_huge_files_are_refused_by_their_header(tmp_path: Path, side: int) -> None:
    """A decompression bomb is refused before its pixels are decoded."""
    line = refusal(png(tmp_path / "a.png", side, 8, 2, b""))
    assert f"{side * side} pixels, expected at most {MAX_PIXELS}" in line


def test_float_images_are_written_rounded_half_up(tmp_path: Path) -> None:
    """A float image is saved as the protocol would round it."""
    write_image(tmp_path / "a.png", np.array([[-0.2, 0.5, 1.3], [0.0, 2.5 / 255, 1.0]]))
    assert read_image(tmp_path / "a.png").tolist() == [[0, 128, 255], [0, 3, 255]]


def test_writing_leaves_no_other_file_behind(tmp_path: Path, rgb: Image) -> None:
    """A file replaces its predecessor whole, and no temporary file stays."""
    for image in (rgb, 255 - rgb):
        write_image(tmp_path / "a.png", image)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert np.array_equal(read_image(tmp_path / "a.png"), 255 - rgb)


def test_unknown_suffix_is_a_usage_error(tmp_path: Path, rgb: Image) -> None:
    """The line lists the suffixes that work."""
    for name in ("a.gif", "a", "a.pbm"):  # PBM would be black and white
        with pytest.raises(UsageError, match=r"cannot write images as .*\.png, \.bmp"):
            write_image(tmp_path / name, rgb)


@pytest.mark.parametrize(
    ("name", "shape", "limit"),
    [
        ("a.webp", (9, 16384, 3), "got 16384x9 pixels, and WebP files hold at most 16383 a side"),
        ("a.webp", (16384, 9), "got 9x16384 pixels, and WebP"),
        ("a.jpg", (1, 65501), "got 65501x1 pixels, and JPEG files hold at most 65500 a side"),
        ("a.JFIF", (65501, 1, 3), "JPEG files hold at most 65500"),
        ("a.png", (1, 2**31), "PNG files hold at most 2147483647 a side"),
        ("a.tif", (40000, 40000, 3), "got 4800000000 bytes, and TIFF files hold at most"),
        ("a.bmp", (40000, 40000, 3), "got 4800000000 bytes, and BMP files hold at most"),
        ("a.pgm", (9, 9, 3), "got an RGB image, and PGM files are grey"),
    ],
)
def test_what_a_format_cannot_hold_is_refused(tmp_path: Path, name: str, shape: tuple[int, ...], limit: str) -> None:
    """The line names the file and the limit; no array is needed to tell."""
    with pytest.raises(UsageError, match=limit) as caught:
        check_fits(tmp_path / name, shape)
    assert str(caught.value).startswith(f"{tmp_path / name}: ")


def test_largest_sides_are_written(tmp_path: Path) -> None:
    """The limits are those of the libraries: what is within is written and read."""
    for name, side in (("a.webp", 16383), ("a.jpg", 65500)):
        image = np.zeros((1, side, 3), np.uint8)
        write_image(tmp_path / name, image)
        assert read_image(tmp_path / name).shape == image.shape
        with pytest.raises(UsageError, match="hold at most"):
            write_image(tmp_path / name, np.zeros((1, side + 1, 3), np.uint8))


@pytest.mark.parametrize("shape", [(3,), (4, 4, 4), (0, 4), (1, 4, 4, 3)])
def test_arrays_that_are_no_images_are_not_written(tmp_path: Path, shape: tuple[int, ...]) -> None:
    """Odd shapes, odd types and NaN are refused before a file is made."""
    bad: list[Any] = [np.zeros(shape, np.uint8), np.zeros((4, 4), np.int32), np.full((4, 4), np.nan)]
    for array in bad:
        with pytest.raises(ImageError, match="expected"):
            write_image(tmp_path / "a.png", array)
    assert not list(tmp_path.iterdir())


def test_folder_that_cannot_be_written_is_one_line(tmp_path: Path, rgb: Image) -> None:
    """A missing folder is an ImageError, not a traceback."""
    with pytest.raises(ImageError, match="cannot be written"):
        write_image(tmp_path / "absent" / "a.png", rgb)


def test_pixel_hash_sees_pixels_not_files(tmp_path: Path, rgb: Image) -> None:
    """BMP and PNG copies share a hash; another shape, type or pixel does not."""
    write_image(tmp_path / "a.bmp", rgb)
    write_image(tmp_path / "a.png", rgb)
    same = {pixel_hash(read_image(tmp_path / name)) for name in ("a.bmp", "a.png")}
    assert same == {pixel_hash(rgb)}
    others = {pixel_hash(x) for x in (rgb.reshape(31, 23, 3), rgb.astype(np.float32), 255 - rgb, rgb[:, ::-1])}
    assert len(others | same) == 5


def test_pixel_hash_does_not_depend_on_memory_layout(rgb: Image) -> None:
    """A view hashes like its copy."""
    assert pixel_hash(rgb[:, ::-1]) == pixel_hash(rgb[:, ::-1].copy())


def test_camera_jpeg_with_a_preview_is_read(tmp_path: Path, rgb: Image) -> None:
    """MPO, the JPEG with a second picture that cameras write, counts as its photograph."""
    buffer = io.BytesIO()
    Pillow.fromarray(rgb).save(buffer, "MPO", save_all=True, append_images=[Pillow.fromarray(255 - rgb)])
    (tmp_path / "a.jpg").write_bytes(buffer.getvalue())
    assert read_image(tmp_path / "a.jpg").shape == (23, 31, 3)


def test_published_sets_are_readable(data_folder: Path) -> None:
    """Set14's `bridge` is its one grey image."""
    shapes = {path.stem: read_image(path).ndim for path in sorted((data_folder / "Set14" / "HR").iterdir())}
    assert len(shapes) == 14
    assert [name for name, dimensions in shapes.items() if dimensions == 2] == ["bridge"]
