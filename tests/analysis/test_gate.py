"""The gate: which texts are limits, and what is beyond them."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
import pytest

from srbench.analysis.gate import offenders, parse
from srbench.analysis.score_changes import cells, settings
from srbench.errors import UsageError
from srbench.store.rows import ScoreRow

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
        ("time:+10%", "time", 1.1),
        (" time:5.5% ", "time", 1.055),
    ],
)
def test_limits(text: str, metric: str, threshold: float) -> None:
    """PSNR and SSIM may fall by so much, time may rise by so many per cent."""
    found = parse(text)
    assert found.metric == metric
    assert found.threshold == pytest.approx(threshold)


@pytest.mark.parametrize("text", ["", "psnr", "psnr:0.01", "psnr:-1%", "time:10", "time:-10%", "psnr:-nan", "lpips:-1"])
def test_no_limits(text: str) -> None:
    """Anything else is one line with examples."""
    with pytest.raises(UsageError, match=r"--fail-on is .*, expected .*psnr:-0\.01 \(dB\), ssim:-0\.001 or time:\+10%"):
        parse(text)


def test_mean_below_the_limit() -> None:
    """The mean over a method's images counts, not one image; a line says what, where, A, B and the limit."""
    after = [replace(ROWS[0], psnr=29.9), *ROWS[1:]]
    found = cells(ROWS, after, lambda *_: True)
    assert offenders(parse("psnr:-0.03"), found, settings(found), NONE) == []
    (one,) = offenders(parse("psnr:-0.02"), found, settings(found), NONE)
    assert str(one) == ("m [x] x3 on set, p: mean PSNR -0.025 dB over 4 images: 30 dB -> 29.975 dB (limit psnr:-0.02)")
    assert offenders(parse("ssim:0"), found, settings(found), NONE) == []


def test_score_that_is_gone() -> None:
    """A score that is lost is beyond any limit, with the reason."""
    after = [replace(ROWS[0], psnr=math.nan, ssim=math.nan, status="failed", reason="no memory"), *ROWS[2:]]
    found = cells(ROWS, after, lambda *_: True)
    lines = [str(each) for each in offenders(parse("ssim:-1"), found, settings(found), NONE)]
    assert lines == [
        "m [x] x3 on set, p, a.png: SSIM: 0.9 -> failed (no memory) (limit ssim:-1)",
        "m [x] x3 on set, p, b.png: SSIM: 0.9 -> no row (limit ssim:-1)",
    ]


def test_exact_image_that_is_no_more() -> None:
    """From infinite to 60 dB is worse than any limit."""
    found = cells(
        [replace(ROWS[0], psnr=math.inf), *ROWS[1:]], [replace(ROWS[0], psnr=60.0), *ROWS[1:]], lambda *_: True
    )
    assert len(offenders(parse("psnr:-1000"), found, settings(found), NONE)) == 1


def test_only_sure_times_fail() -> None:
    """A time fails if it surely rose, and by more than the limit."""
    fixed = {"factor": 3, "device": "cpu", "width": 16, "height": 9, "channels": 3, "dtype": "uint8"}
    times = {"call_a": 0.1, "call_b": 0.12, "change": 1.2}
    lines = [{"method": each, "verdict": each, **fixed, **times} for each in ("slower", "unsure", "same", "faster")]
    (one,) = offenders(parse("time:+10%"), NONE, NONE, pd.DataFrame(lines))
    assert str(one) == "slower x3 on cpu, 16x9x3 uint8: time +20.0%: 100 ms -> 120 ms (limit time:+10%)"
    assert offenders(parse("time:+20.1%"), NONE, NONE, pd.DataFrame(lines)) == []
