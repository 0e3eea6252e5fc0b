"""Values of further metrics: beside the scores that they are of, with why there are none."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from srbench.analysis.columns import metrics_of
from srbench.analysis.metric_values import facts, frame, statuses, unmeasured
from srbench.analysis.tables import Order, tables, write
from srbench.cli.run_folder_commands import exit_code
from srbench.metrics.classical import CLASSICAL, further
from srbench.metrics.declaration import Metric
from srbench.store.rows import MetricRow, ScoreRow, Status

if TYPE_CHECKING:
    from pathlib import Path

LPIPS = Metric(label="LPIPS", better="lower", low=0).facts
FACTS = {name: metric.facts for name, metric in CLASSICAL.items()}
METRICS = metrics_of({"metrics": {**FACTS, "lpips": LPIPS, "lpips:net=vgg": LPIPS}})
ORDER = Order(["a", "b"], {"set": 3}, [3], ["p"], METRICS)


def score(image: str, method: str = "a", psnr: float = 30.0, **fields: Any) -> ScoreRow:  # noqa: ANN401 - any field
    """Return a score whose key names method and image."""
    about: dict[str, Any] = {"dataset": "set", "factor": 3, "protocol": "p", "device": "cpu"}
    return ScoreRow(method=method, image=image, psnr=psnr, ssim=0.9, key=f"{method} {image}", **about | fields)


def value(of: ScoreRow, number: float, metric: str = "lpips", status: Status = "ok", reason: str = "") -> MetricRow:
    """Return the value of a metric for the SR of a score."""
    names = ("method", "dataset", "image", "factor", "protocol", "device")
    about: dict[str, Any] = {name: getattr(of, name) for name in names}
    return MetricRow(metric=metric, value=number, status=status, reason=reason, score=of.key, **about)


SCORES = [score(image, method) for method in "ab" for image in "xyz"]


def skipped(of: ScoreRow, reason: str = "no weights", status: Status = "skipped") -> MetricRow:
    """Return a row without a value."""
    return value(of, math.nan, status=status, reason=reason)


def test_values_stand_beside_their_scores() -> None:
    """A metric's value is that of the same method, image, setting and device; a spec with colons is a column, too."""
    rows = [value(SCORES[1], 0.2), value(SCORES[1], 0.4, "lpips:net=vgg"), value(SCORES[4], 0.1)]
    found = tables([*rows, *SCORES], ORDER).scores.set_index(["method", "image"])
    assert [found[name]["a", "y"] for name in ("psnr", "lpips", "lpips:net=vgg")] == [30.0, 0.2, 0.4]
    assert [found[name]["b", "y"] for name in ("lpips", "lpips_status", "lpips:net=vgg_status")] == [0.1, "ok", ""]
    assert found["lpips"].count() == 2


def test_of_several_values_the_newest_counts() -> None:
    """A value that was measured again replaces the one before."""
    found = frame(["lpips"], SCORES[:1], [value(SCORES[0], 0.5), value(SCORES[0], 0.25)], METRICS)
    assert found["lpips"].tolist() == [0.25]


def test_no_value_of_another_image_counts() -> None:
    """A value that was measured on the SR of an older score stays out."""
    found = frame(["lpips", "lpips_status"], [replace(SCORES[0], key="new")], [value(SCORES[0], 0.2)], METRICS)
    assert found["lpips"].isna().all()
    assert found["lpips_status"].tolist() == [""]


def test_metrics_are_side_by_side_in_the_order_of_the_run() -> None:
    """A table has the metrics of its run alone, where PSNR and SSIM were; what is said of values comes last."""
    metrics = metrics_of({"metrics": {"lpips": LPIPS, "ssim": FACTS["ssim"]}})
    names = list(tables(SCORES, replace(ORDER, metrics=metrics)).scores)
    assert names[5:9] == ["device", "lpips", "ssim", "status"]
    assert names[-3:] == ["output", "lpips_status", "lpips_reason"]
    assert "psnr" not in names


def test_runs_by_psnr_and_ssim_have_no_other_columns() -> None:
    """Nothing is added to the tables of a run that was asked for no other metric."""
    assert further(metrics_of({})) == facts(metrics_of({})) == []
    found = tables(SCORES, replace(ORDER, metrics=metrics_of({})))
    assert not [name for name in [*found.scores, *found.summary] if "lpips" in name]
    assert list(unmeasured(found.scores, metrics_of({}))) == []


def test_what_has_no_value_is_said_once_for_each_reason() -> None:
    """A line has the metric, its status, how many of how many images, whose, and the reason."""
    rows = [skipped(each) for each in SCORES]
    (line,) = unmeasured(tables([*SCORES, *rows], ORDER).scores, METRICS)
    assert str(line) == "lpips: skipped on 3 of 3 images: no weights"
    rows = [*(value(each, 0.1) for each in SCORES), skipped(SCORES[4], "NaN", "failed")]
    rows += [value(SCORES[0], math.nan, "lpips:net=vgg", "timeout", "600 s")]
    lines = [str(each) for each in unmeasured(tables([*SCORES, *rows], ORDER).scores, METRICS)]
    assert lines == [
        "lpips: failed on 1 of 3 images of b: NaN",
        "lpips:net=vgg: timeout on 1 of 3 images of a: 600 s",
    ]


def test_images_of_many_sizes_share_a_line() -> None:
    """The same reason with the size of each image is one; that of one image keeps it."""
    small = "image of {} pixels is too small for NIQE, which needs two blocks of 96x96"
    rows = [skipped(each, small.format(f"{40 + number}x30")) for number, each in enumerate(SCORES)]
    (line,) = unmeasured(tables([*SCORES, *rows], ORDER).scores, METRICS)
    assert line.reason == small.replace(" of {} pixels", "")
    (line,) = unmeasured(tables([*SCORES, rows[0]], ORDER).scores, METRICS)
    assert line.reason == small.format("40x30")


def test_few_of_many_images_are_named() -> None:
    """Where a few images lack a value and most have one, they are named."""
    scores = [score(f"{number}.png") for number in range(9)]
    rows = [*(value(each, 0.1) for each in scores), skipped(scores[3], "too small")]
    (line,) = unmeasured(tables([*scores, *rows], ORDER).scores, METRICS)
    assert str(line) == "lpips: skipped on 1 of 9 images (3.png): too small"


@pytest.mark.parametrize(("status", "code", "strict"), [("ok", 0, 0), ("skipped", 0, 1), ("crashed", 1, 1)])
def test_a_metric_without_value_counts_for_the_exit_code(status: Status, code: int, strict: int) -> None:
    """A metric that went wrong ends a run with 1, one that was skipped only where that is strict."""
    found = tables([*SCORES, value(SCORES[2], 0.1, "lpips:net=vgg", status)], ORDER)
    assert statuses(found.scores) == {"ok", status}
    assert (exit_code(found), exit_code(found, strict=True)) == (code, strict)


def test_no_scores() -> None:
    """Without rows, the columns are there."""
    found = tables([], ORDER).scores
    assert {"lpips", "lpips:net=vgg_reason"} <= set(found)
    assert list(unmeasured(found, METRICS)) == []
    assert statuses(found) == set()
    assert statuses(pd.DataFrame({"status": ["ok"]})) == {"ok"}


def test_tables_are_written_with_them(tmp_path: Path) -> None:
    """CSV and Parquet have a column by the metric's spec."""
    found = tables([*SCORES, value(SCORES[0], 0.25, "lpips:net=vgg")], ORDER)
    write(tmp_path, found)
    for name, frame_ in (("scores", found.scores), ("summary", found.summary)):
        pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / f"{name}.parquet"), frame_, check_dtype=False)
        assert "lpips:net=vgg" in (tmp_path / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
