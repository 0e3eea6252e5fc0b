"""`srbench score`: somebody's images, from the command line."""

from __future__ import annotations

import csv
import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from srbench.quality.files import read_image, write_image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., Any]


@pytest.fixture
def made(pictures: Path, tmp_path: Path) -> Path:
    """Return a folder of SR images at x2, slightly wrong, and a text file."""
    (tmp_path / "made").mkdir()
    for path in pictures.iterdir():
        write_image(tmp_path / "made" / f"{path.stem}_x2.png", read_image(path) // 2)
    (tmp_path / "made" / "notes.txt").touch()
    return tmp_path / "made"


@pytest.mark.slow
def test_table(srbench: Command, pictures: Path, made: Path) -> None:
    """Every image is listed, then the mean; other files are named on standard error and ignored."""
    result = srbench("score", "--hr", pictures, "--sr", made, "--factor", 2)
    assert result.code == 0
    assert "ignored in" in result.err
    assert "notes.txt" in result.err
    assert [line.split()[0] for line in result.out.splitlines() if ".png" in line] == ["a.png", "b.png"]
    assert "2 images" in result.out


@pytest.mark.slow
def test_metrics_without_a_run_folder(srbench: Command, pictures: Path, made: Path) -> None:
    """Any metrics are shown in their order, image by image and as means, also where no run folder is written."""
    result = srbench("score", "--hr", pictures, "--sr", made, "--factor", 2, "--metrics", "gmsd,psnr")
    assert result.code == 0, result.err
    assert result.out.split("image", 1)[1].split()[:3] == ["GMSD", "PSNR", "dB"]
    assert "GMSD: lower is better" in result.out
    assert "SSIM" not in result.out


@pytest.mark.slow
def test_failed_image(srbench: Command, pictures: Path, made: Path) -> None:
    """An SR image of the wrong size is a failed row and exit code 1."""
    write_image(made / "a_x2.png", read_image(pictures / "a.png")[1:])
    result = srbench("score", "--hr", pictures, "--sr", made, "--factor", 2)
    assert result.code == 1
    assert "SR is 48x39 pixels, expected 48x40" in " ".join(result.out.split())


@pytest.mark.slow
def test_name_and_out(srbench: Command, pictures: Path, made: Path, tmp_path: Path) -> None:
    """--name is the method's, --out a run folder whose images are the HR files' names."""
    assert srbench("score", "--hr", pictures, "--sr", made, "-f", 2, "--name", "RCAN", "--out", "run").code == 0
    with (tmp_path / "run" / "scores.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["method"], row["image"], row["status"]) for row in rows] == [
        ("RCAN", "a.png", "ok"),
        ("RCAN", "b.png", "ok"),
    ]


@pytest.mark.slow
def test_page_advises_what_is_possible(srbench: Command, pictures: Path, made: Path, tmp_path: Path) -> None:
    """SR images that were made elsewhere have crops, and no times, whatever `srbench run` would be asked for."""
    assert srbench("score", "--hr", pictures, "--sr", made, "-f", 2, "--out", "run").code == 0
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "No times: the methods were not run here, only their SR images were scored" in page
    assert len(list((tmp_path / "run" / "crops").iterdir())) == 2 * 4  # SR, HR, LR and the whole
    assert not any(advice in page for advice in ("srbench run</code>", "srbench time", "--no-report", "--no-timing"))
    figure = srbench("figure", "run", "--kind", "pareto")
    assert (figure.code, figure.err.count("\n")) == (2, 1)


@pytest.mark.slow
def test_metrics(srbench: Command, pictures: Path, made: Path, tmp_path: Path) -> None:
    """Plug-ins are metrics here, too: a column of the table, and lines of JSON; what fails is exit code 1."""
    text = "from srbench.metrics import Metric\nMETRIC = Metric(label='MAE', better='lower')\n"
    text += "def load(bad: bool = False):\n"
    text += "    return lambda hr, sr: float('nan') if bad else float(abs(hr.astype(float) - sr).mean())\n"
    (tmp_path / "mae.py").write_text(text, encoding="utf-8")
    options = ("score", "--hr", pictures, "--sr", made, "-f", 2, "--plugin", "mae.py")
    result = srbench(*options, "--metrics", "psnr,mae")
    assert result.code == 0
    assert "MAE" in result.out
    result = srbench(*options, "--metrics", "mae:bad=true", "--json")
    assert result.code == 1
    assert [row["mae:bad=True_status"] for row in json.loads(result.out)["scores"]] == ["failed"] * 2


def test_golden_set(srbench: Command, data_folder: Path, golden_folder: Path, tmp_path: Path) -> None:
    """RCAN on Set5 x3, through --json: ten of ten numbers within 1e-6."""
    folder = golden_folder / "rcan_set5_x3"
    (tmp_path / "sr").mkdir()
    for path in folder.glob("*.png"):
        shutil.copy(path, tmp_path / "sr")
    result = srbench("score", "--hr", data_folder / "Set5" / "HR", "--sr", "sr", "--factor", 3, "--json")
    with (folder / "expected.tsv").open(encoding="utf-8") as file:
        expected = {line["file"].partition("_")[0]: line for line in csv.DictReader(file, delimiter="\t")}
    scores = {row["image"].partition(".")[0]: row for row in json.loads(result.out)["scores"]}
    assert scores.keys() == expected.keys()
    off = [abs(scores[name][what] - float(expected[name][what])) for name in expected for what in ("psnr", "ssim")]
    assert len(off) == 10
    assert max(off) <= 1e-6
