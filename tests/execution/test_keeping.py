"""Tests of the pictures that a run keeps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

import srbench
from srbench import datasets
from srbench.execution import precomputed
from srbench.maintain import merge
from srbench.plan import Plan
from srbench.quality.files import read_image, write_image
from srbench.store import pictures

if TYPE_CHECKING:
    from pathlib import Path

    from srbench.analysis.tables import Tables

PROTOCOLS = "basicsr,srcnn"


def scored(photos: Path, out: Path, methods: str = "nearest,bicubic", **options: object) -> Tables:
    """Score `photos` at x2."""
    return srbench.run(
        methods, factors=2, datasets=[f"{photos}/"], protocols=PROTOCOLS, timing=False, out=out, **options  # type: ignore[arg-type]
    )  # fmt: skip


def crops(folder: Path) -> set[str]:
    """Return the names of the crops in a run folder."""
    return {path.name for path in (folder / "crops").glob("*")}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with `photos`, two of 60x50 pixels, and a `run` on them that kept everything."""
    folder = tmp_path_factory.mktemp("kept")
    random = np.random.default_rng(5)
    (folder / "photos").mkdir()
    for name in ("a.png", "<b>.png"):
        write_image(folder / "photos" / name, random.integers(0, 256, (50, 61, 3), np.uint8))
    scored(folder / "photos", folder / "run", save_images=True)
    return folder


@pytest.mark.slow
def test_each_row_has_its_crops(kept: Path) -> None:
    """They show the same part: that of SR is what the whole image has there, LR's is smaller by the factor."""
    run = kept / "run"
    for row in srbench.load(run).scores.itertuples():
        names = pictures.crops_of(row)
        position = pictures.position_of((run / names.hr).read_bytes())
        assert position is not None
        assert position.whole == (60, 50)
        for crop, method in ((names.sr, ""), (names.hr, pictures.HR)):
            whole = read_image(run / pictures.Links([row]).of(row, method))
            assert np.array_equal(read_image(run / crop), position.box.of(whole))
        lr = read_image(run / pictures.Links([row]).of(row, pictures.LR))
        assert np.array_equal(read_image(run / names.lr), position.box.of(lr, 2))
        assert read_image(run / names.hr).ndim == (2 if row.protocol == "srcnn" else 3)
    assert len(crops(run)) == 2 * 2 * (2 + 3)


@pytest.mark.slow
def test_saved_images_score_the_same(kept: Path) -> None:
    """`srbench score` on them gives the numbers of the run: a new metric needs no new run."""
    hr = datasets.open_folder(kept / "photos")
    for key, rows in srbench.load(kept / "run").scores.groupby(["method", "protocol"]):
        method, protocol = map(str, key)
        sr = datasets.open_folder((kept / "run" / pictures.Links([rows.iloc[0]]).of(rows.iloc[0])).parent)
        plan = Plan((method,), factors=(2,), datasets=(hr.name,), protocols=(protocol,), timing=False)
        again = precomputed.score(plan, hr, sr).scores
        columns = ["image", "psnr", "ssim", "hr_sha256"]
        assert again[columns].to_numpy().tolist() == rows[columns].to_numpy().tolist()


@pytest.mark.slow
def test_taking_over_upscales_nothing(kept: Path, tmp_path: Path, counting: Path) -> None:
    """Continuing, reusing and merging take crops over by name; a method is not called for them."""
    photos = kept / "photos"
    methods = f"nearest,bicubic,{counting.stem}"
    scored(photos, tmp_path / "one", methods, plugins=[counting])
    calls = (counting.parent / "calls.txt").read_text(encoding="utf-8")
    scored(photos, tmp_path / "one", methods, plugins=[counting])
    scored(photos, tmp_path / "two", methods, plugins=[counting], reuse=[tmp_path / "one"])
    assert (counting.parent / "calls.txt").read_text(encoding="utf-8") == calls
    assert crops(tmp_path / "two") == crops(tmp_path / "one") > crops(kept / "run")
    merge.merge([kept / "run", tmp_path / "one"], tmp_path / "all")
    assert crops(tmp_path / "all") == crops(tmp_path / "one")
    assert (tmp_path / "all" / "images").is_dir()


def test_nothing_is_kept_that_is_not_wanted(kept: Path, tmp_path: Path) -> None:
    """Without a report there are no crops, and scores are the same."""
    plain = scored(kept / "photos", tmp_path / "run", report=False)
    assert not {"crops", "report.html"} & {path.name for path in (tmp_path / "run").iterdir()}
    assert plain.scores.equals(srbench.load(kept / "run").scores)


def plugin(folder: Path, repeat: int) -> Path:
    """Return a plug-in file `mine` in `folder` that makes blocks, dimmed by `repeat`."""
    folder.mkdir(exist_ok=True)
    code = (
        f"def load(factor, device):\n    return lambda image: image.repeat(factor, 0).repeat(factor, 1) // {repeat}\n"
    )
    (folder / "mine.py").write_text(code, encoding="utf-8")
    return folder / "mine.py"


def agree(photos: Path, run: Path) -> bool:
    """Tell whether the whole images of `mine` in a run have the scores that its table says."""
    rows = srbench.load(run).scores.query("method == 'mine' and protocol == 'basicsr'")
    hr, sr = (
        datasets.open_folder(photos),
        datasets.open_folder((run / pictures.Links([rows.iloc[0]]).of(rows.iloc[0])).parent),
    )
    plan = Plan(("mine",), factors=(2,), datasets=(hr.name,), protocols=("basicsr",), timing=False)
    return precomputed.score(plan, hr, sr).scores["psnr"].tolist() == rows["psnr"].tolist()


@pytest.mark.slow  # five runs
def test_whole_images_follow_the_code(kept: Path, tmp_path: Path) -> None:
    """A run that goes on with other code has other whole images; of several to reuse, that of the row is taken."""
    photos = kept / "photos"
    one, two, three = (tmp_path / name for name in ("one", "two", "three"))
    scored(photos, one, "mine", plugins=[plugin(tmp_path / "code", 1)], save_images=True)
    file = plugin(tmp_path / "code", 2)
    scored(photos, two, "mine", plugins=[file], save_images=True)
    scored(photos, three, "mine", plugins=[file], save_images=True, reuse=[one, two])
    assert agree(photos, two)
    assert agree(photos, three)
    info = json.loads((one / "run.json").read_text(encoding="utf-8"))
    (one / "run.json").write_text(json.dumps(info | {"status": "running"}), encoding="utf-8")
    scored(photos, one, "mine", plugins=[file], save_images=True)
    assert agree(photos, one)
