"""A manifest of the user's images says what their files are, and what is said about their licence."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pytest

from srbench import datasets
from srbench.datasets import new_manifest
from srbench.errors import DatasetError, UsageError
from srbench.quality.files import pixel_hash, read_image, write_image

if TYPE_CHECKING:
    from pathlib import Path


def picture(path: Path, height: int = 12, width: int = 15) -> Path:
    """Write an image that its name and size decide."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_image(path, np.full((height, width, 3), len(path.stem), np.uint8))
    return path


def written(folder: str, target: Path) -> tuple[new_manifest.Manifest, datasets.Dataset]:
    """Write the manifest of a folder, and read it again."""
    made = new_manifest.describe(datasets.get(folder), lambda *_: None)
    new_manifest.write(target, made.text("Mine", target))
    return made, datasets.get(str(target))


def test_files_are_described(tmp_path: Path) -> None:
    """Name, size, hash of the file and of the pixels; the paths are from the manifest, wherever it is."""
    path = picture(tmp_path / "photos" / "a b.png")
    (tmp_path / "declared").mkdir()
    made, found = written(f"{tmp_path}/photos", tmp_path / "declared" / "mine.toml")
    assert (found.name, found.title, found.root, found.licence) == ("mine", "Mine", tmp_path / "photos", "unknown")
    (file,) = found.files
    assert (file.name, file.path, file.bytes) == ("a b", "a b.png", path.stat().st_size)
    assert file.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert file.pixels == pixel_hash(read_image(path))
    assert (found.is_declared, made.left_out, found.lr) == (True, [], {})
    datasets.ensure(found)


def test_edited_file_is_noticed(tmp_path: Path) -> None:
    """A file that is not as declared is refused by name, one that is missing too."""
    path = picture(tmp_path / "photos" / "a.png")
    found = written(f"{tmp_path}/photos", tmp_path / "mine.toml")[1]
    picture(path, 13)
    with pytest.raises(DatasetError, match=r"a\.png: got .*, expected .* put the right file there, or write a new"):
        datasets.ensure(found)
    path.unlink()
    with pytest.raises(DatasetError, match=r"mine\.toml: 1 of 1 files are missing; put them below"):
        datasets.ensure(datasets.get(str(tmp_path / "mine.toml")))


def test_lr_is_declared(tmp_path: Path) -> None:
    """LR images of all factors that there are become part of it, under the names of their HR images."""
    for name in ("a", "bb"):
        picture(tmp_path / "set" / "HR" / f"{name}.png")
        picture(tmp_path / "set" / "LR" / "X3" / f"{name}_LRBI_x3.png", 4, 5)
        picture(tmp_path / "set" / "LR" / "X2" / f"{name}x2.png", 6, 7)
    found = written(f"{tmp_path}/set", tmp_path / "mine.toml")[1]
    assert (found.root, [file.path for file in found.files]) == (tmp_path / "set", ["HR/a.png", "HR/bb.png"])
    assert sorted(found.lr) == [2, 3]
    assert [(file.name, file.path) for file in found.lr[3]] == [
        ("a", "LR/X3/a_LRBI_x3.png"),
        ("bb", "LR/X3/bb_LRBI_x3.png"),
    ]
    assert datasets.with_lr(found, [2, 3]) == found
    datasets.ensure(found, factors=[2, 3])


def test_the_factor_of_lr_follows_from_its_size(tmp_path: Path) -> None:
    """Where no name says the factor, sizes do; LR that is an HR pixel off is named and left out."""
    picture(tmp_path / "HR" / "a.png")
    picture(tmp_path / "LR" / "a.png", 4, 5)
    assert list(written(f"{tmp_path}/", tmp_path / "mine.toml")[1].lr) == [3]
    picture(tmp_path / "LR" / "a.png", 5, 5)
    made, found = written(f"{tmp_path}/", tmp_path / "other.toml")
    assert found.lr == {}
    assert made.left_out == [f"{tmp_path}/LR/a.png: got 5x5 pixels, expected 7x6 at x2"]


@pytest.mark.parametrize("names", [("Canon_001_HR", "Canon_001_LR3"), ("img_001_SRF_3_HR", "img_001_SRF_3_LR")])
def test_lr_in_the_folder_of_hr_is_declared(tmp_path: Path, names: tuple[str, str]) -> None:
    """It is found at its factor, whatever others were tried before, and is no HR image."""
    picture(tmp_path / "set" / f"{names[0]}.png")
    picture(tmp_path / "set" / f"{names[1]}.png", 4, 5)
    made, found = written(f"{tmp_path}/set", tmp_path / "mine.toml")
    assert [file.path for file in found.files] == [f"{names[0]}.png"]
    assert [file.path for file in found.lr[3]] == [f"{names[1]}.png"]
    assert (found.summary, made.left_out) == ("1 image of the folder set", [])


def test_lr_that_does_not_pair(tmp_path: Path) -> None:
    """That is an error, not a manifest without LR."""
    picture(tmp_path / "HR" / "a.png")
    picture(tmp_path / "LR" / "X3" / "b.png", 4, 5)
    with pytest.raises(UsageError, match=r"b\.png matches no image"):
        written(f"{tmp_path}/", tmp_path / "mine.toml")


def test_names_are_unique(tmp_path: Path) -> None:
    """Images are named by their stems, and by their whole names where two stems are alike."""
    for name in ("a.png", "a.bmp", "b.png"):
        picture(tmp_path / "photos" / name)
    found = written(f"{tmp_path}/photos", tmp_path / "mine.toml")[1]
    assert [file.name for file in found.files] == ["a.bmp", "a.png", "b"]


def test_unreadable_images_are_left_out(tmp_path: Path) -> None:
    """They are named; where none is left, there is no manifest."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "junk.png").write_bytes(b"junk")
    with pytest.raises(DatasetError, match=r"no image can be declared: .*junk\.png: not an image"):
        written(f"{tmp_path}/photos", tmp_path / "mine.toml")
    picture(tmp_path / "photos" / "a.png")
    picture(tmp_path / "photos" / "a:b.png")
    made, found = written(f"{tmp_path}/photos", tmp_path / "mine.toml")
    assert [file.name for file in found.files] == ["a"]
    assert ["a:b.png: a manifest cannot hold that name" in made.left_out[0], "junk" in made.left_out[1]] == [True, True]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"LICENSE": "\n  MIT License\n\ntext"}, "MIT License (LICENSE)"),
        ({"README.md": "# Photos\n\nFor research use only.\n"}, "For research use only. (README.md)"),
        ({"README.txt": "Photos, CC BY 4.0", "licence.txt": "CC0 1.0"}, "CC0 1.0 (licence.txt)"),
        ({"README.md": "some photographs"}, "unknown"),
        ({"COPYING": '"a" \\ b'}, '"a" \\ b (COPYING)'),
        ({"LICENSE": "\x1b[2J\x00 no text", "README.md": "CC BY 4.0"}, "CC BY 4.0 (README.md)"),
        ({"LICENSE.md": "# License\n\nCC BY 4.0\n"}, "CC BY 4.0 (LICENSE.md)"),
        ({"README.md": "# Photos\n## Licence:\nfor research use only"}, "for research use only (README.md)"),
    ],
)
def test_licence(tmp_path: Path, files: dict[str, str], expected: str) -> None:
    """It is what a licence file says first, else what a readme says of it, else unknown."""
    picture(tmp_path / "photos" / "a.png")
    for name, text in files.items():
        (tmp_path / "photos" / name).write_text(text, encoding="utf-8")
    assert written(f"{tmp_path}/photos", tmp_path / "mine.toml")[1].licence == expected


def test_licence_above_hr(tmp_path: Path) -> None:
    """The folder that holds HR and LR is asked, too."""
    picture(tmp_path / "set" / "HR" / "a.png")
    picture(tmp_path / "set" / "LR" / "X3" / "a.png", 4, 5)
    (tmp_path / "set" / "LICENSE").write_text("CC BY 4.0", encoding="utf-8")
    assert written(f"{tmp_path}/set", tmp_path / "mine.toml")[1].licence == "CC BY 4.0 (LICENSE)"


def test_licence_above_hr_without_lr(tmp_path: Path) -> None:
    """So is the folder above one that is called HR; not that above any other."""
    for name in ("HR", "photos"):
        picture(tmp_path / "set" / name / "a.png")
    (tmp_path / "set" / "LICENSE").write_text("CC BY 4.0", encoding="utf-8")
    for name, expected in (("HR", "CC BY 4.0 (LICENSE)"), ("photos", "unknown")):
        assert written(f"{tmp_path}/set/{name}", tmp_path / f"{name}.toml")[1].licence == expected


def test_lr_of_another_factor_is_said(tmp_path: Path) -> None:
    """One file whose name says another factor than its size leaves the others declared, and is named."""
    for name in ("a3", "bb", "ccc"):
        picture(tmp_path / "HR" / f"{name}.png")
        picture(tmp_path / "LR" / f"{name}_x{4 if name == 'bb' else 3}.png", 4, 5)
    made, found = written(f"{tmp_path}/", tmp_path / "mine.toml")
    assert ([*found.lr], [file.name for file in found.lr[3]]) == ([3], ["a3", "ccc"])
    assert made.left_out == [
        f"{tmp_path}/LR/bb_x4.png: got 5x4 pixels, expected 3x3 at x4",
        "LR at x3 of bb.png: there is none that fits",
    ]


def test_lr_of_many_other_sizes_is_one_line(tmp_path: Path) -> None:
    """LR images that do not fit are named in one line, and those that do are declared."""
    for number in range(7):
        picture(tmp_path / "HR" / f"{number}.png")
        picture(tmp_path / "LR" / "X3" / f"{number}.png", 4 + (number > 0), 5)
    made, found = written(f"{tmp_path}/", tmp_path / "mine.toml")
    assert [file.name for file in found.lr[3]] == ["0"]
    assert made.left_out[0] == (
        f"{tmp_path}/LR/X3/1.png: got 5x5 pixels, expected 5x4 at x3; sizes of 5 others too: 2.png, 3.png, 4.png "
        "and 2 more"
    )


@pytest.mark.parametrize("folder", ["HR", "LR"])
def test_a_damaged_file_leaves_the_others_usable(tmp_path: Path, folder: str) -> None:
    """The other pairs are declared; an image without LR has none, and that is no error."""
    for name in ("a", "bb"):
        picture(tmp_path / "HR" / f"{name}.png")
        picture(tmp_path / "LR" / f"{name}x3.png", 4, 5)
    next((tmp_path / folder).glob("bb*")).write_bytes(b"junk")
    made, found = written(f"{tmp_path}/", tmp_path / "mine.toml")
    assert [file.name for file in datasets.with_lr(found, [3]).lr[3]] == ["a"]
    assert sum("not an image" in line for line in made.left_out) == 1
