"""`srbench compare`: what is printed, and the exit codes."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from srbench.metrics.classical import CLASSICAL
from srbench.metrics.declaration import Metric
from srbench.plan import Plan
from srbench.store.journal import Journal
from srbench.store.rows import MetricRow, ScoreRow, TimingRow, key_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from srbench.store.rows import Row

    Command = Callable[..., Any]
    Write = Callable[..., Path]

NAME = "mine|[red]<script>"
PLAN = Plan(("bicubic", NAME), (3,), ("set",), ("p",), device="cpu")


def scores(**psnr: float) -> list[ScoreRow]:
    """Return scores of both methods on three images; `psnr` is that of an image for the second method."""
    fixed: Any = {"dataset": "set", "factor": 3, "protocol": "p", "device": "cpu", "ssim": 0.9, "code": "code"}
    every = [(method, image) for method in PLAN.methods for image in "abc"]
    rows = [
        ScoreRow(method=method, image=image, psnr=psnr.get(image, 30.0) if method == NAME else 30.0, **fixed)
        for method, image in every
    ]
    rows = [replace(row, hr_sha256=row.image, protocol_fingerprint="print") for row in rows]
    return [replace(row, key=key_of(row)) for row in rows]


def times(**seconds: float) -> list[TimingRow]:
    """Return a warm call in each of three processes, one per cent apart."""
    fixed: Any = {
        "factor": 3,
        "device": "cpu",
        "phase": "call",
        "height": 9,
        "width": 16,
        "channels": 3,
        "code": "code",
    }
    names = dict(zip(("bicubic", "mine"), PLAN.methods, strict=True))
    return [
        TimingRow(method=names[each], process=number, dtype="uint8", seconds=value * 1.01**number, **fixed)
        for each, value in seconds.items()
        for number in range(3)
    ]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes the folder of a run that goes on, which needs no tables."""

    def written(name: str, rows: Iterable[Row], processor: str = "one", plan: Plan = PLAN, **facts: object) -> Path:
        rows = list(rows)
        with Journal(tmp_path / name, plan) as journal:
            journal.describe(
                protocols={"p": "print"},
                datasets={"set": {"images": 3, "fingerprint": "print", "files": dict.fromkeys("abc", "")}},
                methods={
                    row.method: {"devices": ["cpu"], "codes": {"x3 on cpu": row.code}}
                    for row in rows
                    if not isinstance(row, MetricRow)
                },
                environment={"processor": processor, "cores": 2},
                **facts,
            )
            for row in rows:
                journal.append(row)
        return tmp_path / name

    return written


@pytest.mark.slow
def test_equal(srbench: Command, write: Write) -> None:
    """Nothing changed: one line, exit code 0, and nothing beside it."""
    result = srbench("compare", write("a", scores()), write("b", scores()), "--fail-on", "psnr:0")
    assert result == (0, "6 scores, all equal\npassed: psnr:0\n", "")


@pytest.mark.slow
def test_changed_and_failed(srbench: Command, write: Write) -> None:
    """A change is told by place and by image, names as they are; without --fail-on it is no failure."""
    a, b = write("a", scores()), write("b", scores(b=29.0, c=30.25))
    plain = srbench("compare", a, b)
    assert plain.code == 0
    assert "2 of 3" in plain.out
    assert f"{NAME} x3 on set, p, b: PSNR 30.0000 to 29.0000 dB, SSIM 0.900000 to 0.900000\n" in plain.out
    failed = srbench("compare", a, b, "--fail-on", "psnr:-0.3", "--fail-on", "psnr:-0.2", "--fail-on", "ssim:0")
    as_list = srbench("compare", a, b, "--fail-on", "psnr:-0.3,psnr:-0.2, ssim:0")
    assert (as_list.code, as_list.out, as_list.err) == (failed.code, failed.out, failed.err)
    assert failed.code == 1
    assert failed.out.count("FAIL") == 1
    assert (
        f"FAIL {NAME} x3 on set, p: mean PSNR -0.25 dB over 3 images: 30 dB -> 29.75 dB (limit psnr:-0.2)" in failed.out
    )


@pytest.mark.slow
def test_exact_images_beside_a_loss(srbench: Command, write: Write) -> None:
    """Images that are exact in both runs do not dilute the loss of others; how many count is said."""
    exact = {"b": math.inf, "c": math.inf}
    before, after = write("a", scores(**exact)), write("b", scores(a=29.98, **exact))
    found = srbench("compare", before, after, "--fail-on", "psnr:-0.015")
    assert found.code == 1
    assert "means over the images that are finite in both runs: 1" in found.out
    assert f"{NAME} x3 on set, p: PSNR over 1 of 3" in found.out
    assert "mean PSNR -0.02 dB over 1 of 3 images, those finite in both runs: 30 dB -> 29.98 dB" in found.out


@pytest.mark.slow
def test_lost_score(srbench: Command, write: Write) -> None:
    """A score that became a failure fails any quality gate, and is told with the reason."""
    bad = replace(scores()[0], psnr=math.nan, ssim=math.nan, status="failed", reason="no [memory]")
    result = srbench("compare", write("a", scores()), write("b", [bad, *scores()[1:]]), "--fail-on", "ssim:-1")
    assert result.code == 1
    assert "bicubic x3 on set, p, a: ok to failed (no [memory])\n" in result.out


@pytest.mark.slow
def test_slower(srbench: Command, write: Write) -> None:
    """A method that surely takes longer is told and fails; the baseline, and scores that are equal, do not."""
    a = write("a", [*scores(), *times(bicubic=0.01, mine=0.02)])
    b = write("b", [*scores(), *times(bicubic=0.01, mine=0.03)])
    result = srbench("compare", a, b, "--fail-on", "time:+10%")
    assert result.code == 1
    assert "6 scores, all equal\n" in result.out
    assert "same within 5% (99 % interval): 1 of 2 timings\n" in result.out
    assert f"FAIL {NAME} x3 on cpu, 16x9x3 uint8: time +50.0%: 20.2 ms -> 30.3 ms (limit time:+10%)\n" in result.out
    assert srbench("compare", a, b, "--fail-on", "time:+60%").code == 0


@pytest.mark.slow
@pytest.mark.parametrize("after", [{"bicubic": 0.01}, {"mine": 0.02}, {}], ids=["one", "baseline", "all"])
def test_lost_times(srbench: Command, write: Write, after: dict[str, float]) -> None:
    """A time that is gone fails any gate of times and none of scores, and is told; scores are compared all the same."""
    a = write("a", [*scores(), *times(bicubic=0.01, mine=0.02)])
    b = write("b", [*scores(), *times(**after)])
    result = srbench("compare", a, b, "--fail-on", "time:+1000%")
    assert result.code == 1
    assert result.out.count("FAIL") == 2 - len(after)
    assert f"lost timings: {2 - len(after)}\n" in result.out
    assert "-> not timed (limit time:+1000%)" in result.out
    assert srbench("compare", a, b, "--fail-on", "psnr:0").code == 0


@pytest.mark.slow
def test_another_machine(srbench: Command, write: Write) -> None:
    """Scores are compared and times refused, one line; 2 only if times were asked about; ratios can be compared."""
    a = write("a", [*scores(), *times(bicubic=0.01, mine=0.02)])
    b = write("b", [*scores(), *times(bicubic=0.01, mine=0.03)], processor="two")
    plain = srbench("compare", a, b)
    assert (plain.code, plain.out, plain.err.count("\n")) == (0, "6 scores, all equal\n", 1)
    assert "processor: two, not one; --across-machines" in plain.err
    asked = srbench("compare", a, b, "--fail-on", "time:+10%")
    assert asked.code == 2
    assert "cannot evaluate --fail-on time:+10%: times of " in asked.err
    across = srbench("compare", a, b, "--across-machines", "--fail-on", "time:+10%")
    assert (across.code, across.err) == (1, "")


@pytest.mark.slow
def test_gate_with_nothing_to_compare(srbench: Command, write: Write) -> None:
    """A gate does not pass because the runs have none of what it asks about."""
    a, b = write("a", scores()), write("b", scores())
    result = srbench("compare", a, b, "--fail-on", "time:+10%")
    assert result.code == 2
    assert result.err == "srbench: cannot evaluate --fail-on time:+10%: the runs have no times in common\n"


@pytest.mark.slow
def test_missing_method(srbench: Command, write: Write) -> None:
    """A method that is gone from B fails the gate, is no matter without one, and may be missing."""
    a, b = write("a", scores()), write("b", scores()[:3], plan=replace(PLAN, methods=("bicubic",)))
    gate = ("--fail-on", "psnr:-0.01", "--fail-on", "ssim:-0.001")
    result = srbench("compare", a, b, *gate)
    assert result.code == 1
    assert result.out.count("FAIL") == 1  # one cause, one line
    assert f"FAIL 2 values of A not in the run: {NAME} x3 on set, p (limits psnr:-0.01, ssim:-0.001; " in result.out
    assert "--allow-missing accepts results of A that are not in B\n" in result.out
    assert f"FAIL {NAME} x3 on set, p: mean PSNR of 3 images" in srbench("compare", a, b, *gate[:2]).out
    assert "passed" not in result.out
    assert srbench("compare", a, b).code == 0
    allowed = srbench("compare", a, b, *gate, "--allow-missing")
    assert allowed.code == 0
    assert f"methods and datasets only in A: 1\n  {NAME} x3 on set, p: 3\n" in allowed.out
    assert allowed.out.endswith("passed: psnr:-0.01, ssim:-0.001\n")
    assert srbench("compare", b, a, *gate).code == 0


@pytest.mark.slow
def test_only_in_one_run(srbench: Command, write: Write) -> None:
    """Only scores are listed, and all of them rather than that there is one more."""
    names = [f"new{number}" for number in range(7)]
    new = [replace(row, method=name) for name in names for row in scores()[:3]]
    skipped = [replace(row, status="skipped", reason="no SR", psnr=float("nan"), ssim=float("nan")) for row in new[-3:]]
    a = write("a", scores())
    b = write("b", [*scores(), *new[:-3], *skipped], plan=replace(PLAN, methods=(*PLAN.methods, *names)))
    told = srbench("compare", a, b).out
    assert "methods and datasets only in B: 6\n" in told
    assert "  new5 x3 on set, p: 3\n" in told
    assert "more" not in told
    assert "new6" not in told


@pytest.mark.slow
def test_renamed_method(srbench: Command, write: Write) -> None:
    """A mapped method is told and compared; one that is absent is one line."""
    renamed = [replace(row, method="new" if row.method == NAME else row.method) for row in scores(a=29.0)]
    a, b = write("a", scores()), write("b", renamed, plan=replace(PLAN, methods=("bicubic", "new")))
    result = srbench("compare", a, b, "--map", f"{NAME}=new", "--fail-on", "psnr:-0.1")
    assert result.code == 1
    assert result.out.startswith(f"{NAME} of {a} is compared with new of {b}\n")
    assert result.out.count("FAIL") == 1
    assert "FAIL new x3 on set, p: mean PSNR -0.3333 dB over 3 images: 30 dB -> 29.6667 dB" in result.out
    assert srbench("compare", a, b, "--map", f"{NAME}=new", "--fail-on", "psnr:-0.4").code == 0
    absent = srbench("compare", a, b, "--map", f"{NAME}=newer")
    assert (absent.code, absent.out, absent.err.count("\n")) == (2, "", 1)
    assert f"{b} has no method 'newer', but bicubic, new" in absent.err


@pytest.mark.slow
def test_failure_beside_what_cannot_be_evaluated(srbench: Command, write: Write) -> None:
    """Quality that fell is exit code 1, though the runs have no times; these are a remark."""
    limits = ("--fail-on", "time:+10%", "--fail-on", "psnr:-0.01")
    failed = srbench("compare", write("a", scores()), write("b", scores(a=29.0)), *limits)
    assert failed.code == 1
    assert failed.err == "cannot evaluate --fail-on time:+10%: the runs have no times in common\n"
    timed = write("timed", [*scores(), *times(bicubic=0.01)])
    gone = srbench("compare", timed, write("c", scores(a=29.0)), *limits)
    assert (gone.code, gone.out.count("FAIL"), gone.err) == (1, 2, "")
    kept = srbench("compare", timed, write("d", scores()), *limits, "--allow-missing")
    assert (kept.code, kept.out.splitlines()[-1]) == (0, "passed: psnr:-0.01")
    assert kept.err == failed.err


def test_bad_threshold(srbench: Command) -> None:
    """It is one line with examples, before anything is read."""
    result = srbench("compare", "absent", "absent", "--fail-on", "psnr:+1%")
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert "time:+10%" in result.err


@pytest.mark.slow
def test_json(srbench: Command, write: Write) -> None:
    """JSON holds the cells that changed, settings, times, and how many equal scores have other code."""
    other = [replace(row, code="other") for row in scores(b=29.0)]
    b = write("b", [replace(row, key=key_of(row)) for row in other])
    result = srbench("compare", write("a", scores()), b, "--json", "--fail-on", "psnr:0", "--fail-on", "ssim:0")
    found = json.loads(result.out)
    assert result.code == 1
    assert [(each["method"], each["image"], each["psnr_change"]) for each in found["changed"]] == [(NAME, "b", -1.0)]
    assert (found["scores"], found["other_code_equal_score"], len(found["offenders"])) == (6, 5, 1)
    assert (found["passed"], found["unevaluated"], found["renamed"]) == (["ssim:0"], [], {})


@pytest.mark.slow
def test_damaged_run(srbench: Command, write: Write) -> None:
    """Damage is a warning on standard error; the rows that can be read are compared."""
    a, b = write("a", scores()), write("b", scores())
    lines = (b / "rows.jsonl").read_bytes().splitlines(keepends=True)
    (b / "rows.jsonl").write_bytes(b"".join([b"damage\n", *lines]))
    result = srbench("compare", a, b)
    assert (result.code, result.out) == (0, "6 scores, all equal\n")
    assert result.err.startswith(f"{b} is damaged; what can be read is compared: rows.jsonl: line 1: ")


def lpips(value: float, rows: list[ScoreRow], version: str = "1") -> tuple[list[Row], dict[str, Any]]:
    """Return scores with their LPIPS, by VGG, and what run.json says of metrics."""
    lower = Metric(label="LPIPS", better="lower", version=version).facts | {"code": "lpips"}
    names = ("method", "dataset", "image", "factor", "protocol", "device")
    about = [{name: getattr(row, name) for name in names} | {"score": row.key, "code": "lpips"} for row in rows]
    values = [MetricRow(metric="lpips:net=vgg", value=value, **each) for each in about]
    metrics = {**{name: metric.facts for name, metric in CLASSICAL.items()}, "lpips:net=vgg": lower}
    return [*rows, *(replace(each, key=key_of(each)) for each in values)], metrics


@pytest.mark.slow
def test_another_metric(srbench: Command, write: Write) -> None:
    """LPIPS may rise by so much; that its version changed is a remark, and JSON has all of it."""
    one, about = lpips(0.25, scores())
    two, changed = lpips(0.375, scores(), version="2")
    a, b = write("a", one, metrics=about), write("b", two, metrics=changed)
    assert srbench("compare", a, b, "--fail-on", "lpips:net=vgg:+0.2").code == 0
    result = srbench("compare", a, b, "--fail-on", "lpips:net=vgg:+0.1")
    assert (result.code, result.out.count("FAIL")) == (1, 2)
    (_, line) = " ".join(result.out.split()).rsplit("FAIL", 1)
    assert "LPIPS net=vgg +0.125 over 3 images: 0.25 -> 0.375 (limit lpips:net=vgg:+0.1)" in line
    assert "lpips:net=vgg is not the same in both runs (version: 2, not 1)" in result.err
    found = json.loads(srbench("compare", a, b, "--json").out)
    assert found["metrics"] == ["psnr", "ssim", "lpips:net=vgg"]
    assert len(found["other_metrics"]) == 1
    assert {each["lpips:net=vgg_change"] for each in found["settings"]} == {0.125}


def test_a_metric_of_neither_run(srbench: Command, write: Write) -> None:
    """It is one line that names the metrics that there are, with exit code 2; so is a limit the wrong way round."""
    a, b = write("a", scores()), write("b", scores())
    result = srbench("compare", a, b, "--fail-on", "niqe:+0.1")
    assert (result.code, result.err) == (2, "srbench: --fail-on niqe:+0.1: neither run has niqe, but psnr, ssim\n")
    result = srbench("compare", a, b, "--fail-on", "psnr:+1")
    assert (result.code, "give by how much it may get worse: psnr:-1" in result.err) == (2, True)
