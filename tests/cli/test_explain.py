"""`srbench explain`, `srbench conventions` and `srbench score --explain`, from the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

import srbench as package
from srbench.quality import conventions as known_conventions
from srbench.quality.files import read_image, write_image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., Any]


@pytest.fixture
def made(photos: Path, tmp_path: Path) -> Path:
    """Return a folder of SR of the photos at x2, blurred."""
    (tmp_path / "made").mkdir()
    for path in photos.iterdir():
        write_image(tmp_path / "made" / f"{path.stem}_x2.png", cv2.GaussianBlur(read_image(path), (0, 0), 2))
    return tmp_path / "made"


@pytest.fixture
def ask(srbench: Command, photos: Path, made: Path) -> Command:
    """Return a function that explains a number of these images."""

    def call(*arguments: object, command: str = "explain") -> Any:  # noqa: ANN401 - a result
        return srbench(command, "--hr", photos, "--sr", made, "--factor", 2, *arguments)

    return call


@pytest.fixture
def score(ask: Command) -> tuple[str, str]:
    """Return PSNR and SSIM of these images by `basicsr`, as papers print them."""
    facts = json.loads(ask("--claimed", "1", "--json").out)
    return f"{facts['base_psnr']:.2f}", f"{facts['base_ssim']:.4f}"


@pytest.mark.slow
def test_found(ask: Command, score: tuple[str, str]) -> None:
    """What gives the number is named, with where it is defined; nothing cut here is wider than the terminal."""
    result = ask("--claimed", score[0], "--claimed-ssim", score[1])
    assert result.code == 0, result.err
    assert result.out.startswith(f"PSNR {score[0]} dB, SSIM {score[1]} on 4 images at x2: ")
    assert "the same as protocol basicsr:" in result.out
    assert "yulunzhang/RCAN@f722e5d RCAN_TestCode/Evaluate_PSNR_SSIM.m:42,51,70,263" in result.out
    assert max(map(len, result.out.splitlines())) <= 80
    assert [line for line in result.out.splitlines() if line.endswith(" ")] == []


@pytest.mark.slow
def test_unknown_words(ask: Command, score: tuple[str, str]) -> None:
    """Who does not know what a shave is can read it: pixels cut from each side."""
    text = " ".join(ask("--claimed", str(round(float(score[0])))).out.split())
    theirs = {text for each in known_conventions.known() for text in (each.name, each.where)}  # code has such words
    for each in sorted(theirs - {""}, key=len, reverse=True):
        text = text.replace(each, "")
    assert "pixels cut from each side" in text
    assert "shave" not in text


@pytest.mark.slow
def test_not_found(ask: Command) -> None:
    """Where none gives it, exit code 1, the nearest five groups, how far they are away, and what was not tried."""
    result = ask("--claimed", "12.34")
    assert result.code == 1
    assert "PSNR 12.34 dB on 4 images at x2: none of" in result.out
    assert [f"{number}. PSNR" in result.out for number in range(1, 7)] == [True] * 5 + [False]
    assert "dB above what is claimed" in result.out
    assert "Not tried: the LR that SR was made from." in result.out


@pytest.mark.slow
def test_json(ask: Command, score: tuple[str, str]) -> None:
    """`fitting` and `nearest` hold each known convention once, with what is needed to tell it; Python has the same."""
    result = ask("--claimed", score[0], "--json")
    facts = json.loads(result.out)
    names = [each["name"] for kind in ("fitting", "nearest") for each in facts[kind]]
    assert sorted(names) == sorted({each.name for each in known_conventions.known()})
    assert {"name", "psnr", "ssim", "group", "differences", "sentence", "repository", "commit", "where"} <= facts[
        "fitting"
    ][0].keys()
    assert {"lr", "offsets", "advice", "images", "factor"} <= facts.keys()
    assert result.out.count('"name": "RCAN / RDN MATLAB"') == 1


@pytest.mark.slow
def test_from_python(photos: Path, made: Path) -> None:
    """`srbench.explain` returns what `--json` prints; numbers may be text or floats."""
    found = package.explain(photos, made, factor=2, claimed=20.5)
    assert (found["claimed"], found["factor"], found["images"]) == ("20.5", 2, 4)
    assert [each["name"] for each in found["fitting"]] == [
        each["name"] for each in package.explain(str(photos), str(made), factor=2, claimed="20.5")["fitting"]
    ]
    with pytest.raises(package.SrbenchError, match="no number is claimed"):
        package.explain(photos, made, factor=2)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--claimed", "34,74"], "did you mean 34.74?"),
        (["--claimed", "0.93"], "looks like an SSIM"),
        (["--claimed", "inf"], "SR equals HR"),
        (["--claimed-ssim", "34.74"], "SSIM is at most 1"),
        ([], "no number is claimed"),
        (["--claimed", "30", "--conventions", "nowhere.toml"], "nowhere.toml: cannot be read as conventions"),
        (["--claimed", "30", "--lr", "nowhere"], "nowhere: cannot be read as a folder"),
    ],
)
def test_refused(ask: Command, options: list[str], says: str) -> None:
    """What cannot be meant is refused in one line, with exit code 2."""
    result = ask(*options)
    assert (result.code, result.out) == (2, "")
    assert says in result.err
    assert len(result.err.splitlines()) == 1


@pytest.mark.slow
def test_bad_images(ask: Command, made: Path) -> None:
    """SR that is missing, 16-bit or transparent is named in one line: a mean of the others would be another number."""
    deep = np.full((50, 60, 3), 1000, np.uint16)
    cv2.imwrite(str(made / "a_x2.png"), deep)
    assert "a_x2.png: got 16-bit samples" in ask("--claimed", "30").err
    cv2.imwrite(str(made / "a_x2.png"), np.full((50, 60, 4), 100, np.uint8))
    assert "a_x2.png: got transparent pixels" in ask("--claimed", "30").err
    (made / "a_x2.png").unlink()
    assert "no SR image in" in ask("--claimed", "30").err


def test_hr_by_name(srbench: Command, made: Path) -> None:
    """HR may be a dataset, whose images are known by name; a name that there is not is said to be no folder, too."""
    result = srbench("explain", "--hr", "nowhere", "--sr", made, "--claimed", "30")
    assert (result.code, "nowhere is no folder, and as a dataset: unknown dataset" in result.err) == (2, True)
    result = srbench("explain", "--hr", "sample", "--sr", made, "--claimed", "30")
    assert (result.code, "matches no image in" in result.err) == (2, True)


def test_conventions(srbench: Command, tmp_path: Path) -> None:
    """All are listed with their choices and sources, users' own too."""
    (tmp_path / "mine.toml").write_text('[[convention]]\nname = "mine"\nchannels = "rgb"\n', encoding="utf-8")
    result = srbench("conventions", "--conventions", "mine.toml")
    assert result.code == 0, result.err
    assert result.out.startswith(
        f"{len({each.name for each in known_conventions.known()}) + 1} known conventions. Each is described by "
    )
    assert "EDSR-PyTorch DIV2K\n  RGB instead of luma, " in result.out
    assert result.out.endswith("mine\n  RGB instead of luma\n")
    listed = json.loads(srbench("conventions", "--json").out)
    assert {each["name"] for each in listed} == {each.name for each in known_conventions.known()}


@pytest.mark.slow
def test_score(ask: Command, score: tuple[str, str], srbench: Command, tmp_path: Path) -> None:
    """`srbench score --explain` adds a section to terminal, page and markdown, which stays with the run folder."""
    result = ask("--explain", score[0], "--claimed-ssim", score[1], "--out", "run", command="score")
    assert result.code == 0, result.err
    head = f"PSNR {score[0]} dB, SSIM {score[1]} on 4 images at x2"
    assert head in result.out
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "RCAN / RDN MATLAB" in page
    places = [page.index(f'id="{each}"') for each in ("summary", "scores", "explained", "method")]
    assert places == sorted(places)
    assert page.index(f"<p>{head}") < places[1]
    assert head in srbench("report", "run").out
    assert "* **1: PSNR" in srbench("report", "run", "--format", "markdown").out
    assert head in ask("--metrics", "psnr", "--out", "run", command="score").out


@pytest.mark.slow
def test_score_is_never_stale(ask: Command, made: Path, srbench: Command) -> None:
    """Another number replaces the section, other SR removes it, and so does a number that cannot be explained."""
    assert ask("--explain", "20.5", "--out", "run", command="score").code == 0
    again = ask("--explain", "21.5", "--out", "run", command="score").out
    assert "PSNR 21.5 dB" in again
    assert "PSNR 20.5 dB" not in again
    write_image(made / "a_x2.png", read_image(made / "a_x2.png") // 2)
    assert "PSNR 21.5 dB" not in ask("--out", "run", command="score").out
    assert "PSNR 21.5 dB" not in srbench("report", "run").out
    (made / "b_x2.png").write_bytes(b"none")
    failed = ask("--explain", "21.5", "--out", "run", command="score")
    assert (failed.code, "PSNR 21.5 dB is not explained: " in failed.err) == (1, True)
    assert "3 of 4" in failed.out  # the others are scored


@pytest.mark.slow
def test_score_without_a_folder(ask: Command) -> None:
    """Without --out the section is printed, and is part of the JSON."""
    assert "on 4 images at x2" in ask("--explain", "20.5", command="score").out
    told = json.loads(ask("--explain", "20.5", "--json", command="score").out)
    assert told["explanation"]["claimed"] == "20.5"
    assert "explanation" not in json.loads(ask("--json", command="score").out)


def test_score_options_belong_together(ask: Command) -> None:
    """--lr and --conventions are of a number to explain."""
    result = ask("--lr", "lr", command="score")
    assert (result.code, result.err.startswith("srbench: --lr and --conventions belong to")) == (2, True)
    assert "--explain is '0.9'" in ask("--explain", "0.9", command="score").err
