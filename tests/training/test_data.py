"""Training images: no test set among them, some held out by the seed, and the pixel hashes of the others."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from safetensors import safe_open

from srbench import datasets, weights_metadata
from srbench.datasets import benchmark_sets, near_copies, new_manifest
from srbench.datasets.benchmark_sets import Original
from srbench.errors import ImageError, UsageError
from srbench.methods import registry
from srbench.plugins import import_module
from srbench.quality.files import pixel_hash, read_image, write_image

if TYPE_CHECKING:
    from pathlib import Path

data = import_module("srbench.training.data")
recipes = import_module("srbench.training.recipe")


def read(folder: Path, **values: Any) -> Any:  # noqa: ANN401 - a recipe, and its data
    """Return the data of a recipe that names a folder."""
    return data.read(recipes.build({"data": f"{folder}/", **values}))


@pytest.mark.parametrize(
    ("spec", "test"),
    [
        ("bsds500:val", "bsd100"),
        ("bsds500", "bsd100"),
        ("t91,set5", "set5"),
        ("set14", "set14"),
        ("urban100", "urban100"),
        ("t91,kodak24", "kodak24"),
        ("mcmaster18", "mcmaster18"),
        ("sunhays80", "sunhays80"),
    ],
)
def test_test_sets_are_refused(spec: str, test: str) -> None:
    """A dataset that holds an image of a test set, under whatever name, is not trained on."""
    with pytest.raises(UsageError, match=rf" of {test}, a test set; never train on it"):
        data.training_sets(spec)


def test_a_folder_with_a_test_image_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder declares no hashes, so its files are hashed."""
    (tmp_path / "a.png").write_bytes(b"a test image")
    monkeypatch.setattr(benchmark_sets, "content_hash", lambda *_: datasets.get("set5").files[0].sha256)
    with pytest.raises(UsageError, match=r"holds a\.png, which is baby of set5, a test set"):
        data.training_sets(f"{tmp_path}/")


def test_sets_that_may_be_trained_on() -> None:
    """CID22, General100 and GB82 are let through: no paper reports on them."""
    assert len(data.training_sets("t91,cid22,general100,gb82")) == 4


def test_the_training_sets_of_recipes_are_clean() -> None:
    """What the recipes that come with srbench name is let through."""
    for name in recipes.names():
        recipe, _ = recipes.load(name, "espcn", {})
        assert [each.spec for each in data.training_sets(recipe.data)] == recipe.data.split(",")


def test_the_shipped_weights_never_saw_a_test_set() -> None:
    """Each weight file names its data by fingerprint, that of datasets which training takes today, and no near copy."""
    espcn = registry()["espcn"].source
    assert espcn is not None
    weights = sorted((espcn.parent / "weights").glob("*.safetensors"))
    assert weights
    for path in weights:
        with safe_open(path, "numpy") as file:
            facts = json.loads(file.metadata()["srbench"])
        used = facts["data"]
        assert len(facts["training_images"]) > 100
        assert not weights_metadata.near_copies(facts)
        sets = data.training_sets(",".join(used))
        assert {each.spec: each.fingerprint for each in sets} == {spec: used[spec]["fingerprint"] for spec in used}


@pytest.mark.slow
def test_all_images_of_a_folder(photos: Path) -> None:
    """Without validation every image is trained on; hashes are those of pixels, and no path tells where they lay."""
    found = read(photos)
    images = [read_image(path) for path in sorted(photos.iterdir())]
    assert all(map(np.array_equal, found.training, images))
    assert found.hashes == [pixel_hash(image) for image in images]
    assert found.validation == []
    assert found.sets == {"photos/": {"images": 4, "fingerprint": datasets.get(f"{photos}/").fingerprint}}


def test_a_manifest_of_ones_own(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its images are compared with the test sets; the weights name it without its path, and whom to name for it."""
    text = new_manifest.describe(datasets.get(f"{photos}/"), lambda *_: None).text("mine", tmp_path / "mine.toml")
    (tmp_path / "mine.toml").write_text(f"share_alike = true\n{text}", encoding="utf-8")
    monkeypatch.setattr(near_copies, "find", lambda _: [Original("set5", "woman", "ab")])
    found = data.read(recipes.build({"data": f"{tmp_path}/mine.toml"}))
    assert found.sets == {
        "mine.toml": {
            "images": 4,
            "fingerprint": datasets.get(f"{photos}/").fingerprint,
            "share_alike": datasets.get(f"{tmp_path}/mine.toml").attribution,
        }
    }
    assert [each["shows"] for each in found.near_copies] == ["woman of set5"] * 4


@pytest.mark.slow
def test_held_out(photos: Path) -> None:
    """The seed chooses the images that are held out; they are not trained on, and their hashes are not noted."""
    everything = set(read(photos).hashes)
    chosen = set()
    for seed in range(4):
        found, again = (read(photos, validation=0.5, seed=seed) for _ in range(2))
        held_out = {pixel_hash(image) for image in found.validation}
        assert [len(found.training), len(found.hashes), len(held_out)] == [2, 2, 2]
        assert set(found.hashes) | held_out == everything
        assert found.hashes == again.hashes
        chosen.add(frozenset(held_out))
    assert len(chosen) > 1


def test_at_least_one_is_held_out(photos: Path) -> None:
    """A share that makes less than half an image makes one."""
    assert len(read(photos, validation=0.01).validation) == 1


def test_nothing_left(photos: Path) -> None:
    """Where all images would be held out, the line says what to lower."""
    with pytest.raises(UsageError, match="no image is left to train on; lower the recipe's validation"):
        read(photos, validation=0.9)


def test_origins(photos: Path, tmp_path: Path) -> None:
    """Each image knows which dataset it is of; a file that two of them hold is taken once, for the first."""
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(photos / "b.bmp", other / "z.bmp")
    recipe = recipes.build({"data": f"{other}/,{photos}/,{tmp_path}/other/../photos/"})
    assert data.read(recipe).origins == [0, 1, 1, 1, 1]


def test_absent_files_are_fetched(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each dataset is made sure of before its images are read, and the progress is passed on."""
    told = []

    def ensure(dataset: datasets.Dataset, progress: datasets.Progress) -> None:
        progress(dataset.name, 1, 2)

    monkeypatch.setattr(datasets, "ensure", ensure)
    data.read(recipes.build({"data": f"{photos}/"}), lambda *what: told.append(what))
    assert told[0] == ("fetching photos", 1, 2)


def test_an_unreadable_image(photos: Path) -> None:
    """A file that cannot be read ends the training before it starts, by name."""
    (photos / "e.png").symlink_to("nowhere")
    with pytest.raises(ImageError, match=r"e\.png: cannot be read"):
        read(photos)


def test_all_unreadable_images_are_named(photos: Path) -> None:
    """The first is named with its reason, the others after it: nobody mends one file per attempt."""
    cv2.imwrite(str(photos / "e.png"), np.zeros((30, 30), np.uint16))
    cv2.imwrite(str(photos / "f.png"), np.zeros((30, 30, 4), np.uint8))
    with pytest.raises(ImageError, match=r"e\.png: got 16-bit .*; 1 more cannot be read: photos/f\.png") as caught:
        read(photos)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("channels", ["as it is", "grey as RGB"])
def test_a_test_image_that_was_saved_anew(photos: Path, monkeypatch: pytest.MonkeyPatch, channels: str) -> None:
    """Its pixels are known without the test sets on this disk; the line names image, test image and test set."""
    monkeypatch.setenv("SRBENCH_DATA", str(photos / "nothing"))
    image = read_image(photos / "b.bmp")[:, :, 1]
    woman = Original("set5", "woman", pixel_hash(image))
    monkeypatch.setattr(benchmark_sets, "by_pixels", lambda: {woman.pixels: woman})
    (photos / "b.bmp").unlink()
    for name in ("x", "y"):
        write_image(photos / f"{name}.png", image if channels == "as it is" else np.stack([image] * 3, axis=2))
    with pytest.raises(UsageError, match=r"x\.png has the pixels of woman of set5, a test set; .* images: photos/y"):
        read(photos)


def test_near_copies(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each image that shows a test image is noted by name; one that is held out apart, as it is not trained on."""
    first = read_image(photos / "a.bmp")
    woman = Original("set5", "woman", "ab12")
    monkeypatch.setattr(near_copies, "find", lambda image: [woman] if np.array_equal(image, first) else [])
    noted = [{"image": "photos/a.bmp", "shows": "woman of set5", "pixels": "ab12"}]
    assert read(photos).near_copies == noted
    assert read(photos).held_out_copies == []
    held_out = [{**noted[0], "image": "photos/a.bmp (held out)"}]
    for seed in range(4):
        found = read(photos, validation=0.5, seed=seed)
        trained = pixel_hash(first) in found.hashes
        assert (found.near_copies, found.held_out_copies) == ((noted, []) if trained else ([], held_out))


def test_known_near_copies(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy that is known by its pixels is not looked at again."""
    known = dict.fromkeys(("image", "shows", "pixels"), "x")
    monkeypatch.setattr(data, "KNOWN_COPIES", {pixel_hash(read_image(path)): known for path in photos.iterdir()})
    monkeypatch.setattr(near_copies, "find", lambda _: pytest.fail("looked at"))
    assert read(photos).near_copies == [known] * 4


def test_a_published_test_image_saved_anew(data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set14's bridge, which is grey, is refused as RGB PNG, where no test set is on this disk."""
    bridge = read_image(data_folder / "Set14" / "HR" / "bridge.bmp")
    (tmp_path / "photos").mkdir()
    write_image(tmp_path / "photos" / "a.png", np.stack([bridge] * 3, axis=2))
    monkeypatch.setenv("SRBENCH_DATA", str(tmp_path / "nothing"))
    with pytest.raises(UsageError, match=r"a\.png has the pixels of bridge of set14"):
        read(tmp_path / "photos")
