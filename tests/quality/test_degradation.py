"""Degradations make the LR that their authors published, the same on every machine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from srbench import datasets
from srbench.errors import Unsupported, UsageError
from srbench.quality.degradation import NAMED, Degradation, bd, bicubic, blur_bicubic, blur_centre, dn, from_fields
from srbench.quality.degradation import jpeg as saved
from srbench.quality.degradation import noise as noisy
from srbench.quality.files import pixel_hash, read_image
from srbench.quality.image import luma
from srbench.quality.kernels import KERNELS
from srbench.quality.steps import Blur, Crop, Given, Jpeg, Noise, Setting, Shrink, Step, from_table

if TYPE_CHECKING:
    from pathlib import Path

    from srbench.quality.image import Image

SETTING = Setting(3, lambda: 1)


def image(height: int, width: int, *rest: int) -> Image:
    """Return random uint8 pixels."""
    return np.random.default_rng(0).integers(0, 256, (height, width, *rest), dtype=np.uint8)


# Published LR


@pytest.mark.parametrize(("degradation", "kind"), [(bd(), "BD"), (dn(), "DN")], ids=["bd", "dn"])
def test_lr_is_that_of_rdn(data_folder: Path, golden_folder: Path, degradation: Degradation, kind: str) -> None:
    """0 of 187,962 samples of Set5 x3 differ from what the authors of RDN (CVPR 2018) made in MATLAB."""
    folder, samples = golden_folder / "degradations" / "rdn_set5_x3", 0
    for entry in datasets.get("set5", data_folder).images:
        lr = degradation.apply(read_image(entry.path), 3)
        assert np.array_equal(lr, read_image(folder / f"{entry.name}_LR{kind}_x3.png"))
        samples += lr.size
    assert samples == 187_962


@pytest.mark.parametrize("factor", [2, 4])
def test_bd_is_defined_for_factor_3_alone(factor: int) -> None:
    """The kernel belongs to x3; at other factors the row is skipped, with the reason."""
    with pytest.raises(Unsupported, match=f"this degradation is defined for factor 3, not {factor}"):
        bd().apply(image(48, 48, 3), factor)


# The same on every machine. Pinned: the hashes were computed on x86-64 with OpenCV 5.0 and Pillow 13; all of them are
# the same with OpenCV 4.9 and Pillow 10.3
PIXELS = {
    "bicubic": "f3fba80e2378",
    "bd": "5257bf82572e",
    "dn": "34ad300b96b1",
    "blur-bicubic": "126114007660",
    "blur-centre": "3ff58d2b1755",
    "noise": "ea7c55f5f23f",
    "jpeg": "e093a6c28d8e",
    "area": "e561211bfdaf",
    "bicubic-opencv": "61327c22a8b8",
    "bilinear-opencv": "61327c22a8b8",
    "area-opencv": "e561211bfdaf",
    "lanczos-opencv": "61327c22a8b8",
    "nearest-opencv": "0731183dacd3",
    "bicubic-pillow": "fd21d1ba0f3b",
    "bilinear-pillow": "8b27ebc04ac0",
    "lanczos-pillow": "b6d131f730c0",
    "box-pillow": "44cbdc50e1b0",
    "bicubic-torch-antialias": "cbf5e53a458b",
    "bicubic-torch": "61327c22a8b8",
    "bicubic-matlab-no-antialias": "61327c22a8b8",
    "bicubic-skimage": "60a5c2722523",
    "centre": "61327c22a8b8",
}


def test_lr_of_every_named_degradation_is_pinned() -> None:
    """What each makes of one image never changes, random noise included; otherwise old scores would be of other LR."""
    hr = image(36, 48, 3)
    made = {name: pixel_hash(maker().apply(hr, 3))[:12] for name, maker in NAMED.items() if name != "given"}
    assert made == PIXELS


# Steps


@pytest.mark.parametrize("shape", [(50, 61, 3), (50, 61)])
@pytest.mark.parametrize("name", [name for name in NAMED if name != "given"])
def test_lr_is_8_bit_at_a_third_of_the_cropped_size(name: str, shape: tuple[int, ...]) -> None:
    """Of grey and RGB, HR is cropped at the bottom and the right; LR is uint8 with as many channels."""
    hr = image(*shape)
    lr = NAMED[name]().apply(hr, 3)
    assert lr.shape == (16, 20, *shape[2:])
    assert lr.dtype == np.uint8
    if name != "noise":  # its numbers follow from all of HR's pixels
        assert np.array_equal(lr, NAMED[name]().apply(hr[:48, :60], 3))


def test_noise_follows_from_hr_degradation_and_factor() -> None:
    """The same HR has the same noise, each other HR, factor or sigma another."""
    hr = image(48, 48)
    other = hr.copy()
    other[0, 0] ^= 1
    assert np.array_equal(noisy(10.0).apply(hr, 2), noisy(10.0).apply(hr, 2))
    residues = [
        made.astype(float) - bicubic().apply(each, 2)
        for each, made in ((hr, noisy(10.0).apply(hr, 2)), (other, noisy(10.0).apply(other, 2)))
    ]
    assert not np.array_equal(residues[0], residues[1])
    twice = noisy(20.0).apply(hr, 2) - 1.0 * bicubic().apply(hr, 2)
    assert np.corrcoef(residues[0].ravel(), twice.ravel())[0, 1] < 0.5


def test_noise_has_its_sigma_and_is_clipped() -> None:
    """Sigma is on the 0..255 scale; noise is rounded and clipped, and never wraps around."""
    grey = np.full((300, 300), 128, np.uint8)
    for generator in ("seeded", "matlab"):
        made = Noise(20.0, generator).apply(grey, SETTING)
        assert made.std() == pytest.approx(20, rel=0.02)
    white = Noise(30.0).apply(np.full((50, 50), 250, np.uint8), SETTING)
    assert white.min() > 100
    assert (white == 255).mean() > 0.3


def test_blur_is_a_normalised_gaussian_with_a_repeated_border() -> None:
    """Flat images stay, a point becomes the kernel (by hand), and luma in floats is not rounded."""
    assert (Blur(1.6).apply(np.full((30, 30, 3), 77, np.uint8), SETTING) == 77).all()
    point = np.zeros((9, 9))
    point[4, 4] = 1
    blurred = Blur(1.0, 3).apply(point, SETTING)
    side = np.exp(-0.5) / (1 + 2 * np.exp(-0.5))
    assert blurred[4, 3] == pytest.approx(side * (1 - 2 * side))
    assert blurred[3, 3] == pytest.approx(side * side)
    assert blurred[2, 2] == 0
    assert blurred.sum() == pytest.approx(1)


def test_centre_takes_the_pixel_that_matlab_takes() -> None:
    """MATLAB's imresize 'nearest': the middle of three, the second of two, the third of four."""
    row = np.tile(np.arange(12, dtype=np.uint8), (12, 1))
    for factor, first in ((2, [1, 3, 5]), (3, [1, 4, 7]), (4, [2, 6, 10])):
        assert Shrink("centre").apply(row, Setting(factor, lambda: 0))[0, :3].tolist() == first


def test_luma_in_floats_goes_through_blur_and_shrink() -> None:
    """A protocol of luma blurs and shrinks it in float64, neither rounded nor clipped."""
    hr = image(24, 24, 3)
    lr = replace(blur_bicubic(1.3), channels="y").apply(hr, 2)
    assert lr.dtype == np.float64
    assert not np.allclose(lr * 255, np.round(lr * 255), atol=1e-3)
    assert np.abs(lr * 255 - luma(blur_bicubic(1.3).apply(hr, 2))).max() < 3


def test_crop_to_a_further_multiple() -> None:
    """BasicSR's GTmod12: HR is cropped to multiples of 12 and the factor; what has no such part is too small."""
    assert Crop(12).apply(image(50, 61), Setting(3, lambda: 0)).shape == (48, 60)
    assert Crop(12).apply(image(50, 61), Setting(8, lambda: 0)).shape == (48, 48)
    with pytest.raises(Unsupported, match="50x11 pixels is too small for factor 3 cropped to multiples of 12"):
        Crop(12).apply(image(11, 50), Setting(3, lambda: 0))


def test_jpeg_is_what_pillow_writes() -> None:
    """Lower quality is further away; grey stays grey; colours are halved unless asked otherwise."""
    hr = np.asarray(Blur(2.0).apply(image(48, 48, 3), SETTING))
    away = [np.abs(Jpeg(quality).apply(hr, SETTING) - 1.0 * hr).mean() for quality in (95, 60, 10)]
    assert away == sorted(away)
    assert Jpeg(90).apply(hr[..., 0], SETTING).shape == (48, 48)
    assert not np.array_equal(Jpeg(90).apply(hr, SETTING), Jpeg(90, "4:4:4").apply(hr, SETTING))
    assert not np.array_equal(saved().apply(hr, 3), saved(kernel="bicubic-matlab").apply(hr, 3))


@pytest.mark.parametrize("kernel", KERNELS)
def test_kernels_keep_flat_images(kernel: str) -> None:
    """Every kernel's weights sum to one."""
    assert (Shrink(kernel).apply(np.full((24, 36, 3), 99, np.uint8), SETTING) == 99).all()


# Words and fields


@pytest.mark.parametrize("step", [
    Crop(), Crop(12), Blur(1.6), Shrink(), Shrink("area"), Shrink(border="mirror", rounding="once"), Noise(30.0),
    Noise(30.0, "matlab"), Jpeg(), Given(),
], ids=str)  # fmt: skip
def test_steps_say_themselves_and_are_read_again(step: Step) -> None:
    """Each has a sentence, and a table of JSON values that gives the same step."""
    assert step.words.endswith(".")
    assert from_table(step.table) == step


@pytest.mark.parametrize("name", NAMED)
def test_fields_are_read_again(name: str) -> None:
    """What run.json keeps of a degradation gives the degradation."""
    assert from_fields(NAMED[name]().fields) == NAMED[name]()
    assert NAMED[name].__doc__


def test_a_single_shrink_has_the_fields_of_before_there_were_steps() -> None:
    """Old fingerprints are of these; what is more than a shrink lists its steps."""
    assert bicubic().fields == {
        "lr_channels": "rgb", "lr_kernel": "bicubic-matlab", "lr_border": "clamp", "lr_rounding": "each"
    }  # fmt: skip
    assert [step["step"] for step in blur_centre(2.0).fields["lr_steps"]] == ["crop", "blur", "shrink"]
    assert bd().fields["lr_factors"] == [3]


@pytest.mark.parametrize(("table", "problem"), [
    ("blur", "got 'blur', expected a step: a table with step = crop, blur, shrink, noise, jpeg, given"),
    ({"step": "sharpen"}, "step is 'sharpen', expected one of crop, blur, shrink, noise, jpeg, given"),
    ({"step": []}, r"step is \[\], expected one of crop"),
    ({"step": "blur"}, "step blur lacks sigma"),
    ({"step": "blur", "sigma": "1"}, "sigma of step blur is '1', expected float"),
    ({"step": "blur", "sigma": True}, "sigma of step blur is True, expected float"),
    ({"step": "blur", "sigma": 1, "radius": 2}, "unknown key 'radius' of step blur, expected sigma, size"),
    ({"step": "blur", "sigma": float("nan")}, "sigma is nan, expected a number of 0.01 to 100"),
    ({"step": "blur", "sigma": 1e-200}, "sigma is 1e-200, expected a number of 0.01 to 100"),
    ({"step": "blur", "sigma": 1, "size": 4}, "size is 4, expected an odd integer up to 201"),
    ({"step": "shrink", "kernel": "cubic"}, "kernel is 'cubic', expected one of bicubic-matlab, area, centre"),
    ({"step": "shrink", "kernel": "area", "border": "mirror"}, "kernel area has neither border nor rounding to choose"),
    ({"step": "noise", "sigma": 300}, "sigma is 300.0, expected a number above 0 and up to 255"),
    ({"step": "jpeg", "quality": 0}, "quality is 0, expected an integer of 1 to 100"),
    ({"step": "jpeg", "subsampling": "4:1:1"}, "subsampling is '4:1:1', expected one of 4:2:0, 4:2:2, 4:4:4"),
    ({"step": "crop", "multiple": 0}, "multiple is 0, expected an integer of at least 1"),
])  # fmt: skip
def test_a_step_that_cannot_be(table: object, problem: str) -> None:
    """The line says what was got and what was expected."""
    with pytest.raises(UsageError, match=problem):
        from_table(table)


@pytest.mark.parametrize(("steps", "problem"), [
    ((Shrink(), Crop()), "got the steps shrink, crop, expected one crop, as the first"),
    ((Crop(), Blur(1.0)), "got the steps crop, blur, expected one shrink, or given alone after the crop"),
    ((Crop(), Shrink(), Shrink()), "expected one shrink"),
    ((Crop(), Given(), Noise(1.0)), "expected one shrink, or given alone"),
])  # fmt: skip
def test_steps_that_make_no_lr(steps: tuple[Step, ...], problem: str) -> None:
    """One crop, then what shrinks exactly once; or LR is given."""
    with pytest.raises(UsageError, match=problem):
        Degradation(steps)


def test_steps_of_8_bit_images_are_not_of_luma_in_floats() -> None:
    """Noise, JPEG and libraries' kernels are defined for 8-bit images."""
    for step in (Shrink("bicubic-pillow"), Given()):
        with pytest.raises(UsageError, match="is of 8-bit images, and here LR is luma in floats"):
            Degradation((Crop(), step), channels="y")
    with pytest.raises(UsageError, match="channels is 'yuv', expected y or rgb"):
        Degradation(channels="yuv")  # type: ignore[arg-type]
