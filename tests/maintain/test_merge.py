"""Joined runs: the rows, the plan and the tables of the one command that would have made them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import srbench
from srbench import datasets
from srbench.analysis.columns import metrics_of
from srbench.errors import RunFolderError
from srbench.execution import precomputed, runner
from srbench.maintain import verify
from srbench.maintain.merge import merge
from srbench.plan import Plan
from srbench.quality.files import write_image
from srbench.reports.remarks import coverage
from srbench.store.journal import read_info

if TYPE_CHECKING:
    from pathlib import Path

PLAN = Plan(("a", "b"), (2,), ("set",), ("p",))


def sound(folder: Path) -> bool:
    """Tell whether `verify` finds nothing wrong."""
    return not [check for check in verify.verify(folder) if check.verdict == "wrong"]


def count(folder: Path) -> int:
    """Return the number of rows in a folder."""
    return (folder / "rows.jsonl").read_bytes().count(b"\n")


@pytest.mark.slow
@pytest.mark.parametrize("split", ["methods", "factors", "datasets", "protocols"])
def test_shards_make_the_whole(split: str, pictures: Path, tmp_path: Path) -> None:
    """Runs that share out methods, factors, datasets or protocols have, joined, the tables of one run of all."""
    (tmp_path / "more").mkdir()
    write_image(tmp_path / "more" / "z.png", np.random.default_rng(3).integers(0, 256, (40, 48, 3), dtype=np.uint8))
    whole: dict[str, Any] = {
        "methods": ["nearest", "bicubic"],
        "factors": [3, 2],
        "datasets": [f"{pictures}/", f"{tmp_path}/more/"],
        "protocols": ["ntire2017", "basicsr"],
    }
    expected = srbench.run(**whole, timing=False, report=False, out=tmp_path / "whole")
    for number, item in enumerate(whole[split]):
        srbench.run(**(whole | {split: [item]}), timing=False, report=False, out=tmp_path / str(number))
    merged = merge([tmp_path / "0", tmp_path / "1"], tmp_path / "merged")
    assert merged.gaps == []
    for name in ("scores", "summary"):
        for found in (merged.tables, srbench.load(tmp_path / "merged")):
            pd.testing.assert_frame_equal(getattr(found, name), getattr(expected, name), check_exact=True)
    info, wanted = read_info(tmp_path / "merged"), read_info(tmp_path / "whole")
    for fact in ("status", "plan", "datasets", "protocols", "methods"):
        assert info[fact] == wanted[fact]
    assert [each["run"] for each in info["merged"]] == [str(tmp_path / "0"), str(tmp_path / "1")]
    assert all({"plan", "environment", "datasets", "methods"} <= each.keys() for each in info["merged"])
    assert sound(tmp_path / "merged")


@pytest.mark.slow
def test_incomplete_union_is_continued(pictures: Path, counting: Path, tmp_path: Path) -> None:
    """What no part has scored is said; `srbench run` into the folder computes that and nothing else."""
    for name, methods, factors in (("one", ("nearest",), (2,)), ("two", ("counting",), (3,))):
        plan = Plan(methods, factors, (f"{pictures}/",), timing=False, plugins=(str(counting),))
        runner.run(plan, tmp_path / name)
    merged = merge([tmp_path / "one", tmp_path / "two"], tmp_path / "all")
    assert [str(gap) for gap in merged.gaps] == [
        "counting x2 lacks 3 images of pictures (a.png, b.png, c.png), protocol basicsr",
        "nearest x3 lacks 3 images of pictures (a.png, b.png, c.png), protocol basicsr",
    ]
    assert merged.continuable
    assert read_info(tmp_path / "all")["status"] == "running"
    (tmp_path / "calls.txt").unlink()
    tables = runner.run(merged.plan, tmp_path / "all")
    assert (tmp_path / "calls.txt").read_text(encoding="utf-8").count("\n") == 3
    assert tables.summary["images"].tolist() == [3, 3, 3, 3]
    assert count(tmp_path / "all") == 12
    assert sound(tmp_path / "all")


@pytest.mark.slow
def test_equal_rows_are_kept_once(runs: Any, tmp_path: Path) -> None:  # noqa: ANN401 - of conftest
    """A copy of a run adds nothing; samples that differ are all kept, and their processes told apart."""
    rows = [*runs.scores(PLAN), *runs.samples(PLAN)]
    one, copy = runs.write("one", PLAN, rows), runs.write("copy", PLAN, rows)
    other = runs.write("other", PLAN, runs.samples(PLAN, seconds=0.2))
    merged = merge([one, copy, other], tmp_path / "all")
    assert count(tmp_path / "all") == len(rows) + 2
    assert merged.tables.timings.groupby("seconds")["process"].first().to_dict() == {0.1: 0, 0.2: 2}


@pytest.mark.slow
def test_values_of_metrics_are_joined(runs: Any, tmp_path: Path) -> None:  # noqa: ANN401
    """Each once, a good one rather than a bad one; a metric of one part is missing in the other."""
    plan = replace(PLAN, timing=False, metrics=("ssim", "lpips"))
    scores = runs.scores(plan)
    values = runs.values(scores)
    bad = [replace(row, status="crashed", value=math.nan) for row in values]
    known = runs.metrics("lpips")
    one = runs.write("one", plan, [*scores, bad[0], *values[1:]], metrics=known)
    two = runs.write("two", plan, [*scores, values[0], *bad[1:]], metrics=known)
    merged = merge([one, two], tmp_path / "all")
    assert count(tmp_path / "all") == len(scores) + len(values)
    assert sorted(merged.tables.scores["lpips"]) == sorted(row.value for row in values)
    assert sound(tmp_path / "all")
    other = replace(plan, methods=("z",), metrics=("psnr", "ssim"))
    wider = merge([one, runs.write("three", other)], tmp_path / "wider")
    assert wider.plan.metrics == ("ssim", "lpips", "psnr")
    assert [gap.metric for gap in wider.gaps] == ["lpips"]


@pytest.mark.slow
def test_timings_alone_stay_so(runs: Any, tmp_path: Path) -> None:  # noqa: ANN401
    """Runs of `srbench time` make one that has no scores to lack; what an interrupted attempt left is not in it."""
    plan = replace(PLAN, scoring=False, sizes=("10x10",))
    early = [replace(row, seconds=9.0) for row in runs.samples(plan)]
    late = [replace(row, process=4) for row in runs.samples(plan)]
    one = runs.write("one", plan, [*early, *late], timed={"x2 on cpu": {"first": 4, "how": None}})
    two = runs.write("two", replace(plan, sizes=("20x20",)), [replace(row, width=20, height=20) for row in late])
    merged = merge([one, two], tmp_path / "all")
    assert (merged.plan.scoring, merged.plan.sizes, merged.gaps) == (False, ("10x10", "20x20"), [])
    assert set(merged.tables.timings["seconds"]) == {0.1}
    assert merged.tables.timings.groupby("width")["process"].first().to_dict() == {10: 4, 20: 9}


@pytest.mark.slow
def test_a_score_beats_a_failure(runs: Any, tmp_path: Path) -> None:  # noqa: ANN401
    """Whichever of them is named first."""
    rows = runs.scores(PLAN)
    bad = [replace(row, status="failed", reason="boom", psnr=math.nan) for row in rows]
    one, two = runs.write("one", PLAN, [bad[0], *rows[1:]]), runs.write("two", PLAN, [rows[0], *bad[1:]])
    for number, folders in enumerate(([one, two], [two, one])):
        merged = merge(folders, tmp_path / str(number))
        assert set(merged.tables.scores["status"]) == {"ok"}
        assert count(tmp_path / str(number)) == 4


def test_contradiction_writes_nothing(runs: Any, tmp_path: Path) -> None:  # noqa: ANN401
    """Runs that contradict each other leave no folder."""
    changed = [replace(row, psnr=1.0) for row in runs.scores(PLAN)]
    with pytest.raises(RunFolderError, match="contradict each other"):
        merge([runs.write("one", PLAN), runs.write("two", PLAN, changed)], tmp_path / "all")
    assert not (tmp_path / "all").exists()


@pytest.mark.slow
def test_merge_is_repeatable(runs: Any, tmp_path: Path) -> None:  # noqa: ANN401
    """Merging the same again adds nothing, and completes one that was killed; another run's folder is refused."""
    folders = [runs.write("one", PLAN), runs.write("two", Plan(("c",), (2,), ("set",), ("p",)))]
    merge(folders, tmp_path / "all")
    rows = (tmp_path / "all" / "rows.jsonl").read_bytes()
    (tmp_path / "all" / "rows.jsonl").write_bytes(rows[: len(rows) // 2])
    (tmp_path / "all" / "scores.csv").unlink()
    for _ in range(2):
        merge(folders, tmp_path / "all")
        assert (tmp_path / "all" / "rows.jsonl").read_bytes() == rows
    assert sound(tmp_path / "all")
    for out in (folders[0], runs.write("three", PLAN)):
        with pytest.raises(RunFolderError, match="already contains a run; choose another --out"):
            merge(folders, out)
    with pytest.raises(RunFolderError, match="already contains a run"):
        merge([folders[0], tmp_path / "three"], tmp_path / "all")


@pytest.mark.slow
def test_weights_of_each_factor_are_kept(runs: Any, tmp_path: Path) -> None:  # noqa: ANN401
    """run.json lists the files of a method for the factors of all parts, and what it decided."""
    parts = []
    for factor in (2, 3):
        codes = {f"x{factor} on cpu": f"a x{factor}"}
        own = {"files": {f"x{factor}.safetensors": "1"}, "models": {}, "decided": {f"x{factor}": {"range": factor}}}
        methods = {"a": {"devices": ["cpu"], "codes": codes} | own}
        parts.append(runs.write(str(factor), Plan(("a",), (factor,), ("set",), ("p",)), methods=methods))
    merge(parts, tmp_path / "all")
    facts = read_info(tmp_path / "all")["methods"]["a"]
    assert facts["files"] == {"x2.safetensors": "1", "x3.safetensors": "1"}
    assert facts["codes"] == {"x2 on cpu": "a x2", "x3 on cpu": "a x3"}
    assert facts["decided"] == {"x2": {"range": 2}, "x3": {"range": 3}}


@pytest.mark.slow
def test_environments_that_differ_are_kept_apart(runs: Any, tmp_path: Path) -> None:  # noqa: ANN401
    """One machine is that of the whole; of two, each is under its part alone."""
    other = {"processor": "another", "cores": 8, "cuda_devices": []}
    one, two = runs.write("one", PLAN), runs.write("two", PLAN, environment=other)
    merge([one, runs.write("same", PLAN)], tmp_path / "alike")
    assert read_info(tmp_path / "alike")["environment"]["processor"] == "a processor"
    merge([one, two], tmp_path / "apart")
    info = read_info(tmp_path / "apart")
    assert "environment" not in info
    assert [each["environment"]["processor"] for each in info["merged"]] == ["a processor", "another"]


@pytest.mark.slow
def test_given_images_are_joined(pictures: Path, tmp_path: Path) -> None:
    """Folders of `srbench score` make one table of several methods, which `srbench run` cannot continue."""
    for number, name in enumerate(("mine", "theirs")):
        (tmp_path / name).mkdir()
        for path in pictures.iterdir():
            write_image(tmp_path / name / path.name, np.full((40, 48, 3), number, np.uint8))
        sr, plan = datasets.open_folder(tmp_path / name), Plan((name,), (2,), ("hr",), timing=False)
        precomputed.score(plan, datasets.open_folder(pictures), sr, tmp_path / f"run-{name}")
    merged = merge([tmp_path / "run-mine", tmp_path / "run-theirs"], tmp_path / "all")
    assert merged.tables.summary[["method", "images"]].to_numpy().tolist() == [["mine", 3], ["theirs", 3]]
    assert merged.gaps == []
    assert not merged.continuable
    assert sound(tmp_path / "all")
    mine = Plan(("mine",), (2,), ("hr",), timing=False)
    precomputed.score(
        mine, datasets.open_folder(pictures), datasets.open_folder(tmp_path / "theirs"), tmp_path / "other"
    )
    with pytest.raises(RunFolderError, match=r"SR file of mine x2 on a.png"):
        merge([tmp_path / "run-mine", tmp_path / "other"], tmp_path / "again")


@pytest.mark.slow
@pytest.mark.usefixtures("brief")
def test_timings_are_joined(pictures: Path, tmp_path: Path) -> None:
    """Parts that were timed on one machine make a whole that was, and that is not timed again."""
    for factor in (2, 3):
        srbench.run(
            "nearest", factors=factor, datasets=f"{pictures}/", device="cpu", report=False, out=tmp_path / str(factor)
        )
    merged = merge([tmp_path / "2", tmp_path / "3"], tmp_path / "all")
    assert merged.tables.summary["cpu_ms_per_mpx"].notna().all()
    assert merged.plan.timing
    assert len(read_info(tmp_path / "all")["timed"]) == 2
    assert sound(tmp_path / "all")


@pytest.mark.slow
def test_choices_of_protocols_are_kept(runs: Any, tmp_path: Path) -> None:  # noqa: ANN401
    """run.json of the whole holds the fields of each protocol that a part has them of; older parts have none."""
    plans = [replace(PLAN, protocols=(name,)) for name in "pqr"]
    fields = {"p": {"lr_kernel": "area"}, "q": {"lr_kernel": "bicubic-matlab"}}
    facts: list[dict[str, Any]] = [{"protocol_fields": {name: each}} for name, each in fields.items()]
    parts = [runs.write(plan.protocols[0], plan, **each) for plan, each in zip(plans, [*facts, {}], strict=True)]
    merge(parts, tmp_path / "all")
    assert read_info(tmp_path / "all")["protocol_fields"] == fields


@pytest.mark.slow
def test_times_join_scores(runs: Any, tmp_path: Path) -> None:  # noqa: ANN401
    """A run of `srbench time` adds its times, and asks for no scores: its datasets only made what was timed."""
    timed = Plan(("a",), (2,), ("sample",), ("basicsr",), scoring=False, sizes=("10x10",))
    merged = merge([runs.write("scores", PLAN), runs.write("times", timed, runs.samples(timed))], tmp_path / "all")
    assert (merged.plan.datasets, merged.plan.protocols, merged.plan.sizes) == (PLAN.datasets, PLAN.protocols, ())
    assert (merged.gaps, len(merged.tables.timings)) == ([], 1)


@pytest.mark.slow
def test_reports_say_what_has_no_partner(pictures: Path, tmp_path: Path) -> None:
    """Where a method has scores of some settings alone, each report of the merged run says which it has none of."""
    asked: dict[str, Any] = {"datasets": f"{pictures}/", "timing": False, "report": False}
    srbench.run("nearest", factors="2,3", out=tmp_path / "one", **asked)
    srbench.run("bicubic", factors=2, out=tmp_path / "two", **asked)
    merged = merge([tmp_path / "one", tmp_path / "two"], tmp_path / "all")
    assert [str(gap) for gap in merged.gaps] == [
        "bicubic x3 lacks 3 images of pictures (a.png, b.png, c.png), protocol basicsr"
    ]
    assert merged.apart == ""
    assert list(coverage(merged.tables, metrics_of({}))) == ["pictures x3, basicsr: no scores of bicubic"]


@pytest.mark.slow
def test_the_same_images_under_two_names(pictures: Path, tmp_path: Path) -> None:
    """Their rows would not pair, as rows pair by names: it is refused, with the command that makes them pair."""
    copies = tmp_path / "copies"
    copies.mkdir()
    for path in pictures.iterdir():
        (copies / path.name).write_bytes(path.read_bytes())
    asked: dict[str, Any] = {"factors": 2, "timing": False, "report": False}
    srbench.run("nearest", datasets=f"{pictures}/", out=tmp_path / "one", **asked)
    hr = datasets.open_folder(copies)
    precomputed.score(Plan(("mine",), (2,), timing=False), hr, hr, tmp_path / "two")
    with pytest.raises(RunFolderError, match="the same images under two names") as refused:
        merge([tmp_path / "one", tmp_path / "two"], tmp_path / "all")
    assert str(refused.value).endswith(f"under the other's name: srbench score --hr {pictures}")
    assert not (tmp_path / "all").exists()


@pytest.mark.slow
def test_read_and_computed_under_one_name(pictures: Path, tmp_path: Path) -> None:
    """A name stands for one method: one that is computed and SR images that are called so are refused."""
    asked: dict[str, Any] = {"factors": 2, "timing": False, "report": False}
    srbench.run("nearest", datasets=f"{pictures}/", out=tmp_path / "one", **asked)
    hr = datasets.open_folder(pictures)
    precomputed.score(Plan(("nearest",), (2,), timing=False), hr, hr, tmp_path / "two")
    with pytest.raises(RunFolderError, match="source of nearest: computed SR and SR images that exist"):
        merge([tmp_path / "one", tmp_path / "two"], tmp_path / "all")
