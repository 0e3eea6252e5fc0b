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


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("Set5/HR", "Set5/HR"),
        ("Set14/HR", "Set14/HR"),
        ("Set5/GTmod12", "GTmod12"),
        ("Urban100/image_SRF_4", "Urban100/image_SRF_4"),
        ("RCAN/x4", "RCAN/x4"),
        ("DIV2K/LR_bicubic/X2", "DIV2K/LR_bicubic/X2"),
        ("mine/test/images", "mine/test/images"),
        ("mine/4x", "mine/4x"),
        ("DIV2K_valid_HR", "DIV2K_valid_HR"),
        ("photos", "photos"),
        ("2024", "2024"),
    ],
)
def test_the_name_says_which_images(tmp_path: Path, path: str, name: str) -> None:
    """A folder that is called what its images are (`HR`, `x4`, `test`) has the name of the folder above it too."""
    (tmp_path / path).mkdir(parents=True)
    picture(tmp_path / path / "a.png")
    assert datasets.open_folder(tmp_path / path).name == name


@pytest.mark.parametrize(
    ("file", "name"),
    [
        (b"bad\xff.png", r"bad\xff.png"),
        (b"bad\\xff.png", r"bad\\xff.png"),
        (b"a\nb.png", r"a\nb.png"),
        (b"\x1b[31mred.png", r"\x1b[31mred.png"),
        ("a\u202egnp.png".encode(), r"a\u202egnp.png"),
        ("cafe\u0301.png".encode(), "caf\u00e9.png"),
    ],
)
def test_names_can_be_printed(tmp_path: Path, file: bytes, name: str) -> None:
    """What cannot be printed is an escape, the two Unicode forms of a letter are one; and the path still opens."""
    write_image(tmp_path / "good.png", np.zeros((4, 4), np.uint8))
    (tmp_path / "good.png").rename(os.fsdecode(os.fsencode(tmp_path) + b"/" + file))
    (entry,) = datasets.open_folder(tmp_path).images
    assert entry.name == name
    assert read_image(entry.path).shape == (4, 4)


def test_two_forms_of_one_name(tmp_path: Path) -> None:
    """Two files whose names differ in Unicode form alone are two images."""
    for name in ("caf\u00e9.png", "cafe\u0301.png"):
        picture(tmp_path / name)
    assert {entry.name for entry in datasets.open_folder(tmp_path).images} == {"caf\u00e9.png", r"cafe\u0301.png"}


def test_folders_that_hold_images_are_named(tmp_path: Path) -> None:
    """Where the images are one folder deeper, the line says in which."""
    for name in ("image_SRF_2/a.png", "image_SRF_3/a.png", "notes/a.txt"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    with pytest.raises(DatasetError, match=r"name one of its folders: \S*/image_SRF_2, \S*/image_SRF_3$"):
        datasets.open_folder(tmp_path)
