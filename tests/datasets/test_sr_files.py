"""Which SR file in a folder is of which image, dataset and factor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from srbench import datasets
from srbench.datasets.sr_files import sr_files
from srbench.errors import DatasetError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from srbench.datasets import Dataset


@pytest.fixture
def sets(tmp_path: Path) -> dict[str, Dataset]:
    """Return the datasets `Set5` (baby, bird) and `Urban` (baby, house), by the names that rows have."""
    for name, images in (("Set5", ("baby", "bird")), ("Urban", ("baby", "house"))):
        laid(tmp_path / "hr" / name, *(f"{image}.png" for image in images))
    return {name: datasets.open_folder(tmp_path / "hr" / name) for name in ("Set5", "Urban")}


def laid(folder: Path, *names: str) -> Path:
    """Write empty files into a folder, which nothing opens."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


LAYOUTS = {
    "a folder for each dataset and factor": ("Set5/x3/baby_RCAN_x3.png", "Urban/x3/baby_RCAN_x3.png"),
    "factors first": ("x3/Set5/baby.png", "x3/Urban/baby.png"),
    "one part": ("results-Set5_x3/baby.png", "results-Urban_x3/baby.png"),
    "numbers alone": ("Set5/3/baby.png", "Urban/3/baby.png"),
    "factors in names": ("visualization/Set5/baby_x3_SR.png", "visualization/Urban/baby_x3_SR.png"),
}


@pytest.mark.parametrize("paths", LAYOUTS.values(), ids=LAYOUTS)
def test_layouts(sets: dict[str, Dataset], tmp_path: Path, paths: tuple[str, str]) -> None:
    """Folders, or names, say dataset and factor; files of other factors lie beside them."""
    other = paths[0].replace("x3", "x2").replace("/3/", "/2/")
    root = laid(tmp_path / "sr", *paths, other)
    found = sr_files([root], sets, (3, 4))
    assert found.files["Set5", 3] == {"baby.png": root / paths[0]}
    assert found.files["Urban", 3] == {"baby.png": root / paths[1]}
    assert found.files["Set5", 4] == found.files["Urban", 4] == {}
    assert found.others == (other,)


def test_one_folder_without_words(sets: dict[str, Dataset], tmp_path: Path) -> None:
    """Names alone say of which image a file is, where there is one factor; each image may be of several datasets."""
    root = laid(tmp_path / "sr", "bird.png", "house_x3.png", "car.png", "notes.txt")
    found = sr_files([root], sets, (3,))
    assert found.files["Set5", 3] == {"bird.png": root / "bird.png"}
    assert found.files["Urban", 3] == {"house.png": root / "house_x3.png"}
    assert found.others == ("car.png",)


def test_the_folder_itself_says_the_dataset(sets: dict[str, Dataset], tmp_path: Path) -> None:
    """`rcan_urban_x3` has no image of Set5, whatever its files are called."""
    root = laid(tmp_path / "rcan_urban_x3", "baby.png")
    found = sr_files([root], sets, (3,))
    assert found.files["Set5", 3] == {}
    assert found.files["Urban", 3] == {"baby.png": root / "baby.png"}


def test_other_known_datasets_are_left_out(sets: dict[str, Dataset], tmp_path: Path) -> None:
    """A folder called as a dataset that the run has not is none of another one."""
    root = laid(tmp_path / "sr", "x3/Set14/baby.png", "x3/new/bird.png")
    assert sr_files([root], sets, (3,)).files["Set5", 3] == {"bird.png": root / "x3/new/bird.png"}


def test_several_folders(sets: dict[str, Dataset], tmp_path: Path) -> None:
    """A method may have a folder for each dataset, wherever they lie; an image has one file."""
    one, two = laid(tmp_path / "a" / "Set5", "baby.png"), laid(tmp_path / "b" / "Urban", "baby.png")
    found = sr_files([one, two], sets, (3,))
    assert found.files["Set5", 3] == {"baby.png": one / "baby.png"}
    assert found.files["Urban", 3] == {"baby.png": two / "baby.png"}
    with pytest.raises(UsageError, match=r"both belong to baby\.png; remove one"):
        sr_files([one, laid(tmp_path / "c" / "Set5", "baby_x3.png")], sets, (3,))


def test_what_is_refused(sets: dict[str, Dataset], tmp_path: Path) -> None:
    """Several factors, none of which is said; two files of one image; a folder without images, or none."""
    with pytest.raises(UsageError, match=r"neither its name nor its folder says the factor"):
        sr_files([laid(tmp_path / "1", "bird.png")], sets, (2, 3))
    with pytest.raises(UsageError, match=r"bird_a_x3\.png and .*bird_b_x3\.png both belong to"):
        sr_files([laid(tmp_path / "2", "bird_a_x3.png", "bird_b_x3.png")], sets, (3,))
    with pytest.raises(DatasetError, match="no images in this folder, nor in those below it"):
        sr_files([laid(tmp_path / "3", "notes.txt")], sets, (3,))
    with pytest.raises(DatasetError, match="cannot be read as a folder"):
        sr_files([tmp_path / "absent"], sets, (3,))
