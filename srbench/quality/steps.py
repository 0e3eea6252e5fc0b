"""The steps that make LR of HR, each a value that says itself in words.

An 8-bit image stays one in every step: what is computed is rounded half up and clipped. Luma in floats is neither.
"""

from __future__ import annotations

import io
from dataclasses import asdict, dataclass, fields
from math import lcm
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

import cv2
import numpy as np
from PIL import Image as Pillow

from srbench.errors import Unsupported, UsageError
from srbench.quality import pins
from srbench.quality.image import cropped, from_255, on_255
from srbench.quality.kernels import KERNELS, MATLAB, imresize, shrunk
from srbench.quality.matlab_random import randn

if TYPE_CHECKING:
    from collections.abc import Callable

    from srbench.quality.image import Image
    from srbench.quality.resize import Border, Rounding


class Setting(NamedTuple):
    """What a step is applied within."""

    factor: int
    seed: Callable[[], int]
    """Returns what seeds random numbers: it follows from HR's pixels, the degradation and the factor."""


class Step:
    """One step; its fields, but not its words, count in the fingerprint of a protocol."""

    kind: ClassVar[str]
    """The name of the step."""

    @property
    def takes_floats(self) -> bool:
        """Tell whether the step is defined for luma in floats."""
        return False

    @property
    def words(self) -> str:
        """Return what the step does, as a sentence."""
        raise NotImplementedError

    @property
    def table(self) -> dict[str, Any]:
        """Return the step as JSON and TOML hold it."""
        return {"step": self.kind, **asdict(self)}  # type: ignore[call-overload]

    def apply(self, image: Image, setting: Setting) -> Image:
        """Return what the step makes of `image`, (H, W) or (H, W, 3), with its dtype."""
        raise NotImplementedError


@dataclass(frozen=True)
class Crop(Step):
    """Cut HR at the right and at the bottom; SR is compared with what is left."""

    multiple: int = 1
    """What both sides are multiples of, beside the factor: 12 is BasicSR's `GTmod12`."""

    kind = "crop"

    def __post_init__(self) -> None:
        """Refuse what is no multiple."""
        _check("multiple", self.multiple, 1 <= self.multiple <= 2**16, "an integer of at least 1")

    @property
    def takes_floats(self) -> bool:
        """Tell that luma can be cropped."""
        return True

    @property
    def words(self) -> str:
        """Return what the step does."""
        further = f" and of {self.multiple}" if self.multiple > 1 else ""
        return f"HR is first cropped at the right and at the bottom, to a multiple of the factor{further}."

    def apply(self, image: Image, setting: Setting) -> Image:
        """Return the part of `image` that is left.

        Raises:
            Unsupported: nothing is.

        """
        multiple = lcm(setting.factor, self.multiple)
        left = cropped(image, multiple)
        if not left.size:
            why = f"factor {setting.factor}" + f" cropped to multiples of {multiple}" * (multiple != setting.factor)
            raise Unsupported(f"image of {image.shape[1]}x{image.shape[0]} pixels is too small for {why}")
        return left


@dataclass(frozen=True)
class Blur(Step):
    """A Gaussian blur, computed in float64; the border is repeated."""

    sigma: float
    """Standard deviation in pixels of HR."""
    size: int = 21
    """Side of the square kernel in pixels, odd."""

    kind = "blur"

    def __post_init__(self) -> None:
        """Refuse what is no kernel."""
        _check("sigma", self.sigma, 0.01 <= self.sigma <= 100, "a number of 0.01 to 100")  # noqa: PLR2004
        _check("size", self.size, self.size % 2 == 1 and 1 <= self.size <= 201, "an odd integer up to 201")  # noqa: PLR2004

    @property
    def takes_floats(self) -> bool:
        """Tell that luma can be blurred."""
        return True

    @property
    def words(self) -> str:
        """Return what the step does."""
        return f"The image is blurred by a Gaussian of sigma {self.sigma:g} in {self.size}x{self.size} pixels."

    def apply(self, image: Image, setting: Setting) -> Image:
        """Return the blurred image."""
        del setting
        away = np.arange(self.size) - self.size // 2
        weights = np.exp(-(away**2) / (2 * self.sigma**2))
        weights /= weights.sum()
        blurred = cv2.sepFilter2D(on_255(image), -1, weights, weights, borderType=cv2.BORDER_REPLICATE)
        return from_255(blurred, image.dtype)


@dataclass(frozen=True)
class Shrink(Step):
    """The image made smaller by the factor."""

    kernel: str = MATLAB
    """One of `KERNELS`."""
    border: Border = "clamp"
    """What lies outside the image: its edge repeated, or the image mirrored; MATLAB's kernel alone has a choice."""
    rounding: Rounding = "each"
    """When 8-bit values are rounded: after `each` dimension, or `once`; MATLAB's kernel alone has a choice."""

    kind = "shrink"

    def __post_init__(self) -> None:
        """Refuse what is no kernel, and choices that the kernel has not."""
        for name, value, choices in (
            ("kernel", self.kernel, tuple(KERNELS)),
            ("border", self.border, ("clamp", "mirror")),
            ("rounding", self.rounding, ("each", "once")),
        ):
            _check(name, value, value in choices, f"one of {', '.join(choices)}")
        if self.kernel != MATLAB and (self.border, self.rounding) != ("clamp", "each"):
            raise UsageError(f"kernel {self.kernel} has neither border nor rounding to choose; {MATLAB} has")

    @property
    def takes_floats(self) -> bool:
        """Tell whether the kernel shrinks luma in floats."""
        return KERNELS[self.kernel].takes_floats

    @property
    def table(self) -> dict[str, Any]:
        """Return the step as JSON and TOML hold it."""
        choices = {"border": self.border, "rounding": self.rounding} if self.kernel == MATLAB else {}
        return {"step": self.kind, "kernel": self.kernel, **choices}

    @property
    def words(self) -> str:
        """Return what the step does."""
        border = "; its border is mirrored" if self.border == "mirror" else ""
        rounding = ", and rounded once, at the end" if self.rounding == "once" else ""
        return f"It is shrunk {KERNELS[self.kernel].words}{border}{rounding}."

    def apply(self, image: Image, setting: Setting) -> Image:
        """Return the image at 1/factor of its size, both sides of which are multiples of the factor."""
        if self.kernel == MATLAB:
            return imresize(image, setting.factor, self.border, self.rounding)
        return shrunk(image, setting.factor, self.kernel)


@dataclass(frozen=True)
class Noise(Step):
    """Gaussian noise, of an 8-bit image."""

    sigma: float
    """Standard deviation on the 0..255 scale."""
    generator: Literal["seeded", "matlab"] = "seeded"
    """`seeded`: numpy's frozen generator, seeded by HR's pixels, the degradation and the factor. `matlab`: MATLAB's
    `randn('seed', 0)`, anew for each image, column by column."""

    kind = "noise"

    def __post_init__(self) -> None:
        """Refuse what is no noise."""
        _check("sigma", self.sigma, 0 < self.sigma <= 255, "a number above 0 and up to 255")  # noqa: PLR2004
        _check("generator", self.generator, self.generator in ("seeded", "matlab"), "seeded or matlab")

    @property
    def words(self) -> str:
        """Return what the step does."""
        source = {
            "seeded": "its numbers follow from HR's pixels and the factor",
            "matlab": "MATLAB's randn('seed', 0), anew for each image",
        }[self.generator]
        return f"Gaussian noise of sigma {self.sigma:g} (of 255) is added: {source}."

    def apply(self, image: Image, setting: Setting) -> Image:
        """Return the image with noise, added in float32 as MATLAB's single, then rounded half up and clipped."""
        if self.generator == "matlab":
            numbers = randn(image.size).reshape(image.shape, order="F")
        else:
            numbers = np.random.RandomState(setting.seed()).standard_normal(image.shape)
        noisy = image.astype(np.float32) + (self.sigma * numbers).astype(np.float32)
        return from_255(noisy, image.dtype)


@dataclass(frozen=True)
class Jpeg(Step):
    """The image saved as JPEG by Pillow and read again."""

    quality: int = 90
    subsampling: Literal["4:2:0", "4:2:2", "4:4:4"] = "4:2:0"
    """Resolution of the colours; 4:2:0 is Pillow's default."""

    kind = "jpeg"

    def __post_init__(self) -> None:
        """Refuse what is no quality."""
        _check("quality", self.quality, 1 <= self.quality <= 100, "an integer of 1 to 100")  # noqa: PLR2004
        kinds = ("4:2:0", "4:2:2", "4:4:4")
        _check("subsampling", self.subsampling, self.subsampling in kinds, f"one of {', '.join(kinds)}")

    @property
    def words(self) -> str:
        """Return what the step does."""
        return f"It is saved as JPEG of quality {self.quality} ({self.subsampling}) by Pillow, and read again."

    def apply(self, image: Image, setting: Setting) -> Image:
        """Return the image as it comes back.

        Raises:
            Unsupported: the JPEG library is not the one that the step was declared with.

        """
        del setting
        pins.check(self.kind, lambda probe: [_jpeg(probe, 90, "4:2:0"), _jpeg(probe[..., 0], 50, "4:4:4")])
        return _jpeg(image, self.quality, self.subsampling)


@dataclass(frozen=True)
class Given(Step):
    """LR images that somebody made, as files."""

    kind = "given"

    @property
    def words(self) -> str:
        """Return what the step does."""
        return "LR is given, as files that somebody made."


STEPS: dict[str, type[Step]] = {each.kind: each for each in (Crop, Blur, Shrink, Noise, Jpeg, Given)}


def from_table(table: object) -> Step:
    """Return the step that `Step.table` wrote.

    Raises:
        UsageError: it is no such table; the line says what was expected.

    """
    if not isinstance(table, dict) or "step" not in table:
        raise UsageError(f"got {table!r}, expected a step: a table with step = {', '.join(STEPS)}")
    values = dict(table)
    kind = STEPS.get(values.pop("step")) if isinstance(table["step"], str) else None
    if kind is None:
        raise UsageError(f"step is {table['step']!r}, expected one of {', '.join(STEPS)}")
    known = _options(kind)
    if unknown := [key for key in values if key not in known]:
        raise UsageError(f"unknown key {unknown[0]!r} of step {kind.kind}, expected {', '.join(known) or 'none'}")
    for key, value in values.items():
        expected = known[key]
        fits = type(value) is int or type(value) is float if expected is float else type(value) is expected
        if not fits:
            raise UsageError(f"{key} of step {kind.kind} is {value!r}, expected {expected.__name__}")
    values = {key: float(value) if known[key] is float else value for key, value in values.items()}
    try:
        return kind(**values)
    except TypeError as error:
        needed = [key for key in known if key not in values]
        raise UsageError(f"step {kind.kind} lacks {' and '.join(needed[:1])}") from error


def _options(kind: type[Step]) -> dict[str, type]:
    """Return the fields of a step and their types; a choice is text."""
    plain: dict[str, type] = {"int": int, "float": float}
    return {each.name: plain.get(str(each.type), str) for each in fields(kind)}  # type: ignore[arg-type]


def _check(name: str, value: object, fits: bool, expected: str) -> None:
    if not fits:
        raise UsageError(f"{name} is {value!r}, expected {expected}")


def _jpeg(image: Image, quality: int, subsampling: str) -> Image:
    file = io.BytesIO()
    Pillow.fromarray(image).save(file, "JPEG", quality=quality, subsampling=subsampling)
    return np.array(Pillow.open(file))
