"""PSNR and SSIM are the published ones: against closed forms, scikit-image, and numbers printed by MATLAB."""

from __future__ import annotations

import csv
import math
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from skimage.io import imread
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from srbench.errors import ImageError, Unsupported
from srbench.quality.image import luma
from srbench.quality.metrics import WINDOW, contrast_structure, psnr, ssim

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Pair = tuple[NDArray[Any], NDArray[Any]]

C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
DTYPES = ["uint8", "float32", "float64"]


def skimage_ssim(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Return scikit-image's SSIM with the settings that make it Wang's."""
    return float(
        structural_similarity(  # type: ignore[no-untyped-call]
            a.astype(np.float64),
            b.astype(np.float64),
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            data_range=255,
            channel_axis=2 if a.ndim == 3 else None,
        )
    )


def noise(shape: tuple[int, ...], dtype: str = "float64", seed: int = 0) -> NDArray[Any]:
    """Return samples uniform over 0..255."""
    return np.random.default_rng(seed).uniform(0, 256, shape).astype(dtype)


# ---------------------------------------------------------------------------------------------------------- PSNR


def test_psnr_of_unit_error_is_the_peak_in_decibels() -> None:
    """An error of 1 everywhere gives 10 log10(255^2) = 48.1308 dB."""
    a = np.full((5, 7), 100, np.uint8)
    assert psnr(a, a + 1) == pytest.approx(48.130803608679, abs=1e-11)


@pytest.mark.parametrize("dtype", DTYPES)
def test_psnr_of_identical_images_is_infinite(dtype: str) -> None:
    """Equal samples give infinity, not a large number."""
    image = noise((9, 8, 3), dtype)
    assert psnr(image, image.copy()) == math.inf


@pytest.mark.parametrize(("error", "decibels"), [(1e-3, 108.130803608679), (1e-9, 228.130803608679)])
def test_psnr_is_never_capped(error: float, decibels: float) -> None:
    """Tiny errors give what the formula says; an eps in the MSE would cap it at 80 to 150 dB."""
    a = np.zeros((20, 30))
    assert psnr(a, a + error) == pytest.approx(decibels, abs=1e-9)


def test_psnr_of_uint8_does_not_wrap_around() -> None:
    """Black against white is 0 dB in either order; modulo 256 the error would be 1, or 48 dB."""
    black, white = np.zeros((16, 16), np.uint8), np.full((16, 16), 255, np.uint8)
    assert psnr(black, white) == pytest.approx(0, abs=1e-12)
    assert psnr(white, black) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("dtype_b", DTYPES)
@pytest.mark.parametrize("dtype_a", DTYPES)
def test_psnr_does_not_depend_on_the_dtype(dtype_a: str, dtype_b: str) -> None:
    """Equal numbers score alike as uint8, float32 or float64, in any pairing."""
    a, b = noise((13, 12), "uint8", 1), noise((13, 12), "uint8", 2)
    expected = peak_signal_noise_ratio(a, b, data_range=255)  # type: ignore[no-untyped-call]
    assert psnr(a.astype(dtype_a), b.astype(dtype_b)) == pytest.approx(expected, abs=1e-10)


def test_psnr_accumulates_in_float64() -> None:
    """A million float32 errors of 0.1 sum up without loss."""
    a = np.zeros((1000, 1000), np.float32)
    b = np.full_like(a, 0.1)
    expected = 10 * math.log10(255**2 / float(np.float32(0.1)) ** 2)
    assert psnr(a, b) == pytest.approx(expected, abs=1e-10)


def test_psnr_subtracts_in_float64() -> None:
    """The difference of float32 samples is not rounded to float32 first."""
    a, b = np.full((4, 4), 1e4, np.float32), np.full((4, 4), 1e-4, np.float32)
    expected = -20 * math.log10((float(a[0, 0]) - float(b[0, 0])) / 255)
    assert psnr(a, b) == pytest.approx(expected, abs=1e-12)


def test_psnr_pools_all_channels() -> None:
    """The MSE is over all samples: an error of 3 in one channel of three is an MSE of 3."""
    a = np.zeros((6, 5, 3), np.uint8)
    b = a.copy()
    b[..., 1] = 3
    assert psnr(a, b) == pytest.approx(10 * math.log10(255**2 / 3), abs=1e-12)


@settings(max_examples=100, deadline=None)
@given(
    shape=st.one_of(
        st.tuples(*[st.integers(1, 12)] * 2), st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 600))
    ),
    dtype=st.sampled_from(DTYPES),
    seed=st.integers(0, 2**32 - 1),
)
def test_psnr_agrees_with_the_formula(shape: tuple[int, ...], dtype: str, seed: int) -> None:
    """Any shape, down to one sample, gives 10 log10(255^2 / MSE) of the float64 samples."""
    a, b = noise(shape, dtype, seed), 255 - noise(shape, dtype, seed + 1)
    mse = np.mean((a.astype(np.float64) - b.astype(np.float64)) ** 2)
    assert psnr(a, b) == pytest.approx(10 * math.log10(255**2 / mse) if mse else math.inf, abs=1e-9)


# ---------------------------------------------------------------------------------------------------------- SSIM


@pytest.mark.parametrize("dtype", DTYPES)
def test_ssim_of_identical_images_is_exactly_one(dtype: str) -> None:
    """Equal samples give 1.0 to the last bit, over many tiles too."""
    image = noise((150, 600), dtype)
    assert ssim(image, image.copy()) == 1.0


def test_ssim_of_one_window_is_the_formula_of_wang() -> None:
    """An 11x11 image has one window: its SSIM is the formula on Gaussian-weighted moments."""
    a, b = noise((WINDOW, WINDOW), seed=1), noise((WINDOW, WINDOW), seed=2)
    line = np.exp(-((np.arange(11) - 5) ** 2) / (2 * 1.5**2))
    weights = np.outer(line, line) / line.sum() ** 2
    mean_a, mean_b = (weights * a).sum(), (weights * b).sum()
    var_a, var_b = (weights * (a - mean_a) ** 2).sum(), (weights * (b - mean_b) ** 2).sum()
    covariance = (weights * (a - mean_a) * (b - mean_b)).sum()
    light = (2 * mean_a * mean_b + C1) / (mean_a**2 + mean_b**2 + C1)
    assert ssim(a, b) == pytest.approx(light * (2 * covariance + C2) / (var_a + var_b + C2), abs=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("level_a", "level_b"),
    [
        (250, 251),
        (54, 212),
        (0, 255),
        (0, 3),
        (255, 255),
        (230.0263025021, 239.751883526),
        (214.0041631257, 237.0726755),
    ],
)
def test_ssim_of_constant_images_is_the_luminance_term(level_a: float, level_b: float, dtype: str) -> None:
    """Without contrast SSIM is (2 a b + C1) / (a^2 + b^2 + C1); float32 variances are off by 8e-5 for 54, 212."""
    a, b = np.full((24, 24), level_a, dtype), np.full((24, 24), level_b, dtype)
    level_a, level_b = float(a[0, 0]), float(b[0, 0])
    expected = (2 * level_a * level_b + C1) / (level_a**2 + level_b**2 + C1)
    assert ssim(a, b) == pytest.approx(expected, abs=5e-7, rel=0)


def flat_and_noisy(rng: np.random.Generator, shape: tuple[int, int]) -> Pair:
    """A flat image against another level with noise: tiny variances beside large means."""
    level, gap = rng.uniform(0, 255), rng.choice([0, 1, 5, 60])
    return np.full(shape, level), level + gap + rng.choice([0.1, 1, 4, 12]) * rng.normal(size=shape)


def nearly_identical(rng: np.random.Generator, shape: tuple[int, int]) -> Pair:
    """Noise against itself with errors from 1e-6 to 1."""
    a = rng.uniform(0, 255, shape)
    return a, a + 10 ** rng.uniform(-6, 0) * rng.normal(size=shape)


def bright_and_flat(rng: np.random.Generator, shape: tuple[int, int]) -> Pair:
    """8-bit levels near white, a few samples one step off."""
    a = np.full(shape, rng.integers(245, 255), np.uint8)
    return a, a + (rng.uniform(size=shape) < rng.choice([0, 0.1, 0.5, 1])).astype(np.uint8)


def checkerboards(rng: np.random.Generator, shape: tuple[int, int]) -> Pair:
    """Black and white squares of 1 to 40 pixels against a paler, noisy or inverted copy."""
    y, x = np.indices(shape) // rng.integers(1, 41)
    a = (x + y) % 2 * 255.0
    return a, [255 - a, 60 + a / 2, a + rng.normal(size=shape), np.abs(a - rng.integers(1, 60))][rng.integers(4)]


def constant(rng: np.random.Generator, shape: tuple[int, int]) -> Pair:
    """Two levels, not integers."""
    level = rng.uniform(0, 255)
    return np.full(shape, level), np.full(shape, level + rng.choice([1, 4, 10, 100]) * rng.normal())


def smooth_luma(rng: np.random.Generator, shape: tuple[int, int]) -> Pair:
    """Un-rounded luma of a smooth RGB image against a blurred and shifted copy."""
    waves = rng.uniform(0, 0.3, (2, 3)), np.indices(shape)
    rgb = 127.5 + 127 * np.sin(np.tensordot(waves[1], waves[0], (0, 0)))
    a = luma(rgb.astype(np.uint8))
    return a, (a + np.roll(a, 1, 0) + np.roll(a, 1, 1)) / 3 + rng.uniform(-3, 3)


def unrelated(rng: np.random.Generator, shape: tuple[int, int]) -> Pair:
    """Two images of 8-bit noise."""
    a, b = rng.integers(0, 256, (2, *shape), dtype=np.uint8)
    return a, b


def overshooting(rng: np.random.Generator, shape: tuple[int, int]) -> Pair:
    """Floats beyond 0..255, as an upscaler's ringing leaves them."""
    a = rng.normal(127, 120, shape)
    return a, a * rng.uniform(0.5, 1.5) + rng.normal(0, 20, shape)


@pytest.mark.parametrize("shape", [(11, 11), (40, 61), (139, 33), (40, 491)])
@pytest.mark.parametrize(
    "family",
    [
        flat_and_noisy,
        nearly_identical,
        bright_and_flat,
        checkerboards,
        constant,
        smooth_luma,
        unrelated,
        overshooting,
    ],
)
def test_ssim_agrees_with_scikit_image(
    family: Callable[[np.random.Generator, tuple[int, int]], Pair], shape: tuple[int, int]
) -> None:
    """In each family ten pairs of each shape (320 in all, some of two tiles) agree to 1e-6."""
    rng = np.random.default_rng([*shape, *family.__name__.encode()])
    pairs = [family(rng, shape) for _ in range(10)]
    assert max(abs(ssim(a, b) - skimage_ssim(a, b)) for a, b in pairs) <= 1e-6


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    height=st.integers(11, 150),
    width=st.integers(11, 60),
    channels=st.sampled_from([None, 1, 3, 4]),
    dtype_a=st.sampled_from(DTYPES),
    dtype_b=st.sampled_from(DTYPES),
    level=st.floats(0, 255),
    spread=st.floats(0, 80),
    error=st.floats(0, 80),
    seed=st.integers(0, 2**32 - 1),
)
def test_ssim_agrees_with_scikit_image_anywhere(  # noqa: PLR0913 - one argument per thing drawn
    height: int,
    width: int,
    channels: int | None,
    dtype_a: str,
    dtype_b: str,
    level: float,
    spread: float,
    error: float,
    seed: int,
) -> None:
    """Any size, channels, dtypes, level, contrast and error agree to 1e-6, and the order does not matter."""
    rng = np.random.default_rng(seed)
    shape = (height, width) if channels is None else (height, width, channels)
    clean = level + spread * rng.normal(size=shape)
    a = clean.clip(0, 255).astype(dtype_a)
    b = (clean + error * rng.normal(size=shape)).clip(0, 255).astype(dtype_b)
    assert ssim(a, b) == pytest.approx(skimage_ssim(a, b), abs=1e-6)
    assert ssim(a, b) == ssim(b, a)


@pytest.mark.parametrize(
    "shape",
    [(138, 490), (139, 490), (138, 491), (266, 20), (267, 20), (20, 970), (20, 971), (300, 1000), (140, 200, 3)],
)
def test_ssim_has_no_seams(shape: tuple[int, ...]) -> None:
    """Sizes around those of the tiles agree with scikit-image: no pixel is lost or counted twice."""
    a, b = noise(shape, seed=3), noise(shape, seed=4)
    b[: shape[0] // 2] = a[: shape[0] // 2]  # unlike halves, so that a lost row shows
    assert ssim(a, b) == pytest.approx(skimage_ssim(a, b), abs=1e-7)


def test_ssim_of_channels_is_their_mean() -> None:
    """(H, W, 3) gives the mean of three (H, W) images."""
    a, b = noise((30, 40, 3), seed=5), noise((30, 40, 3), seed=6)
    b[..., 0] = a[..., 0]
    assert ssim(a, b) == pytest.approx(np.mean([ssim(a[..., c], b[..., c]) for c in range(3)]), abs=1e-12)


def test_ssim_is_deterministic() -> None:
    """Any number of threads, with other calls in the way, gives the same bits."""
    a, b = noise((400, 1100), seed=7), noise((400, 1100), seed=8)
    alone = ssim(a, b, threads=1)
    results: list[float] = []
    callers = [threading.Thread(target=lambda n=n: results.append(ssim(a, b, threads=n))) for n in (1, 2, 2, 3, 5, 16)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert results == [alone] * len(callers)


@pytest.mark.parametrize(("held_to", "most"), [(1, 1), (2, 2), (5, 2)])
def test_ssim_keeps_to_the_threads_of_its_process(held_to: int, most: int) -> None:
    """A worker that `--threads 1` or `--jobs` hold to one thread computes SSIM on one, and gets the same bits."""
    a, b = noise((400, 1100), seed=7), noise((400, 1100), seed=8)
    before, seen = cv2.getNumThreads(), set()
    cv2.setNumThreads(held_to)
    threading.setprofile(lambda *_: seen.add(threading.get_ident()))
    try:
        found = ssim(a, b)
    finally:
        threading.setprofile(None)
        cv2.setNumThreads(before)
    assert 1 <= len(seen) <= most
    assert found == ssim(a, b, threads=1)


def test_ssim_leaves_no_thread_behind() -> None:
    """The threads end with the call, so that a later fork finds none."""
    before = threading.active_count()
    ssim(noise((300, 1000)), noise((300, 1000), seed=1))
    assert threading.active_count() == before


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_ssim_works_after_a_fork_and_exits_silently() -> None:
    """A child forked after a call computes the same, and neither process says anything on exit."""
    code = """
import os
import numpy as np
from srbench.quality.metrics import ssim
a = np.random.default_rng(0).uniform(0, 255, (300, 1000))
here = ssim(a, a[::-1])
child = os.fork()
if not child:
    os._exit(0 if ssim(a, a[::-1]) == here else 1)
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    # Python 3.12 warns of a fork whatever library holds the other threads; OpenCV and OpenBLAS do
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_ssim_needs_a_whole_window() -> None:
    """A side below 11 pixels is unsupported, which makes a skipped row, and the line says why."""
    with pytest.raises(Unsupported, match=r"^image of 10x64 pixels is too small for SSIM, which needs 11x11$"):
        ssim(np.zeros((64, 10)), np.zeros((64, 10)))
    with pytest.raises(Unsupported, match="64x10"):
        ssim(np.zeros((10, 64, 3)), np.zeros((10, 64, 3)))


# ------------------------------------------------------------------------------------------------ PSNR and SSIM

both = pytest.mark.parametrize("metric", [psnr, ssim])


@both
@pytest.mark.parametrize("dtype", DTYPES)
def test_inputs_stay_untouched(metric: Callable[..., float], dtype: str) -> None:
    """Neither image is written to, even where a view with any strides comes in."""
    a, b = noise((60, 70, 3), dtype, 1), noise((60, 70, 3), dtype, 2)
    kept = a.copy(), b.copy()
    metric(a, b)
    metric(a[..., 0], b[..., 0])
    assert np.array_equal(a, kept[0])
    assert np.array_equal(b, kept[1])


@both
@pytest.mark.parametrize("dtype", DTYPES)
def test_views_score_as_their_copies(metric: Callable[..., float], dtype: str) -> None:
    """Crops, flips, transposes, single channels and read-only arrays give what contiguous copies give."""
    a, b = noise((60, 70, 3), dtype, 1), noise((60, 70, 3), dtype, 2)
    a.flags.writeable = False
    for view in (np.s_[3:-3, 3:-3], np.s_[::-1, ::-1], np.s_[:, :, 1], np.s_[::2, ::3], np.s_[:, :, ::-1]):
        assert metric(a[view], b[view]) == metric(a[view].copy(), b[view].copy())
    assert metric(a.swapaxes(0, 1), b.swapaxes(0, 1)) == pytest.approx(metric(a, b), abs=1e-7)


@both
@pytest.mark.parametrize(
    ("a", "b", "line"),
    [
        (np.zeros((20, 20)), np.zeros((20, 21)), r"different shapes, \(20, 20\) and \(20, 21\)$"),
        (np.zeros((20, 20)), np.zeros((20, 20, 1)), r"different shapes, \(20, 20\) and \(20, 20, 1\)$"),
        (np.zeros(400), np.zeros(400), r"float64 \(400,\): expected uint8, float32 or float64, \(H, W\) or"),
        (np.zeros((1, 20, 20, 3)), np.zeros((1, 20, 20, 3)), r"float64 \(1, 20, 20, 3\): expected"),
        (np.zeros((0, 20)), np.zeros((0, 20)), r"float64 \(0, 20\): expected"),
        (np.zeros((20, 20), np.int64), np.zeros((20, 20), np.int64), r"int64 \(20, 20\): expected"),
        (np.zeros((20, 20)), np.zeros((20, 20), np.bool_), r"bool \(20, 20\): expected"),
        (np.zeros((20, 20)), np.zeros((20, 20), ">f8"), r">f8 \(20, 20\): expected"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    metric: Callable[..., float], a: NDArray[Any], b: NDArray[Any], line: str
) -> None:
    """Other shapes and dtypes raise ImageError with one line that says what was got."""
    with pytest.raises(ImageError, match=line) as caught:
        metric(a, b)
    assert "\n" not in str(caught.value)


@both
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 1e200])
@pytest.mark.parametrize("where", [(0, 0), (20, 30), (599, 999)])
def test_no_score_without_numbers(metric: Callable[..., float], bad: float, where: tuple[int, int]) -> None:
    """One sample that is NaN, infinite or absurd is reported, wherever it is; it never becomes a score."""
    a, b = noise((600, 1000), seed=1), noise((600, 1000), seed=2)
    a[where] = bad
    with pytest.raises(ImageError, match="NaN, infinite or huge samples"):
        metric(a, b)


@pytest.mark.parametrize("shape", [(40, 50), (300, 1000), (40, 50, 3)])
def test_contrast_and_structure_leave_lightness_out(shape: tuple[int, ...]) -> None:
    """They do not change where one image is brighter, and are the whole of SSIM where the local means are equal."""
    a = noise(shape) / 2
    b = a + 0.3 * (noise(shape, seed=1) - 127)
    assert contrast_structure(a, b + 60) == pytest.approx(contrast_structure(a, b), abs=1e-6)
    assert ssim(a, b + 60) < ssim(a, b) < contrast_structure(a, b) < 1
    assert contrast_structure(a, a + 60) == pytest.approx(1, abs=1e-6)
    assert contrast_structure(a, b, threads=1) == contrast_structure(a, b)


def test_contrast_and_structure_need_a_window() -> None:
    """As SSIM, they are of images of 11x11 pixels or more."""
    with pytest.raises(Unsupported, match="10x30 pixels is too small"):
        contrast_structure(noise((30, 10)), noise((30, 10)))


def golden_rows(golden_folder: Path) -> list[dict[str, str]]:
    """Return the rows of RCAN's expected.tsv."""
    with (golden_folder / "rcan_set5_x3" / "expected.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@pytest.mark.parametrize("name", ["baby", "bird", "butterfly", "head", "woman"])
def test_golden_numbers_of_rcan(name: str, data_folder: Path, golden_folder: Path) -> None:
    """PSNR and SSIM of RCAN's Set5 x3 images are, to all six decimals, what its authors' MATLAB printed.

    Source: `rcan_set5_x3/expected.tsv`. Protocol `basicsr`: HR cropped to multiples of 3, BT.601 luma not rounded,
    3 pixels shaved from each side.
    """
    row = next(row for row in golden_rows(golden_folder) if row["file"].startswith(name))
    sr = imread(golden_folder / "rcan_set5_x3" / row["file"])
    hr = imread(data_folder / "Set5" / "HR" / f"{name}.bmp")
    hr = hr[: hr.shape[0] // 3 * 3, : hr.shape[1] // 3 * 3]
    pair = [luma(image)[3:-3, 3:-3] for image in (hr, sr)]
    assert f"{psnr(*pair):.6f}" == row["psnr"]
    assert f"{ssim(*pair):.6f}" == row["ssim"]
