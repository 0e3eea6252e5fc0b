"""`srbench datasets`: what there is, and whether it is as published."""

from __future__ import annotations

import json
import shutil
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from srbench.datasets import benchmark_sets, near_copies
from srbench.datasets.benchmark_sets import Original
from srbench.quality import protocols
from srbench.quality.files import read_image, write_image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., Any]


@pytest.mark.slow
def test_list(srbench: Command, tmp_path: Path) -> None:
    """Every declared dataset has a line, with how many images are here, and how many are test images."""
    result = srbench("datasets", "--data", tmp_path)
    assert result.code == 0
    lines = {words[0]: words[1:4] for line in result.out.splitlines() if len(words := line.split()) > 2}
    assert lines["sample"] == ["5", "5", "0"]
    assert lines["set5"] == ["5", "0", "5"]
    assert lines["bsds500"] == ["500", "0", "100"]
    assert {"set14", "bsd100", "t91", "urban100", "kodak24", "mcmaster18", "sunhays80", "gb82"} <= lines.keys()
    assert srbench("datasets", "list", "--data", tmp_path) == result


@pytest.mark.slow
def test_show(srbench: Command) -> None:
    """Licence, citation, published LR and test images are shown; an alias is resolved."""
    facts = json.loads(srbench("datasets", "show", "b100", "--json").out)
    assert (facts["dataset"], facts["images"]) == ("bsd100", 100)
    assert facts["licence"]
    text = srbench("datasets", "show", "set5").out
    assert "published LR x2, x3, x4" in text
    assert "test images  5" in text
    assert "share-alike  no" in text
    assert "share-alike  yes" in srbench("datasets", "show", "cid22").out
    assert "citation" in text


def test_fetch_and_verify_what_is_here(srbench: Command) -> None:
    """`sample` needs no download: it is verified in place."""
    assert srbench("datasets", "verify", "sample").out == "sample: 5 images, all as published\n"
    assert "sample: 5 images, verified" in srbench("datasets", "fetch", "sample").out


@pytest.mark.parametrize("command", ["verify", "fetch"])
def test_nobody_published_a_folder(srbench: Command, pictures: Path, command: str) -> None:
    """A folder of the user has no published hashes: one line says that there is nothing to verify or download."""
    result = srbench("datasets", command, f"{pictures}/")
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert "is a folder without published hashes, so nothing can be verified" in result.err


def test_edited_image(srbench: Command, data_folder: Path, tmp_path: Path) -> None:
    """One changed byte is found, and the file named with both hashes; nothing is overwritten."""
    shutil.copytree(data_folder / "Set5" / "HR", tmp_path / "data" / "Set5" / "HR")
    assert srbench("datasets", "verify", "set5", "--data", "data").code == 0
    file = tmp_path / "data" / "Set5" / "HR" / "head.bmp"
    pixels = bytearray(file.read_bytes())
    pixels[1000] ^= 1
    file.write_bytes(pixels)
    result = srbench("datasets", "verify", "set5", "--data", "data")
    assert result.code == 2
    (line,) = result.err.splitlines()
    assert "head.bmp" in line
    assert "expected" in line
    assert file.read_bytes() == pixels


def test_edited_published_lr(srbench: Command, data_folder: Path, tmp_path: Path) -> None:
    """`verify` looks at the published LR images that are here as well."""
    shutil.copytree(data_folder / "Set5", tmp_path / "data" / "Set5")
    assert srbench("datasets", "verify", "set5", "--data", "data").code == 0
    file = tmp_path / "data" / "Set5" / "LR_bicubic" / "X3" / "babyx3.png"
    file.chmod(0o644)
    file.write_bytes(file.read_bytes() + b"x")
    result = srbench("datasets", "verify", "set5", "--data", "data")
    assert result.code == 2
    assert "babyx3.png" in result.err


@pytest.mark.slow
def test_check(srbench: Command, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Test images and near copies of them are named with exit code 1; what cannot be read does not end the check."""
    clean = srbench("datasets", "check", "photos/")
    assert clean.code == 0
    assert "4 images, none of or like those of test sets: set5, set14, bsd100, kodak24; urban100, " in clean.err
    assert "mcmaster18, sunhays80 by file hash only" in clean.err
    copy, same = (read_image(photos / f"{name}.bmp") for name in "ab")
    woman, baby = Original("set5", "woman", ""), Original("set5", "baby", "")
    monkeypatch.setattr(near_copies, "find", lambda image: [woman] if np.array_equal(image, copy) else [])
    monkeypatch.setattr(benchmark_sets, "same_pixels", lambda image: baby if np.array_equal(image, same) else None)
    (photos / "c.bmp").write_bytes(b"junk")
    result = srbench("datasets", "check", "photos/")
    assert result.code == 1
    first, second = result.out.splitlines()
    assert first.endswith("a.bmp looks like woman of set5")
    assert second.endswith("b.bmp is baby of set5")
    assert "c.bmp: not an image" in result.err
    assert "4 images, 1 not checked: cannot be read; 2 of or like those of test sets: set5" in result.err
    found = json.loads(srbench("datasets", "check", "photos/", "--json").out)
    assert [(each["image"], each["test_image"]) for each in found] == [
        ("a.bmp", "woman of set5"),
        ("b.bmp", "baby of set5"),
        ("c.bmp", None),
    ]
    assert (found[2]["relation"], "c.bmp: not an image" in found[2]["reason"]) == ("not checked", True)


def test_check_of_what_cannot_be_read(srbench: Command, photos: Path) -> None:
    """It is not vouched for: exit code 1, and a line of its own."""
    for path in sorted(photos.iterdir())[1:]:
        path.unlink()
    (photos / "a.bmp").write_bytes(b"junk")
    result = srbench("datasets", "check", "photos/")
    assert (result.code, result.out) == (1, "")
    assert result.err.endswith("photos: 1 image, 1 not checked: cannot be read\n")


def test_check_by_file(srbench: Command, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of a test set is known even where the pixels of that set are not."""
    house = Original("urban100", "img_001", "")
    known = {**benchmark_sets.by_file(), sha256((photos / "a.bmp").read_bytes()).hexdigest(): house}
    monkeypatch.setattr(benchmark_sets, "by_file", lambda: known)
    monkeypatch.setattr(near_copies, "find", lambda _: [])
    result = srbench("datasets", "check", "photos/")
    assert (result.code, result.out.splitlines()) == (1, [f"{photos}: a.bmp is img_001 of urban100"])


def test_check_of_what_is_not_here(srbench: Command, tmp_path: Path) -> None:
    """Nothing is downloaded for a check."""
    result = srbench("datasets", "check", "t91", "--data", tmp_path)
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "srbench datasets fetch t91 downloads them" in result.err


@pytest.mark.slow
def test_new(srbench: Command, pictures: Path, tmp_path: Path) -> None:
    """A manifest is written; it is a dataset to show, verify and run, and edited files are noticed."""
    result = srbench("datasets", "new", "pictures")
    assert (result.code, result.out) == (0, "pictures.toml: 2 images; licence: unknown\n")
    assert "srbench run --datasets ./pictures.toml" in result.err
    facts = json.loads(srbench("datasets", "show", "./pictures.toml", "--json").out)
    assert (facts["dataset"], facts["folder"], facts["images"]) == (f"{tmp_path}/pictures.toml", str(pictures), 2)
    assert srbench("datasets", "verify", "./pictures.toml").out.endswith("pictures.toml: 2 images, all as declared\n")
    run = ("run", "--datasets", "./pictures.toml", "--methods", "nearest", "--no-timing", "--out", "run")
    assert srbench(*run).code == 0
    assert "nearest,pictures,a," in (tmp_path / "run" / "scores.csv").read_text(encoding="utf-8")
    (pictures / "a.png").write_bytes((pictures / "b.png").read_bytes())
    result = srbench("datasets", "verify", "pictures.toml")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "a.png: got" in result.err
    assert "a.png: got" in srbench(*run).err


def test_new_refuses_to_overwrite(srbench: Command, pictures: Path) -> None:
    """A manifest that is there stays as it is."""
    assert srbench("datasets", "new", f"{pictures}/", "--name", "mine").code == 0
    result = srbench("datasets", "new", f"{pictures}/", "--out", "mine.toml")
    assert (result.code, result.err) == (
        2,
        "srbench: mine.toml is there already; move it away, or choose another with --out\n",
    )


@pytest.mark.parametrize("name", ["a,b", "a:b"])
def test_new_refuses_a_name_that_no_option_takes(srbench: Command, pictures: Path, name: str) -> None:
    """`--datasets` is a comma list, and a colon names a split."""
    result = srbench("datasets", "new", f"{pictures}/", "--name", name)
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "expected a name without commas and colons" in result.err


def test_new_refuses_a_manifest(srbench: Command, pictures: Path, tmp_path: Path) -> None:
    """A manifest is one already; the line names the folder of its images."""
    assert srbench("datasets", "new", f"{pictures}/", "--out", "mine.toml").code == 0
    result = srbench("datasets", "new", "mine.toml", "--out", "again.toml")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert f"./mine.toml is a manifest already; expected the folder of its images: {pictures}" in result.err
    assert not (tmp_path / "again.toml").exists()


def test_new_leaves_out_what_cannot_be_read(srbench: Command, pictures: Path) -> None:
    """It is named, with exit code 1; the rest is declared."""
    (pictures / "c.png").write_bytes(b"junk")
    result = srbench("datasets", "new", f"{pictures}/", "--out", "mine.toml", "--json")
    assert result.code == 1
    assert "left out: " in result.err
    found = json.loads(result.out)
    assert (found["manifest"], found["images"], len(found["left out"])) == ("mine.toml", 2, 1)


@pytest.mark.slow
def test_verify_names_all_faults(srbench: Command, pictures: Path) -> None:
    """Each file that is not as declared has its line."""
    assert srbench("datasets", "new", f"{pictures}/", "--out", "mine.toml").code == 0
    for path in pictures.iterdir():
        path.write_bytes(b"junk")
    result = srbench("datasets", "verify", "mine.toml")
    assert (result.code, result.err.count("\n")) == (2, 2)
    assert ("a.png: got" in result.err, "b.png: got" in result.err) == (True, True)
    (pictures / "a.png").unlink()
    result = srbench("datasets", "verify", "mine.toml")
    assert ("is a.png;" in result.err, "b.png: got" in result.err) == (True, True)


def test_verify_names_the_folder_that_is_gone(srbench: Command, pictures: Path) -> None:
    """It is that of the manifest, not the data folder."""
    assert srbench("datasets", "new", f"{pictures}/", "--out", "mine.toml").code == 0
    pictures.rename(pictures.with_name("moved"))
    result = srbench("datasets", "verify", "./mine.toml")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert f"2 of 2 images are not in {pictures}" in result.err
    assert 'its folder = "pictures" is gone: correct that key' in result.err


@pytest.mark.slow
def test_own_lr(srbench: Command, pictures: Path) -> None:
    """`new` names the run that takes LR; `show` has LR of a folder and of a manifest, which nobody published."""
    (pictures.parent / "LR").mkdir()
    pictures.rename(pictures.parent / "HR")
    for path in (pictures.parent / "HR").iterdir():
        made = protocols.get("basicsr").degrade(read_image(path), 3)
        write_image(pictures.parent / "LR" / f"{path.stem}x3.png", made)
    result = srbench("datasets", "new", "HR/", "--out", "mine.toml")
    assert (result.code, result.err.count("--factor 3 --protocol basicsr:lr=given")) == (0, 1)
    for name in ("HR/", "mine.toml"):
        facts = json.loads(srbench("datasets", "show", name if "/" in name else f"./{name}", "--json").out)
        assert (facts["LR"], "published LR" in facts) == (["x3"], False)
    assert "2 images and 2 LR images, all as declared" in srbench("datasets", "verify", "./mine.toml").out
