"""The gate: which texts are limits, and what is beyond them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from srbench.analysis.columns import metrics_of, of_metric
from srbench.analysis.gate import Outcome, check, evaluate, offenders, parse
from srbench.analysis.score_changes import cells, settings
from srbench.errors import RunFolderError, UsageError
from srbench.metrics.declaration import Metric
from srbench.store.rows import MetricRow, Row, ScoreRow

if TYPE_CHECKING:
    from srbench.analysis.columns import Metrics

METRICS = metrics_of({})
LOWER = Metric(label="LPIPS", better="lower", low=0)
ALL = METRICS | {name: of_metric(name, LOWER) for name in ("lpips", "lpips:net=vgg")}

ROWS = [
    ScoreRow(
        method="m [x]", dataset="set", image=f"{each}.png", factor=3, protocol="p", device="cpu", psnr=30.0, ssim=0.9
    )
    for each in "abcd"
]
NONE = pd.DataFrame()


@pytest.mark.parametrize(
    ("text", "metric", "threshold"),
    [
        ("psnr:-0.01", "psnr", -0.01),
        ("ssim:0", "ssim", 0.0),
        ("lpips:+0.005", "lpips", 0.005),
        ("lpips:net=vgg:0.01", "lpips:net=vgg", 0.01),
        ("ms-ssim:variant=product:power=2:-.5", "ms-ssim:power=2:variant=product", -0.5),
        ("time:+10%", "time", 1.1),
        (" time:5.5% ", "time", 1.055),
    ],
)
def test_limits(text: str, metric: str, threshold: float) -> None:
    """A metric may get worse by so much, whatever its options, and time may rise by so many per cent."""
    found = parse(text)
    assert found.metric == metric
    assert found.threshold == pytest.approx(threshold)


@pytest.mark.parametrize("text", ["", "psnr", "psnr:-1%", "time:10", "time:-10%", "psnr:-nan", "lpips:net=vgg"])
def test_no_limits(text: str) -> None:
    """Anything else is one line with examples."""
    with pytest.raises(UsageError, match=r"--fail-on is .*, expected .*psnr:-0\.01 \(dB\), .* or time:\+10%"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("psnr:0.01", r"--fail-on psnr:0.01: PSNR is better when higher; give .* worse: psnr:-0.01"),
        ("lpips:-0.01", r"--fail-on lpips:-0.01: LPIPS is better when lower; give .* worse: lpips:\+0.01"),
        ("fsim:-1", r"--fail-on fsim:-1: neither run has fsim, but psnr, ssim, lpips, lpips:net=vgg"),
        ("gmsd:+1", r"--fail-on gmsd:\+1: neither run has gmsd, but psnr, ssim"),
    ],
)
def test_limits_that_no_run_can_have(text: str, said: str) -> None:
    """A metric that no run has, or a limit in the better direction, is one line that says what to give."""
    check([parse("psnr:0"), parse("lpips:0"), parse("time:1%")], ALL)
    with pytest.raises(UsageError, match=said):
        check([parse(text)], ALL)


def test_mean_below_the_limit() -> None:
    """The mean over a method's images counts, not one image; a line says what, where, A, B and the limit."""
    after = [replace(ROWS[0], psnr=29.9), *ROWS[1:]]
    found = cells(ROWS, after, lambda *_: True, METRICS)
    assert offenders(parse("psnr:-0.03"), found, settings(found, METRICS), NONE, METRICS) == []
    (one,) = offenders(parse("psnr:-0.02"), found, settings(found, METRICS), NONE, METRICS)
    assert str(one) == ("m [x] x3 on set, p: mean PSNR -0.025 dB over 4 images: 30 dB -> 29.975 dB (limit psnr:-0.02)")
    assert offenders(parse("ssim:0"), found, settings(found, METRICS), NONE, METRICS) == []


def test_score_that_is_gone() -> None:
    """A score that is lost is beyond any limit, with the reason."""
    after = [replace(ROWS[0], psnr=math.nan, ssim=math.nan, status="failed", reason="no memory"), *ROWS[2:]]
    found = cells(ROWS, after, lambda *_: True, METRICS)
    lines = [str(each) for each in offenders(parse("ssim:-1"), found, settings(found, METRICS), NONE, METRICS)]
    assert lines == [
        "m [x] x3 on set, p, a.png: SSIM: 0.9 -> failed (no memory) (limit ssim:-1)",
        "m [x] x3 on set, p, b.png: SSIM: 0.9 -> no result (limit ssim:-1)",
    ]
    allowed = [
        str(each)
        for each in offenders(parse("ssim:-1"), found, settings(found, METRICS), NONE, METRICS, allow_missing=True)
    ]
    assert allowed == lines[:1]


def test_all_that_is_missing_for_one_reason_is_one_line() -> None:
    """A method that B was not asked for is one line, however many images; skipped scores may be missing, too."""
    gone = cells(ROWS, [], lambda *_: False, METRICS)
    (one,) = offenders(parse("psnr:-1"), gone, settings(gone, METRICS), NONE, METRICS)
    assert str(one) == (
        "m [x] x3 on set, p: mean PSNR of 4 images (a.png, b.png, c.png and 1 more): 30 dB -> not in the run "
        "(limit psnr:-1)"
    )
    skipped = [replace(row, psnr=math.nan, ssim=math.nan, status="skipped", reason="no package") for row in ROWS]
    absent = cells(ROWS, skipped, lambda *_: True, METRICS)
    (one,) = offenders(parse("psnr:-1"), absent, settings(absent, METRICS), NONE, METRICS)
    assert one.after == "skipped (no package)"
    for found in (gone, absent):
        assert offenders(parse("psnr:-1"), found, settings(found, METRICS), NONE, METRICS, allow_missing=True) == []


def test_metric_that_is_gone() -> None:
    """An image that has a score and no value of one metric in B exceeds limits of that metric alone."""
    found = cells(ROWS, [replace(ROWS[0], ssim=math.nan), *ROWS[1:]], lambda *_: True, METRICS)
    (one,) = offenders(parse("ssim:-1"), found, settings(found, METRICS), NONE, METRICS)
    assert str(one) == "m [x] x3 on set, p, a.png: SSIM: 0.9 -> no SSIM (limit ssim:-1)"
    assert offenders(parse("psnr:0"), found, settings(found, METRICS), NONE, METRICS) == []
    assert offenders(parse("ssim:-1"), found, settings(found, METRICS), NONE, METRICS, allow_missing=True) == []


def test_exact_image_that_is_no_more() -> None:
    """From infinite to 60 dB is worse than any limit, of one image or of several; infinite in both is kept."""
    exact = replace(ROWS[0], psnr=math.inf)
    for others in ([], ROWS[1:]):
        found = cells([exact, *others], [replace(ROWS[0], psnr=60.0), *others], lambda *_: True, METRICS)
        (one,) = offenders(parse("psnr:-1000"), found, settings(found, METRICS), NONE, METRICS)
        assert str(one) == ("m [x] x3 on set, p, a.png: PSNR, no longer exact: inf dB -> 60 dB (limit psnr:-1000)")
    for before, after in ((exact, exact), (ROWS[0], exact)):
        found = cells([before], [after], lambda *_: True, METRICS)
        assert evaluate([parse("psnr:0")], found, settings(found, METRICS), NONE, METRICS).passed == ["psnr:0"]


def test_exact_images_do_not_hide_a_loss() -> None:
    """A mean fell by what it fell over the images that are finite, however many others are exact."""
    exact = [replace(row, psnr=math.inf) for row in ROWS[2:]]
    found = cells(
        [*ROWS[:2], *exact], [*(replace(row, psnr=29.98) for row in ROWS[:2]), *exact], lambda *_: True, METRICS
    )
    (one,) = offenders(parse("psnr:-0.015"), found, settings(found, METRICS), NONE, METRICS)
    assert str(one) == (
        "m [x] x3 on set, p: mean PSNR -0.02 dB over 2 of 4 images, those finite in both runs: 30 dB -> 29.98 dB "
        "(limit psnr:-0.015)"
    )
    assert offenders(parse("psnr:-0.025"), found, settings(found, METRICS), NONE, METRICS) == []


def test_only_sure_times_fail() -> None:
    """A time fails if it surely rose, and by more than the limit."""
    fixed = {"factor": 3, "device": "cpu", "thread_limit": 0, "width": 16, "height": 9, "channels": 3, "dtype": "uint8"}
    times = {"call_a": 0.1, "call_b": 0.12, "change": 1.2}
    lines = [{"method": each, "verdict": each, **fixed, **times} for each in ("slower", "unsure", "same", "faster")]
    (one,) = offenders(parse("time:+10%"), NONE, NONE, pd.DataFrame(lines), METRICS)
    assert str(one) == "slower x3 on cpu, 16x9x3 uint8: time +20.0%: 100 ms -> 120 ms (limit time:+10%)"
    assert offenders(parse("time:+20.1%"), NONE, NONE, pd.DataFrame(lines), METRICS) == []


def lost(status: str) -> pd.DataFrame:
    """Return changes of times: one that B lacks, as its row of this status or none says."""
    fixed = {"factor": 3, "device": "cpu", "thread_limit": 0, "width": 16, "height": 9, "channels": 3, "dtype": "uint8"}
    line = {"method": "m", "verdict": "lost", "reason": "why", "status": status, "call_a": 0.1, **fixed}
    return pd.DataFrame([line])


@pytest.mark.parametrize(
    ("status", "may"), [("absent", True), ("skipped", True), ("failed", False), ("timeout", False), ("crashed", False)]
)
def test_times_that_are_missing(status: str, may: bool) -> None:
    """A time that B lacks exceeds every limit; what B did not time may be missing, what failed may not."""
    (one,) = offenders(parse("time:+10%"), NONE, NONE, lost(status), METRICS)
    assert str(one) == "m x3 on cpu, 16x9x3 uint8: time: 100 ms -> why (limit time:+10%)"
    assert (offenders(parse("time:+10%"), NONE, NONE, lost(status), METRICS, allow_missing=True) == []) == may


def outcome_of(*limits: str, speeds: pd.DataFrame, allow_missing: bool = False) -> Outcome:
    """Return what a gate finds of equal scores."""
    found = cells(ROWS, ROWS, lambda *_: True, METRICS)
    return evaluate(map(parse, limits), found, settings(found, METRICS), speeds, METRICS, allow_missing=allow_missing)


@pytest.mark.slow
def test_limits_that_nothing_is_known_of() -> None:
    """A gate passes where all its limits are evaluated; of what is missing and may be, at least one other is."""
    untimed = lost("absent")
    none = outcome_of("psnr:0", "time:+10%", speeds=untimed.iloc[:0], allow_missing=True)
    with pytest.raises(RunFolderError, match=r"cannot evaluate --fail-on time:\+10%: the runs have no times in common"):
        none.check()
    assert len(outcome_of("psnr:0", "time:+10%", speeds=untimed).failures) == 1
    may = outcome_of("psnr:0", "time:+10%", speeds=untimed, allow_missing=True)
    may.check()
    assert (may.failures, may.passed, may.remarks) == ([], ["psnr:0"], may.allowed)
    with pytest.raises(RunFolderError, match="cannot evaluate"):
        outcome_of("time:+10%", speeds=untimed, allow_missing=True).check()


def test_times_that_cannot_be_told() -> None:
    """They fail no gate, and are counted where it passes."""
    unsure = pd.concat([lost("absent").assign(verdict=each) for each in ("unsure", "same", "unsure")])
    assert outcome_of("psnr:0", "time:+10%", speeds=unsure).passed == [
        "psnr:0",
        "time:+10% (2 of 3 timings inconclusive)",
    ]


def test_metric_that_neither_run_has() -> None:
    """A limit of it cannot be evaluated, though there are scores."""
    rows = [replace(row, ssim=math.nan) for row in ROWS]
    found = cells(rows, rows, lambda *_: True, METRICS)
    outcome = evaluate([parse("ssim:-1"), parse("psnr:0")], found, settings(found, METRICS), NONE, METRICS)
    assert (outcome.passed, outcome.unevaluated) == (
        ["psnr:0"],
        ["cannot evaluate --fail-on ssim:-1: the runs have no SSIM in common"],
    )


def test_a_failure_counts_more_than_what_cannot_be_evaluated() -> None:
    """A gate that fails in one limit has failed."""
    found = cells(ROWS, [replace(ROWS[0], psnr=1.0), *ROWS[1:]], lambda *_: True, METRICS)
    outcome = evaluate(
        [parse("time:+10%"), parse("psnr:0")], found, settings(found, METRICS), lost("absent").iloc[:0], METRICS
    )
    outcome.check()
    assert (len(outcome.failures), len(outcome.unevaluated)) == (1, 1)


def lpips(value: float, metric: str = "lpips:net=vgg", **fields: Any) -> list[Row]:  # noqa: ANN401 - any field
    """Return scores with the same LPIPS of each image, or without, for the reason that is given."""
    names = ("method", "dataset", "image", "factor", "protocol", "device")
    about = [{name: getattr(row, name) for name in names} | fields for row in ROWS]
    return [*ROWS, *(MetricRow(metric=metric, value=value, **each) for each in about)]


def failures(text: str, before: list[Row], after: list[Row], *, allow_missing: bool = False) -> list[str]:
    """Return what exceeds a limit, as lines."""
    found = cells(before, after, lambda *_: True, ALL)
    limits = [parse(text)]
    check(limits, ALL)
    outcome = evaluate(limits, found, settings(found, ALL), NONE, ALL, allow_missing=allow_missing)
    return list(map(str, outcome.failures))


def test_a_metric_that_is_better_when_lower() -> None:
    """LPIPS may rise by so much, and fall as it likes."""
    name, limit = "m [x] x3 on set, p", "limit lpips:net=vgg:+0.01"
    assert failures("lpips:net=vgg:+0.01", lpips(0.25), lpips(0.2578125)) == []
    assert failures("lpips:net=vgg:+0.01", lpips(0.25), lpips(0.125)) == []
    (one,) = failures("lpips:net=vgg:+0.01", lpips(0.25), lpips(0.3125))
    assert one == f"{name}: mean LPIPS net=vgg +0.0625 over 4 images: 0.25 -> 0.3125 ({limit})"


@pytest.mark.sampled
@pytest.mark.parametrize(("status", "may"), [("skipped", True), ("failed", False), ("crashed", False)])
def test_values_that_are_gone(status: str, may: bool) -> None:
    """A value that A has and B has not exceeds every limit; what was skipped may be missing where that is allowed."""
    after = lpips(math.nan, status=status, reason="no weights")
    (one,) = failures("lpips:net=vgg:+1", lpips(0.25), after)
    assert f"LPIPS net=vgg of 4 images (a.png, b.png, c.png and 1 more): 0.25 -> {status} (no weights) (limit" in one
    assert (failures("lpips:net=vgg:+1", lpips(0.25), after, allow_missing=True) == []) == may
    (one,) = failures("lpips:net=vgg:+1", lpips(0.25), list(ROWS))
    assert "0.25 -> no LPIPS net=vgg (limit" in one


def test_a_metric_of_one_run_alone() -> None:
    """What only A was asked for exceeds its limit, or is a remark where it may be missing; what only B was is one."""
    found = cells(ROWS, ROWS, lambda *_: True, METRICS)
    gone = {"lpips": ALL["lpips"]}
    limits = [parse("lpips:+0.01"), parse("psnr:0")]

    def outcome(lost: Metrics, *, allow_missing: bool = False) -> Outcome:
        about = (limits, found, settings(found, METRICS), NONE, METRICS)
        return evaluate(*about, lost=lost, allow_missing=allow_missing)

    (one,) = outcome(gone).failures
    assert str(one) == "all methods: LPIPS: measured in A, not in B (limit lpips:+0.01)"
    allowed = outcome(gone, allow_missing=True)
    assert (allowed.passed, allowed.remarks) == (
        ["psnr:0"],
        ["cannot evaluate --fail-on lpips:+0.01: only run A has lpips"],
    )
    allowed.check()
    only_b = outcome({})
    assert only_b.unevaluated == ["cannot evaluate --fail-on lpips:+0.01: only run B has lpips"]
    with pytest.raises(RunFolderError, match="only run B has lpips"):
        only_b.check()
