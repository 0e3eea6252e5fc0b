"""The training data of a recipe: datasets that no test set is part of, their images, and which are held out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from srbench import datasets
from srbench.datasets import benchmark_sets, near_copies
from srbench.datasets.layout import SEPARATOR
from srbench.errors import ImageError, UsageError
from srbench.printable import of_file
from srbench.quality.files import pixel_hash, read_image
from srbench.specs import comma_list, listed
from srbench.weights_metadata import KNOWN_COPIES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from srbench.datasets import Dataset
    from srbench.quality.image import Image
    from srbench.training.recipe import Recipe


class Data(NamedTuple):
    """HR images in memory, and what they are."""

    sets: dict[str, dict[str, object]]
    """For each dataset: how many images, its fingerprint, and whom to name where it is `share_alike`."""
    training: list[Image]
    validation: list[Image]
    hashes: list[str]
    """`pixel_hash` of each training image."""
    origins: list[int]
    """Number of the dataset that each training image is of."""
    names: list[str]
    """How messages name each training image: without the path of its folder, which is private."""
    near_copies: list[dict[str, str]]
    """Of the training images those that show what a test image shows, as in the weights' metadata."""
    held_out_copies: list[dict[str, str]]
    """The same of the held-out images, which select the weights where the recipe has `patience`."""


class _Source(NamedTuple):
    """An image to read."""

    path: Path
    name: str
    origin: int
    compared: bool
    """Whether it was compared with the test sets before, as all images of its dataset."""


def read(recipe: Recipe, tick: Callable[[str, int, int], None] = lambda *_: None, folder: Path | None = None) -> Data:
    """Return the images of `recipe.data`, in the data `folder` if it is not the default one, downloaded if missing.

    Raises:
        UsageError: a dataset that there is not, or one that holds an image of a test set.
        ImageError: images that cannot be read.
        DatasetError: a dataset that is absent and cannot be fetched.

    """
    sets = training_sets(recipe.data, folder)
    for each in sets:
        datasets.ensure(each, lambda path, done, total: tick(f"fetching {path}", done, total))
    sources = _sources(sets)
    images = _images(sources, tick)
    hashes = list(map(pixel_hash, images))
    _refuse_test_images(sources, images)
    copies = _near_copies(sources, images, hashes, tick)
    held_out = _held_out(len(images), recipe)
    kept = [number for number in range(len(images)) if number not in held_out]
    if not kept:
        raise UsageError(f"{recipe.data}: no image is left to train on; lower the recipe's validation")
    return Data(
        sets={_name(each): _facts(each) for each in sets},
        training=[images[number] for number in kept],
        validation=[image for number, image in enumerate(images) if number in held_out],
        hashes=[hashes[number] for number in kept],
        origins=[sources[number].origin for number in kept],
        names=[sources[number].name for number in kept],
        near_copies=[copy for number in kept for copy in copies[number]],
        held_out_copies=[
            {**copy, "image": f"{copy['image']} (held out)"} for number in sorted(held_out) for copy in copies[number]
        ],
    )


def training_sets(specs: str, folder: Path | None = None) -> list[Dataset]:
    """Return the datasets of a comma list; none of their files is in a test set.

    Raises:
        UsageError: a file of a test set is among them, or there is no such dataset.

    """
    sets = [datasets.get(spec, folder) for spec in comma_list([specs])]
    for each in sets:
        for name, test in benchmark_sets.among(each).items():
            what = test if each.is_listed else f"{name}, which is {test}"
            raise UsageError(f"{each.spec} holds {what}, a test set; never train on it")
    return sets


def _sources(sets: Sequence[Dataset]) -> list[_Source]:
    """Return the images of the datasets; a file that two of them hold is taken once, for the first."""
    found: dict[Path, _Source] = {}
    for origin, each in enumerate(sets):
        for file in each.files:
            path = each.root / file.path
            name = f"{file.name} of {each.name}" if file.sha256 else f"{each.name}/{file.name}"
            compared = each.is_listed and each.name in near_copies.COMPARED
            found.setdefault(path, _Source(path, name, origin, compared))
    return list(found.values())


def _images(sources: Sequence[_Source], tick: Callable[[str, int, int], None]) -> list[Image]:
    """Read all images.

    Raises:
        ImageError: why the first bad one cannot be read, and which others cannot.

    """
    images, errors = [], {}
    for number, each in enumerate(sources):
        tick("reading images", number, len(sources))
        try:
            images.append(read_image(each.path))
        except ImageError as error:
            errors[each.name] = str(error)
    if errors:
        first, *others = errors
        more = f"; {len(others)} more cannot be read: {listed(others)}" if others else ""
        raise ImageError(f"{errors[first]}{more}")
    return images


def _refuse_test_images(sources: Sequence[_Source], images: Sequence[Image]) -> None:
    """Refuse test images that were saved anew.

    Raises:
        UsageError: some are in a folder.

    """
    pairs = zip(sources, images, strict=True)
    found = {each: test for each, image in pairs if not each.compared and (test := benchmark_sets.same_pixels(image))}
    if found:
        first, *others = found
        more = f"; {len(others)} more are test images: {listed([each.name for each in others])}" if others else ""
        raise UsageError(f"{first.path} has the pixels of {found[first]}, a test set; never train on it{more}")


def _near_copies(
    sources: Sequence[_Source], images: Sequence[Image], hashes: Sequence[str], tick: Callable[[str, int, int], None]
) -> list[list[dict[str, str]]]:
    """Return for each image the test images that it is a near copy of."""
    found = []
    for number, (each, image, pixels) in enumerate(zip(sources, images, hashes, strict=True)):
        tick("comparing with test sets", number, len(sources))
        if pixels in KNOWN_COPIES:
            found.append([KNOWN_COPIES[pixels]])
        else:
            tests = [] if each.compared else near_copies.find(image)
            found.append([{"image": each.name, "shows": str(test), "pixels": test.pixels} for test in tests])
    return found


def _name(dataset: Dataset) -> str:
    """Return the name of a dataset in the weights: of a folder or a manifest without its path, which is private."""
    if not dataset.is_declared:
        return f"{dataset.name}/"
    return of_file(Path(dataset.spec.partition(SEPARATOR)[0]).name)


def _facts(dataset: Dataset) -> dict[str, object]:
    """Return what the weights say of a dataset."""
    said = {"share_alike": dataset.attribution} if dataset.share_alike else {}
    return {"images": len(dataset.files), "fingerprint": dataset.fingerprint, **said}


def _held_out(images: int, recipe: Recipe) -> set[int]:
    """Choose the validation images by the seed."""
    count = round(recipe.validation * images)
    count = max(count, 1) if recipe.validation else 0
    return set(np.random.default_rng(recipe.seed).permutation(images)[:count].tolist())
