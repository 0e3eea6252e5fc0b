"""LR images are found beside their HR images in the layouts of public data sets, and paired by name."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from srbench import datasets
from srbench.errors import DatasetError, UsageError

LAYOUTS = {
    "HR and LR_bicubic/X3": ("", "HR/{}.bmp", "LR_bicubic/X3/{}_LRBI_x3.png"),
    "named by HR": ("HR", "HR/{}_HR_x3.png", "LR/x3/{}_LRBI_x3.png"),
    "DIV2K": ("", "DIV2K_valid_HR/{}.png", "DIV2K_valid_LR_bicubic/X3/{}x3.png"),
    "factor in the name of LR": ("a_HR", "a_HR/{}.png", "a_LR_bicubic_X3/{}x3.png"),
    "BasicSR": ("", "GTmod12/{}.png", "LRbicx3/{}.png"),
    "SelfExSR": ("image_SRF_3", "image_SRF_3/{}_SRF_3_HR.png", "image_SRF_3/{}_SRF_3_LR.png"),
    "RealSR": ("3", "3/{}_HR.png", "3/{}_LR3.png"),
    "DRealSR": ("", "test_HR/{}_x1.png", "test_LR/{}_x3.png"),
    "LR of the same name": ("HR", "HR/{}.png", "LR/{}.png"),
    "LR inside": ("photos", "photos/{}.png", "photos/LR/X3/{}.png"),
    "a kind in between": ("HR", "HR/{}.png", "LR/bicubic/X3/{}.png"),
    "LR in front": ("HR", "HR/HR_{}.png", "LR/LR_{}.png"),
}
"""The folder that is named, and where the HR and the LR file of each image are."""


def touch(root: Path, *names: str) -> None:
    """Make files that are not read."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def lr_of(dataset: datasets.Dataset, factor: int = 3) -> dict[str, str]:
    """Return the name of the LR file of each HR file."""
    return {Path(hr.path).name: Path(lr.path).name for hr, lr in zip(dataset.files, dataset.lr[factor], strict=True)}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(tmp_path: Path, layout: str) -> None:
    """HR and LR are found by the names of their folders and files; a missing LR file is named."""
    folder, hr, lr = LAYOUTS[layout]
    images = ("img_001", "img_002")
    touch(tmp_path, *(each.format(name) for name in images for each in (hr, lr)))
    found = datasets.with_lr(datasets.get(f"{tmp_path}/{folder}"), [3])
    assert lr_of(found) == {Path(hr.format(name)).name: Path(lr.format(name)).name for name in images}
    assert all(entry.path.is_file() for entry in found.published_lr(3))
    assert datasets.with_lr(datasets.get(found.spec), [3]) == found
    (tmp_path / lr.format("img_002")).unlink()
    with pytest.raises(UsageError, match=rf"no LR image in .* for {Path(hr.format('img_002')).name}$"):
        datasets.with_lr(datasets.get(f"{tmp_path}/{folder}"), [3])


def test_each_factor_has_its_own(tmp_path: Path) -> None:
    """LR files of several factors are told apart by their folders, or in one folder by their names."""
    touch(tmp_path, "a/HR/1.png", "a/LR/X2/1.png", "a/LR/X3/1.png", "b/HR/1.png", "b/LR/1x2.png", "b/LR/1x3.png")
    for name, expected in (("a", ["X2/1.png", "X3/1.png"]), ("b", ["1x2.png", "1x3.png"])):
        found = datasets.with_lr(datasets.get(f"{tmp_path}/{name}"), [2, 3])
        assert [found.lr[factor][0].path for factor in (2, 3)] == [f"{tmp_path}/{name}/LR/{each}" for each in expected]


def test_pairs_do_not_follow_the_order_of_files(tmp_path: Path) -> None:
    """An LR file that sorts elsewhere than its HR file is still its own."""
    touch(tmp_path, "HR/a.png", "HR/b.png", "LR/LR_a.png", "LR/b.png")
    assert lr_of(datasets.with_lr(datasets.get(f"{tmp_path}/HR"), [3])) == {"a.png": "LR_a.png", "b.png": "b.png"}


def test_the_folder_of_lr_can_be_named(tmp_path: Path) -> None:
    """`HR::LR`, absolute or not, with or without a folder for the factor; the spec means the same elsewhere."""
    touch(tmp_path, "photos/1.png", "small/X3/1.png", "small/X2/1.png")
    for lr in ("small", "small/X3"):
        found = datasets.with_lr(datasets.get(f"{tmp_path}/photos::{tmp_path}/{lr}"), [3])
        assert (found.spec, found.root) == (f"{tmp_path}/photos::{tmp_path}/{lr}", tmp_path / "photos")
        assert found.lr[3][0].path == f"{tmp_path}/small/X3/1.png"


def test_lr_of_a_named_dataset(tmp_path: Path) -> None:
    """A named dataset takes LR images of the user, too; its published ones are used where none are named."""
    touch(tmp_path, *(f"mine/{name}.png" for name in ("baby", "bird", "butterfly", "head", "woman")))
    found = datasets.with_lr(datasets.get(f"set5::{tmp_path}/mine", tmp_path), [3])
    assert (found.spec, found.lr[3][1].path) == (f"set5::{tmp_path}/mine", f"{tmp_path}/mine/bird.png")
    published = datasets.with_lr(datasets.get("set5", tmp_path), [2, 3])
    assert published.published_lr(3)[0].path == tmp_path / "Set5/LR_bicubic/X3/babyx3.png"
    with pytest.raises(
        DatasetError, match=r"set5: no published LR images at x8 \(available: x2, x3, x4\); to give your"
    ):
        datasets.with_lr(published, [8])


def test_a_folder_with_two_colons_is_a_folder(tmp_path: Path) -> None:
    """What exists under the whole name is meant."""
    touch(tmp_path, "a::b/1.png")
    assert datasets.get(f"{tmp_path}/a::b").name == "a::b"


@pytest.mark.parametrize(
    ("names", "complaint"),
    [
        (["HR/1.png"], r"no LR images at x3 in or beside .*HR \(folders such as LR_bicubic/X3"),
        (["HR/1.png", "LR_bicubic/X2/1.png"], "no LR images at x3"),
        (
            ["HR/1.png", "LR_bicubic/X3/1.png", "LR_unknown/X3/1.png"],
            r"LR images at x3 could be in .*LR_bicubic/X3 or ",
        ),
        (["HR/1.png", "LR/X3/1.png", "LR/X3/2.png"], r"2\.png matches no image in .*HR; expected a name such as 1x3\."),
        (["HR/1.png", "LR/X3/1_a.png", "LR/X3/1_b.png"], r"1_a\.png and .*1_b\.png both belong to .*HR/1\.png"),
        (["HR/1.png", "HR/1.bmp", "LR/X3/1x3.png"], r"1x3\.png could belong to .*1\.(png|bmp) or to another file"),
        (["HR/1.png", "LR/1x4.png"], "the name says x4, but the factor is 3"),
        (["HR/1_LR.png"], "all images are called LR; name the folder of HR"),
        (["HR/1.png", "HR_two/2.png", "LR/1.png"], r"HR could be in .*HR or .*HR_two; name one of them"),
        (["a/1.png", "LR/1.png"], "no images in this folder"),
    ],
)
def test_what_does_not_pair_is_named(tmp_path: Path, names: list[str], complaint: str) -> None:
    """No LR, several folders of LR, files without partner, and other factors: one line each, before anything runs."""
    touch(tmp_path, *names)
    with pytest.raises((DatasetError, UsageError), match=complaint):
        datasets.with_lr(datasets.get(f"{tmp_path}/"), [3])


def test_missing_folder_of_lr(tmp_path: Path) -> None:
    """A folder that is not there, or not given, is said at once."""
    touch(tmp_path, "HR/1.png")
    with pytest.raises(DatasetError, match=r"LR: cannot be read as a folder \(No such file"):
        datasets.get(f"{tmp_path}/HR::{tmp_path}/LR")
    with pytest.raises(UsageError, match="the folder of LR images is missing; expected HR_FOLDER::LR_FOLDER"):
        datasets.get(f"{tmp_path}/HR::")


def test_hr_and_lr_apart_from_other_files(tmp_path: Path) -> None:
    """In a folder of SelfExSR's results, what is neither HR nor LR is no image of the dataset."""
    touch(tmp_path, *(f"img_001_SRF_3_{kind}.png" for kind in ("HR", "LR", "glasner")))
    found = datasets.with_lr(datasets.get(f"{tmp_path}/"), [3])
    assert (lr_of(found), found.ignored) == (
        {"img_001_SRF_3_HR.png": "img_001_SRF_3_LR.png"},
        ("img_001_SRF_3_glasner.png",),
    )


def test_hr_before_original(tmp_path: Path) -> None:
    """BasicSR's folders hold the images before they were cropped, too; LR is of those in `GTmod12`."""
    touch(tmp_path, "original/1.png", "GTmod12/1.png", "LRbicx3/1.png")
    assert datasets.get(f"{tmp_path}/").root == tmp_path / "GTmod12"


def test_split_of_valid_and_train(tmp_path: Path) -> None:
    """LR of another split is not taken."""
    for split, name in (("train", "0001"), ("valid", "0801")):
        touch(tmp_path, f"D_{split}_HR/{name}.png", f"D_{split}_LR_bicubic/X3/{name}x3.png")
    assert lr_of(datasets.with_lr(datasets.get(f"{tmp_path}/D_valid_HR"), [3])) == {"0801.png": "0801x3.png"}
    shutil.rmtree(tmp_path / "D_valid_LR_bicubic")
    with pytest.raises(DatasetError, match="no LR images at x3"):
        datasets.with_lr(datasets.get(f"{tmp_path}/D_valid_HR"), [3])


@pytest.mark.parametrize(("hr", "lr"), [("{}_SRF_3_HR.png", "{}_SRF_3_LR.png"), ("{}.png", "{}_LR4.png")])
def test_lr_in_the_folder_of_hr_is_no_hr(tmp_path: Path, hr: str, lr: str) -> None:
    """LR beside each HR image is left out by name; images that only look so stay."""
    touch(tmp_path, *(each.format(name) for name in ("img_001", "img_002") for each in (hr, lr)))
    found = datasets.without_lr(datasets.get(f"{tmp_path}/"))
    assert [file.path for file in found.files] == [hr.format("img_001"), hr.format("img_002")]
    assert found.ignored == (f"{lr.format('img_001')}, {lr.format('img_002')} (LR of the other images)",)
    (tmp_path / lr.format("img_002")).unlink()
    assert len(datasets.without_lr(datasets.get(f"{tmp_path}/")).files) == 3


def test_a_folder_of_lr_alone_stays(tmp_path: Path) -> None:
    """LR images without HR beside them are what was named."""
    touch(tmp_path, "a_LR.png", "b_LR.png")
    assert len(datasets.without_lr(datasets.get(f"{tmp_path}/")).files) == 2


def test_lr_that_is_used_is_not_ignored(tmp_path: Path) -> None:
    """A folder of LR inside that of HR is no ignored one where LR is taken from it."""
    touch(tmp_path, "1.png", "LR/X3/1.png", "other/1.png")
    assert datasets.with_lr(datasets.get(f"{tmp_path}/"), [3]).ignored == ("other/",)
