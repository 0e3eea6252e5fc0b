"""Protocols by spec and by file, through whole runs: rows, run.json, tables, page, merging and comparing."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import srbench
from srbench import datasets
from srbench.errors import SrbenchError, UsageError
from srbench.execution import precomputed, runner
from srbench.formats.spreadsheet import to_csv
from srbench.maintain import verify
from srbench.maintain.compare import compare
from srbench.maintain.merge import merge
from srbench.plan import Execution, Plan
from srbench.quality import protocol_file
from srbench.quality.files import read_image, write_image
from srbench.quality.protocols import get
from srbench.reports import findings
from srbench.reports.html import provenance
from srbench.store.journal import read_info
from srbench.store.rows import ScoreRow, from_json, to_json

if TYPE_CHECKING:
    from pathlib import Path

RUN: dict[str, Any] = {"methods": "nearest", "factors": 3, "timing": False, "report": False}


@pytest.fixture
def photos(tmp_path: Path) -> str:
    """Return a folder with one image of 60x48 pixels."""
    (tmp_path / "photos").mkdir()
    pixels = np.random.default_rng(1).integers(0, 256, (48, 60, 3), dtype=np.uint8)
    write_image(tmp_path / "photos" / "a.png", pixels)
    return f"{tmp_path}/photos/"


def own(path: Path, spec: str, summary: str = "") -> Path:
    """Write a protocol called `mine` as a file."""
    path.write_text(protocol_file.text(replace(get(spec), name="mine", summary=summary)), encoding="utf-8")
    return path


def wrong(folder: Path) -> list[str]:
    """Return what `results verify` finds wrong."""
    return [check.detail for check in verify.verify(folder) if check.verdict == "wrong"]


def words(folder: Path) -> dict[str, provenance.Facts]:
    """Return what a page says of a run's protocols."""
    return {
        each.name: each for each in provenance.protocols(findings.of(srbench.load(folder), folder, read_info(folder)))
    }


@pytest.mark.slow
def test_rows_carry_the_canonical_spec(photos: str, tmp_path: Path) -> None:
    """Whatever the spelling, rows, tables and run.json have the canonical one; equal protocols are one."""
    typed = "basicsr:sigma=20:lr=dn,basicsr:lr=dn:sigma=20.0,basicsr:lr=bd"
    found = srbench.run(**RUN, datasets=photos, protocols=typed, out=tmp_path / "run")
    names = ["basicsr:lr=dn:sigma=20.0", "basicsr:lr=bd"]
    assert list(found.summary["protocol"]) == names
    info = read_info(tmp_path / "run")
    assert info["plan"]["protocols"] == list(info["protocols"]) == names
    assert info["protocols"] == {name: get(name).fingerprint for name in names}
    assert wrong(tmp_path / "run") == []
    said = words(tmp_path / "run")["basicsr:lr=bd"]
    assert "The image is blurred by a Gaussian of sigma 1.6 in 7x7 pixels." in said.words


@pytest.mark.slow
def test_bd_at_another_factor_is_skipped(photos: str) -> None:
    """What a recipe does not define is no failure: the row says so."""
    found = srbench.run(**(RUN | {"factors": "2,3"}), datasets=photos, protocols="basicsr:lr=bd").scores
    assert list(found["status"]) == ["skipped", "ok"]
    assert "defined for factor 3, not 2" in found["reason"][0]


@pytest.mark.slow
def test_factors_that_no_protocol_is_defined_for_are_refused(photos: str, tmp_path: Path) -> None:
    """As nothing could be scored, nothing is computed; beside a protocol that is defined, rows are skipped."""
    line = "--factor is 2,4, but protocol basicsr:lr=bd is defined for factor 3; use --factor 3"
    given = RUN | {"factors": "2,4", "datasets": photos, "out": tmp_path / "run"}
    with pytest.raises(UsageError, match=f"^{line}$"):
        srbench.run(**given, protocols="basicsr:lr=bd")
    assert not (tmp_path / "run").exists()
    found = srbench.run(**given | {"factors": 2}, protocols="basicsr:lr=bd,basicsr").scores
    assert list(found["status"]) == ["skipped", "ok"]


@pytest.mark.slow
def test_a_protocol_of_a_file(photos: str, tmp_path: Path) -> None:
    """Rows carry its name, the plan its path, and run.json its meaning: tables and page need the file no more."""
    path = own(tmp_path / "of somebody.toml", "srcnn:shave=0", "EDSR's, \u00fcber all")
    asked = RUN | {"datasets": photos, "protocols": f"basicsr,{path}", "out": tmp_path / "run"}
    found = srbench.run(**asked)
    assert list(found.summary["protocol"]) == ["basicsr", "mine"]
    info = read_info(tmp_path / "run")
    assert (info["plan"]["protocols"], info["plan"]["protocol_files"]) == (["basicsr", "mine"], [str(path)])
    assert info["protocols"]["mine"] == get("srcnn:shave=0").fingerprint
    content = (tmp_path / "run" / "rows.jsonl").read_bytes()
    srbench.run(**asked)
    assert (tmp_path / "run" / "rows.jsonl").read_bytes() == content
    path.unlink()
    said = words(tmp_path / "run")["mine"]
    assert ("summary", "EDSR's, \u00fcber all") in said.fields
    assert "LR is the luma alone, as floats: it is neither rounded nor clipped." in said.words
    assert srbench.load(tmp_path / "run").digest == found.digest
    assert wrong(tmp_path / "run") == []


@pytest.mark.slow
def test_an_edited_file_computes_its_rows_again(photos: str, tmp_path: Path) -> None:
    """Other words change nothing; another choice is another fingerprint, so that no old score stands for it."""
    path = own(tmp_path / "mine.toml", "basicsr")
    asked = RUN | {"datasets": photos, "protocols": str(path), "out": tmp_path / "run"}
    before = srbench.run(**asked).scores
    own(path, "basicsr", "other words")
    assert srbench.run(**asked).scores.equals(before)
    own(path, "basicsr:scored=rgb")
    after = srbench.run(**asked).scores
    assert len(after) == 1
    assert after["psnr"][0] != before["psnr"][0]


@pytest.mark.slow
def test_times_are_of_lr_as_a_file_makes_it(photos: str, tmp_path: Path) -> None:
    """Luma in floats is timed and shown as such, whatever the protocol is called."""
    path = own(tmp_path / "mine.toml", "srcnn")
    plan = Plan(("nearest",), (3,), (photos,), (str(path),), device="cpu")
    found = runner.run(plan, tmp_path / "run", Execution())
    assert set(found.timings[found.timings["phase"] == "call"]["dtype"]) == {"float64"}
    assert found.summary["cpu_ms_per_mpx"].notna().all()


@pytest.mark.slow
def test_merging_and_comparing_protocols_of_files(photos: str, tmp_path: Path) -> None:
    """Two files that mean the same are one protocol; those that do not are named with what differs."""
    for name, spec in (("a", "basicsr"), ("b", "basicsr"), ("c", "basicsr:shave=4")):
        path = own(tmp_path / f"{name}.toml", spec)
        method = {"a": "nearest", "b": "bilinear", "c": "nearest"}[name]
        srbench.run(**(RUN | {"methods": method}), datasets=photos, protocols=str(path), out=tmp_path / name)
    merged = merge([tmp_path / "a", tmp_path / "b"], tmp_path / "all")
    assert merged.gaps == []
    assert merged.plan.protocol_files == (str(tmp_path / "a.toml"), str(tmp_path / "b.toml"))
    asked = RUN | {"methods": "nearest,bilinear", "datasets": photos}
    both = f"{tmp_path / 'a.toml'},{tmp_path / 'b.toml'}"
    rows = (tmp_path / "all" / "rows.jsonl").read_bytes()
    srbench.run(**asked, protocols=both, out=tmp_path / "all")
    assert (tmp_path / "all" / "rows.jsonl").read_bytes() == rows
    with pytest.raises(SrbenchError, match="not comparable: protocol mine: shave_factor: 0, not 1; shave_extra"):
        compare(tmp_path / "a", tmp_path / "c")
    with pytest.raises(SrbenchError, match="contradict each other: fingerprint of protocol mine"):
        merge([tmp_path / "a", tmp_path / "c"], tmp_path / "other")


@pytest.mark.slow
def test_precomputed_images_under_specs_and_files(photos: str, tmp_path: Path) -> None:
    """`srbench score` takes them too."""
    hr = read_image(tmp_path / "photos" / "a.png")
    (tmp_path / "sr").mkdir()
    write_image(tmp_path / "sr" / "a.png", hr ^ 1)
    path = own(tmp_path / "mine.toml", "ntire-esr")
    plan = Plan(("sr",), (3,), (photos,), (str(path), "basicsr:shave=4"), timing=False)
    found = precomputed.score(plan, datasets.get(photos), datasets.get(f"{tmp_path}/sr/"), tmp_path / "run")
    assert list(found.summary["protocol"]) == ["mine", "basicsr:shave=4"]
    assert wrong(tmp_path / "run") == []


METRIC = """
import absent_package
from srbench.metrics import Metric
METRIC = Metric(label="Mine", better="lower", reference=False)
"""


@pytest.mark.slow
def test_protocols_that_choose_alike_share_scores_and_not_rows(photos: str, tmp_path: Path) -> None:
    """A protocol of a file that chooses what a built-in one does takes its scores over, under its own name."""
    asked = RUN | {"datasets": photos, "metrics": "psnr,gmsd"}
    before = srbench.run(**asked, out=tmp_path / "a").scores
    alike = str(own(tmp_path / "mine.toml", "basicsr"))
    found = srbench.run(**asked, protocols=alike, reuse=[tmp_path / "a"], out=tmp_path / "b").scores
    assert list(found["protocol"]) == ["mine"]
    assert found["gmsd"].tolist() == before["gmsd"].tolist()
    assert wrong(tmp_path / "b") == []


@pytest.mark.slow
def test_precomputed_images_under_protocols_that_choose_alike(photos: str, tmp_path: Path) -> None:
    """What was scored under one of them before an interruption is no row of the other one."""
    alike = str(own(tmp_path / "mine.toml", "basicsr"))
    plan = Plan(("sr",), (3,), (photos,), ("basicsr", alike), timing=False, metrics=("psnr", "gmsd"))
    hr = datasets.get(photos)
    found = precomputed.score(plan, hr, hr, tmp_path / "run").scores
    rows = tmp_path / "run" / "rows.jsonl"
    rows.write_text("".join(rows.read_text("utf-8").splitlines(keepends=True)[:2]), encoding="utf-8")
    again = precomputed.score(plan, hr, hr, tmp_path / "run").scores
    assert list(again["protocol"]) == ["basicsr", "mine"]
    assert again.equals(found)


@pytest.mark.slow
def test_what_an_unusable_metric_needs_is_not_guessed(photos: str, tmp_path: Path) -> None:
    """Without HR, a metric whose package is absent is skipped: it is not said to compare with HR."""
    (tmp_path / "mine.py").write_text(METRIC, encoding="utf-8")
    asked = RUN | {"datasets": photos, "reference": False, "plugins": [tmp_path / "mine.py"]}
    found = srbench.run(**asked, metrics="mine", out=tmp_path / "run").scores
    assert list(found["mine_status"]) == ["skipped"]
    assert "absent_package" in found["mine_reason"][0]


def test_two_protocols_of_one_name(photos: str, tmp_path: Path) -> None:
    """A run refuses them at once."""
    one, two = own(tmp_path / "a.toml", "basicsr"), own(tmp_path / "b.toml", "srcnn")
    with pytest.raises(UsageError, match="two protocols are called mine"):
        srbench.run(**RUN, datasets=photos, protocols=[str(one), str(two)], out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


# A name that was changed


def aged(folder: Path) -> Path:
    """Write a run folder of `ntire2017` as a version wrote it that called it `ntire`."""
    info = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    text = json.dumps(info).replace("ntire2017", "ntire")
    (folder / "run.json").write_text(text, encoding="utf-8")
    lines = (folder / "rows.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [row for row in map(from_json, lines) if isinstance(row, ScoreRow)]
    old = [to_json(replace(row, protocol="ntire")) for row in rows]
    (folder / "rows.jsonl").write_text("\n".join(old) + "\n", encoding="utf-8")
    tables = srbench.load(folder)
    for name in ("scores", "summary"):
        frame = getattr(tables, name).replace("ntire2017", "ntire")
        frame.to_parquet(folder / f"{name}.parquet", index=False)
        (folder / f"{name}.csv").write_text(to_csv(frame), encoding="utf-8")
    return folder


@pytest.mark.slow
def test_a_run_of_an_earlier_name(photos: str, tmp_path: Path) -> None:
    """Rows of `ntire` are read as those of `ntire2017`: the folder is sound, continued, merged and compared."""
    asked = RUN | {"datasets": photos}
    old = tmp_path / "old"
    found = srbench.run(**asked, protocols="ntire", out=old)
    assert list(found.scores["protocol"]) == ["ntire2017"]
    aged(old)
    assert '"protocol": "ntire"' in (old / "rows.jsonl").read_text(encoding="utf-8")
    assert wrong(old) == []
    assert srbench.load(old).digest == found.digest
    rows = (old / "rows.jsonl").read_bytes()
    for name in ("ntire", "ntire2017"):
        assert srbench.run(**asked, protocols=name, out=old).digest == found.digest
    assert (old / "rows.jsonl").read_bytes() == rows
    new = tmp_path / "new"
    srbench.run(**(asked | {"methods": "bilinear,nearest"}), protocols="ntire2017", out=new)
    assert list(compare(old, new).cells["protocol"].unique()) == ["ntire2017"]
    merged = merge([old, new], tmp_path / "merged")
    assert (merged.plan.protocols, merged.gaps) == (("ntire2017",), [])
