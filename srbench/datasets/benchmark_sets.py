"""Test sets: papers report scores on them, so nothing may be trained on their images, known here by hashes alone."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from srbench.datasets.manifest import find
from srbench.quality.files import content_hash, pixel_hash
from srbench.quality.image import is_grey, is_neutral, stacked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from srbench.datasets.dataset import Dataset
    from srbench.quality.image import Image

NAMES = ("set5", "set14", "bsd100", "urban100", "kodak24", "mcmaster18", "sunhays80")
"""BSDS500's val is bsd100."""


class Original(NamedTuple):
    """An image of a test set."""

    dataset: str
    name: str
    pixels: str
    """`pixel_hash` of HR; empty where the manifest does not say."""

    def __str__(self) -> str:
        """Return it as messages name it."""
        return f"{self.name} of {self.dataset}"


@cache
def by_file() -> Mapping[str, Original]:
    """Return the images of all test sets by the sha256 of their files."""
    return {
        file.sha256: Original(name, file.name, file.pixels)
        for name in reversed(NAMES)
        for file in reversed(find(name).files)
    }


@cache
def by_pixels() -> Mapping[str, Original]:
    """Return the images of all test sets by their `pixel_hash`, where their manifests have it."""
    return {each.pixels: each for each in by_file().values() if each.pixels}


def among(dataset: Dataset) -> dict[str, Original]:
    """Return the test images that files of a dataset are, by the names of these files; those of a folder are hashed."""
    tests = by_file()
    known = {file.name: file.sha256 or content_hash(dataset.root / file.path, "") for file in dataset.files}
    return {name: tests[sha256] for name, sha256 in known.items() if sha256 in tests}


def same_pixels(image: Image) -> Original | None:
    """Return the test image with the pixels of `image` (uint8, grey or RGB), whatever file it was saved in.

    Grey stored as RGB has the pixels of grey, and the other way round.
    """
    forms = [image]
    if is_grey(image):
        forms.append(stacked(image))
    elif is_neutral(image):
        forms.append(image[:, :, 0])
    return next((found for each in forms if (found := by_pixels().get(pixel_hash(each)))), None)
