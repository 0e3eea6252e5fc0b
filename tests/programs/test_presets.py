"""Presets call programs as their manuals say; those that are here do what docs/programs.md says of them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from srbench import methods
from srbench.errors import MethodError, Unsupported, UsageError
from srbench.quality.resize import imresize

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

KNOWN = methods.built_in()
NETWORKS = ("waifu2x-ncnn-vulkan", "realesrgan-ncnn-vulkan")


def smooth(height: int = 24, width: int = 20) -> NDArray[Any]:
    """Return a smooth RGB image."""
    y, x = np.mgrid[:height, :width]
    waves = [128 + 60 * np.sin(x / 3 + shift) + 50 * np.cos(y / 4 - shift) for shift in range(3)]
    return np.stack(waves, -1).round().astype(np.uint8)


def sr(spec: str, image: NDArray[Any], factor: int = 3) -> NDArray[Any]:
    """Return what a method makes of an image; skips where its program is absent."""
    try:
        return np.asarray(methods.choose(spec, KNOWN).load(factor, "cpu")(image), np.float64)
    except Unsupported as error:
        pytest.skip(str(error))


def test_imagemagick() -> None:
    """It enlarges by Mitchell's filter unless told another; Catrom is MATLAB's cubic, up to rounding and borders."""
    image = smooth()
    assert np.array_equal(sr("imagemagick", image), sr("imagemagick:filter=mitchell", image))
    inside = np.s_[6:-6, 6:-6]
    for spec, most in (("imagemagick:filter=catrom", 2), ("imagemagick:filter=catrom:format=ppm", 1)):
        assert np.abs(sr(spec, image) - imresize(image, 3).astype(float))[inside].max() <= most


def test_imagemagick_7(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is magick, of version 7, that is called, and convert is not."""
    for name in ("magick", "convert"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {name} $* >&2; exit 1\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    upscaler = methods.choose("imagemagick:filter=catrom", KNOWN).load(2, "cpu")
    with pytest.raises(MethodError, match=r": magick \S+ -filter catrom -resize 8x6! \S+$"):
        upscaler(np.zeros((3, 4, 3), np.uint8))


@pytest.mark.slow
def test_ffmpeg() -> None:
    """It enlarges by its bicubic unless told another, and no colour changes: RGB stays RGB."""
    image = smooth()
    assert np.array_equal(sr("ffmpeg", image), sr("ffmpeg:flags=bicubic", image))
    assert not np.array_equal(sr("ffmpeg:flags=lanczos", image), sr("ffmpeg", image))
    flat = np.zeros((8, 9, 3), np.uint8) + np.array([13, 120, 251], np.uint8)
    assert np.array_equal(sr("ffmpeg", flat), np.broadcast_to(flat[0, 0], (24, 27, 3)))


@pytest.mark.slow
@pytest.mark.parametrize("factor", [2, 3, 4])
def test_vips(factor: int) -> None:
    """Its resize moves the picture by half a pixel of SR to the right and down, affine as called here does not."""
    step = 4 * factor  # half a pixel of SR is 2 grey levels
    ramp = np.repeat(np.arange(0, 14 * step, step, dtype=np.uint8)[None, :, None], 14, 0).repeat(3, 2)
    inside = np.s_[4 * factor : -4 * factor, 4 * factor : -4 * factor]
    centred = imresize(ramp, factor).astype(float)
    for image, axes in ((ramp, (0, 1, 2)), (ramp.transpose(1, 0, 2), (1, 0, 2))):
        for spec, shift in (("vips", 0.5), ("vips:interpolate=bicubic", 0.0)):
            difference = (centred - sr(spec, image, factor).transpose(axes))[inside].mean() / 4
            assert difference == pytest.approx(shift, abs=0.1)


@pytest.mark.slow
def test_vips_kernels() -> None:
    """All kernels but nearest and linear are one where it enlarges; kernel and interpolate exclude each other."""
    image = smooth(12, 10)
    made = [sr(f"vips:kernel={name}", image) for name in ("cubic", "mitchell", "lanczos3")]
    assert all(np.array_equal(made[0], each) for each in made[1:])
    assert not np.array_equal(sr("vips:kernel=linear", image), made[0])
    with pytest.raises(UsageError, match="not both"):
        methods.choose("vips:kernel=cubic:interpolate=bicubic", KNOWN).load(2, "cpu")


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_absent(name: str) -> None:
    """Those without packages are skipped where they are absent, and say what they cannot do."""
    if shutil.which(name):
        pytest.skip(f"{name} is here")
    with pytest.raises(Unsupported, match=f"needs the program {name}, which is not on PATH"):
        methods.choose(name, KNOWN).load(4, "cpu")
    with pytest.raises(Unsupported, match=r"enlarges? by"):
        methods.choose(name, KNOWN).load(3, "cpu")


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_called(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are called as their manuals say, and their networks beside the program count as files."""
    program = tmp_path / name
    program.write_text('#!/bin/sh\necho "$@" >&2; exit 1\n', encoding="utf-8")
    program.chmod(0o755)
    folder = tmp_path / ("models-cunet" if "waifu2x" in name else "models")
    folder.mkdir()
    (folder / "x4.bin").write_bytes(b"1")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    choice = methods.choose(f"{name}:gpu=1", KNOWN)
    assert [path.name for path in choice.files(4)] == [name, "x4.bin"]
    with pytest.raises(MethodError, match=r"exit code 1: -i \S+ -o \S+ -s 4 -n \S+ -m \S+ -g 1$"):
        choice.load(4, "cpu")(np.zeros((4, 4, 3), np.uint8))
