"""Near copies: images that show what a test image shows, but were reduced, cropped, mirrored, turned or saved anew.

Hashes do not tell them. A test image's fingerprint is its strongest SIFT keypoints with one bit per number of their
descriptors; it holds no pixels. An image is a near copy where it has enough of these keypoints
in the same arrangement: one similarity maps their places, and their sizes and directions agree with it.

`python -m srbench.datasets.near_copies` writes the fingerprints of the test sets that are on this disk; those of others
stay.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

from srbench import datasets
from srbench.datasets import benchmark_sets
from srbench.datasets.benchmark_sets import Original
from srbench.folders import folder
from srbench.quality.files import pixel_hash, read_image
from srbench.quality.image import luma, round_half_up

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from srbench.datasets import Dataset
    from srbench.quality.image import Image

FILE = "fingerprints.safetensors"

COMPARED = ("t91", "bsds500", "cid22", "general100")
"""Training sets whose images were all compared with the test sets (docs/datasets.md): no training does so again."""

STORED = 128
"""Keypoints of a test image."""
SOUGHT = 512
"""Keypoints of an image that is compared with them."""
SIDE = 512
"""Pixels of the longer side, to which larger images are reduced."""
BITS = 24
"""Of the 128 bits of a descriptor, how many may differ."""
ENOUGH = 6
"""Keypoints in one arrangement that make a near copy, if they are `SHARE` of those that look alike."""
SHARE = 0.4
PLENTY = 12
"""Keypoints in one arrangement that always do: repeated structure makes many look alike."""

_DISTANCE = 4.0  # pixels between a keypoint and where the similarity puts it
_OCTAVES = 0.6  # between its size and the one expected, as a power of 2
_DEGREES = 25.0
_CONTRAST = 0.02  # half of OpenCV's: smooth images have keypoints, too
_MIRRORED = np.arange(128).reshape(4, 4, 8)[::-1, :, -np.arange(8) % 8].ravel()
"""Order of a descriptor's numbers that gives the descriptor of the mirrored image."""


class Keypoints(NamedTuple):
    """Keypoints of one image or of several."""

    place: NDArray[np.float32]
    """(N, 4): x, y and size in pixels, direction in degrees."""
    bits: NDArray[np.uint8]
    """(N, 16): the 128 bits of each descriptor."""


class Fingerprints(NamedTuple):
    """The keypoints of all test images."""

    images: list[Original]
    owner: NDArray[np.intp]
    """(N,): number of the image that each keypoint is of."""
    keypoints: Keypoints


def find(image: Image, known: Fingerprints | None = None) -> list[Original]:
    """Return the test images that `image` (uint8, grey or RGB) is a near copy of, the surest first.

    By default, among those of the test sets and of `sample`.
    """
    known = known or _with_sample()
    both = keypoints(image, SOUGHT)
    found: dict[int, int] = {}
    for each in both:
        for number, count in _arranged(known, each):
            found[number] = max(count, found.get(number, 0))
    return [known.images[number] for number in sorted(found, key=lambda number: -found[number])]


def keypoints(image: Image, most: int) -> tuple[Keypoints, Keypoints]:
    """Return the strongest keypoints of an image, and those of its mirror image."""
    grey = round_half_up(luma(image)).astype(np.uint8)
    scale = SIDE / max(grey.shape)
    if scale < 1:
        grey = np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    detector = cv2.SIFT.create(most, contrastThreshold=_CONTRAST)
    points, found = detector.detectAndCompute(grey, np.full(grey.shape, 255, np.uint8))
    place = np.array([(*each.pt, each.size, each.angle) for each in points], np.float32).reshape(-1, 4)[:most]
    numbers = np.asarray(found if points else [], np.float32).reshape(-1, 128)[:most]
    mirrored = place * [-1, 1, 1, -1] + [grey.shape[1] - 1, 0, 0, 180]
    return Keypoints(place, _bits(numbers)), Keypoints(mirrored.astype(np.float32), _bits(numbers[:, _MIRRORED]))


def _bits(numbers: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return which numbers of each descriptor are above its median."""
    if not len(numbers):
        return np.zeros((0, 16), np.uint8)
    return np.packbits(numbers > np.median(numbers, axis=1, keepdims=True), axis=1)


def _arranged(known: Fingerprints, sought: Keypoints) -> list[tuple[int, int]]:
    """Return each test image with enough keypoints in one arrangement, and their number."""
    if len(sought.bits) < ENOUGH or not len(known.owner):
        return []
    stored, nearest = _matches(known, sought)
    owner = known.owner[stored]
    found = []
    for number in np.flatnonzero(np.bincount(owner) >= ENOUGH):
        own = owner == number
        count = _agreeing(known.keypoints.place[stored[own]], sought.place[nearest[own]])
        if count >= (ENOUGH if count >= SHARE * own.sum() else PLENTY):
            found.append((int(number), count))
    return found


def _matches(known: Fingerprints, sought: Keypoints) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return pairs of a stored and a sought keypoint that look alike; per test image, none is in two pairs."""
    matches = cv2.BFMatcher(cv2.NORM_HAMMING).match(known.keypoints.bits, sought.bits)
    nearest = np.array([each.trainIdx for each in matches], np.intp)
    distance = np.array([each.distance for each in matches])
    stored = np.argsort(distance, kind="stable")
    stored = stored[distance[stored] <= BITS]
    _, first = np.unique(known.owner[stored] * SOUGHT + nearest[stored], return_index=True)
    return stored[first], nearest[stored[first]]


def _agreeing(stored: NDArray[np.float32], sought: NDArray[np.float32]) -> int:
    """Return how many keypoints one similarity maps in place, size and direction; those at one spot count once."""
    source, target = (np.ascontiguousarray(each[:, :2]) for each in (stored, sought))
    similarity, inside = cv2.estimateAffinePartial2D(
        source, target, method=cv2.RANSAC, ransacReprojThreshold=_DISTANCE, maxIters=500
    )
    if similarity is None:
        return 0
    scale = np.hypot(*similarity[:, 0])
    if scale == 0:
        return 0
    turn = np.degrees(np.arctan2(similarity[1, 0], similarity[0, 0]))
    alike = np.abs(np.log2(sought[:, 2] / stored[:, 2] / scale)) < _OCTAVES
    alike &= np.abs((sought[:, 3] - stored[:, 3] - turn + 180) % 360 - 180) < _DEGREES
    return len(np.unique(np.round(source[alike & (inside.ravel() > 0)] / 3), axis=0))


@cache
def fingerprints() -> Fingerprints:
    """Return the fingerprints of the test images that come with srbench."""
    with safe_open(folder("datasets") / FILE, "numpy") as file:
        names = json.loads(file.metadata()["images"])
        place, bits, counts = (file.get_tensor(name) for name in ("place", "bits", "counts"))
    pixels = {(each.dataset, each.name): each for each in benchmark_sets.by_file().values()}
    images = [pixels[dataset, name] for dataset, name in names]
    return Fingerprints(images, np.repeat(np.arange(len(images)), counts), Keypoints(place.astype(np.float32), bits))


@cache
def _with_sample() -> Fingerprints:
    """Return them with those of `sample`, made from the images, which are here."""
    images = {entry.name: read_image(entry.path) for entry in datasets.get("sample").images}
    own = made({Original("sample", name, pixel_hash(image)): image for name, image in images.items()})
    return joined([fingerprints(), own])


def made(images: dict[Original, Image]) -> Fingerprints:
    """Return the fingerprints of test images."""
    each = [keypoints(image, STORED)[0] for image in images.values()]
    counts = [len(one.bits) for one in each]
    both = Keypoints(*(np.concatenate(parts) for parts in zip(*each, strict=True)))
    return Fingerprints(list(images), np.repeat(np.arange(len(each)), counts), both)


def joined(parts: Sequence[Fingerprints]) -> Fingerprints:
    """Return the fingerprints of several groups of test images as one."""
    before = np.cumsum([0, *(len(each.images) for each in parts)])
    both = Keypoints(*(np.concatenate(each) for each in zip(*(each.keypoints for each in parts), strict=True)))
    owner = np.concatenate([each.owner + first for each, first in zip(parts, before[:-1], strict=True)])
    return Fingerprints([image for each in parts for image in each.images], owner, both)


def of_set(known: Fingerprints, name: str) -> Fingerprints:
    """Return those of `known` that are of the images of one test set; none where it has none."""
    numbers = [number for number, image in enumerate(known.images) if image.dataset == name]
    own = np.isin(known.owner, numbers)
    keypoints = Keypoints(known.keypoints.place[own], known.keypoints.bits[own])
    return Fingerprints(
        [known.images[number] for number in numbers], np.searchsorted(numbers, known.owner[own]), keypoints
    )


def main() -> None:
    """Write the fingerprints of all test sets: of those on this disk anew, of the others as they are."""
    tests = [datasets.get(name) for name in benchmark_sets.NAMES]
    known = joined([of_set(fingerprints(), each.name) if each.missing() else _made_of(each) for each in tests])
    tensors: dict[str, NDArray[Any]] = {
        "place": known.keypoints.place.astype(np.float16),
        "bits": known.keypoints.bits,
        "counts": np.bincount(known.owner, minlength=len(known.images)),
    }
    names = [(each.dataset, each.name) for each in known.images]
    save_file(tensors, folder("datasets") / FILE, {"images": json.dumps(names)})


def _made_of(test: Dataset) -> Fingerprints:
    """Return the fingerprints of a test set, made from its images."""
    return made({Original(test.name, file.name, file.pixels): read_image(test.root / file.path) for file in test.files})


if __name__ == "__main__":
    main()
