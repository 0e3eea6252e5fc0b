"""`srbench figure`: options and errors; what is drawn is tested in tests/reports/figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import srbench as api
from srbench.plan import Plan
from srbench.quality.files import write_image

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Result


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run folder that kept whole images."""
    folder = tmp_path_factory.mktemp("figure")
    (folder / "photos").mkdir()
    write_image(folder / "photos" / "a.png", np.random.default_rng(3).integers(0, 256, (50, 60, 3), np.uint8))
    api.run(
        "nearest,bicubic", factors=2, datasets=[f"{folder}/photos/"], timing=False, out=folder / "r", save_images=True
    )
    return folder / "r"


@pytest.mark.slow
def test_three_formats_by_default(srbench: Callable[..., Result], run: Path) -> None:
    """A strip of some methods lands in the run folder as PNG, SVG and PDF; `--out` makes one file."""
    found = srbench("figure", run, "--image", "a.png", "--crop", "4,6,20,20", "--methods", "bicubic")
    assert found.code == 0, found.err
    assert sorted(path.suffix for path in (run / "figures").glob("strip-a.png.*")) == [".pdf", ".png", ".svg"]
    assert srbench("figure", run, "--image", "a.png", "--out", "one.svg", "--json").code == 0


@pytest.mark.slow
def test_triptych(srbench: Callable[..., Result], run: Path) -> None:
    """Original, LR and upscaled are one picture, in which sizes are text."""
    found = srbench("figure", run, "--kind", "triptych", "--image", "a.png", "--out", "three.svg")
    assert (found.code, found.out) == (0, "written: three.svg\n")
    text = Path("three.svg").read_text(encoding="utf-8")
    assert all(name in text for name in ("HR, 60 x 50", "LR, 30 x 25", "bicubic", "photos x2, basicsr"))


@pytest.mark.slow
def test_metric_that_was_left_out(srbench: Callable[..., Result], run: Path, tmp_path: Path) -> None:
    """Its values are still there, and it is said how to have them back; one that never was is unknown."""
    given: Any = {"factors": 2, "datasets": [f"{run.parent}/photos/"], "timing": False, "report": False}
    for metrics in ("psnr,gmsd", "psnr"):
        api.run("nearest", metrics=metrics, out=tmp_path / "r", **given)
    found = srbench("figure", tmp_path / "r", "--kind", "scores", "--metric", "gmsd")
    assert found.code == 2
    assert "has values of gmsd, which its last command left out; repeat it with gmsd among --metrics" in found.err
    assert "unknown metric of the run 'fsim'" in srbench("figure", tmp_path / "r", "--metric", "fsim").err


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "--image is missing: --kind strip shows images, of a.png"),
        (["--image", "b"], "unknown image 'b'"),
        (["--image", "a.png", "--methods", "espcn"], "unknown method of the run 'espcn'"),
        (["--image", "a.png", "--crop", "1,2,3"], "expected left,top,width,height"),
        (["--image", "a.png", "--crop", "50,2,30,3"], "expected a region inside the image, which is 60x50 pixels"),
        (["--image", "a.png", "--out", "x.bmp"], "ends with .png, .svg or .pdf"),
        (["--kind", "pareto"], "the run has no times"),
        (
            ["--kind", "scores", "--crop", "1,2,3,4"],
            "--crop requires --kind strip or triptych; --kind scores shows none",
        ),
        (["--kind", "scores", "--dataset", "set5"], "unknown dataset 'set5'"),
        (["--kind", "curves", "--dataset", "photos"], "which --factor chooses from"),
        (["--image", "a.png", "--crop", "1,2,3,4", "--crop", "1,2,3,4"], "2 crops of 1 images; expected one for each"),
        (["--kind", "ranks"], "ranks need at least two methods, with scores of the same images"),
    ],
)
def test_errors(srbench: Callable[..., Result], run: Path, options: list[str], said: str) -> None:
    """What cannot be drawn is one line that says what would do."""
    found = srbench("figure", run, *options)
    assert (found.code, found.err.count("\n")) == (2, 1)
    assert said in found.err


@pytest.mark.slow
def test_images_of_a_run_without_scores(srbench: Callable[..., Result], runs: Any) -> None:  # noqa: ANN401 - of conftest
    """A run of `srbench time` has none to show, and the line says so."""
    plan = Plan(("a",), (2,), ("set",), ("p",), scoring=False)
    found = srbench("figure", runs.write("run", plan, runs.samples(plan)))
    assert found.code == 2
    assert "the run has no scores, so no images to show" in found.err


@pytest.mark.slow
def test_images_of_the_run_are_not_written_over(srbench: Callable[..., Result], run: Path) -> None:
    """Neither an image that was scored nor one that the run saved; a figure drawn before is replaced."""
    photo = run.parent / "photos" / "a.png"
    for out in (photo, next((run / "whole").iterdir())):
        before = out.read_bytes()
        result = srbench("figure", run, "--kind", "scores", "--out", out)
        assert (result.code, "is read by this command" in result.err) == (2, True)
        assert out.read_bytes() == before
    for _ in range(2):
        assert srbench("figure", run, "--kind", "scores", "--out", run / "figures" / "s.svg").code == 0


@pytest.mark.slow
def test_metric(srbench: Callable[..., Result], run: Path) -> None:
    """`--metric` is in the name of the files; one that the run lacks, or that nothing is drawn by, is refused."""
    found = srbench("figure", run, "--kind", "scores", "--metric", "ssim")
    assert found.code == 0, found.err
    assert (run / "figures" / "scores-ssim.svg").read_text().count("SSIM")
    absent = srbench("figure", run, "--kind", "scores", "--metric", "lpips")
    assert (absent.code, absent.err) == (2, "srbench: unknown metric of the run 'lpips' (available: psnr, ssim)\n")
    assert "--metric requires another --kind" in srbench("figure", run, "--kind", "curves", "--metric", "psnr").err
