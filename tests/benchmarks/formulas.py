"""How long metrics that are formulas take, beside the packages that a user would take; `make bench` measures it.

The packages are no dependencies: what is not installed (sewar, pytorch-msssim, torchmetrics, colour-science, piq,
opencv-contrib-python) is left out, and said. All take turns, so that drift falls on all. Each has as many threads as it
takes by itself.

    python tests/benchmarks/formulas.py [METRIC ...]
"""

from __future__ import annotations

import statistics
import sys
import time
import warnings
from fractions import Fraction
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.special import gamma

from srbench.metrics.formulas import grey
from srbench.quality.resize import imresize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Samples: TypeAlias = NDArray[Any]
Compute: TypeAlias = "Callable[..., Any]"

HEIGHT, WIDTH = 720, 1280
ROUNDS, SECONDS = 5, 4.0
"""Of each metric at least; rounds go on until both are reached."""


class Rival(NamedTuple):
    """Another implementation: what makes its function, and what it is given."""

    make: Callable[[], Compute]
    kind: str
    """`grey` or `rgb` arrays of uint8; `grey tensor` or `rgb tensor`: of torch, (1, C, H, W) float32 on 0..255."""


def function(module: str, name: str, **options: Any) -> Callable[[], Compute]:  # noqa: ANN401 - any option
    """Return what imports a function of a package when it is asked to."""
    return lambda: partial(getattr(import_module(module), name), **options)


def gmsd_of_opencv() -> Compute:
    """Return the first of the four values that OpenCV's contributed module returns, with its map."""
    compute = import_module("cv2").quality.QualityGMSD_compute
    return lambda a, b: compute(a, b)[0][0]


def ciede2000_of_scikit_image() -> Compute:
    """Return the mean of scikit-image's differences."""
    colour = import_module("skimage.color")
    return lambda a, b: colour.deltaE_ciede2000(colour.rgb2lab(a), colour.rgb2lab(b)).mean()


def ciede2000_of_colour() -> Compute:
    """Return the mean of colour-science's differences."""
    with warnings.catch_warnings(action="ignore"):  # of what else could be installed
        colour = import_module("colour")

    def lab(image: Samples) -> Samples:
        found: Samples = colour.XYZ_to_Lab(colour.sRGB_to_XYZ(image / 255))
        return found

    return lambda a, b: colour.delta_E(lab(a), lab(b), method="CIE 2000").mean()


def niqe_of_basicsr() -> Compute:
    """Return BasicSR's steps, written anew: two-dimensional windows, and one block after the other."""
    model = import_module("srbench.metrics.built_in.niqe")
    mean, covariance = model._model()
    shapes = np.arange(0.2, 10.001, 0.001)
    ratios = gamma(2 / shapes) ** 2 / (gamma(1 / shapes) * gamma(3 / shapes))
    x = np.arange(-3, 4)
    window = np.exp(-(x**2 + x[:, None] ** 2) / (2 * (7 / 6) ** 2))
    window /= window.sum()

    def fit(block: Samples) -> tuple[float, float, float]:
        left, right = np.sqrt(np.mean(block[block < 0] ** 2)), np.sqrt(np.mean(block[block > 0] ** 2))
        lean, ratio = left / right, np.mean(np.abs(block)) ** 2 / np.mean(block**2)
        ratio *= (lean**3 + 1) * (lean + 1) / (lean**2 + 1) ** 2
        shape = shapes[np.argmin((ratios - ratio) ** 2)]
        scale = np.sqrt(gamma(1 / shape) / gamma(3 / shape))
        return shape, left * scale, right * scale

    def features(block: Samples) -> list[float]:
        shape, left, right = fit(block)
        found = [shape, (left + right) / 2]
        for shift in model._SHIFTS:
            shape, left, right = fit(block * np.roll(block, shift, axis=(0, 1)))
            found += [shape, (right - left) * gamma(2 / shape) / gamma(1 / shape), left, right]
        return found

    def scale(image: Samples, side: int) -> Samples:
        local = ndimage.convolve(image, window, mode="nearest")
        deviation = np.sqrt(np.abs(ndimage.convolve(image**2, window, mode="nearest") - local**2))
        normal = (image - local) / (deviation + 1)
        rows, columns = (range(0, length, side) for length in image.shape)
        return np.array([features(normal[y : y + side, x : x + side]) for y in rows for x in columns])

    def niqe(image: Samples) -> float:
        rows, columns = (side // 96 * 96 for side in image.shape)
        image = image[:rows, :columns].astype(np.float64)
        found = np.hstack([scale(image, 96), scale(imresize(image, Fraction(1, 2), border="mirror"), 48)])
        apart = mean - found.mean(axis=0)
        return float(np.sqrt(apart @ np.linalg.pinv((covariance + np.cov(found, rowvar=False)) / 2) @ apart))

    return niqe


_PIQ = {"data_range": 255.0}
_TORCHMETRICS = "torchmetrics.functional.image"
_PEAK = {"data_range": 255}

RIVALS: dict[str, dict[str, Rival]] = {
    "ms-ssim:combine=product": {
        "pytorch-msssim": Rival(function("pytorch_msssim", "ms_ssim", **_PEAK), "grey tensor"),
        "torchmetrics": Rival(
            function(_TORCHMETRICS, "multiscale_structural_similarity_index_measure", data_range=255.0), "grey tensor"
        ),
        "sewar": Rival(function("sewar", "msssim"), "grey"),
        "piq": Rival(function("piq", "multi_scale_ssim", **_PIQ), "grey tensor"),
    },
    "gmsd": {
        "piq": Rival(function("piq", "gmsd", **_PIQ), "grey tensor"),
        "opencv-contrib": Rival(gmsd_of_opencv, "grey"),
    },
    "haarpsi": {"piq": Rival(function("piq", "haarpsi", **_PIQ), "rgb tensor")},
    "fsim": {"piq": Rival(function("piq", "fsim", chromatic=False, **_PIQ), "rgb tensor")},
    "fsimc": {"piq": Rival(function("piq", "fsim", **_PIQ), "rgb tensor")},
    "vifp": {
        "sewar": Rival(function("sewar", "vifp"), "grey"),
        "torchmetrics": Rival(function(_TORCHMETRICS, "visual_information_fidelity"), "grey tensor"),
        "piq": Rival(function("piq", "vif_p", **_PIQ), "grey tensor"),
    },
    "ciede2000": {
        "scikit-image": Rival(ciede2000_of_scikit_image, "rgb"),
        "colour-science": Rival(ciede2000_of_colour, "rgb"),
    },
    "niqe": {"BasicSR's steps": Rival(niqe_of_basicsr, "grey")},
}


class Line(NamedTuple):
    """What one implementation took of one metric."""

    metric: str
    package: str
    milliseconds: float
    value: float


def pair() -> tuple[Samples, Samples]:
    """Return an RGB image of waves and rough noise, and a copy that is blurred and noisy."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    waves = np.dstack([127 + 50 * np.sin(x / width) + 50 * np.cos(y / 31) for width in (7, 11, 23)])
    image = waves + rng.normal(0, 12, (HEIGHT // 2, WIDTH // 2, 3)).repeat(2, 0).repeat(2, 1)
    worse = ndimage.uniform_filter(image, (3, 3, 1)) + rng.normal(0, 4, image.shape)
    return tuple(each.clip(0, 255).round().astype(np.uint8) for each in (image, worse))  # type: ignore[return-value]


def given(kind: str, image: Samples) -> Any:  # noqa: ANN401 - an array or a tensor
    """Return an image as an implementation takes it."""
    array = image if kind.startswith("rgb") else grey(image).astype(np.uint8)
    if not kind.endswith("tensor"):
        return array
    torch = import_module("torch")
    return torch.from_numpy(np.ascontiguousarray(np.atleast_3d(array).transpose(2, 0, 1)))[None].float()


def calls(spec: str, images: tuple[Samples, Samples]) -> dict[str, Callable[[], float]]:
    """Return what computes a metric, by package, srbench first; what is not installed is said and left out."""
    name, _, option = spec.partition(":")
    module = import_module(f"srbench.metrics.built_in.{name}")
    score = module.load(**dict([option.split("=")] if option else []))
    compute = partial(_compute, reference=module.METRIC.reference)
    kind = next(iter(RIVALS[spec].values())).kind.removesuffix(" tensor")
    found: dict[str, Callable[[], float]] = {"srbench": partial(compute, score, [given(kind, each) for each in images])}
    for package, rival in RIVALS[spec].items():
        try:
            other = rival.make()
        except (ImportError, AttributeError, RuntimeError) as error:
            print(f"{spec}: {package} is left out: {type(error).__name__}: {error}", file=sys.stderr)
            continue
        found[package] = partial(compute, other, [given(rival.kind, each) for each in images])
    return found


def _compute(function: Compute, images: list[Any], *, reference: bool) -> float:
    return float(np.real(function(*images) if reference else function(images[-1])))


def measure(specs: Iterable[str] = RIVALS) -> list[Line]:
    """Return the median of rounds in turn, of each metric and package, and the value that each finds."""
    images = pair()
    lines = []
    for spec in specs:
        subjects = calls(spec, images)
        values = {package: call() for package, call in subjects.items()}  # imports, filters
        samples: list[dict[str, float]] = []
        while len(samples) < ROUNDS or sum(sum(sample.values()) for sample in samples) < SECONDS:
            samples.append({package: _seconds(call) for package, call in subjects.items()})
        for package, value in values.items():
            median = statistics.median(sample[package] for sample in samples)
            lines.append(Line(spec, package, 1e3 * median, value))
    return lines


def _seconds(call: Callable[[], float]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main(specs: list[str]) -> None:
    """Print the table."""
    print(f"{WIDTH}x{HEIGHT} pixels, medians of {ROUNDS} rounds or more, in turn")
    print(f"{'metric':24} {'package':16} {'ms':>9} {'/ srbench':>9}  value")
    own = 0.0
    for line in measure(specs or RIVALS):
        own = line.milliseconds if line.package == "srbench" else own
        ratio = line.milliseconds / own
        print(f"{line.metric:24} {line.package:16} {line.milliseconds:9.1f} {ratio:9.1f}  {line.value:.6f}")


if __name__ == "__main__":
    main(sys.argv[1:])
