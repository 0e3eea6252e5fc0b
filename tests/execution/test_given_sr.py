"""SR images that exist, as methods of a run beside those that are computed."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import srbench
from srbench import datasets
from srbench.cli import main
from srbench.errors import UsageError
from srbench.execution import precomputed
from srbench.execution.given_sr import unpaired
from srbench.maintain import verify
from srbench.maintain.merge import merge
from srbench.maintain.recompute import recompute
from srbench.plan import Plan
from srbench.quality import protocols
from srbench.quality.files import read_image, write_image
from srbench.store.journal import read_info
from srbench.store.plans import plan_of

if TYPE_CHECKING:
    from pathlib import Path

    from srbench.analysis.tables import Tables


@pytest.fixture
def made(pictures: Path, tmp_path: Path) -> Path:
    """Return a folder with SR images of `pictures` at x3, made as `nearest` makes them."""
    for path in pictures.iterdir():
        lr = protocols.get("basicsr").degrade(read_image(path), 3)
        (tmp_path / "made" / "x3").mkdir(parents=True, exist_ok=True)
        write_image(tmp_path / "made" / "x3" / f"{path.stem}_MINE.png", lr.repeat(3, 0).repeat(3, 1))
    return tmp_path / "made"


def ran(pictures: Path, made: Path, out: Path, methods: str = "nearest,bicubic", **options: Any) -> Tables:  # noqa: ANN401
    """Run methods on pictures, beside SR images that exist."""
    asked: dict[str, Any] = {"datasets": f"{pictures}/", "timing": False, "report": False} | options
    return srbench.run(methods, sr={"Mine": made}, out=out, **asked)


def rows(folder: Path) -> list[str]:
    """Return the journal's lines."""
    return (folder / "rows.jsonl").read_text(encoding="utf-8").splitlines()


@pytest.mark.slow
def test_beside_the_method_that_made_them(pictures: Path, made: Path, tmp_path: Path) -> None:
    """Files score as their method, in its table, by other metrics, too; the run is sound and can be verified."""
    tables = ran(pictures, made, tmp_path / "run", metrics="psnr,ssim,gmsd")
    scores = dict(iter(tables.scores.groupby("method")))
    for metric in ("psnr", "ssim", "gmsd"):
        assert scores["Mine"][metric].tolist() == scores["nearest"][metric].tolist()
    assert set(scores["Mine"]["device"]) == {"given"}
    assert list(tables.summary["method"]) == ["nearest", "bicubic", "Mine"]
    assert [check for check in verify.verify(tmp_path / "run") if check.verdict == "wrong"] == []
    found = recompute(tmp_path / "run", 1.0)
    assert [each.verdict for each in found.outcomes] == ["equal"] * 9


@pytest.mark.slow
def test_a_file_that_changes_is_scored_again(pictures: Path, made: Path, tmp_path: Path) -> None:
    """The key has the hash of each file: what is the same is not scored again, and an edit is never a stale number."""
    first = ran(pictures, made, tmp_path / "run").scores
    lines = rows(tmp_path / "run")
    assert ran(pictures, made, tmp_path / "run").scores.equals(first)
    assert rows(tmp_path / "run") == lines
    write_image(made / "x3" / "a_MINE.png", np.zeros((39, 48, 3), np.uint8))
    again = ran(pictures, made, tmp_path / "run").scores
    changed = again.loc[again["psnr"] != first["psnr"], ["method", "image"]]
    assert changed.to_numpy().tolist() == [["Mine", "a.png"]]
    assert len(rows(tmp_path / "run")) == len(lines) + 1


@pytest.mark.slow
def test_images_without_sr(pictures: Path, made: Path, tmp_path: Path) -> None:
    """They are skipped, with the reason, and SR images of nothing are told; a file that is added later counts."""
    content = (made / "x3" / "a_MINE.png").read_bytes()
    (made / "x3" / "a_MINE.png").rename(made / "x3" / "foreign.png")
    tables = ran(pictures, made, tmp_path / "run", factors="2,3")
    skipped = tables.scores[tables.scores["status"] == "skipped"]
    assert skipped[["factor", "image"]].to_numpy().tolist() == [[2, "a.png"], [2, "b.png"], [2, "c.png"], [3, "a.png"]]
    assert set(skipped["reason"]) == {f"no SR image of it at x{factor} in {made}" for factor in (2, 3)}
    assert list(unpaired(read_info(tmp_path / "run"))) == [
        "1 SR image of Mine belongs to no image of the run: x3/foreign.png"
    ]
    lines = rows(tmp_path / "run")
    ran(pictures, made, tmp_path / "run", factors="2,3")
    assert rows(tmp_path / "run") == lines
    (made / "x3" / "a.png").write_bytes(content)
    scores = ran(pictures, made, tmp_path / "run", factors="2,3").scores
    assert (scores["status"] == "skipped").sum() == 3


@pytest.mark.slow
def test_damage_is_a_row(pictures: Path, made: Path, tmp_path: Path) -> None:
    """A file that is no image, or of another size, fails alone; with its like again, it is tried again."""
    write_image(made / "x3" / "a_MINE.png", np.zeros((40, 48, 3), np.uint8))
    (made / "x3" / "b_MINE.png").write_bytes(b"junk")
    for _ in range(2):
        scores = ran(pictures, made, tmp_path / "run").scores.query("method == 'Mine'")
        assert scores["status"].tolist() == ["failed", "failed", "ok"]
    assert "SR is 48x40 pixels, expected 48x39" in scores["reason"].iloc[0]
    assert [check for check in verify.verify(tmp_path / "run") if check.verdict == "wrong"] == []


def test_nothing_that_pairs(pictures: Path, made: Path, tmp_path: Path) -> None:
    """It is refused, with what was there and what was expected, before a folder is made."""
    for path in (made / "x3").iterdir():
        path.rename(path.with_name(f"other-{path.name}"))
    with pytest.raises(
        UsageError, match=r"SR images of Mine: none of 3 images in .*; expected a name such as a_x3\.png"
    ):
        ran(pictures, made, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_scored_images_pair_with_a_run(pictures: Path, made: Path, tmp_path: Path) -> None:
    """What `srbench score` wrote has the rows of `srbench run --sr`: they merge, and can be taken over."""
    plan = Plan(("Mine",), timing=False)
    hr = datasets.get(f"{pictures}/")
    precomputed.score(plan, hr, datasets.open_folder(made / "x3"), tmp_path / "scored")
    asked: dict[str, Any] = {"datasets": f"{pictures}/", "timing": False, "report": False}
    srbench.run("nearest,bicubic", out=tmp_path / "computed", **asked)
    whole = ran(pictures, made / "x3", tmp_path / "run", reuse=[tmp_path / "scored"])
    merged = merge([tmp_path / "computed", tmp_path / "scored"], tmp_path / "all")
    assert merged.tables.scores.equals(whole.scores)
    assert merged.plan == Plan.from_json(read_info(tmp_path / "run")["plan"])
    assert (merged.gaps, merged.apart) == ([], "")
    assert set(rows(tmp_path / "scored")) < set(rows(tmp_path / "run"))


@pytest.mark.slow
def test_figures_read_them(pictures: Path, made: Path, tmp_path: Path) -> None:
    """The page has crops of them; `srbench figure` reads the file that was scored, and refuses another one."""
    ran(pictures, made, tmp_path / "run", methods="bicubic", report=True)
    assert len(list((tmp_path / "run" / "crops").iterdir())) == 3 * (2 + 3)  # of each image SR of two, HR, LR, whole
    command = ["figure", str(tmp_path / "run"), "--image", "a.png", "--out", str(tmp_path / "strip.png")]
    with pytest.raises(SystemExit) as caught:
        main(command)
    assert not caught.value.code
    assert (tmp_path / "strip.png").exists()
    write_image(made / "x3" / "a_MINE.png", np.zeros((39, 48, 3), np.uint8))
    with pytest.raises(SystemExit) as caught:
        main(command)
    assert caught.value.code == 2


def test_plans_of_earlier_versions() -> None:
    """A folder of `srbench score` named SR as a second dataset; its rows have codes by image alone."""
    old = {"methods": ["mine"], "factors": [3], "datasets": ["/hr", "/sr"], "timing": False}
    plan = plan_of({"plan": json.loads(json.dumps(old)), "methods": {"mine": {"devices": ["given"]}}})
    assert (plan.sr, plan.datasets, plan.computed) == (("mine=/sr",), ("/hr",), ())
    assert plan_of({"plan": old, "methods": {"mine": {"devices": ["cpu"]}}}).sr == ()


@pytest.mark.slow
def test_folders_of_earlier_versions_are_continued(pictures: Path, made: Path, tmp_path: Path) -> None:
    """The same command takes such a folder as its own."""
    asked: dict[str, Any] = {"sr": {"mine": made}, "datasets": f"{pictures}/", "timing": False, "report": False}
    folder = srbench.run((), out=tmp_path / "run", **asked).folder
    info = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    info["plan"]["datasets"].append(str(made))
    del info["plan"]["sr"]
    (folder / "run.json").write_text(json.dumps(info), encoding="utf-8")
    assert len(srbench.run((), out=folder, **asked).scores) == len(list(pictures.iterdir()))


@pytest.mark.slow
def test_golden_set(data_folder: Path, golden_folder: Path, tmp_path: Path) -> None:
    """RCAN's images of Set5 x3 beside bicubic, on the named dataset, are as in its authors' log."""
    folder = golden_folder / "rcan_set5_x3"
    with (folder / "expected.tsv").open(encoding="utf-8") as file:
        expected = {line["file"].partition("_")[0]: line for line in csv.DictReader(file, delimiter="\t")}
    asked: dict[str, Any] = {"datasets": "set5", "data": data_folder, "timing": False, "report": False}
    scores = srbench.run("bicubic", sr={"RCAN": folder}, out=tmp_path / "run", **asked).scores
    found = scores[scores["method"] == "RCAN"].set_index("image")
    assert set(found.index) == set(expected)
    for name, line in expected.items():
        for metric in ("psnr", "ssim"):
            assert found[metric][name] == pytest.approx(float(line[metric]), abs=1e-6)
