"""LR images that somebody made: they are what methods upscale, and a run says which degradation may have made them."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

import srbench
from srbench import datasets
from srbench.datasets import new_manifest
from srbench.errors import DatasetError, RunFolderError, UsageError
from srbench.maintain import verify
from srbench.quality import protocols
from srbench.quality.files import pixel_hash, read_image, write_image
from srbench.reports.given_lr import sentences
from srbench.store.journal import read_info

if TYPE_CHECKING:
    from pathlib import Path

GIVEN = "basicsr:lr=given"
COUNTING = """
from pathlib import Path
def load(factor, device):
    def upscale(image):
        with Path(__file__).with_name("calls.txt").open("a") as calls:
            print(image.shape, file=calls)
        return image.repeat(factor, 0).repeat(factor, 1)
    return upscale
"""


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """Return a folder with `HR` and `LR`, of x3: of two images, made by MATLAB's bicubic."""
    random = np.random.default_rng(7)
    for name in ("a", "b"):
        hr = cv2.GaussianBlur(random.integers(0, 256, (49, 61, 3), dtype=np.uint8), (0, 0), 1.5)
        (tmp_path / "set" / "HR").mkdir(parents=True, exist_ok=True)
        (tmp_path / "set" / "LR").mkdir(parents=True, exist_ok=True)
        write_image(tmp_path / "set" / "HR" / f"{name}.png", hr)
        write_image(tmp_path / "set" / "LR" / f"{name}x3.png", protocols.get("basicsr").degrade(hr, 3))
    return tmp_path / "set"


def run(pairs: Path, out: str = "run", **options: Any) -> Any:  # noqa: ANN401 - options and tables
    """Score `nearest` at x3 without timing, and return the scores."""
    given: dict[str, Any] = {"datasets": f"{pairs}/", "protocols": GIVEN, "timing": False, "report": False} | options
    return srbench.run("nearest", out=pairs.parent / out, **given).scores


def replaced(pairs: Path, name: str = "a") -> None:
    """Put another LR image in the place of one."""
    path = pairs / "LR" / f"{name}x3.png"
    write_image(path, 255 - read_image(path))


@pytest.mark.slow
def test_lr_of_the_protocol_has_its_scores(pairs: Path) -> None:
    """LR that the protocol would have made gives the scores that it gives, to the bit; rows say which LR it was."""
    scores = run(pairs, protocols=["basicsr", GIVEN])
    made, given = (scores[scores["protocol"] == name].reset_index() for name in ("basicsr", GIVEN))
    assert list(made["psnr"]) == list(given["psnr"])
    assert list(made["lr_sha256"]) == ["", ""]
    assert list(given["lr_sha256"]) == [pixel_hash(read_image(pairs / "LR" / f"{name}x3.png")) for name in "ab"]


@pytest.mark.slow
def test_given_lr_is_what_is_upscaled(pairs: Path) -> None:
    """Another LR image gives another score, and only its own."""
    before = run(pairs)
    replaced(pairs)
    after = run(pairs, "other")
    assert (before["psnr"] == after["psnr"]).tolist() == [False, True]


@pytest.mark.slow
def test_an_edited_lr_image_is_scored_again(pairs: Path) -> None:
    """Continuing computes what depends on it, and nothing else; the run is sound before and after."""
    plugin = pairs.parent / "counting.py"
    plugin.write_text(COUNTING, encoding="utf-8")
    options: dict[str, Any] = {"datasets": f"{pairs}/", "protocols": GIVEN, "timing": False, "report": False}
    out = pairs.parent / "run"
    first = srbench.run("counting", out=out, plugins=[plugin], **options).scores
    replaced(pairs)
    second = srbench.run("counting", out=out, plugins=[plugin], **options).scores
    assert len((pairs.parent / "calls.txt").read_text(encoding="utf-8").splitlines()) == 3
    assert (first["psnr"] == second["psnr"]).tolist() == [False, True]
    assert all(check.verdict != "wrong" for check in verify.verify(out))
    srbench.run("counting", out=out, plugins=[plugin], **options)
    assert len((pairs.parent / "calls.txt").read_text(encoding="utf-8").splitlines()) == 3


@pytest.mark.slow
def test_lr_of_another_size_fails_alone(pairs: Path) -> None:
    """LR that is a pixel off, or cannot be read, is a failed row that says so; the other images have scores."""
    write_image(pairs / "LR" / "ax3.png", read_image(pairs / "LR" / "ax3.png")[:-1])
    scores = run(pairs)
    assert list(scores["status"]) == ["failed", "ok"]
    assert scores["reason"][0].endswith(
        "ax3.png: got LR of 20x15 pixels, expected 20x16: HR of 61x49, cropped to a multiple of the factor, / 3"
    )
    (pairs / "LR" / "ax3.png").write_bytes(b"junk")
    scores = run(pairs)
    assert list(scores["status"]) == ["failed", "ok"]
    assert "ax3.png: not an image" in scores["reason"][0]


def test_what_does_not_pair_ends_the_run(pairs: Path) -> None:
    """Nothing is computed, and no folder made, where LR images are missing or belong to nothing."""
    (pairs / "LR" / "ax3.png").rename(pairs / "LR" / "cx3.png")
    with pytest.raises(UsageError, match=r"cx3\.png matches no image in .*HR"):
        run(pairs)
    shutil.rmtree(pairs / "LR")
    with pytest.raises(DatasetError, match="no LR images at x3 in or beside"):
        run(pairs)
    assert not (pairs.parent / "run").exists()


@pytest.mark.slow
def test_which_degradation_it_was(pairs: Path) -> None:
    """LR of the protocol is called so; of other LR the share that differs is said, and what is closest to it."""
    run(pairs)
    (line,) = sentences(read_info(pairs.parent / "run"))
    same = "these LR images are what this protocol makes of HR: MATLAB bicubic"
    assert line == f"set/HR x3, {GIVEN}: {same} (2 of 2 images compared)"
    for path in sorted((pairs / "HR").iterdir()):
        hr = read_image(path)[:48, :60]
        write_image(pairs / "LR" / f"{path.stem}x3.png", cv2.resize(hr, (20, 16), interpolation=cv2.INTER_AREA))
    run(pairs)
    (line,) = sentences(read_info(pairs.parent / "run"))
    assert line.startswith(f"set/HR x3, {GIVEN}: these LR images were not made by this protocol: ")
    assert line.endswith(" % of samples differ; closest: block mean, exactly (lr=area) (2 of 2 images compared)")


@pytest.mark.slow
def test_what_was_compared_is_not_compared_again(pairs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison is that of the files: a run that is continued has it."""
    run(pairs)
    before = read_info(pairs.parent / "run")["given_lr"]
    monkeypatch.setattr("srbench.execution.worker_group.WorkerGroup.likeness", None)
    write_image(pairs / "HR" / "a.png", read_image(pairs / "HR" / "a.png"))
    run(pairs)
    assert read_info(pairs.parent / "run")["given_lr"] == before


@pytest.mark.slow
def test_published_lr_is_given(data_folder: Path, tmp_path: Path) -> None:
    """The LR images that a manifest lists are read where a protocol takes given ones: those of Set5 are MATLAB's."""
    options: dict[str, Any] = {"datasets": "set5", "data": data_folder, "timing": False, "report": False}
    scores = srbench.run("nearest", protocols=["basicsr", GIVEN], out=tmp_path / "run", **options).scores
    made, given = (scores.loc[scores["protocol"] == name, "psnr"] for name in ("basicsr", GIVEN))
    assert list(made) == list(given)
    assert "are what this protocol makes of HR: MATLAB bicubic (5 of 5" in next(sentences(read_info(tmp_path / "run")))


@pytest.mark.slow
def test_opencv_given_as_matlab(data_folder: Path, tmp_path: Path) -> None:
    """LR that OpenCV made of Set5 is told by its name (lr_kinds_set5.tsv: 0.7926 of the samples differ)."""
    for path in (data_folder / "Set5" / "HR").iterdir():
        hr = read_image(path)
        hr = hr[: len(hr) // 3 * 3, : hr.shape[1] // 3 * 3]
        lr = cv2.resize(hr, None, fx=1 / 3, fy=1 / 3, interpolation=cv2.INTER_CUBIC)
        write_image(tmp_path / f"{path.stem}x3.png", lr)
    run(tmp_path / "unused", datasets=f"set5::{tmp_path}", data=data_folder)
    (line,) = sentences(read_info(tmp_path / "run"))
    other = "these LR images were not made by this protocol: 79 % of samples differ"
    other += "; closest: OpenCV INTER_CUBIC, exactly (lr=bicubic-opencv)"
    assert line == f"set5 x3, {GIVEN}: {other} (5 of 5 images compared)"


@pytest.mark.slow
def test_runs_with_other_lr_are_not_compared(pairs: Path) -> None:
    """Scores of other LR images are no change of a method."""
    run(pairs, "one")
    replaced(pairs)
    run(pairs, "two")
    with pytest.raises(RunFolderError, match=r"the given LR of a\.png of set/HR at x3 has different pixels"):
        srbench.compare(pairs.parent / "one", pairs.parent / "two")


@pytest.mark.slow
def test_journals_without_given_lr_are_as_before(pairs: Path) -> None:
    """Neither rows nor tables say anything of given LR where the protocol made it."""
    scores = run(pairs, protocols="basicsr")
    assert not {"lr_sha256", "lr_file_sha256"} & {*scores}
    for line in (pairs.parent / "run" / "rows.jsonl").read_text(encoding="utf-8").splitlines():
        assert "lr_sha256" not in json.loads(line)


@pytest.mark.slow
def test_times_of_given_lr(pairs: Path, briefly: Any) -> None:  # noqa: ANN401 - a context
    """What is timed is the LR that was given: its size, its kind."""
    with briefly():
        timings = srbench.run(
            "nearest", datasets=f"{pairs}/", protocols=GIVEN, device="cpu", out=pairs.parent / "run", report=False
        ).timings
    calls = timings[timings["phase"] == "call"]
    assert {(16, 20)} == {*zip(calls["height"], calls["width"], strict=True)}


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({}, "makes its own LR; use --protocol basicsr:lr=given"),
        ({"reference": False}, "images without HR are upscaled as they are; name that folder alone"),
    ],
)
def test_a_folder_of_lr_that_nothing_reads_is_refused(pairs: Path, options: dict[str, Any], complaint: str) -> None:
    """A folder of LR that is named is read, or one line says what to do."""
    with pytest.raises(UsageError, match=rf"LR folder .*LR is given, but .*{complaint}"):
        run(pairs, datasets=f"{pairs}/HR::{pairs}/LR", protocols="basicsr", **options)


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, {"reference": False}])
def test_lr_in_the_folder_of_hr_is_not_scored(pairs: Path, options: dict[str, Any]) -> None:
    """Of a folder with HR and LR, HR alone is scored, whether LR is made, or nothing is compared."""
    for name in ("a", "b"):
        (pairs / "HR" / f"{name}.png").rename(pairs / f"{name}_HR.png")
        (pairs / "LR" / f"{name}x3.png").rename(pairs / f"{name}_LR3.png")
    assert list(run(pairs, protocols="basicsr", **options)["image"]) == ["a_HR.png", "b_HR.png"]


@pytest.mark.slow
def test_an_image_of_a_manifest_without_lr_fails_alone(pairs: Path) -> None:
    """A manifest may lack LR of an image: that one is a failed row, and the others have scores."""
    (pairs / "LR" / "bx3.png").write_bytes(b"junk")
    target = pairs.parent / "mine.toml"
    made = new_manifest.describe(datasets.get(f"{pairs}/"), lambda *_: None)
    new_manifest.write(target, made.text("Mine", target))
    for _ in range(2):
        scores = run(pairs, datasets=str(target))
        assert list(scores["status"]) == ["ok", "failed"]
        assert scores["reason"][1].endswith(
            "b.png: no LR image of it at x3 is known; declare it, or leave the image out"
        )


@pytest.mark.slow
def test_one_image_unlike_the_others_is_named(pairs: Path) -> None:
    """Of LR that the protocol would have made but for one image, that one is named; grey LR of colours, too."""
    replaced(pairs)
    run(pairs)
    (line,) = sentences(read_info(pairs.parent / "run"))
    assert "1 of 2 images are what this protocol makes of HR; a.png differs (" in line
    assert line.endswith("; close to no named degradation; LR may not belong to HR (2 of 2 images compared)")
    write_image(pairs / "LR" / "ax3.png", read_image(pairs / "LR" / "ax3.png")[..., 0])
    run(pairs)
    (line,) = sentences(read_info(pairs.parent / "run"))
    assert line.endswith("a.png not compared: LR is grey, HR has colours (1 of 2 images compared)")


@pytest.mark.slow
def test_python_is_told_of_other_lr(pairs: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A warning is logged where the protocol would not have made LR, and none where it would."""
    run(pairs)
    assert not caplog.messages
    replaced(pairs)
    run(pairs)
    assert [("a.png differs" in line) for line in caplog.messages] == [True]
