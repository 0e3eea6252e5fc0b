"""Changes of scores: exact, and whatever rows there are."""

from __future__ import annotations

import math
from typing import Any

import pytest

from srbench.analysis.columns import metrics_of, of_metric
from srbench.analysis.score_changes import cells, settings
from srbench.metrics.declaration import Metric
from srbench.store.rows import MetricRow, Row, ScoreRow

METRICS = metrics_of({})
LPIPS = {"lpips": of_metric("lpips", Metric(label="LPIPS", better="lower", low=0))}


def row(image: str, psnr: float = 30.0, ssim: float = 0.9, **changes: Any) -> ScoreRow:  # noqa: ANN401 - any field
    """Return the score of one image."""
    fixed = {"method": "m", "dataset": "set", "factor": 3, "protocol": "p", "device": "cpu", "code": "one"}
    return ScoreRow(**{**fixed, "image": image, "psnr": psnr, "ssim": ssim, **changes})


def asked(*_: object) -> bool:
    """Tell that B was to have everything."""
    return True


def test_equal_scores_of_other_code() -> None:
    """Another code or device with the same scores is no change; infinite and NaN scores equal themselves."""
    before = [row("a"), row("b", math.inf, 1.0), row("c", ssim=math.nan)]
    after = [row("a", code="two", device="cuda"), row("b", math.inf, 1.0), row("c", ssim=math.nan)]
    found = cells(before, after, asked, METRICS)
    assert set(found["change"]) == {""}
    assert list(found["psnr_change"]) == [0.0, 0.0, 0.0]
    (line,) = settings(found, METRICS).to_dict("records")
    assert (line["images"], line["changed"], line["worst"], line["psnr_change"]) == (3, 0, "", 0.0)


@pytest.mark.slow
def test_devices_of_one_run_are_compared_each_with_its_own() -> None:
    """Scores of both devices are cells of their own; a run with one device stands in for both; no row is met twice."""
    both = [row(image, psnr, device=device) for device, psnr in (("cpu", 30.0), ("cuda", 31.0)) for image in "ab"]
    found = cells(both, both, asked, METRICS)
    assert found[["on_device", "change"]].to_numpy().tolist() == [["cpu", ""]] * 2 + [["cuda", ""]] * 2
    for one, two, change in ((both, both[:2], -1.0), (both[:2], both, 1.0)):
        lines = settings(cells(one, two, asked, METRICS), METRICS).set_index("on_device")
        assert lines["images"].to_dict() == {"cpu": 2, "cuda": 2}
        assert lines["psnr_change"].to_dict() == {"cpu": 0.0, "cuda": change}


def test_rows_of_an_absent_device_are_no_loss() -> None:
    """Where one device has a score of an image and the other none, the score is what counts, in either run."""
    absent = row("a", math.nan, math.nan, device="cuda", status="skipped")
    for one, two in (([absent, row("a")], [row("a")]), ([row("a")], [row("a"), absent]), ([absent, row("a")],) * 2):
        assert list(cells(one, two, asked, METRICS)["change"]) == [""]


def test_the_last_bit_is_a_change() -> None:
    """A score that differs in its last bit, of PSNR or of SSIM alone, is one that changed; the worst is named."""
    before = [row("a"), row("b"), row("c"), row("d")]
    after = [row("a", math.nextafter(30, 31)), row("b", ssim=math.nextafter(0.9, 0)), row("c"), row("d", 29.0)]
    found = cells(before, after, asked, METRICS)
    assert list(found["change"]) == ["score", "score", "", "score"]
    (line,) = settings(found, METRICS).to_dict("records")
    assert (line["images"], line["changed"], line["worst"]) == (4, 3, "d")
    assert line["psnr_change"] == pytest.approx(-0.25)
    assert (line["worst_psnr_a"], line["worst_psnr_b"]) == (30.0, 29.0)


@pytest.mark.parametrize(("before", "after", "expected"), [(math.inf, 60.0, -math.inf), (60.0, math.inf, 0.5)])
def test_no_longer_exact(before: float, after: float, expected: float) -> None:
    """An image that is reproduced exactly no more outweighs all; one that now is does not poison the mean."""
    (line,) = settings(
        cells([row("a", before), row("b")], [row("a", after), row("b", 30.5)], asked, METRICS), METRICS
    ).to_dict("records")
    assert line["psnr_change"] == expected
    assert line["psnr_b"] == 30.5


def test_means_and_changes_are_over_the_same_images() -> None:
    """Images exact in both runs are in no mean of PSNR, those without SSIM in none of SSIM, nor in the mean change."""
    before = [row("a"), row("b", ssim=0.7), row("c", math.inf, 1.0), row("d", math.inf, math.nan)]
    after = [row("a", 29.98), row("b", 29.98, 0.67), row("c", math.inf, 1.0), row("d", math.inf, math.nan)]
    (line,) = settings(cells(before, after, asked, METRICS), METRICS).to_dict("records")
    assert (line["images"], line["psnr_images"], line["ssim_images"]) == (4, 2, 3)
    assert [line[f"psnr_{each}"] for each in ("a", "b", "change")] == pytest.approx([30, 29.98, -0.02])
    assert [line[f"ssim_{each}"] for each in ("a", "b", "change")] == pytest.approx([2.6 / 3, 2.57 / 3, -0.01])


def test_scores_that_came_and_went() -> None:
    """A score that is gone is lost, one of what B was not asked for is not; bad rows have no score to change."""
    before = [row("a"), row("b"), row("c", status="failed"), row("d", status="failed"), row("e", status="crashed")]
    after = [row("a", math.nan, math.nan, status="failed"), row("c"), row("d", status="timeout"), row("f")]
    found = cells(before, after, asked, METRICS).set_index("image")["change"]
    expected = {"a": "lost", "b": "lost", "c": "gained", "d": "status", "e": "only in A", "f": "only in B"}
    assert found.to_dict() == expected
    unasked = cells(before, after, lambda *_: False, METRICS).set_index("image")["change"]
    assert unasked.to_dict() == expected | {"b": "only in A"}


def test_nothing() -> None:
    """Without rows there are no lines, and the columns are there."""
    found = cells([], [], asked, METRICS)
    assert found.empty
    assert settings(found, METRICS).empty
    assert "psnr_change" in settings(cells([row("a")], [], asked, METRICS), METRICS)


def lpips(image: str, value: float, **fields: Any) -> MetricRow:  # noqa: ANN401 - any field
    """Return the LPIPS of one image."""
    about = {"method": "m", "dataset": "set", "factor": 3, "protocol": "p", "device": "cpu", "metric": "lpips"}
    return MetricRow(**{**about, "image": image, "value": value, **fields})


def test_values_of_other_metrics() -> None:
    """A value that changed is a change of the score; the image whose LPIPS rose most lost most where that leads."""
    before: list[Row] = [*map(row, "abc"), *(lpips(each, 0.25) for each in "abc")]
    after: list[Row] = [*map(row, "abc"), lpips("a", 0.5), lpips("b", 0.125), lpips("c", 0.25)]
    found = cells(before, after, asked, LPIPS | METRICS)
    assert found["change"].tolist() == ["score", "score", ""]
    assert found["lpips_change"].tolist() == [0.25, -0.125, 0.0]
    (line,) = settings(found, LPIPS | METRICS).to_dict("records")
    assert (line["worst"], line["worst_lpips_a"], line["worst_lpips_b"]) == ("a", 0.25, 0.5)
    assert line["lpips_change"] == pytest.approx(0.125 / 3)
    assert set(cells(before, after, asked, METRICS)["change"]) == {""}  # of metrics that are not compared, none counts


def test_a_value_that_is_gone() -> None:
    """Means are over the images that have a value in both runs; a cell says what became of the other."""
    before: list[Row] = [*map(row, "ab"), lpips("a", 0.25), lpips("b", 0.75)]
    after: list[Row] = [*map(row, "ab"), lpips("a", 0.5), lpips("b", math.nan, status="failed", reason="NaN")]
    found = cells(before, after, asked, METRICS | LPIPS)
    assert [found[f"lpips_{each}"][1] for each in ("status_a", "status_b", "reason_b")] == ["ok", "failed", "NaN"]
    (line,) = settings(found, METRICS | LPIPS).to_dict("records")
    assert (line["lpips_images"], line["lpips_change"], line["psnr_images"]) == (1, 0.25, 2)
