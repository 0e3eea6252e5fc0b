"""Degradations: how LR is made from HR, step by step, and those that have a name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from srbench.errors import Unsupported, UsageError
from srbench.hashing import sha256
from srbench.quality.files import pixel_hash
from srbench.quality.image import Image, is_grey, luma, round_half_up, stacked, to_uint8
from srbench.quality.kernels import MATLAB
from srbench.quality.steps import Blur, Crop, Given, Jpeg, Noise, Setting, Shrink, Step, from_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from srbench.quality.resize import Border, Rounding

_CHANNELS = {
    "y": "LR is the luma alone, as floats: it is neither rounded nor clipped.",
    "rgb": "LR is an 8-bit RGB image, as a file would hold it.",
}

_GREY = {"keep": "", "rgb": "A grey image is read as RGB, with R = G = B, and its luma is that of BT.601, in 16..235."}


@dataclass(frozen=True)
class Degradation:
    """How LR is made: HR is cropped, perhaps blurred, shrunk, and what steps follow; or LR is given."""

    steps: tuple[Step, ...] = (Crop(), Shrink())
    """First the crop; one of them shrinks, unless LR is given. None at all: images are LR as they are."""
    channels: Literal["y", "rgb"] = "rgb"
    """What is shrunk and given to a method: `y` a float luma image, `rgb` a uint8 image (grey stays grey)."""
    factors: tuple[int, ...] = ()
    """The factors that it is defined for; empty for all."""
    grey: Literal["keep", "rgb"] = "keep"
    """How a grey image is read: as it is (`keep`), or as three equal channels (`rgb`), as OpenCV's `imread` does."""

    def __post_init__(self) -> None:
        """Refuse what makes no LR.

        Raises:
            UsageError: steps that do not fit together.

        """
        kinds = [step.kind for step in self.steps]
        if self.channels not in _CHANNELS:
            raise UsageError(f"channels is {self.channels!r}, expected y or rgb")
        if self.grey not in _GREY:
            raise UsageError(f"grey is {self.grey!r}, expected keep or rgb")
        if not kinds:
            return
        if kinds.count("crop") != 1 or kinds[0] != "crop":
            raise UsageError(f"got the steps {', '.join(kinds)}, expected one crop, as the first")
        if kinds.count("shrink") + kinds.count("given") != 1 or ("given" in kinds and len(kinds) > 2):  # noqa: PLR2004
            raise UsageError(f"got the steps {', '.join(kinds)}, expected one shrink, or given alone after the crop")
        rounded = [step.kind for step in self.steps if not step.takes_floats]
        if self.channels == "y" and rounded:
            raise UsageError(
                f"step {rounded[0]} is of 8-bit images, and here LR is luma in floats; use a protocol whose LR is RGB"
            )

    @property
    def given(self) -> bool:
        """Tell whether LR is given, as files."""
        return self.steps[-1:] == (Given(),)

    @property
    def dtype(self) -> str:
        """Return the dtype of LR."""
        return "float64" if self.channels == "y" else "uint8"

    @property
    def words(self) -> list[str]:
        """Return what each step does, and what LR is, in sentences."""
        only = [f"It is defined for factor {' and '.join(map(str, self.factors))} alone."] if self.factors else []
        if not self.steps:
            return ["The images are given to methods as they are."]
        read = [_GREY[self.grey]] if _GREY[self.grey] else []
        return [*read, *(step.words for step in self.steps), _CHANNELS[self.channels], *only]

    @property
    def fields(self) -> dict[str, Any]:
        """Return the choices by their names, of which a fingerprint is made.

        A single step that shrinks has those of before there were steps, and how grey images are read is one of them
        where they are not kept: so old fingerprints stay.
        """
        return self._made | ({} if self.grey == "keep" else {"hr_grey": self.grey})

    @property
    def _made(self) -> dict[str, Any]:
        """Return the choices of the steps, and of what they make."""
        crop, *others = self.steps or (None,)
        if crop == Crop() and len(others) == 1 and isinstance(shrink := others[0], Shrink) and not self.factors:
            choices = {"kernel": shrink.kernel, "border": shrink.border, "rounding": shrink.rounding}
            return {"lr_channels": self.channels} | {f"lr_{key}": value for key, value in choices.items()}
        factors = {"lr_factors": list(self.factors)} if self.factors else {}
        return {"lr_channels": self.channels, "lr_steps": [step.table for step in self.steps], **factors}

    def read(self, image: Image) -> Image:
        """Return HR, or LR that is given, as it counts: a grey one perhaps as RGB."""
        return stacked(image) if self.grey == "rgb" and is_grey(image) else image

    def crop(self, hr: Image, factor: int) -> Image:
        """Return the part of `hr` that LR is made of, and SR compared with, as it is read.

        Raises:
            Unsupported: nothing is left.

        """
        hr = self.read(hr)
        return self.steps[0].apply(hr, Setting(factor, lambda: 0)) if self.steps else hr

    def apply(self, hr: Image, factor: int) -> Image:
        """Return LR of the full-size `hr`, uint8 (H, W[, 3]), at 1/factor its cropped size.

        Raises:
            Unsupported: LR is given, or there is none at this factor, or of an image so small.

        """
        if self.given:
            raise Unsupported("this protocol makes no LR: it is given, as files; name a dataset that has them")
        if self.factors and factor not in self.factors:
            only = " and ".join(map(str, self.factors))
            raise Unsupported(f"this degradation is defined for factor {only}, not {factor}")
        image: Image = to_uint8(self.crop(hr, factor))
        if self.channels == "y":
            image = round_half_up(luma(image)) / 255
        setting = Setting(factor, lambda: int(sha256(pixel_hash(hr), self.fields, factor)[:8], 16))
        for step in self.steps[1:]:
            image = step.apply(image, setting)
        return image


def from_fields(fields: Mapping[str, Any]) -> Degradation:
    """Return the degradation that `Degradation.fields` wrote; other keys do not count.

    Raises:
        UsageError: they are of no degradation of this version.

    """
    choices = {key: fields[f"lr_{key}"] for key in ("kernel", "border", "rounding") if f"lr_{key}" in fields}
    tables = fields.get("lr_steps", [{"step": "crop"}, {"step": "shrink", **choices}])
    try:
        factors = tuple(fields.get("lr_factors", ()))
        return Degradation(steps_of(tables), fields.get("lr_channels", "rgb"), factors, fields.get("hr_grey", "keep"))
    except TypeError as error:
        raise UsageError(f"got {dict(fields)!r}, which is no degradation of this version") from error


def steps_of(tables: Sequence[object]) -> tuple[Step, ...]:
    """Return the steps of their tables; the crop may be left out where it is to the factor alone.

    Raises:
        UsageError: one is no step.

    """
    steps = tuple(map(from_table, tables))
    return steps if any(isinstance(step, Crop) for step in steps) else (Crop(), *steps)


def _of(*steps: Step, factors: tuple[int, ...] = ()) -> Degradation:
    return Degradation((Crop(), *steps), factors=factors)


def bicubic(border: Border = "clamp", rounding: Rounding = "each") -> Degradation:
    """MATLAB's bicubic, which most tables follow."""
    return _of(Shrink(MATLAB, border, rounding))


def bd() -> Degradation:
    """BD of RDN (Zhang et al., CVPR 2018), at x3: a 7x7 Gaussian of sigma 1.6, then each block's centre pixel."""
    return _of(Blur(1.6, 7), Shrink("centre"), factors=(3,))


def dn(sigma: float = 30.0) -> Degradation:
    """DN of RDN (Zhang et al., CVPR 2018): MATLAB's bicubic, then noise of MATLAB's old generator."""
    return _of(Shrink(), Noise(sigma, "matlab"))


def noise(sigma: float = 30.0) -> Degradation:
    """MATLAB's bicubic, then Gaussian noise that each image and factor has of its own."""
    return _of(Shrink(), Noise(sigma))


def blur_bicubic(sigma: float = 1.6, size: int = 21) -> Degradation:
    """A Gaussian blur, then MATLAB's bicubic."""
    return _of(Blur(sigma, size), Shrink())


def blur_centre(sigma: float = 1.6, size: int = 21) -> Degradation:
    """A Gaussian blur, then each block's centre pixel."""
    return _of(Blur(sigma, size), Shrink("centre"))


def jpeg(
    quality: int = 90, kernel: Literal["bicubic-pillow", "bicubic-matlab", "area"] = "bicubic-pillow"
) -> Degradation:
    """Bicubic, then JPEG by Pillow: with Pillow's kernel and quality 90 as in NTIRE 2023's real-time track."""
    return _of(Shrink(kernel), Jpeg(quality))


def given() -> Degradation:
    """LR images that somebody made, as files."""
    return _of(Given())


def _plain(kernel: str, summary: str) -> Callable[[], Degradation]:
    def made() -> Degradation:
        return _of(Shrink(kernel))

    made.__doc__ = summary
    return made


NAMED: dict[str, Callable[..., Degradation]] = {
    "bicubic": bicubic,
    "bd": bd,
    "dn": dn,
    "blur-bicubic": blur_bicubic,
    "blur-centre": blur_centre,
    "noise": noise,
    "jpeg": jpeg,
    "area": _plain("area", "The mean of each block of factor x factor pixels."),
    "bicubic-opencv": _plain("bicubic-opencv", "OpenCV's INTER_CUBIC, which has no antialiasing."),
    "bilinear-opencv": _plain("bilinear-opencv", "OpenCV's INTER_LINEAR."),
    "area-opencv": _plain("area-opencv", "OpenCV's INTER_AREA, the mean of each block up to its rounding."),
    "lanczos-opencv": _plain("lanczos-opencv", "OpenCV's INTER_LANCZOS4."),
    "nearest-opencv": _plain("nearest-opencv", "OpenCV's INTER_NEAREST."),
    "bicubic-pillow": _plain("bicubic-pillow", "Pillow's BICUBIC, which has antialiasing."),
    "bilinear-pillow": _plain("bilinear-pillow", "Pillow's BILINEAR."),
    "lanczos-pillow": _plain("lanczos-pillow", "Pillow's LANCZOS."),
    "box-pillow": _plain("box-pillow", "Pillow's BOX."),
    "bicubic-torch-antialias": _plain("bicubic-torch-antialias", "torch's bicubic with antialias=True, in float32."),
    "bicubic-torch": _plain("bicubic-torch", "torch's bicubic, which has no antialiasing by default."),
    "bicubic-matlab-no-antialias": _plain("bicubic-matlab-no-antialias", "MATLAB's bicubic with antialiasing off."),
    "bicubic-skimage": _plain("bicubic-skimage", "scikit-image's resize of order 3 with anti_aliasing."),
    "centre": _plain("centre", "The centre pixel of each block, without any filter."),
    "given": given,
}
"""What `lr=` can be, in the order of help; the signature of each has its options, its docstring says what it is."""
