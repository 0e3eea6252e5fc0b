"""A folder of images is a dataset."""

from __future__ import annotations

import os
import pickle
from typing import TYPE_CHECKING

import numpy as np
import pytest

from srbench import datasets
from srbench.errors import DatasetError, ImageError
from srbench.quality.files import read_image, write_image

if TYPE_CHECKING:
    from pathlib import Path


def picture(path: Path, value: int = 7) -> None:
    """Write a small grey image."""
    write_image(path, np.full((4, 4), value, np.uint8))


def test_images_are_sorted_and_named_by_file(tmp_path: Path) -> None:
    """The whole file name is the image's name, so `a.png` and `a.jpg` stay apart."""
    for name in ("b.png", "a.png", "a.jpg", "C.PNG"):
        picture(tmp_path / name)
    dataset = datasets.get(f"{tmp_path}{os.sep}")
    assert [entry.name for entry in dataset.images] == ["C.PNG", "a.jpg", "a.png", "b.png"]
    assert (dataset.name, dataset.spec, dataset.splits) == (tmp_path.name, str(tmp_path.resolve()), ())
    assert all(read_image(entry.path).shape == (4, 4) for entry in dataset.images)


def test_everything_else_is_ignored_by_name(tmp_path: Path) -> None:
    """Other files and subfolders are listed; hidden files do not count at all."""
    picture(tmp_path / "a.png")
    (tmp_path / "notes.txt").touch()
    (tmp_path / "sub.png").mkdir()
    (tmp_path / ".hidden.png").touch()
    dataset = datasets.open_folder(tmp_path)
    assert [entry.name for entry in dataset.images] == ["a.png"]
    assert dataset.ignored == ("notes.txt", "sub.png/")


def test_unreadable_image_fails_alone(tmp_path: Path) -> None:
    """A damaged file and a dangling link are entries that fail by name when they are read."""
    picture(tmp_path / "good.png")
    (tmp_path / "bad.png").write_bytes(b"nonsense")
    (tmp_path / "lost.png").symlink_to(tmp_path / "nowhere.png")
    dataset = datasets.open_folder(tmp_path)
    datasets.ensure(dataset)
    assert len(dataset.fingerprint) == 64
    outcomes = {}
    for entry in dataset.images:
        try:
            outcomes[entry.name] = read_image(entry.path).shape
        except ImageError as error:
            assert entry.name in str(error)  # noqa: PT017 - both outcomes are expected
    assert outcomes == {"good.png": (4, 4)}


def test_link_loops_are_not_followed(tmp_path: Path) -> None:
    """A link to the folder itself is a subfolder, a link to itself an unreadable image."""
    picture(tmp_path / "a.png")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "self.png").symlink_to(tmp_path / "self.png")
    dataset = datasets.open_folder(tmp_path)
    assert [entry.name for entry in dataset.images] == ["a.png", "self.png"]
    assert dataset.ignored == ("loop/",)


def test_links_to_images_are_images(tmp_path: Path) -> None:
    """A folder of links to pictures elsewhere is a common way to select some."""
    (tmp_path / "store").mkdir()
    (tmp_path / "chosen").mkdir()
    picture(tmp_path / "store" / "x.png")
    (tmp_path / "chosen" / "a.png").symlink_to(tmp_path / "store" / "x.png")
    assert read_image(datasets.open_folder(tmp_path / "chosen").images[0].path).shape == (4, 4)


def test_folder_without_images_says_what_it_holds(tmp_path: Path) -> None:
    """Empty, or full of other things: nothing to do, so an error."""
    with pytest.raises(DatasetError, match=r"no images in this folder \(it holds nothing\); expected \.png"):
        datasets.open_folder(tmp_path)
    (tmp_path / "sub").mkdir()
    with pytest.raises(DatasetError, match="it holds 1 other file or folder"):
        datasets.open_folder(tmp_path)


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    """A wrong path and a path to a file get different advice."""
    with pytest.raises(DatasetError, match="No such file or directory"):
        datasets.get(f"{tmp_path}/absent")
    picture(tmp_path / "a.png")
    with pytest.raises(DatasetError, match="give the folder it is in"):
        datasets.get(f"{tmp_path}/a.png")


def test_relative_folder_is_named_after_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`./` and `photos/` find the folder's own name."""
    (tmp_path / "photos").mkdir()
    picture(tmp_path / "photos" / "a.png")
    monkeypatch.chdir(tmp_path / "photos")
    assert datasets.get("./").name == "photos"
    monkeypatch.chdir(tmp_path)
    assert datasets.get("photos/") == datasets.get(f"{tmp_path}/photos")


def test_fingerprint_follows_content_not_names(tmp_path: Path) -> None:
    """Renaming changes nothing; editing a file does, even where its size stays."""
    prints = []
    for folder, name, value in (("a", "x.bmp", 1), ("b", "y.bmp", 1), ("c", "x.bmp", 2)):
        (tmp_path / folder).mkdir()
        picture(tmp_path / folder / name, value)
        prints.append(datasets.open_folder(tmp_path / folder).fingerprint)
    assert prints[0] == prints[1] != prints[2]


def test_datasets_travel_to_workers(tmp_path: Path) -> None:
    """A dataset and its entries can be pickled."""
    picture(tmp_path / "a.png")
    for dataset in (datasets.open_folder(tmp_path), datasets.get("set5", tmp_path)):
        copy = pickle.loads(pickle.dumps(dataset))  # noqa: S301 - made on the line itself
        assert copy == dataset
        assert copy.images == dataset.images


def test_copy_of_a_published_set_has_its_fingerprint(data_folder: Path) -> None:
    """A folder with the files of Set5 is recognised as Set5."""
    folder = datasets.open_folder(data_folder / "Set5" / "HR")
    assert folder.fingerprint == datasets.get("set5").fingerprint


def test_name_that_is_no_text(tmp_path: Path) -> None:
    """A file name that is no UTF-8 gets a name that can be written down, and its path still opens."""
    write_image(tmp_path / "good.png", np.zeros((4, 4), np.uint8))
    (tmp_path / "good.png").rename(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff.png"))
    (entry,) = datasets.open_folder(tmp_path).images
    assert entry.name.encode() == b"bad\\xff.png"
    assert read_image(entry.path).shape == (4, 4)
