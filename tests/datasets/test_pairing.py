"""SR files are paired with HR files by name, never by guess."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pytest

from srbench import datasets
from srbench.datasets import pairing
from srbench.datasets.stored_names import stored_images
from srbench.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def touched(folder: Path, *names: str) -> datasets.Dataset:
    """Open a folder of files that are not read."""
    folder.mkdir()
    for name in names:
        (folder / name).touch()
    return datasets.open_folder(folder)


def paired(tmp_path: Path, hr: list[str], sr: list[str], factor: int = 3) -> dict[str, str]:
    """Return the name of the SR file of each HR file."""
    found = pairing.pairs(touched(tmp_path / "hr", *hr), touched(tmp_path / "sr", *sr), factor)
    return {mine.name: theirs.name for mine, theirs in found}


@pytest.mark.parametrize(
    "name", ["baby.png", "baby_RCAN_x3.png", "baby-sr.png", "babyx3.png", "babyx3_v2.jpg", "baby_.BMP", "babyx3-a.png"]
)
def test_names_that_belong(tmp_path: Path, name: str) -> None:
    """An SR file equals the stem of its HR file, or continues it with `_`, `-` or `x<factor>`."""
    assert paired(tmp_path, ["baby.bmp"], [name]) == {"baby.bmp": name}


@pytest.mark.parametrize("name", ["baby2.png", "babyx30.png", "babysr.png", "Baby.png", "my_baby.png"])
def test_names_that_do_not_belong(tmp_path: Path, name: str) -> None:
    """Any other name is unpaired; the line names the file, the folder and a name that would do."""
    with pytest.raises(UsageError, match=rf"{name} matches no image in .*hr; expected a name such as baby_x3\.png"):
        paired(tmp_path, ["baby.bmp"], [name])


def test_swapped_folders(tmp_path: Path) -> None:
    """Where the names would pair the other way round, this is said."""
    with pytest.raises(
        UsageError, match=r"baby\.bmp matches no image in .*hr; the folders of HR and SR seem to be swapped$"
    ):
        paired(tmp_path, ["baby_RCAN_x3.png", "bird_RCAN_x3.png"], ["baby.bmp", "bird.bmp"])


def test_longest_stem_wins(tmp_path: Path) -> None:
    """`baby_2` and `baby2` are images of their own beside `baby`, in whatever order the folder lists them."""
    hr = ["baby.bmp", "baby2.bmp", "baby_2.bmp"]
    sr = ["baby2_x3.png", "baby_2_x3.png", "baby_x3.png"]
    assert paired(tmp_path, hr, sr) == dict(zip(hr, ["baby_x3.png", "baby2_x3.png", "baby_2_x3.png"], strict=True))


def test_special_characters_in_names(tmp_path: Path) -> None:
    """Names are text, not patterns."""
    assert paired(tmp_path, ["a+(1).png", "a.png"], ["a+(1)_x.png", "a_x.png"])["a+(1).png"] == "a+(1)_x.png"


def test_missing_sr(tmp_path: Path) -> None:
    """Every HR file needs its SR file; the line names all that lack one, and what takes a part of them."""
    with pytest.raises(UsageError, match=r"no SR image in .*sr for b\.png, c\.png; srbench run --sr .*sr takes"):
        paired(tmp_path, ["a.png", "b.png", "c.png"], ["a_x3.png"])


def test_two_for_one(tmp_path: Path) -> None:
    """Two SR files for one HR file are ambiguous; the line names both."""
    with pytest.raises(UsageError, match=r"a_old\.png and .*ax3\.png both belong to .*a\.png; remove one"):
        paired(tmp_path, ["a.png"], ["a_old.png", "ax3.png"])


def test_two_hr_of_one_stem(tmp_path: Path) -> None:
    """Two HR files of one stem could both own an SR file, unless it has the whole name of one."""
    assert paired(tmp_path, ["a.png", "a.bmp"], ["a.png", "a.bmp.png"]) == {"a.bmp": "a.bmp.png", "a.png": "a.png"}
    (tmp_path / "sr" / "a.png").rename(tmp_path / "sr" / "a_x3.png")
    again = [datasets.open_folder(tmp_path / name) for name in ("hr", "sr")]
    with pytest.raises(UsageError, match=r"a_x3\.png could belong to .*a\.(png|bmp) or to another file with the same"):
        pairing.pairs(again[0], again[1], 3)


@pytest.mark.parametrize(
    ("factor", "hr", "sr"),
    [
        (4, ["img_001_SRF_4_HR.png", "img_002_SRF_4_HR.png"], ["img_001_SRF_4_EDSR.png", "img_002_SRF_4_EDSR.png"]),
        (4, ["img_001_SRF_4_HR.png"], ["img_001x4.png"]),  # both editions of Urban100
        (4, ["img_001_SRF_4_HR.png"], ["img_001_SRF_4_SR.png"]),
        (3, ["baby_GT.bmp"], ["baby_SRCNN.bmp"]),
        (2, ["baby_HR_x2.png"], ["baby_RCAN_x2.png"]),  # RCAN
        (2, ["baby_HR_x2.png"], ["baby_RCAN_BIX2.png"]),
        (4, ["0801.png", "0802.png"], ["0801x4.png", "0802x4_RCAN.png"]),  # DIV2K
        (4, ["baby.png"], ["baby_EDSR_Lx4_f64b16.png"]),  # BasicSR
        (4, ["baby.png"], ["baby_x4_SR.png"]),
        (4, ["baby.png"], ["baby_RealESRGAN_x4plus.png"]),
        (4, ["Canon_001_HR.png"], ["Canon_001_LR4_out.png"]),  # RealSR
        (4, ["DSC_1282_x1.png"], ["DSC_1282_x4.png"]),  # DRealSR
        (4, ["baby.png"], ["SR_baby.png"]),
        (4, ["HR_baby.png"], ["baby_x4.png"]),
        (8, ["0_hr.png", "1_hr.png"], ["0_sr.png", "1_sr.png"]),  # SR3
        (3, ["baby.png"], ["baby (x3).png"]),
        (3, ["baby.png", "baby_HR.png"], ["baby_x3.png", "baby_HR_x3.png"]),
        (
            4,
            ["x2.png", "a_x2.png", "b_SRF_2_HR.png"],
            ["x2.png", "a_x2_SR.png", "b_SRF_2_HR.png"],
        ),  # what HR has, says nothing of SR
        (4, ["a.png"], ["a_64x64_relax2_x264.png"]),
        (4, ["a.jpg", "a_jpg.png"], ["a.jpg.png", "a_jpg.png"]),
        (3, ["*.png", "[a].png", "a=b,c;d#e%f'g.png"], ["*_x3.png", "[a].png", "a=b,c;d#e%f'g_x3.png"]),
    ],
)
def test_public_schemes(tmp_path: Path, factor: int, hr: list[str], sr: list[str]) -> None:
    """The names that public data sets and programs give are paired, in the order of the lists."""
    found = paired(tmp_path, hr, sr, factor)
    assert {(mine, theirs) for mine, theirs in found.items()} == set(zip(hr, sr, strict=True))


def test_unicode_forms(tmp_path: Path) -> None:
    """A Mac's spelling of a letter (NFD) and the other (NFC) are paired; where a folder has both, each with its own."""
    composed, decomposed = (unicodedata.normalize(form, "caf\u00e9") for form in ("NFC", "NFD"))
    assert paired(tmp_path, [f"{decomposed}.png"], [f"{composed}_x3.png"]) == {f"{composed}.png": f"{composed}_x3.png"}
    both = [touched(tmp_path / name, f"{composed}.png", f"{decomposed}.png") for name in ("one", "two")]
    found = pairing.pairs(both[0], both[1], 3)
    assert all(mine.path.name == theirs.path.name for mine, theirs in found)
    assert len({mine.name for mine, _ in found}) == 2


@pytest.mark.parametrize(
    "name",
    [
        *(
            "%41",
            " a",
            "a ",
            "a..",
            "-a",
            "a\nb",
            "a\tb",
            "\x1b[31m",
            "a\u202eb",
            "caf\udce9",
            "a\\nb",
            "\u00e9",
            "e\u0301",
        ),
        *("a.jpg", "a/b".replace("/", "\u2044"), "\U0001f600", "\u3042" * 83, "x" * 251, "<b>&\"'", "$a_^~", "|a|"),
    ],
)
def test_saved_names(tmp_path: Path, name: str) -> None:
    """Whatever a file is called, its SR image is found under the name that a run saves it with."""
    hr = touched(tmp_path / "hr", f"{name}.png", f"{name}_.png"[-255:])
    stored = stored_images([entry.name for entry in hr.images])
    sr = touched(tmp_path / "sr", *(f"{each}.png" for each in stored.values()))
    found = pairing.pairs(hr, sr, 3)
    assert {mine.name: theirs.path.stem for mine, theirs in found} == stored
    assert all(mine.name.isprintable() for mine, _ in found)


@pytest.mark.parametrize(
    ("factor", "hr", "sr", "says"),
    [
        (4, "baby.png", "baby_x2.png", 2),
        (3, "baby.png", "baby_RCAN_BIX4.png", 4),
        (3, "baby.png", "babyx4.png", 4),
        (4, "baby.png", "baby_EDSR_Lx2_f64b16.png", 2),
        (2, "baby.png", "baby_4x.png", 4),
        (3, "baby_HR_x4.png", "baby.png", 4),
        (3, "img_001_SRF_4_HR.png", "img_001_SRF_4_EDSR.png", 4),
    ],
)
def test_the_name_says_another_factor(tmp_path: Path, factor: int, hr: str, sr: str, says: int) -> None:
    """That is refused, as the protocol would cut another border; the line says which factor the name says."""
    with pytest.raises(UsageError, match=rf"the name says x{says}, but the factor is {factor}; give --factor {says}"):
        paired(tmp_path, [hr], [sr], factor)
