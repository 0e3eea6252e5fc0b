"""LR goes to a program as a file, and what it wrote is read as what it means, or refused in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image as Pillow

from srbench import contract
from srbench.errors import MethodError, Unsupported
from srbench.programs import Command
from srbench.programs.upscaler import ProgramUpscaler
from srbench.quality.files import read_image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from srbench.programs import Format

    Script = Callable[[str], tuple[str, ...]]

GREY = np.arange(24, dtype=np.uint8).reshape(4, 6) * 10
RGB = np.stack([GREY, GREY[::-1], GREY[:, ::-1]], -1)
SR = RGB.repeat(2, 0).repeat(2, 1)


@pytest.fixture
def gives(script: Script, tmp_path: Path) -> Callable[..., ProgramUpscaler]:
    """Return what makes an upscaler x2 whose program copies a picture to its output."""

    def make(picture: Pillow.Image, kind: str = "png", **options: Any) -> ProgramUpscaler:  # noqa: ANN401 - Pillow's
        file = tmp_path / f"sr.{kind}"
        picture.save(file, **options)
        return ProgramUpscaler(Command(script(f"cp '{file}' \"$2\"")), 2)

    return make


@pytest.mark.parametrize("kind", ["png", "bmp", "tiff", "ppm", "webp"])
def test_exchange(script: Script, tmp_path: Path, temporary: Path, kind: Format) -> None:
    """LR arrives bit for bit with the sizes of SR, in a private folder with a space in its path that is gone after."""
    words = script(f'cp "$1" \'{tmp_path}/got.{kind}\'; ls -ld "$(dirname "$1")" >&2; echo $3x$4 $5 >&2; exit 1')
    for lr in (RGB, GREY):
        with pytest.raises(MethodError, match=r"exit code 1: drwx------.* 12x8 2$"):
            ProgramUpscaler(Command(words, kind), 2)(lr)
        got = read_image(tmp_path / f"got.{kind}")
        assert np.array_equal(got if got.ndim == lr.ndim else got[..., 0], lr)
    assert not list(temporary.iterdir())


def test_pictures_that_are_read(gives: Callable[..., ProgramUpscaler]) -> None:
    """A palette, an opaque alpha channel and grey are what they mean; colours for grey LR become grey."""
    few = np.where(SR > 100, np.uint8(200), np.uint8(30))
    palette = Pillow.fromarray(few).quantize(16)
    assert np.array_equal(gives(palette)(RGB), np.asarray(palette.convert("RGB")))
    assert np.array_equal(gives(Pillow.fromarray(SR).convert("RGBA"))(RGB), SR)
    grey = SR[..., 0]
    assert np.array_equal(gives(Pillow.fromarray(grey))(RGB), np.stack([grey] * 3, -1))
    assert np.array_equal(gives(Pillow.fromarray(np.stack([grey] * 3, -1)))(GREY), grey)
    assert np.array_equal(gives(Pillow.fromarray(grey))(GREY), grey)
    bilevel = grey > 100
    assert np.array_equal(gives(Pillow.fromarray(bilevel))(GREY), bilevel * np.uint8(255))


@pytest.mark.parametrize(
    ("picture", "kind", "message"),
    [
        (Pillow.fromarray(SR).convert("CMYK"), "tiff", "cannot be used: .*CMYK"),
        (Pillow.fromarray(SR).convert("CMYK"), "jpg", "cannot be used: .*CMYK"),
        (Pillow.fromarray(SR[..., 0].astype(np.uint16) * 256 + 1), "png", "cannot be used: .*16"),
        (Pillow.fromarray(np.dstack([SR, SR[..., 0]])), "png", "cannot be used: .*transparen"),
        (Pillow.fromarray(RGB), "png", "wrote 6x4 pixels, expected 12x8: LR times 2"),
    ],
)
def test_pictures_that_are_refused(
    gives: Callable[..., ProgramUpscaler], picture: Pillow.Image, kind: str, message: str
) -> None:
    """What 8-bit RGB cannot hold, or has another size, is an error that names no temporary folder."""
    with pytest.raises(MethodError, match=message) as caught:
        gives(picture, kind)(RGB)
    assert "srbench-" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("exit 0", r"ended well and wrote no \{output\}, output.png, nor any other file beside it"),
        ("cp $1 $2.jpg", "wrote no {output}, output.png, but output.png.jpg"),
        (": > $2", "got an empty file"),
        ("head -c 60 $1 > $2", "cannot be used"),
        ("mkdir $2", "is a folder"),
        ("mkfifo $2", "is a special file"),
    ],
)
def test_bad_output(script: Script, monkeypatch: pytest.MonkeyPatch, body: str, message: str) -> None:
    """No output, an empty one or half of one is said; that of an earlier call is not taken for it."""
    upscaler = ProgramUpscaler(Command(script("cp $1 $2")), 1)
    job = upscaler.infer(upscaler.upload(RGB))
    assert np.array_equal(upscaler.download(job), RGB)
    monkeypatch.setattr(upscaler, "command", Command(script(body)))
    with pytest.raises(MethodError, match=message):
        upscaler.download(upscaler.infer(job))


def test_contract(script: Script, temporary: Path) -> None:
    """A program keeps the contract for 8-bit images and refuses floats; its phases make what a call makes."""
    upscaler = ProgramUpscaler(Command(script('cp "$1" "$2"')), 1)
    for image in (RGB, GREY):
        contract._check_one(upscaler, image, 1)
    for dtype in (np.float32, np.float64):
        with pytest.raises(Unsupported, match="takes uint8 images, and LR is float"):
            upscaler(RGB.astype(dtype))
    assert upscaler.takes.dtypes == ("uint8",)
    assert not list(temporary.iterdir())


def test_start(script: Script, tmp_path: Path) -> None:
    """What is timed as its start is a run on a few pixels, in the same way each time."""
    upscaler = ProgramUpscaler(Command(script(f'cp "$1" "$2"; cp "$1" \'{tmp_path}/small.png\'')), 1)
    upscaler.start()
    upscaler(RGB)
    upscaler.start()
    assert read_image(tmp_path / "small.png").shape == (16, 16, 3)
