"""`srbench.metric(spec)`: a metric as a function of two uint8 arrays, or of one."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import srbench
from srbench.errors import ImageError, MetricError, Unsupported, UsageError

if TYPE_CHECKING:
    from pathlib import Path

RGB = np.arange(16 * 20 * 3, dtype=np.uint8).reshape(16, 20, 3)
GREY = RGB[..., 0].copy()
SEEN = """
from srbench import Unsupported
from srbench.metrics import Metric
METRIC = Metric(label="Seen", better="higher", sees={sees!r}, reference={reference})
def load(times: int = 1, flip: bool = False):
    def score(*images):
        if flip:
            images[-1][:] = 0
        if images[-1].shape[0] < 4:
            raise Unsupported("needs at least 4 rows")
        return times * (len(images) * 1000 + images[-1].ndim * 100 + images[-1].mean())
    return score
"""


def seen(folder: Path, name: str = "seen", sees: str = "scored", reference: bool = True) -> Path:
    """Write a metric that says how many images it saw, and what of the last one."""
    file = folder / f"{name}.py"
    file.write_text(SEEN.format(sees=sees, reference=reference), encoding="utf-8")
    return file


def test_psnr_and_ssim_of_arrays() -> None:
    """PSNR and SSIM of grey and RGB arrays, on the 0..255 scale; identical ones reach the best value."""
    psnr, ssim = srbench.metric("psnr"), srbench.metric("ssim")
    assert psnr(RGB // 2, RGB // 2 + 5) == pytest.approx(10 * np.log10(255**2 / 25))
    assert psnr(GREY, GREY) == np.inf
    assert ssim(RGB, RGB) == pytest.approx(1)
    assert (psnr.spec, psnr.metric.unit, psnr.metric.better, repr(psnr)) == (
        "psnr",
        "dB",
        "higher",
        "srbench.metric('psnr')",
    )
    assert type(ssim(GREY, GREY // 2)) is float


def test_options_by_spec_and_by_keyword(tmp_path: Path) -> None:
    """Both have the type of the option's annotation, and a wrong one is refused as on the command line."""
    file = seen(tmp_path)
    by_spec = srbench.metric("seen:times=3", plugins=[file])
    by_keyword = srbench.metric("seen", times=3, flip=False, plugins=[str(file)])
    assert by_spec(GREY, GREY) == by_keyword(GREY, GREY)
    assert by_keyword.spec == "seen:times=3"
    with pytest.raises(UsageError, match="unknown option 'time' of seen; did you mean 'times'"):
        srbench.metric("seen", time=3, plugins=[file])
    with pytest.raises(UsageError, match="unknown metric 'sssim'; did you mean 'ssim'"):
        srbench.metric("sssim")


def test_options_that_contradict_the_spec_are_refused(tmp_path: Path) -> None:
    """The same option may be in both, with one value."""
    file = seen(tmp_path)
    assert srbench.metric("seen:times=3", times=3, plugins=[file]).spec == "seen:times=3"
    with pytest.raises(UsageError, match="times=3 in the spec and times=4 as an argument; leave one out"):
        srbench.metric("seen:times=3", times=4, plugins=[file])


def test_one_spec_as_text_is_expected() -> None:
    """A number, and a list of metrics, are refused in one line."""
    with pytest.raises(UsageError, match="got an int, expected a metric spec such as 'lpips:net=vgg'"):
        srbench.metric(3)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="got 'psnr,ssim', expected one metric; call it once for each"):
        srbench.metric("psnr,ssim")


def test_a_metric_is_loaded_once_until_its_file_is_edited(tmp_path: Path) -> None:
    """A loop may call `srbench.metric(...)` each time; a notebook sees an edit of its plug-in."""
    file = seen(tmp_path)
    first = srbench.metric("seen", plugins=[file])
    assert srbench.metric("seen", plugins=[file]) is first
    file.write_text(file.read_text(encoding="utf-8").replace("* 1000", "* 2000"), encoding="utf-8")
    again = srbench.metric("seen", plugins=[file])
    assert again(GREY, GREY) - first(GREY, GREY) == pytest.approx(2000)


@pytest.mark.slow
def test_an_edited_file_of_an_option_is_read_again(tmp_path: Path) -> None:
    """A metric that reads weights is loaded again once they are others; so is one that names them in `files`."""
    file, weights = tmp_path / "constant.py", tmp_path / "weights.txt"
    file.write_text(
        "from pathlib import Path\nfrom srbench.metrics import Metric\nMETRIC = Metric(label='C', better='lower')\n"
        "def files(weights: Path = Path()): return [Path(__file__).with_name('weights.txt')]\n"
        "def load(weights: Path = Path()):\n    value = float(next(iter(files())).read_text())\n"
        "    return lambda reference, image: value\n",
        encoding="utf-8",
    )
    for options in ({"weights": weights}, {}):
        for value in ("1", "2"):
            weights.write_text(value, encoding="utf-8")
            assert srbench.metric("constant", plugins=[file], **options)(GREY, GREY) == float(value)


def test_grey_is_stacked_for_a_metric_that_sees_rgb(tmp_path: Path) -> None:
    """R = G = B, as in a run; a metric that sees what is scored gets grey as it is."""
    for sees, dimensions in (("scored", 2), ("rgb", 3)):
        file = seen(tmp_path, f"seen_{dimensions}d", sees)
        value = srbench.metric(file.stem, plugins=[file])(GREY, GREY)
        assert value == pytest.approx(2000 + dimensions * 100 + GREY.mean())


def test_a_metric_without_reference_takes_one_image_or_the_second_of_two(tmp_path: Path) -> None:
    """It judges the image alone; a reference beside it does not count."""
    metric = srbench.metric("alone", plugins=[seen(tmp_path, "alone", reference=False)])
    assert metric(RGB) == metric(RGB * 0, RGB) == pytest.approx(1300 + RGB.mean())


def test_images_are_left_as_they_are(tmp_path: Path) -> None:
    """A metric that writes to its input writes to a copy."""
    image = RGB.copy()
    srbench.metric("seen", flip=True, plugins=[seen(tmp_path)])(image, image)
    assert np.array_equal(image, RGB)


@pytest.mark.parametrize(
    ("images", "line"),
    [
        ((GREY / 255, GREY), "reference is float64, expected uint8 in 0..255; of floats in 0..1 make it with (image *"),
        ((GREY, GREY.astype(np.int64)), "image is int64, expected uint8 in 0..255; its samples are 0 to 255"),
        ((GREY, GREY.astype(np.int64)), ": image.astype('uint8')"),
        ((GREY, GREY.astype(int) - 300), "its samples are -300 to -45: scale them to 0..255, round, then astype"),
        ((GREY * 1.0, GREY), "up to 255, look like 0..255: image.round().clip(0, 255).astype('uint8')"),
        ((GREY > 9, GREY), "reference is bool, expected uint8 in 0..255"),
        ((GREY, GREY.tolist()), "image is a list, expected a numpy array of uint8; convert it with numpy.asarray"),
        ((RGB.transpose(2, 0, 1), RGB), "has shape (3, 16, 20), expected (H, W) or (H, W, 3); channels come last"),
        ((GREY[..., None], GREY), "has shape (16, 20, 1), expected (H, W) or (H, W, 3); remove the axes of length 1"),
        ((np.zeros((4, 4, 4), np.uint8), GREY), "leave alpha out: image[..., :3]"),
        ((np.zeros((2, 4, 4, 3), np.uint8), GREY), "give one image at a time"),
        ((RGB, np.zeros((0, 4, 3), np.uint8)), "image has shape (0, 4, 3), expected at least one pixel"),
        ((RGB, RGB[1:]), "reference has shape (16, 20, 3) and image (15, 20, 3), expected one size; crop or upscale"),
        ((RGB, GREY), "reference has shape (16, 20, 3) and image (16, 20), expected both grey or both RGB"),
        ((GREY,), "psnr got 1 image; expected (reference, image)"),
    ],
)
def test_arrays_that_are_no_pair_of_images_are_refused(images: tuple[Any, ...], line: str) -> None:
    """One line says what was got, what is expected, and how to convert it."""
    with pytest.raises((ImageError, UsageError)) as caught:
        srbench.metric("psnr")(*images)
    assert line in str(caught.value)


def test_what_a_metric_cannot_score_is_unsupported(tmp_path: Path) -> None:
    """Too small is `Unsupported`, as in a run; so is a package that is absent."""
    with pytest.raises(Unsupported, match="needs at least 4 rows"):
        srbench.metric("seen", plugins=[seen(tmp_path)])(GREY[:2], GREY[:2])
    file = tmp_path / "needy.py"
    file.write_text("METRIC = None\nimport srb_nowhere", encoding="utf-8")
    with pytest.raises(Unsupported, match="needs the package srb_nowhere"):
        srbench.metric("needy", plugins=[file])


def test_nan_is_an_error_that_names_the_metric(tmp_path: Path) -> None:
    """A script never goes on with NaN."""
    file = seen(tmp_path)
    file.write_text(file.read_text(encoding="utf-8").replace("return times", "return float('nan') * times"), "utf-8")
    with pytest.raises(MetricError, match="seen returned NaN, expected a number"):
        srbench.metric("seen", plugins=[file])(GREY, GREY)


@pytest.mark.slow
def test_it_works_from_standard_input() -> None:
    """There is no main module to import, and no guard is needed."""
    code = "import numpy, srbench\na = numpy.zeros((12, 12), 'uint8')\nprint(srbench.metric('psnr')(a, a + 1))\n"
    done = subprocess.run([sys.executable, "-"], input=code, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("48.13")
