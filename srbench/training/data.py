"""The training data of a recipe: datasets that no test set is part of, their images, and which are held out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from srbench import datasets
from srbench.errors import UsageError
from srbench.quality.files import content_hash, pixel_hash, read_image
from srbench.specs import comma_list

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from srbench.datasets import Dataset
    from srbench.quality.image import Image
    from srbench.training.recipe import Recipe

TEST_SETS = ("set5", "set14", "bsd100")
"""Test sets, which must not be trained on: papers report scores on them. BSDS500's val is bsd100."""


class Data(NamedTuple):
    """HR images in memory, and what they are."""

    sets: dict[str, dict[str, object]]
    """For each dataset: how many images, and its fingerprint."""
    training: list[Image]
    validation: list[Image]
    hashes: list[str]
    """`pixel_hash` of each training image."""
    origins: list[int]
    """Number of the dataset that each training image is of."""


def read(recipe: Recipe, tick: Callable[[str, int, int], None] = lambda *_: None, folder: Path | None = None) -> Data:
    """Return the images of `recipe.data`, in the data `folder` if it is not the default one, downloaded if missing.

    Raises:
        UsageError: a dataset that there is not, or one that holds an image of a test set.
        DatasetError: a dataset that is absent and cannot be fetched.

    """
    sets = training_sets(recipe.data, folder)
    for each in sets:
        datasets.ensure(each, lambda path, done, total: tick(f"fetching {path}", done, total))
    origins: dict[Path, int] = {}
    for number, each in enumerate(sets):
        for entry in each.images:
            origins.setdefault(entry.path, number)
    images = [read_image(path) for path in origins]
    hashes = list(map(pixel_hash, images))
    if any(not file.sha256 for each in sets for file in each.files):  # a folder: pixels are compared as well
        _refuse_copies(dict(zip(origins, hashes, strict=True)), folder)
    held_out = _held_out(len(images), recipe)
    training = [image for number, image in enumerate(images) if number not in held_out]
    if not training:
        raise UsageError(f"{recipe.data}: no image is left to train on; lower the recipe's validation")
    return Data(
        sets={_name(each): {"images": len(each.files), "fingerprint": each.fingerprint} for each in sets},
        training=training,
        validation=[image for number, image in enumerate(images) if number in held_out],
        hashes=[each for number, each in enumerate(hashes) if number not in held_out],
        origins=[origin for number, origin in enumerate(origins.values()) if number not in held_out],
    )


def training_sets(specs: str, folder: Path | None = None) -> list[Dataset]:
    """Return the datasets of a comma list; none of their files is in a test set.

    Raises:
        UsageError: a file of `TEST_SETS` is among them, or there is no such dataset.

    """
    tests = {file.sha256: each for each in TEST_SETS for file in datasets.get(each).files}
    sets = [datasets.get(spec, folder) for spec in comma_list([specs])]
    for each in sets:
        for file in each.files:
            test = tests.get(file.sha256 or content_hash(each.root / file.path, ""))  # a folder declares no hash
            if test:
                raise UsageError(f"{each.spec} holds {file.name} of {test}, a test set; never train on it")
    return sets


def _refuse_copies(hashes: Mapping[Path, str], folder: Path | None) -> None:
    """Refuse test images that were saved anew, of the test sets that are on this disk.

    Raises:
        UsageError: one is among them.

    """
    here = [each for each in (datasets.get(name, folder) for name in TEST_SETS) if not each.missing()]
    tests = {pixel_hash(read_image(entry.path)): each.name for each in here for entry in each.images}
    for path, pixels in hashes.items():
        if pixels in tests:
            raise UsageError(f"{path} has the pixels of an image of {tests[pixels]}, a test set; never train on it")


def _name(dataset: Dataset) -> str:
    """Return the name of a dataset in the weights: of a folder without its path, which is private."""
    return f"{dataset.name}/" if dataset.spec == str(dataset.root) else dataset.spec


def _held_out(images: int, recipe: Recipe) -> set[int]:
    """Choose the validation images by the seed."""
    count = round(recipe.validation * images)
    count = max(count, 1) if recipe.validation else 0
    return set(np.random.default_rng(recipe.seed).permutation(images)[:count].tolist())
