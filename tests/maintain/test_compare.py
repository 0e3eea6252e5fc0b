"""Comparing two runs: what is refused, and what is read in spite of damage."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import srbench
from srbench.analysis.gate import parse
from srbench.errors import RunFolderError, UsageError
from srbench.maintain.compare import compare
from srbench.metrics.classical import CLASSICAL, PSNR
from srbench.metrics.declaration import Metric
from srbench.plan import Plan
from srbench.quality.protocols import get
from srbench.store.rows import MetricRow, key_of

PLAN = Plan(("bicubic", "mine"), (2,), ("set",), ("p",))
MACHINE = {"processor": "a processor", "cores": 2, "cuda_devices": [], "system": "Linux"}


def samples(runs: Any, **changes: Any) -> list[Any]:  # noqa: ANN401 - of conftest
    """Return warm calls of three processes for each method."""
    rows = runs.samples(PLAN)
    return [replace(row, process=number, dtype="uint8", **changes) for row in rows for number in range(3)]


def test_equal_runs(runs: Any) -> None:  # noqa: ANN401
    """Two runs with the same scores: every cell is there, nothing changed, nothing is refused."""
    a, b = (runs.write(name, PLAN, [*runs.scores(PLAN), *samples(runs)], environment=MACHINE) for name in "ab")
    found = compare(a, b)
    assert list(found.cells["change"]) == [""] * 4
    assert list(found.settings["images"]) == [2, 2]
    assert (len(found.speeds), found.refused) == (2, "")
    assert found.a.problems == []
    assert srbench.compare(str(a), b).settings.equals(found.settings)


@pytest.mark.slow
def test_another_machine(runs: Any) -> None:  # noqa: ANN401
    """Times of another machine are refused with the fields and both values; scores are compared; ratios may be."""
    rows = [*runs.scores(PLAN), *samples(runs)]
    a = runs.write("a", PLAN, rows, environment=MACHINE)
    b = runs.write("b", PLAN, rows, environment=MACHINE | {"processor": "another", "cores": 8})
    found = compare(a, b)
    assert found.refused.endswith(
        "processor: another, not a processor; cores: 8, not 2; --across-machines compares ratios"
    )
    assert found.speeds.empty
    assert len(found.cells) == 4
    across = compare(a, b, across=True)
    assert (across.refused, list(across.speeds["method"])) == ("", ["mine"])


@pytest.mark.slow
@pytest.mark.parametrize(("field", "values"), [("machine", ("one", "two")), ("threads", ("opencv=1", "opencv=2"))])
def test_another_node_or_threads(runs: Any, field: str, values: tuple[str, str]) -> None:  # noqa: ANN401
    """What the rows say of the machine counts as well; where there are no scores in common, it is an error."""
    folders = [runs.write(value, PLAN, samples(runs, **{field: value})) for value in values]
    with pytest.raises(RunFolderError, match=f"different machines: {field}: {values[1]}, not {values[0]}; --across"):
        compare(*folders)


@pytest.mark.slow
def test_another_protocol_under_one_name(runs: Any) -> None:  # noqa: ANN401
    """It is refused with the choice that differs, or, of runs from before these were kept, with the fingerprints."""
    rows = runs.scores(PLAN)
    other = [runs.keyed(row, protocol_fingerprint="other") for row in rows]
    fields = [{"protocol_fields": {"p": {"lr_kernel": each, "shave": 1}}} for each in ("bicubic-matlab", "area")]
    a = runs.write("a", PLAN, rows, **fields[0])
    b = runs.write("b", PLAN, other, protocols={"p": "other"}, **fields[1])
    with pytest.raises(RunFolderError, match="protocol p: lr_kernel: area, not bicubic-matlab; run one"):
        compare(a, b)
    c = runs.write("c", PLAN, other, protocols={"p": "other"})
    with pytest.raises(RunFolderError, match="protocol p: fingerprint: other, not print of p"):
        compare(a, c)


@pytest.mark.slow
def test_disjoint_protocols(runs: Any) -> None:  # noqa: ANN401
    """Runs without a protocol in common name one of each, and how they differ."""
    plans = [replace(PLAN, protocols=(name,)) for name in "pq"]
    a, b = (
        runs.write(each.protocols[0], each, protocol_fields={each.protocols[0]: {"lr_kernel": each.protocols[0]}})
        for each in plans
    )
    with pytest.raises(RunFolderError, match="protocols p and q: lr_kernel: q, not p"):
        compare(a, b)


@pytest.mark.slow
def test_other_pixels_under_one_name(runs: Any) -> None:  # noqa: ANN401
    """Another image of the same name is refused with dataset and image; one that could not be read is not."""
    rows = runs.scores(PLAN)
    a = runs.write("a", PLAN, rows)
    b = runs.write("b", PLAN, [runs.keyed(rows[0], hr_sha256="other"), *rows[1:]])
    with pytest.raises(RunFolderError, match=r"0\.png of set has different pixels: other, not set 0; run"):
        compare(a, b)
    c = runs.write("c", PLAN, [runs.keyed(rows[0], hr_sha256="unreadable", status="failed"), *rows[1:]])
    assert list(compare(a, c).cells["change"]).count("lost") == 1


@pytest.mark.slow
def test_nothing_in_common(runs: Any) -> None:  # noqa: ANN401
    """Both are named with what they have."""
    a = runs.write("a", PLAN)
    b = runs.write("b", replace(PLAN, factors=(3,)))
    with pytest.raises(
        RunFolderError, match=r"nothing in common: .*a has bicubic x2 on set, p; mine x2.*b has bicubic x3"
    ):
        compare(a, b)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "missing"),
    [
        ({"methods": ("bicubic", "mine", "old")}, {"old x2 on set, p"}),
        ({"factors": (2, 3)}, {"bicubic x3 on set, p", "mine x3 on set, p"}),
        ({"datasets": ("set", "other")}, {"bicubic x2 on other, p", "mine x2 on other, p"}),
        ({"protocols": ("p", "q")}, {"bicubic x2 on set, q", "mine x2 on set, q"}),
    ],
)
def test_a_gate_fails_for_what_is_missing(runs: Any, more: dict[str, Any], missing: set[str]) -> None:  # noqa: ANN401
    """What A has scores of and B was not asked for fails, unless it may be missing; what B has beside is welcome."""
    a, b = runs.write("a", replace(PLAN, **more)), runs.write("b", PLAN)
    found = srbench.compare(a, b, fail_on="psnr:-1")
    assert {each.where for each in found.failures} == missing
    assert {each.after for each in found.failures} == {"not in the run"}
    for one, two, may in ((a, b, True), (b, a, False)):
        passed = srbench.compare(one, two, fail_on=["psnr:-1"], allow_missing=may)
        assert (passed.failures, passed.outcome.passed) == ([], ["psnr:-1"])


@pytest.mark.slow
def test_a_renamed_method(runs: Any) -> None:  # noqa: ANN401
    """Its scores and times are those of the method it is mapped to; a gate fails for them under the new name."""
    new = replace(PLAN, methods=("bicubic", "yours"))
    a = runs.write("a", PLAN, [*runs.scores(PLAN), *samples(runs)])
    worse = [replace(row, psnr=row.psnr - (row.method == "yours")) for row in runs.scores(new)]
    times = [replace(row, process=number, dtype="uint8") for row in runs.samples(new) for number in range(3)]
    b = runs.write("b", new, [*worse, *times])
    found = srbench.compare(a, b, fail_on="psnr:-0.5", map={"mine": "yours"})
    assert [each.where for each in found.failures] == ["yours x2 on set, p"]
    assert (list(found.cells["change"].unique()), list(found.speeds["method"])) == (["", "score"], ["bicubic", "yours"])
    assert srbench.compare(a, b, fail_on="psnr:-1.5", map={"mine": "yours"}).failures == []


@pytest.mark.slow
def test_the_only_method_was_renamed(runs: Any) -> None:  # noqa: ANN401
    """Runs without a method in common say how to compare them."""
    a, b = (runs.write(name, replace(PLAN, methods=(name,))) for name in ("old", "new"))
    with pytest.raises(RunFolderError, match=r"nothing in common: .*; --map OLD=NEW compares a method with one of ano"):
        compare(a, b)
    assert set(compare(a, b, renamed=["old=new"]).cells["change"]) == {""}


@pytest.mark.slow
def test_a_gate_in_python_raises_where_it_cannot_tell(runs: Any) -> None:  # noqa: ANN401
    """It may not be taken for one that passes; with another failure, that is returned."""
    a = runs.write("a", PLAN)
    b = runs.write("b", PLAN, [replace(row, psnr=1.0) for row in runs.scores(PLAN)])
    with pytest.raises(RunFolderError, match="the runs have no times in common"):
        srbench.compare(a, a, fail_on=["psnr:0", "time:+10%"])
    assert len(srbench.compare(a, b, fail_on=["psnr:0", "time:+10%"]).failures) == 2
    with pytest.raises(UsageError, match="--fail-on is 'psnr'"):
        srbench.compare(a, b, fail_on="psnr")


@pytest.mark.slow
def test_plan_decides_what_is_lost(runs: Any) -> None:  # noqa: ANN401
    """A method that B was not asked for is not lost; of one that it was asked for, missing rows are."""
    a = runs.write("a", PLAN)
    less = runs.write("less", replace(PLAN, methods=("mine",)))
    assert list(compare(a, less).cells["change"]) == ["only in A"] * 2 + [""] * 2
    cut = runs.write("cut", PLAN, [row for row in runs.scores(PLAN) if row.method == "mine"])
    assert list(compare(a, cut).cells["change"]) == ["lost"] * 2 + [""] * 2


@pytest.mark.slow
def test_damage_is_told_and_the_rest_compared(runs: Any) -> None:  # noqa: ANN401
    """A torn line and one with a wrong checksum are left out, and a lost run.json is no end."""
    a, b = (runs.write(name, PLAN) for name in "ab")
    lines = (b / "rows.jsonl").read_bytes().splitlines(keepends=True)
    (b / "rows.jsonl").write_bytes(b"".join([lines[0], lines[1].replace(b"30.0", b"39.0"), lines[2], lines[3][:40]]))
    (b / "run.json").write_text("{", encoding="utf-8")
    found = compare(a, b)
    assert sorted(found.cells["change"]) == ["", "", "lost", "lost"]
    assert any("line 2: " in problem for problem in found.b.problems)
    assert any(problem.startswith("run.json: ") for problem in found.b.problems)


def test_no_run(runs: Any) -> None:  # noqa: ANN401
    """A folder without a run is an error."""
    with pytest.raises(RunFolderError, match="is not a run folder"):
        compare(runs.write("a", PLAN), runs.folder)


def facts(version: str = "1", code: str = "lpips code") -> dict[str, Any]:
    """Return what run.json says of PSNR and LPIPS."""
    lower = Metric(label="LPIPS", better="lower", low=0, digits=5, version=version)
    return {"psnr": PSNR.facts, "lpips": {**lower.facts, "summary": "LPIPS", "code": code, "files": {}}}


def with_lpips(runs: Any, value: float, code: str = "lpips code") -> list[Any]:  # noqa: ANN401 - of conftest
    """Return scores of a run with the LPIPS of each."""
    names = ("method", "dataset", "image", "factor", "protocol", "device")
    rows = runs.scores(PLAN)
    about = [{name: getattr(row, name) for name in names} | {"score": row.key, "code": code} for row in rows]
    values = [MetricRow(metric="lpips", value=value, **each) for each in about]
    return [*rows, *(replace(each, key=key_of(each)) for each in values)]


@pytest.mark.slow
def test_any_metric_is_compared(runs: Any) -> None:  # noqa: ANN401
    """Metrics of both runs are compared, also of a method with another name; limits go by the better direction."""
    plan = replace(PLAN, methods=("bicubic", "other"))
    a = runs.write("a", PLAN, with_lpips(runs, 0.25), metrics=facts())
    rows = with_lpips(runs, 0.5)
    rows = [replace(row, method="other") if row.method == "mine" else row for row in rows]
    b = runs.write("b", plan, rows, metrics=facts())
    found = compare(a, b, limits=[parse("lpips:+0.2")], renamed=["mine=other"])
    assert (list(found.metrics), found.other_metrics) == (["psnr", "lpips"], [])
    assert found.metrics["lpips"].digits == 5
    changes = found.settings[["method", "lpips_change", "psnr_change"]].to_numpy().tolist()
    assert changes == [["bicubic", 0.25, 0.0], ["other", 0.25, 0.0]]
    assert [each.what for each in found.failures] == ["mean LPIPS +0.25 over 2 images"] * 2
    assert compare(a, b, limits=[parse("lpips:+0.3")], renamed=["mine=other"]).failures == []


@pytest.mark.slow
def test_metrics_that_are_not_the_same(runs: Any) -> None:  # noqa: ANN401
    """What only one run has is named and not compared; a metric with another version or code is, with a remark."""
    a = runs.write("a", PLAN, with_lpips(runs, 0.25), metrics=facts())
    b = runs.write("b", PLAN, with_lpips(runs, 0.25, "new"), metrics=facts("2", "new"))
    c = runs.write("c", PLAN, with_lpips(runs, 0.25, "new"), metrics=facts(code="new"))
    d = runs.write("d", PLAN)
    versions, code, absent = (compare(a, other) for other in (b, c, d))
    assert set(versions.cells["change"]) == set(absent.cells["change"]) == {""}
    what = "lpips is not the same in both runs"
    assert versions.other_metrics == [f"{what} (version: 2, not 1): that alone may change scores"]
    assert code.other_metrics == [f"{what} (its code, weights or packages changed): that alone may change scores"]
    assert absent.other_metrics == [f"only {a} has lpips: not compared", f"only {d} has ssim: not compared"]
    assert list(absent.metrics) == ["psnr"]
    gone = compare(a, d, limits=[parse("lpips:+0.1")])
    assert list(map(str, gone.failures)) == ["all methods: LPIPS: measured in A, not in B (limit lpips:+0.1)"]


@pytest.mark.slow
def test_a_limit_of_a_metric_that_neither_has(runs: Any) -> None:  # noqa: ANN401
    """It is refused, with the metrics that there are."""
    a, b = (runs.write(name, PLAN, metrics=facts()) for name in "ab")
    with pytest.raises(UsageError, match=r"--fail-on niqe:\+1: neither run has niqe, but psnr, lpips"):
        compare(a, b, limits=[parse("niqe:+1")])


@pytest.mark.slow
def test_runs_without_a_metric_in_common(runs: Any) -> None:  # noqa: ANN401
    """Their scores are not called equal: it is refused, or their times alone are compared."""
    (psnr, ssim) = ({name: metric.facts} for name, metric in CLASSICAL.items())
    scores = runs.scores(PLAN)
    with pytest.raises(RunFolderError, match=r"no metric in common: .*/a has psnr; .*/b has ssim"):
        compare(runs.write("a", PLAN, scores, metrics=psnr), runs.write("b", PLAN, scores, metrics=ssim))
    rows = [*scores, *samples(runs)]
    found = compare(runs.write("c", PLAN, rows, metrics=psnr), runs.write("d", PLAN, rows, metrics=ssim))
    assert (len(found.cells), len(found.settings), len(found.speeds)) == (0, 0, 2)


@pytest.mark.slow
def test_another_degradation(runs: Any) -> None:  # noqa: ANN401
    """Steps are named as they are in order; what has a single step is told by it too."""
    specs = ("basicsr", "basicsr:lr=bd")
    a, b = (
        runs.write(name, replace(PLAN, protocols=(spec,)), protocol_fields={spec: get(spec).fields})
        for name, spec in zip("ab", specs, strict=True)
    )
    with pytest.raises(RunFolderError) as caught:
        compare(a, b)
    assert (
        "protocols basicsr and basicsr:lr=bd: lr_steps: blur(sigma=1.6, size=7) > shrink(kernel=centre), "
        "not shrink(kernel=bicubic-matlab, border=clamp, rounding=each); lr_factors: [3], not absent; run one"
    ) in str(caught.value)
