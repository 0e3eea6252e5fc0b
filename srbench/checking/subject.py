"""The upscaler that is checked, with what is asked of it again and again: SR of an image, and which images it takes."""

from __future__ import annotations

import time
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from srbench import contract
from srbench.errors import MethodError, SrbenchError, Unsupported, first_line
from srbench.networks import sample_crops
from srbench.quality.image import from_255, grey, is_grey, on_255
from srbench.quality.resize import imresize
from srbench.takes import Takes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from srbench.contract import Upscaler
    from srbench.methods import Choice
    from srbench.networks.sample_crops import Crop
    from srbench.quality.image import Image

SIDE = 48
"""LR pixels a side of most images: as the patches that networks are usually trained on."""

LARGEST = 400
"""LR pixels a side of the largest images."""

IMAGE = "image"
"""The file in which the name of the image lies that is upscaled: a crash leaves no other trace of it."""

_TRIES, _TRIED = 20, 0.5
"""Calls, and seconds in all, of which the fastest tells how fast a method is: on a busy machine most are slower."""

_TEXTURED = 2
"""The photograph with most detail in a corner: there it is seen where SR lies."""

_KINDS = ("RGB uint8", "grey uint8", "RGB float32", "grey float32")


class Sample(NamedTuple):
    """An image and what reports call it."""

    name: str
    pixels: Image


class Failure(SrbenchError):  # noqa: N818 - what a method did on an image
    """A method raised, or returned no image."""

    def __init__(self, image: str, reason: str) -> None:
        """Keep both apart."""
        super().__init__(reason)
        self.image = image


class Subject:
    """An upscaler under test."""

    def __init__(  # noqa: PLR0913 - all that a check may ask for
        self,
        upscaler: Upscaler,
        choice: Choice,
        factor: int,
        device: str,
        folder: Path,
        before: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        """Run nothing yet.

        Args:
            upscaler: what is checked.
            choice: the method that it is of.
            factor: what it enlarges by.
            device: where it runs.
            folder: an empty one for whatever a check needs.
            before: settings of the process before its first call.

        """
        self.upscaler, self.choice, self.factor, self.device, self.folder = upscaler, choice, factor, device, folder
        self.before = before
        self._pairs: dict[str, list[tuple[Image, Image]]] = {}

    def sr(self, sample: Sample) -> Image:
        """Return SR of a copy of an image, held to the contract.

        Raises:
            Unsupported: it does not take such an image.
            Failure: it raised anything else.

        """
        contract.offer(self.upscaler, sample.pixels)
        result = self.raw(sample.name, sample.pixels.copy())
        try:
            return contract.hold(result, sample.pixels, self.factor)
        except MethodError as error:
            raise Failure(sample.name, str(error)) from error

    def steady(self, sample: Sample) -> Image:
        """Return SR of an image.

        Raises:
            Unsupported: it makes another one each time, so that nothing else can be told from a difference.
            Failure: as `sr`.

        """
        first = self.sr(sample).copy()
        if np.array_equal(first, self.sr(sample)):
            return first
        raise Unsupported("it makes another SR each time")

    def raw(self, name: str, pixels: Image) -> Image:
        """Return what the upscaler returns of this very array, whatever that is."""
        (self.folder / IMAGE).write_text(name, encoding="utf-8")
        try:
            return self.upscaler(pixels)
        except Unsupported:
            raise
        except (Exception, SystemExit) as error:
            raise Failure(name, f"{type(error).__name__}: {first_line(error)}") from error

    def levels(self, sample: Sample) -> NDArray[np.float64]:
        """Return SR on 0..255."""
        return on_255(self.sr(sample))

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of image that it takes, of 8 bits and colour first."""
        return tuple(kind for kind in _KINDS if self.takes(kind))

    def takes(self, kind: str) -> bool:
        """Tell whether it takes images of a kind, such as `grey float64`."""
        try:
            self.sr(Sample(kind, as_kind(self._crops[0].lr, kind)))
        except Unsupported:
            return False
        except SrbenchError:  # which the checks will say
            return True
        return True

    @property
    def kind(self) -> str:
        """The kind of image that it is given where any would do.

        Raises:
            Unsupported: it takes none.

        """
        if not self.kinds:
            raise Unsupported("it takes none of the images that it was given")
        return self.kinds[0]

    def some(self, part: str) -> list[str]:
        """Return the kinds that it takes with this colour or dtype.

        Raises:
            Unsupported: there are none.

        """
        if found := [kind for kind in self.kinds if part in kind.split()]:
            return found
        raise Unsupported(f"it does not take {part} images")

    def side(self, wanted: int) -> int:
        """Return a side of at least `wanted` LR pixels that it declares to take."""
        takes = getattr(self.upscaler, "takes", None)
        return takes.side(wanted) if isinstance(takes, Takes) else wanted

    @cached_property
    def _crops(self) -> tuple[Crop, ...]:
        return sample_crops.crops(self.factor, self.side(SIDE)).each

    def photographs(self, kind: str = "") -> list[Sample]:
        """Return LR of four photographs, of a kind that it takes."""
        return [
            Sample(_named(_name(number), crop.lr, kind or self.kind), as_kind(crop.lr, kind or self.kind))
            for number, crop in enumerate(self._crops)
        ]

    def photographs_of(self, kind: str = "") -> str:
        """Return what reports call all of them."""
        samples = self.photographs(kind)
        return f"{len(samples)} photographs, the first {samples[0].name.removeprefix('photograph ')}"

    def pairs(self, kind: str) -> list[tuple[Image, Image]]:
        """Return LR enlarged by MATLAB's bicubic, as floats, and SR of each photograph: what lies where it should."""
        if kind not in self._pairs:
            samples = self.photographs(kind)
            self._pairs[kind] = [(enlarged(each, self.factor), self.sr(each).copy()) for each in samples]
        return self._pairs[kind]

    def large(self, side: int, kind: str = "") -> Sample:
        """Return a photograph of `side` LR pixels a side, sharp as a camera left it; mirrored beyond its size."""
        whole = sample_crops.crops(2, SIDE * 4).each[_TEXTURED].hr[::-1, ::-1]
        beyond = max(side - whole.shape[0], 0)
        pixels = np.pad(whole, ((0, beyond), (0, beyond), (0, 0)), "symmetric")[:side, :side]
        kind = kind or self.kind
        return Sample(_named(f"{_name(_TEXTURED)} (turned)", pixels, kind), as_kind(pixels, kind))

    @cached_property
    def seconds_per_pixel(self) -> float:
        """About how long a call takes for each LR pixel: how large images may be, and how many, follows from it."""
        sample = self.photographs()[0]
        height, width = sample.pixels.shape[:2]
        tries: list[float] = []
        while len(tries) < _TRIES and sum(tries) < _TRIED:
            tries.append(self._seconds(sample))
        return min(tries) / int(height * width)

    def _seconds(self, sample: Sample) -> float:
        begun = time.perf_counter()
        self.sr(sample)
        return time.perf_counter() - begun

    def affordable(self, seconds: float, largest: int = LARGEST) -> int:
        """Return the side of the largest image that takes about so many seconds, in steps of 16 pixels."""
        side = int((seconds / max(self.seconds_per_pixel, 1e-9)) ** 0.5)
        return self.side(max(SIDE, min(side, largest)) // 16 * 16)


def enlarged(sample: Sample, factor: int) -> Image:
    """Return LR enlarged by MATLAB's bicubic, float64 in 0..1, neither rounded nor clipped."""
    return imresize(on_255(sample.pixels) / 255, factor)


def as_kind(image: Image, kind: str) -> Image:
    """Return an RGB uint8 image as `kind`: grey or RGB, of a dtype."""
    colour, dtype = kind.split()
    values = grey(image) if colour == "grey" else on_255(image)
    return from_255(values, np.dtype(dtype))


def _name(number: int) -> str:
    return sample_crops.PHOTOGRAPHS[number].partition(".")[0]


def _named(name: str, pixels: Image, kind: str) -> str:
    height, width = pixels.shape[:2]
    return f"photograph {name}, {width}x{height} {kind}"


def with_size(what: str, pixels: Image) -> Sample:
    """Return a sample that is called what it is, with its size and kind."""
    height, width = pixels.shape[:2]
    return Sample(f"{what}, {width}x{height} {'grey' if is_grey(pixels) else 'RGB'} {pixels.dtype}", pixels)
