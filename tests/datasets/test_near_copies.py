"""Near copies are found however they were made, and other images are not taken for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from srbench import datasets
from srbench.datasets import benchmark_sets, near_copies
from srbench.datasets.benchmark_sets import Original
from srbench.folders import folder
from srbench.quality.files import pixel_hash, read_image
from srbench.weights_metadata import KNOWN_COPIES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def reduced(image: Any, scale: float) -> Any:  # noqa: ANN401 - an image
    """Return the image at another size."""
    return cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def as_jpeg(image: Any, quality: int) -> Any:  # noqa: ANN401 - an image
    """Return the image after a lossy format."""
    return cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)


COPIES: dict[str, Callable[[Any], Any]] = {
    "reduced": lambda image: reduced(image, 0.72),
    "half": lambda image: reduced(image, 0.5),
    "enlarged": lambda image: cv2.resize(image, None, fx=1.5, fy=1.5, interpolation=cv2.INTER_CUBIC),
    "jpeg": lambda image: as_jpeg(image, 30),
    "cropped": lambda image: image[40:200, 60:260],
    "mirrored": lambda image: image[:, ::-1],
    "turned": np.rot90,
    "dark": lambda image: image // 2,
    "grey": lambda image: image[:, :, 1],
    "all of it": lambda image: as_jpeg(reduced(image[10:, :240, ::-1][:, ::-1], 0.8), 60),
    "part of a larger image": lambda image: np.pad(image, ((30, 90), (120, 20), (0, 0)), mode="reflect"),
}


@pytest.fixture(scope="module")
def photographs() -> dict[Original, Any]:
    """Return parts of the photographs that come with srbench."""
    images = {entry.name: read_image(entry.path) for entry in datasets.get("sample").images}
    return {
        Original("sample", name, ""): np.ascontiguousarray(image[:260, 60:340])
        for name, image in images.items()
        if image.ndim == 3
    }


@pytest.fixture(scope="module")
def known(photographs: dict[Original, Any]) -> near_copies.Fingerprints:
    """Return the fingerprints of two of them."""
    return near_copies.made(dict(list(photographs.items())[:2]))


@pytest.mark.slow
def test_images_of_sample() -> None:
    """They are known besides the test sets: each training is scored on them."""
    (entry,) = (each for each in datasets.get("sample").images if each.name == "chelsea")
    image = read_image(entry.path)
    (found,) = near_copies.find(image[20:, ::-1])
    assert (str(found), found.pixels) == ("chelsea of sample", pixel_hash(image))


@pytest.mark.sampled
@pytest.mark.parametrize("kind", COPIES)
def test_copies_are_found(photographs: dict[Original, Any], known: near_copies.Fingerprints, kind: str) -> None:
    """Each copy is found as what it is, and the other photographs are copies of none."""
    first, second, *others = photographs.items()
    for original, image in (first, second):
        assert near_copies.find(np.ascontiguousarray(COPIES[kind](image)), known) == [original]
    for _, image in others:
        assert near_copies.find(np.ascontiguousarray(COPIES[kind](image)), known) == []


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((1, 1), np.uint8),
        np.full((50, 60, 3), 7, np.uint8),
        np.random.default_rng(1).integers(0, 256, (90, 80, 3), dtype=np.uint8),
        np.tile(np.array([[0, 255], [255, 0]], np.uint8).repeat(8, 0).repeat(8, 1), (9, 9)),
    ],
    ids=["one pixel", "constant", "noise", "chequers"],
)
def test_images_without_features(known: near_copies.Fingerprints, image: Any) -> None:  # noqa: ANN401
    """Images with no keypoints, or meaningless or repeated ones, are copies of nothing, here and of test sets."""
    assert near_copies.find(image, known) == near_copies.find(image) == []


def test_fingerprints_are_of_the_test_sets() -> None:
    """Every test image whose pixels are declared has a fingerprint, and no other."""
    known = near_copies.fingerprints()
    assert set(known.images) == {each for each in benchmark_sets.by_file().values() if each.pixels}
    assert len(known.owner) == len(known.keypoints.place) == len(known.keypoints.bits)
    assert np.bincount(known.owner).max() <= near_copies.STORED


def test_fingerprints_of_absent_test_sets_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no test set is on this disk, the same file is written again."""
    shipped = folder("datasets") / near_copies.FILE
    near_copies.fingerprints()
    monkeypatch.setenv("SRBENCH_DATA", str(tmp_path))
    monkeypatch.setattr(near_copies, "folder", lambda _: tmp_path)
    near_copies.main()
    assert (tmp_path / near_copies.FILE).read_bytes() == shipped.read_bytes()


def test_fingerprints_are_those_of_the_images(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of a test set on this disk are made of its images, here as they are shipped."""
    shipped = near_copies.fingerprints()
    monkeypatch.setenv("SRBENCH_DATA", str(data_folder))
    monkeypatch.setattr(benchmark_sets, "NAMES", ("set5",))
    monkeypatch.setattr(near_copies, "folder", lambda _: tmp_path)
    near_copies.main()
    near_copies.fingerprints.cache_clear()
    made, own = near_copies.fingerprints(), near_copies.of_set(shipped, "set5")
    near_copies.fingerprints.cache_clear()
    assert (made.images, made.owner.tolist()) == (own.images, own.owner.tolist())
    assert (made.keypoints.place == own.keypoints.place).all()
    assert (made.keypoints.bits == own.keypoints.bits).all()


def test_one_set_of_many(known: near_copies.Fingerprints) -> None:
    """Groups of test images can be joined and taken apart again."""
    other = near_copies.Fingerprints([Original("set5", "woman", "")], known.owner[known.owner == 0], known.keypoints)
    other = other._replace(keypoints=near_copies.Keypoints(*(each[known.owner == 0] for each in known.keypoints)))
    both = near_copies.joined([other, known])
    assert both.images == [*other.images, *known.images]
    for name, part in (("set5", other), ("sample", known)):
        again = near_copies.of_set(both, name)
        assert (again.images, again.owner.tolist()) == (part.images, part.owner.tolist())
        assert (again.keypoints.bits == part.keypoints.bits).all()
    assert near_copies.of_set(both, "set14").images == []


def test_compared_sets_are_training_sets() -> None:
    """Those that are not compared again are listed, and none is `sample` or without images to compare with."""
    assert set(near_copies.COMPARED) <= set(datasets.names())
    assert not set(near_copies.COMPARED) & {*benchmark_sets.NAMES, "sample", "gb82"}


@pytest.mark.slow
def test_known_copies(data_folder: Path) -> None:
    """The copies that are known are found, and the manifest keeps them out of the training splits."""
    excluded = datasets.get("bsds500:excluded", data_folder)
    images = {entry.name: read_image(entry.path) for entry in excluded.images}
    assert {pixel_hash(image) for image in images.values()} == set(KNOWN_COPIES)
    for name, image in images.items():
        (found,) = near_copies.find(image)
        known = KNOWN_COPIES[pixel_hash(image)]
        said = {"image": f"{name} of bsds500", "shows": str(found), "pixels": found.pixels}
        assert said == known


@pytest.mark.slow
def test_copies_among_test_sets(data_folder: Path) -> None:
    """Set5's head is Set14's face, and Set5's butterfly is a part of Set14's monarch."""
    set14 = {entry.name: read_image(entry.path) for entry in datasets.get("set14", data_folder).images}
    assert "head of set5" in map(str, near_copies.find(set14["face"]))
    assert "butterfly of set5" in map(str, near_copies.find(set14["monarch"]))


@pytest.mark.slow
def test_another_butterfly(data_folder: Path) -> None:
    """A photograph of another butterfly of that kind is no copy."""
    image = read_image(data_folder / "BSDS500" / "test" / "35049.jpg")
    assert near_copies.find(image) == []


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("part", "step"),
    [("T91", 12), ("BSDS500/train", 20), ("BSDS500/test", 20), ("CID22", 20), ("General100/HR", 12)],
)
def test_no_false_alarms(data_folder: Path, part: str, step: int) -> None:
    """Of some declared training images, which were all compared once, none but known ones is called a copy."""
    paths = [path for path in sorted((data_folder / part).iterdir()) if path.suffix in {".bmp", ".jpg", ".png"}]
    assert len(paths) >= 24
    for path in paths[::step]:
        image = read_image(path)
        assert near_copies.find(image) == [] or pixel_hash(image) in KNOWN_COPIES, path
