"""`srbench degrade`: LR files, equal to those that were published."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from srbench import datasets
from srbench.quality import protocols
from srbench.quality.files import read_image, write_image

if TYPE_CHECKING:
    from collections.abc import Callable

    Command = Callable[..., Any]


@pytest.mark.sampled
@pytest.mark.parametrize(("name", "images"), [("set5", 5), ("set14", 14)])
def test_published_lr(srbench: Command, data_folder: Path, tmp_path: Path, name: str, images: int) -> None:
    """Under `basicsr` every published LR image comes out with 0 differing samples: 57 over both sets."""
    dataset = datasets.get(name, data_folder)
    files = [entry.path for entry in dataset.images]
    assert srbench("degrade", *files, "--factor", "2,3,4", "--protocol", "basicsr", "--out", "lr").code == 0
    compared = 0
    for factor in (2, 3, 4):
        for hr, published in zip(dataset.images, dataset.published_lr(factor), strict=True):
            made = read_image(tmp_path / "lr" / f"{hr.path.stem}x{factor}.png")
            assert np.count_nonzero(made != read_image(published.path)) == 0, published.path
            compared += 1
    assert compared == 3 * images == len(list((tmp_path / "lr").iterdir()))


def test_float_lr(srbench: Command, pictures: Path, tmp_path: Path) -> None:
    """Under `srcnn` LR is float and neither rounded nor clipped: a float32 .npy file."""
    assert srbench("degrade", pictures / "a.png", "--factor", 3, "--protocol", "srcnn", "--out", "lr").code == 0
    assert [path.name for path in (tmp_path / "lr").iterdir()] == ["ax3.npy"]
    lr = np.load(tmp_path / "lr" / "ax3.npy")
    assert (lr.dtype, lr.shape) == (np.float32, (13, 16))
    exact = protocols.get("srcnn").degrade(read_image(pictures / "a.png"), 3)
    np.testing.assert_array_equal(lr, exact.astype(np.float32))


def test_folders_and_files(srbench: Command, pictures: Path, tmp_path: Path) -> None:
    """Folders stand for their images; a file given twice is done once."""
    write_image(tmp_path / "c.bmp", np.zeros((9, 9), np.uint8))
    assert srbench("degrade", pictures, "c.bmp", pictures / "a.png", "--factor", "3", "--out", "lr").code == 0
    assert sorted(path.name for path in (tmp_path / "lr").iterdir()) == ["ax3.png", "bx3.png", "cx3.png"]
    assert read_image(tmp_path / "lr" / "cx3.png").shape == (3, 3)


def test_sources_are_not_written_over(srbench: Command, pictures: Path, tmp_path: Path) -> None:
    """Where an LR image would have the name of a source, nothing is written: also through a link to the folder."""
    write_image(pictures / "ax3.png", read_image(pictures / "a.png"))
    before = {path: path.read_bytes() for path in pictures.iterdir()}
    (tmp_path / "link").symlink_to(pictures)
    for out in (pictures, "link"):
        result = srbench("degrade", pictures, "--out", out)
        assert (result.code, "ax3.png is read by this command" in result.err) == (2, True)
    assert {path: path.read_bytes() for path in pictures.iterdir()} == before


def test_one_bad_image_does_not_stop_the_others(srbench: Command, pictures: Path, tmp_path: Path) -> None:
    """It is one line with its name, and exit code 1."""
    (pictures / "a.png").write_bytes(b"junk")
    write_image(pictures / "c.png", np.zeros((2, 2), np.uint8))
    result = srbench("degrade", pictures, "--out", "lr")
    assert result.code == 1
    assert [line.partition(": ")[2].partition(": ")[0] for line in result.err.splitlines()] == [
        str(pictures / "a.png"),
        str(pictures / "c.png"),
    ]
    assert [path.name for path in (tmp_path / "lr").iterdir()] == ["bx3.png"]


@pytest.mark.parametrize(("protocol", "suffix"), [("basicsr", "png"), ("srcnn", "npy")])
def test_one_bad_target_does_not_stop_the_others(
    srbench: Command, pictures: Path, tmp_path: Path, protocol: str, suffix: str
) -> None:
    """A pipe in the place of one, a name too long with what is added: a line each, and exit code 1."""
    long = "n" * 250
    (pictures / "a.png").rename(pictures / f"{long}.png")
    write_image(pictures / "c.png", np.zeros((12, 12), np.uint8))
    (tmp_path / "lr").mkdir()
    os.mkfifo(tmp_path / "lr" / f"bx2.{suffix}")
    result = srbench("degrade", pictures, "--out", "lr", "--factor", "2,3", "--protocol", protocol)
    assert (result.code, len(result.err.splitlines())) == (1, 3)
    assert f"lr/bx2.{suffix}: cannot be written (is a special file); choose another folder" in result.err
    for factor in (2, 3):
        assert f"{long}x{factor}.{suffix}: cannot be written (File name too long); choose another folder" in result.err
    names = {f"bx2.{suffix}", f"bx3.{suffix}", f"cx2.{suffix}", f"cx3.{suffix}"}
    assert {path.name for path in (tmp_path / "lr").iterdir()} == names
    assert (tmp_path / "lr" / f"bx2.{suffix}").is_fifo()


def test_a_single_image_fails_with_code_2(srbench: Command, pictures: Path, tmp_path: Path) -> None:
    """Its other factors are written all the same."""
    (tmp_path / "lr").mkdir()
    os.mkfifo(tmp_path / "lr" / "ax2.png")
    result = srbench("degrade", pictures / "a.png", "--out", "lr", "--factor", "2,3")
    assert (result.code, len(result.err.splitlines())) == (2, 1)
    assert (tmp_path / "lr" / "ax3.png").is_file()


def test_bd_of_set5(srbench: Command, data_folder: Path, golden_folder: Path) -> None:
    """The files are those of RDN's authors, sample by sample; a spec is a protocol as a name is."""
    result = srbench("degrade", data_folder / "Set5" / "HR" / "bird.bmp", "--protocol", "basicsr:lr=bd", "--out", "lr")
    assert result.code == 0, result.err
    expected = golden_folder / "degradations" / "rdn_set5_x3" / "bird_LRBD_x3.png"
    assert np.array_equal(read_image(Path("lr/birdx3.png")), read_image(expected))


@pytest.mark.slow
def test_protocols_of_files_and_given_lr(srbench: Command, pictures: Path, tmp_path: Path) -> None:
    """A file decides LR and its dtype; LR that is given cannot be made."""
    (tmp_path / "mine.toml").write_text(srbench("protocols", "show", "srcnn", "--toml").out, encoding="utf-8")
    assert srbench("degrade", pictures / "a.png", "--protocol", "./mine.toml", "--out", "lr").code == 0
    assert [each.name for each in Path("lr").iterdir()] == ["ax3.npy"]
    result = srbench("degrade", pictures / "a.png", "--protocol", "basicsr:lr=given", "--out", "other")
    assert (result.code, result.err) == (
        2, "srbench: protocol basicsr:lr=given makes no LR: it is given; choose another lr=\n"
    )  # fmt: skip
    result = srbench("degrade", pictures / "a.png", "--protocol", "basicsr:lr=bd", "--factor", "2", "--out", "other")
    assert (result.code, result.err) == (2, "srbench: this degradation is defined for factor 3, not 2\n")
