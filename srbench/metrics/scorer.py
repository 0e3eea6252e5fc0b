"""Metrics for scripts and notebooks: `srbench.metric("lpips")(reference, image)`, in the process of the caller."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from srbench import returned
from srbench.errors import ImageError, MetricError, UsageError
from srbench.hashing import file_hash_or
from srbench.metrics import contract
from srbench.metrics.registry import Choice, check_names, choose, registry
from srbench.quality.image import channels, is_grey, stacked
from srbench.specs import canonical, counted, parse_method, split

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from srbench.metrics.declaration import Metric
    from srbench.quality.image import Image


class Scorer:
    """A loaded metric, to be called with a reference and an image, or with an image alone.

    `spec` is its canonical spec; `metric` says how its values read: `better`, `low` and `high`, `digits`, `unit`.
    """

    def __init__(self, choice: Choice) -> None:
        """Load the metric that `choice` names; raises as `Choice.load`."""
        self.spec: str = choice.spec
        self.metric: Metric = choice.metric()
        self._score = choice.load()

    def __repr__(self) -> str:
        """Return what makes another one."""
        return f"srbench.metric({self.spec!r})"

    def __call__(self, *images: Image) -> float:
        """Return the value for a reference and an image: uint8 in 0..255, of one size, (H, W) grey or (H, W, 3) RGB.

        A metric that needs no reference, such as NIQE, takes an image alone; of two it scores the second, and the first
        does not count. All of both images counts: borders are not cut off, and colour is not made luma.

        Raises:
            UsageError: one image where the metric compares two, or more than two.
            ImageError: another dtype or shape, or two images that differ in size or channels.
            Unsupported: the metric cannot score such images, because they are too small.
            MetricError: it returned no number, or NaN.

        """
        self._check_number(len(images))
        names = ("reference", "image")[-len(images) :]
        for name, image in zip(names, images, strict=True):
            _check(name, image)
        if images[0].shape != images[-1].shape:
            raise _unlike(images[0], images[-1])
        given = [self._as_seen(image) for image in images]
        try:
            return contract.measure(self.metric, self._score, given[0], given[-1])
        except MetricError as error:
            raise MetricError(f"{self.spec} {error}") from error

    def _check_number(self, number: int) -> None:
        least = 2 if self.metric.reference else 1
        if not least <= number <= 2:  # noqa: PLR2004 - a reference and an image
            expected = "(reference, image)" if self.metric.reference else "(image)"
            raise UsageError(f"{self.spec} got {counted(number, 'image')}; expected {expected}")

    def _as_seen(self, image: Image) -> Image:
        return stacked(image) if self.metric.sees == "rgb" and is_grey(image) else image


def metric(spec: str, *, plugins: Iterable[str | Path] = (), **options: object) -> Scorer:
    """Return the metric that a spec names, as a function of a reference and an image that returns a float.

    >>> lpips = srbench.metric("lpips", net="vgg")  # or "lpips:net=vgg"
    >>> lpips(reference, image)

    Both are uint8 arrays of one size, (H, W) grey or (H, W, 3) RGB. Metrics that need no reference take the image
    alone: `srbench.metric("niqe")(image)`; of two images they score the second. `plugins` are Python files that define
    further metrics. A metric is loaded once, in this process; weights that it needs are fetched when it is used first.

    Raises:
        UsageError: no metric spec, an unknown metric or option, one that is given twice with two values, or a plug-in
            file that cannot be used.
        Unsupported: a package or weights that the metric needs are not here.
        MetricError: the metric cannot be imported, or declares nonsense.

    """
    text = _spelled(spec, options)
    files = [Path(file) for file in plugins]
    check_names([text], files)
    choice = choose(text, registry(files))
    return _loaded(choice, (*choice.plugin.code_hashes(), *(file_hash_or(path, "") for path in choice.files())))


def _spelled(spec: object, options: Mapping[str, object]) -> str:
    """Return a spec with further `options`, which may repeat those in it but not contradict them."""
    if not isinstance(spec, str):
        raise UsageError(
            f"srbench.metric got {returned.kind(spec).name}, expected a metric spec such as 'lpips:net=vgg'"
        )
    if len(split(spec, ",")) > 1:
        raise UsageError(f"srbench.metric got {spec!r}, expected one metric; call it once for each")
    parsed = parse_method(spec, "metric")
    for key, value in options.items():
        if parsed.options.get(key, str(value)) != str(value):
            twice = f"{key}={parsed.options[key]} in the spec and {key}={value!r} as an argument"
            raise UsageError(f"srbench.metric got {twice}; leave one out")
    return canonical(parsed.name, {**parsed.options, **options})


@lru_cache(maxsize=32)
def _loaded(choice: Choice, _content: tuple[str, ...]) -> Scorer:
    return Scorer(choice)


def _check(name: str, image: Any) -> None:  # noqa: ANN401 - whatever a script passes
    """Refuse what is no uint8 array of a grey or RGB image."""
    if not isinstance(image, np.ndarray):
        what = f"{name} is {returned.kind(image).name}, expected a numpy array of uint8"
        raise ImageError(f"{what}; convert it with numpy.asarray(...), channels last, on 0..255")
    if not is_grey(image) and (image.ndim != 3 or channels(image) != 3):  # noqa: PLR2004 - (H, W, 3)
        what = f"{name} has shape {image.shape}, expected (H, W) or (H, W, 3)"
        raise ImageError("; ".join(filter(None, [what, _advice(image.shape)])))
    if not image.size:
        raise ImageError(f"{name} has shape {image.shape}, expected at least one pixel")
    if image.dtype != np.uint8:
        raise ImageError(f"{name} is {image.dtype}, expected uint8 in 0..255{_conversion(image)}")


def _conversion(image: Image) -> str:
    """Say what makes uint8 in 0..255 of an image with pixels of another dtype, as far as its samples tell."""
    if image.dtype.kind not in "iuf":
        return ""
    low, high = image.min(), image.max()
    if image.dtype.kind in "iu":
        fits = low >= 0 and high <= 255  # noqa: PLR2004 - of 8 bits
        advice = "image.astype('uint8')" if fits else "scale them to 0..255, round, then astype('uint8')"
        return f"; its samples are {low} to {high}: {advice}"
    if high > 1:
        return f"; its samples, up to {high:.4g}, look like 0..255: image.round().clip(0, 255).astype('uint8')"
    return "; of floats in 0..1 make it with (image * 255).round().clip(0, 255).astype('uint8')"


def _advice(shape: tuple[int, ...]) -> str:
    """Say what makes an array of `shape` an image, if that is simple."""
    if 1 in shape and len(shape) > 2:  # noqa: PLR2004 - axes of a grey image
        return "remove the axes of length 1, with numpy.squeeze"
    if len(shape) == 3 and shape[0] == 3:  # noqa: PLR2004 - (3, H, W)
        return "channels come last: transpose(1, 2, 0)"
    if len(shape) == 3 and shape[2] == 4:  # noqa: PLR2004 - (H, W, 4)
        return "leave alpha out: image[..., :3]"
    return "give one image at a time" if len(shape) == 4 else ""  # noqa: PLR2004 - a batch


def _unlike(reference: Image, image: Image) -> ImageError:
    what = f"reference has shape {reference.shape} and image {image.shape}"
    if reference.shape[:2] == image.shape[:2]:
        return ImageError(f"{what}, expected both grey or both RGB; convert one of them")
    return ImageError(f"{what}, expected one size; crop or upscale one of them")
