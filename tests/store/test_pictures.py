"""Tests of srbench.store.pictures."""

from __future__ import annotations

import io
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from srbench.errors import RunFolderError
from srbench.plan import Keep
from srbench.quality.crops import Box, png
from srbench.store import pictures
from srbench.store.rows import ScoreRow

ROW = ScoreRow(
    method="espcn:weights=a/b.safetensors", dataset="Set5/HR", image="<b>.png", factor=3, protocol="basicsr",
    device="cpu", protocol_fingerprint="p", hr_sha256="h", key="k",
)  # fmt: skip


def link_of(row: ScoreRow, method: str = "") -> str:
    """Return the readable name of an image of a run that has no other row."""
    return pictures.Links([row]).of(row, method)


def test_names_follow_from_what_decides_the_pixels() -> None:
    """Rows of one image and protocol share HR and LR; SR has the row's key."""
    names = pictures.crops_of(ROW)
    assert names.sr == "crops/k.png"
    other = pictures.crops_of(replace(ROW, method="bicubic", key="l"))
    assert other[1:] == names[1:]
    assert other.sr != names.sr
    assert len({*names, *pictures.crops_of(replace(ROW, factor=2))}) == 7


def test_whole_images_lie_where_people_find_them() -> None:
    """Their folders bear the names of dataset, protocol and method, and no name leaves its folder."""
    assert link_of(ROW) == "images/Set5%2FHR/basicsr-x3/espcn:weights=a%2Fb.safetensors/<b>.png"
    assert link_of(replace(ROW, image="a.bmp")).endswith("/a_bmp.png")
    assert link_of(replace(ROW, image="t.1")).endswith("/t.1.png")
    assert link_of(ROW, pictures.HR) == "images/Set5%2FHR/basicsr-x3/HR/<b>.png"
    assert link_of(replace(ROW, dataset="..")).startswith("images/%2E%2E/")


def test_long_names_fit_a_file_system(tmp_path: Path) -> None:
    """A name that no system takes is cut, ends with a hash, and stays apart from others that begin alike."""
    names = {link_of(replace(ROW, method=f"espcn:weights={'/long' * 80}{end}")) for end in "ab"}
    assert len(names) == 2
    pictures.keep(tmp_path, dict.fromkeys(names, b"png"))
    assert all(len(part.encode()) < 256 for name in names for part in name.split("/"))


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("image", ["a.jpg", "a_jpg.png"]),
        ("image", ["a.png", "A.png"]),
        ("image", ["\u00e9.png", "e\u0301.png"]),
        ("image", ["a.tif", "a.TIF", "A_tif.png"]),
        ("image", [f"{'x' * 251}.png", f"{'x' * 250}.png", f"{'x' * 251}.jpg"]),
        ("image", ["a%2Fb.png", "a/b.png"]),
        ("dataset", ["set", "Set"]),
        ("method", ["hr", "HR_", "Hr"]),
    ],
)
def test_each_image_has_a_file_of_its_own(tmp_path: Path, column: str, values: list[str]) -> None:
    """Also where a file system tells neither case nor Unicode forms apart."""
    fields: list[dict[str, Any]] = [{column: value, "key": str(number)} for number, value in enumerate(values)]
    rows = [replace(ROW, hr_sha256=each["key"], **each) for each in fields]
    names = pictures.Links(rows)
    found = [names.of(row, method) for row in rows for method in ("", pictures.HR, pictures.LR)]
    expected = {(row.dataset, row.image, method) for row in rows for method in (row.method, pictures.HR, pictures.LR)}
    assert len({unicodedata.normalize("NFC", each.casefold()) for each in found}) == len(expected)
    for row in rows:
        pictures.keep(tmp_path, dict.fromkeys(pictures.images_of(row), row.key.encode()))
    pictures.link(tmp_path, rows)
    assert [(tmp_path / names.of(row)).read_bytes() for row in rows] == [row.key.encode() for row in rows]
    assert not list(pictures.astray(tmp_path, rows))


def test_a_crop_says_where_it_lies() -> None:
    """HR's PNG holds the box and the size of the whole; other files say nothing."""
    image = np.zeros((4, 6, 3), np.uint8)
    crop = png(image, '{"box": [3, 6, 6, 4], "whole": [60, 50]}')
    assert pictures.position_of(crop) == (Box(3, 6, 6, 4), (60, 50))
    with Pillow.open(io.BytesIO(crop)) as read:
        assert np.array_equal(np.asarray(read), image)
    for bad in (b"", b"nonsense", png(image), png(image, "[]"), png(image, '{"box": [1]}')):
        assert pictures.position_of(bad) is None


def test_what_is_there_stays(tmp_path: Path) -> None:
    """A picture is written once, as its name says its pixels, and read back; a run without it gives None."""
    pictures.keep(tmp_path, {"crops/a.png": b"one"})
    pictures.keep(tmp_path, {"crops/a.png": b"two"})
    assert pictures.read(tmp_path, "crops/a.png") == b"one"
    assert pictures.read(tmp_path, "crops/b.png") is None
    assert [path.name for path in (tmp_path / "crops").iterdir()] == ["a.png"]


def test_taken_over_from_the_first_that_has_it(tmp_path: Path) -> None:
    """What a folder lacks comes from others; what none has stays absent."""
    for name, content in (("one", {}), ("two", {"a": b"2"}), ("three", {"a": b"3", "b": b"3"})):
        pictures.keep(tmp_path / name, content)
    pictures.take_over(tmp_path / "one", ["a", "b", "c"], [tmp_path / "two", tmp_path / "three"])
    assert [pictures.read(tmp_path / "one", name) for name in "abc"] == [b"2", b"3", None]


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """One line says which file, that rows are kept, and how to go on."""
    (tmp_path / "crops").write_text("in the way", encoding="utf-8")
    with pytest.raises(RunFolderError, match=r"cannot write .*crops/a.png: .*results so far are kept.*--no-report"):
        pictures.keep(tmp_path, {"crops/a.png": b"one"})


def test_each_picture_is_missed(tmp_path: Path) -> None:
    """A good row lacks any that is to be kept and is not there; a bad one has none to lack."""
    wanted = {Keep(crops=True): pictures.crops_of(ROW), Keep(images=True): pictures.images_of(ROW)}
    for keep, names in wanted.items():
        pictures.keep(tmp_path, dict.fromkeys(names, b"png"))
        assert not pictures.lacks(tmp_path, ROW, keep)
        for name in names:
            (tmp_path / name).unlink()
            assert pictures.lacks(tmp_path, ROW, keep)
            assert not pictures.lacks(tmp_path, ROW, Keep())
            assert not pictures.lacks(tmp_path, replace(ROW, status="failed"), keep)
            pictures.keep(tmp_path, {name: b"png"})


def test_links_follow_the_rows(tmp_path: Path) -> None:
    """Those of rows that came later join them, none leads nowhere, and those of no row go."""
    rows = [replace(ROW, image=f"{name}.png", key=name, hr_sha256=name) for name in "abc"]
    names = {row.image: {link_of(row, each) for each in ("", pictures.HR, pictures.LR)} for row in rows}
    pictures.keep(tmp_path, dict.fromkeys(pictures.images_of(rows[1]), b"png"))
    pictures.link(tmp_path, rows)
    assert links(tmp_path) == names["b.png"]
    for row in rows[:1], rows[2:]:
        pictures.keep(tmp_path, dict.fromkeys(pictures.images_of(row[0]), b"png"))
    pictures.link(tmp_path, rows)
    assert links(tmp_path) == set.union(*names.values())
    assert all((tmp_path / name).read_bytes() == b"png" for name in links(tmp_path))
    pictures.link(tmp_path, rows[1:])
    assert links(tmp_path) == names["b.png"] | names["c.png"]


def links(folder: Path) -> set[str]:
    """Return the links below `images/`."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("images/**/*") if path.is_symlink()}


def test_file_system_without_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There images have no readable names, and that ends no run."""

    def refuse(*_: object) -> None:
        raise PermissionError

    pictures.keep(tmp_path, dict.fromkeys(pictures.images_of(ROW), b"png"))
    monkeypatch.setattr(Path, "symlink_to", refuse)
    pictures.link(tmp_path, [ROW])
    assert links(tmp_path) == set()


def test_what_the_user_put_there_stays(tmp_path: Path) -> None:
    """Files and links of the user, also in the place of a link, which then has none; only links to `whole/` go."""
    run, photos = tmp_path / "run", tmp_path / "photos"
    pictures.keep(run, dict.fromkeys(pictures.images_of(ROW), b"png"))
    pictures.keep(photos, {"mine.png": b"mine"})
    name, hr = link_of(ROW), link_of(ROW, pictures.HR)
    pictures.keep(run, {name: b"mine", "images/mine.png": b"mine"})
    (run / "images" / "link.png").symlink_to(photos / "mine.png")
    (run / hr).parent.mkdir()
    (run / hr).symlink_to(photos / "mine.png")
    (run / "images" / "old.png").symlink_to("../whole/old.png")
    pictures.link(run, [ROW])
    assert {(run / each).read_bytes() for each in (name, hr, "images/mine.png", "images/link.png")} == {b"mine"}
    assert links(run) == {"images/link.png", hr, link_of(ROW, pictures.LR)}
    assert sorted(pictures.taken(run, [ROW])) == sorted([name, hr])
    assert sorted(pictures.astray(run, [ROW])) == sorted([name, hr, "images/mine.png", "images/link.png"])


@pytest.mark.parametrize("depth", range(3))
def test_nothing_happens_behind_a_link_to_a_folder(tmp_path: Path, depth: int) -> None:
    """Nothing is removed there, as it may be elsewhere, and nothing written."""
    run, photos = tmp_path / "run", tmp_path / "photos"
    pictures.keep(run, dict.fromkeys(pictures.images_of(ROW), b"png"))
    pictures.keep(photos, {"mine.png": b"mine"})
    (photos / "whole.png").symlink_to(run / pictures.images_of(ROW).sr)
    folder = (run / link_of(ROW)).parents[depth]
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.symlink_to(photos)
    for rows in ([ROW], []):
        pictures.link(run, rows)
        assert sorted(path.name for path in photos.iterdir()) == ["mine.png", "whole.png"]
    assert link_of(ROW) in pictures.taken(run, [ROW])


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    """It stays, and there are no readable names."""
    pictures.keep(tmp_path, dict.fromkeys(pictures.images_of(ROW), b"png"))
    (tmp_path / "images").write_text("mine", encoding="utf-8")
    pictures.link(tmp_path, [ROW])
    assert (tmp_path / "images").read_text(encoding="utf-8") == "mine"
    assert len(pictures.taken(tmp_path, [ROW])) == 3
