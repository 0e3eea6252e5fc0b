"""SR images that exist already: paired by name, never by guess, and scored as a run scores."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import srbench
from srbench import datasets
from srbench.errors import RunFolderError, UsageError
from srbench.execution import precomputed, reference_worker
from srbench.maintain import verify
from srbench.plan import Plan
from srbench.quality import protocols
from srbench.quality.files import read_image, write_image
from srbench.quality.image import stacked
from srbench.quality.protocol import Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from srbench.analysis.tables import Tables

PLAN = Plan(("mine",), (3,), ("hr",), timing=False)


@pytest.fixture
def made(pictures: Path, tmp_path: Path) -> Path:
    """Return a folder with SR images of `pictures` at x3, made by repeating pixels."""
    folder = tmp_path / "made"
    folder.mkdir()
    for path in pictures.iterdir():
        lr = protocols.get("basicsr").degrade(read_image(path), 3)
        write_image(folder / f"{path.stem}_x3.png", lr.repeat(3, 0).repeat(3, 1))
    return folder


def scored(pictures: Path, made: Path, out: Path | None = None, plan: Plan = PLAN) -> Tables:
    """Score a folder against another."""
    return precomputed.score(plan, datasets.open_folder(pictures), datasets.open_folder(made), out)


@pytest.mark.slow
def test_scores_are_those_of_a_run(pictures: Path, made: Path, tmp_path: Path) -> None:
    """The files a method would have made score as the method does."""
    run = srbench.run("nearest", datasets=f"{pictures}/", timing=False, report=False, out=tmp_path / "run").scores
    scores = scored(pictures, made).scores
    assert scores["image"].tolist() == ["a.png", "b.png", "c.png"]
    assert scores[["psnr", "ssim"]].to_numpy().tolist() == run[["psnr", "ssim"]].to_numpy().tolist()
    assert set(scores["method"]) == {"mine"}


@pytest.mark.slow
def test_out_is_a_run_folder(pictures: Path, made: Path, tmp_path: Path) -> None:
    """The folder holds what a run's holds, loads as one, and is not filled twice."""
    first = scored(pictures, made, tmp_path / "out")
    rows = (tmp_path / "out" / "rows.jsonl").read_bytes()
    scored(pictures, made, tmp_path / "out")
    assert (tmp_path / "out" / "rows.jsonl").read_bytes() == rows
    loaded = srbench.load(tmp_path / "out")
    assert loaded.scores["psnr"].tolist() == first.scores["psnr"].tolist()
    assert loaded.summary[["images", "of", "status"]].to_numpy().tolist() == [[3, 3, "ok"]]
    with pytest.raises(RunFolderError, match="methods: mine, not other"):
        scored(pictures, made, tmp_path / "out", replace(PLAN, methods=("other",)))


@pytest.mark.slow
def test_wrong_size_and_damage_are_rows(pictures: Path, made: Path) -> None:
    """What cannot be scored is a failed row with both sizes, or the damage; the others are scored."""
    write_image(made / "a_x3.png", np.zeros((40, 48, 3), np.uint8))
    (made / "b_x3.png").write_bytes(b"junk")
    scores = scored(pictures, made).scores
    assert scores["status"].tolist() == ["failed", "failed", "ok"]
    assert scores["reason"][0].startswith("SR is 48x40 pixels, expected 48x39")
    assert "b_x3.png: not an image" in scores["reason"][1]


@pytest.mark.parametrize(("name", "status"), [("basicsr", "ok"), ("srcnn", "ok"), ("ntire2017", "failed")])
def test_grey_sr_of_rgb_hr(pictures: Path, made: Path, name: str, status: str) -> None:
    """A grey SR counts as Y where Y is scored, and is refused where RGB is."""
    for path in made.iterdir():
        write_image(path, read_image(path)[..., 0])
    scores = scored(pictures, made, plan=replace(PLAN, protocols=(name,))).scores
    assert set(scores["status"]) == {status}
    reason = "HR is RGB but SR is grey" if status == "failed" else "SR was scored as luma"
    assert reason in scores["reason"][0]


@pytest.mark.slow
def test_grey_sr_of_grey_hr_saved_as_rgb(pictures: Path, made: Path, tmp_path: Path) -> None:
    """One channel scores as its three-channel copy, and the row says so."""
    for path in (*pictures.iterdir(), *made.iterdir()):
        grey = read_image(path)[..., 0]
        write_image(path, stacked(grey) if path.parent == pictures else grey)
    scores = scored(pictures, made, tmp_path / "out").scores
    for path in made.iterdir():
        write_image(path, stacked(read_image(path)))
    copies = scored(pictures, made).scores
    assert scores[["psnr", "ssim"]].equals(copies[["psnr", "ssim"]])
    assert set(scores["reason"]) == {reference_worker.STACKED}


@pytest.mark.slow
def test_grey_sr_of_a_grey_hr_that_counts_as_rgb(pictures: Path, made: Path) -> None:
    """It is R = G = B as HR is, not luma in 16..235: the score is that of files with three channels."""
    for path in (*pictures.iterdir(), *made.iterdir()):
        write_image(path, read_image(path)[..., 0])
    counted = scored(pictures, made, plan=replace(PLAN, protocols=("basicsr:grey=rgb",))).scores
    for path in (*pictures.iterdir(), *made.iterdir()):
        write_image(path, stacked(read_image(path)))
    copies = scored(pictures, made, plan=replace(PLAN, protocols=("basicsr",))).scores
    assert counted[["psnr", "ssim"]].equals(copies[["psnr", "ssim"]])


@pytest.mark.slow
def test_a_failure_is_tried_again(pictures: Path, made: Path, tmp_path: Path) -> None:
    """What could not be scored by an older version, or without memory, is no result to keep."""
    for path in made.iterdir():
        write_image(path, read_image(path)[..., 0])
    plan = replace(PLAN, protocols=("ntire2017",))
    assert set(scored(pictures, made, tmp_path / "out", plan).scores["status"]) == {"failed"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Protocol, "pair", lambda *_: (np.zeros((20, 20)),) * 2)
        assert set(scored(pictures, made, tmp_path / "out", plan).scores["status"]) == {"ok"}


@pytest.mark.slow
def test_golden_set(data_folder: Path, golden_folder: Path, tmp_path: Path) -> None:
    """RCAN's published images of Set5 x3: ten of ten numbers within 1e-6 of the reference."""
    folder = golden_folder / "rcan_set5_x3"
    with (folder / "expected.tsv").open(encoding="utf-8") as file:
        expected = {line["file"]: line for line in csv.DictReader(file, delimiter="\t")}
    for name in expected:
        shutil.copy(folder / name, tmp_path)
    scores = scored(data_folder / "Set5" / "HR", tmp_path).scores
    assert len(scores) == len(expected) == 5
    for _, row in scores.iterrows():
        wanted = expected[f"{row['image'].removesuffix('.bmp')}_RCAN_x3.png"]
        # the reference is printed to six decimals
        assert abs(row["psnr"] - float(wanted["psnr"])) <= 1e-6
        assert abs(row["ssim"] - float(wanted["ssim"])) <= 1e-6


@pytest.mark.slow
def test_other_folder_of_the_same_name(tmp_path: Path) -> None:
    """Two SR folders of one name are two runs: the second is refused the first one's folder."""
    random = np.random.default_rng(0)
    for parent in ("A", "B"):
        (tmp_path / parent / "sr").mkdir(parents=True)
        write_image(tmp_path / parent / "sr" / "a.png", random.integers(0, 256, (36, 36, 3), dtype=np.uint8))
    (tmp_path / "HR").mkdir()
    write_image(tmp_path / "HR" / "a.png", random.integers(0, 256, (36, 36, 3), dtype=np.uint8))
    hr, one, two = (datasets.open_folder(tmp_path / name) for name in ("HR", "A/sr", "B/sr"))
    plan = Plan(("sr",), datasets=("HR",), timing=False)
    first = precomputed.score(plan, hr, one, tmp_path / "run")
    with pytest.raises(RunFolderError, match="a run with different settings"):
        precomputed.score(plan, hr, two, tmp_path / "run")
    pd.testing.assert_frame_equal(precomputed.score(plan, hr, one, tmp_path / "run").scores, first.scores)


@pytest.mark.slow
def test_changed_image_is_scored_again(tmp_path: Path) -> None:
    """The same folder with another SR image gives that image's score, and the old one's when it is back."""
    random = np.random.default_rng(0)
    images = [random.integers(0, 256, (36, 36, 3), dtype=np.uint8) for _ in range(3)]
    for folder in ("HR", "sr"):
        (tmp_path / folder).mkdir()
    write_image(tmp_path / "HR" / "a.png", images[0])
    hr, plan = datasets.open_folder(tmp_path / "HR"), Plan(("sr",), datasets=("HR",), timing=False)
    found: list[float] = []
    for image in (images[1], images[2], images[1]):
        write_image(tmp_path / "sr" / "a.png", image)
        tables = precomputed.score(plan, hr, datasets.open_folder(tmp_path / "sr"), tmp_path / "run")
        found.append(tables.scores["psnr"].iloc[0])
    assert found[0] == found[2] != found[1]
    assert (
        len((tmp_path / "run" / "rows.jsonl").read_text(encoding="utf-8").splitlines()) == 2
    )  # the first counts again


METRIC = """
from pathlib import Path
import numpy as np
from srbench.metrics import Metric
METRIC = Metric(label="MAE", better="lower", sees="SEES")
def load(scale: float = 1.0):
    def score(reference, image):
        with Path(__file__).with_name("calls.txt").open("a") as calls:
            print(image.shape, file=calls)
        return scale * float(np.abs(reference.astype(float) - image).mean())
    return score
"""


@pytest.fixture
def mae(tmp_path: Path) -> Path:
    """Return a metric's plug-in, which writes down its calls."""
    file = tmp_path / "mae.py"
    file.write_text(METRIC.replace("SEES", "rgb"), encoding="utf-8")
    return file


@pytest.mark.slow
def test_metrics_are_those_of_a_run(pictures: Path, made: Path, mae: Path, tmp_path: Path) -> None:
    """Saved SR has the values of SR itself, and what a plug-in cannot do is said in its column."""
    options = {"metrics": "mae,psnr", "plugins": [mae], "timing": False, "out": tmp_path / "run"}
    run = srbench.run("nearest", datasets=f"{pictures}/", **options).scores  # type: ignore[arg-type]
    scores = scored(pictures, made, plan=replace(PLAN, metrics=("mae", "psnr"), plugins=(str(mae),))).scores
    assert scores["mae"].tolist() == run["mae"].tolist()
    assert list(scores["mae_status"]) == ["ok"] * 3


@pytest.mark.slow
def test_added_metric_is_computed_alone(pictures: Path, made: Path, mae: Path, tmp_path: Path) -> None:
    """A folder is continued with other metrics: what is there stays, and is not computed again."""
    out = tmp_path / "out"
    scored(pictures, made, out)
    rows = (out / "rows.jsonl").read_bytes()
    plan = replace(PLAN, metrics=("psnr", "mae"), plugins=(str(mae),))
    for _ in range(2):
        scored(pictures, made, out, plan)
    assert (out / "rows.jsonl").read_bytes().startswith(rows)
    assert (out / "rows.jsonl").read_bytes().count(b"\n") == 6
    assert (tmp_path / "calls.txt").read_text(encoding="utf-8").count("\n") == 3
    assert not [check for check in verify.verify(out) if check.verdict == "wrong"]
    assert list(srbench.load(out).summary["mae_images"]) == [3]
    write_image(made / "a_x3.png", np.zeros((39, 48, 3), np.uint8))
    changed = scored(pictures, made, out, plan).scores
    assert changed["mae"][0] == pytest.approx(read_image(pictures / "a.png")[:39].mean())
    assert (tmp_path / "calls.txt").read_text(encoding="utf-8").count("\n") == 4


def test_luma_has_no_colours_to_measure(pictures: Path, made: Path, mae: Path) -> None:
    """SR that was saved as luma of an RGB image: the value is skipped, the score is there."""
    for path in made.iterdir():
        write_image(path, read_image(path)[..., 0])
    scores = scored(pictures, made, plan=replace(PLAN, metrics=("psnr", "mae"), plugins=(str(mae),))).scores
    assert set(scores["status"]) == {"ok"}
    assert set(scores["mae_status"]) == {"skipped"}
    assert all(
        each.endswith("(protocol basicsr); use a method or images with colours") for each in scores["mae_reason"]
    )


def test_metric_of_no_such_name(pictures: Path, made: Path, tmp_path: Path) -> None:
    """It is refused before a folder is made."""
    with pytest.raises(UsageError, match="unknown metric 'maee'"):
        scored(pictures, made, tmp_path / "out", replace(PLAN, metrics=("maee",)))
    assert not (tmp_path / "out").exists()
